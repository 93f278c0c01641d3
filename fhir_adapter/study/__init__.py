"""The hub's vocabulary: one trial as a plain dict in the public shape of ClinicalTrials.gov's API v2.

`Study` says what may stand where, down to the last leaf outside `resultsSection`; `check` holds a record against it;
`paths`, `describe`, `enum_of`, `enums` and `schema` let tables, documentation and callers read it.
"""

from fhir_adapter.study.checked import Checked, check, schema
from fhir_adapter.study.fields import describe, enum_of, enums, paths
from fhir_adapter.study.record import Study

__all__ = ["Checked", "Study", "check", "describe", "enum_of", "enums", "paths", "schema"]
