"""`python -m fhir_adapter` is `fhir-adapter`."""

from __future__ import annotations

import sys

from fhir_adapter.cli import main

if __name__ == "__main__":
    sys.exit(main())
