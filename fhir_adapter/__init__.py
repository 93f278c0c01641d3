"""Clinical trial registry records to HL7 FHIR and back.

    conversion = fhir_adapter.convert(record, fhir="R5")     # .resources .bundle() .issues .losses
    restoration = fhir_adapter.restore(conversion.bundle())  # .record .issues

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fhir_adapter.convert import Conversion, Loss, Restoration, bundle, convert, restore
    from fhir_adapter.errors import (
        AdapterError,
        ConfigError,
        Locked,
        Refused,
        ServerError,
        SourceError,
        TableError,
        Temporary,
        Unauthorized,
    )
    from fhir_adapter.intake import read
    from fhir_adapter.issues import Issue, Severity, to_outcome
    from fhir_adapter.report import Report
    from fhir_adapter.sync import sync
    from fhir_adapter.target import Pulled, Receipt, Target, open_target
    from fhir_adapter.validate import validate

    __version__: str

__all__ = [
    "AdapterError",
    "ConfigError",
    "Conversion",
    "Issue",
    "Locked",
    "Loss",
    "Pulled",
    "Receipt",
    "Refused",
    "Report",
    "Restoration",
    "ServerError",
    "Severity",
    "SourceError",
    "TableError",
    "Target",
    "Temporary",
    "Unauthorized",
    "__version__",
    "bundle",
    "convert",
    "open_target",
    "read",
    "restore",
    "sync",
    "to_outcome",
    "validate",
]

_HOMES = {
    "convert": ("Conversion", "Loss", "Restoration", "bundle", "convert", "restore"),
    "errors": (
        *("AdapterError", "ConfigError", "Locked", "Refused", "ServerError", "SourceError"),
        *("TableError", "Temporary", "Unauthorized"),
    ),
    "intake": ("read",),
    "issues": ("Issue", "Severity", "to_outcome"),
    "report": ("Report",),
    "sync": ("sync",),
    "target": ("Pulled", "Receipt", "Target", "open_target"),
    "validate": ("validate",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("fhir-adapter")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__


class _Package(ModuleType):
    """The package keeps `convert`, `sync` and `validate` for its functions: importing the modules of these names
    would put the modules in their place.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
