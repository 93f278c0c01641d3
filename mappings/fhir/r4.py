"""FHIR R4 (4.0.1): what differs from R4B. Only the EvidenceVariable does."""

from __future__ import annotations

from fhir_adapter.codecs import Each, copy
from fhir_adapter.mappings.fhir import characteristics, profiles
from fhir_adapter.mappings.fhir.crossversion import xv
from fhir_adapter.mappings.fhir.r4b import CHARACTERISTIC as CHARACTERISTIC_R4B
from fhir_adapter.mappings.fhir.r4b import VARIABLE as VARIABLE_R4B
from fhir_adapter.mappings.fhir.r4b import VERSION as R4B
from fhir_adapter.table import Row

CHARACTERISTIC = CHARACTERISTIC_R4B.revise(
    Row("timeFromEvent", "extension[]", characteristics.time_from_event, "R4's timeFromStart is a Duration alone"),
    Row("timeFromEvent", "timeFromStart", copy(characteristics.duration), "where the time is a plain quantity"),
    without=["timeFromEvent"],
)
VARIABLE = VARIABLE_R4B.revise(
    Row("characteristic", "characteristic", Each(CHARACTERISTIC)),
    Row("actual", "extension[]", xv("EvidenceVariable.actual", "Boolean")),
    without=["characteristic"],
    keys={"extension": "url"},
)
VERSION = R4B.revise(name="R4", number="4.0.1", shapes={"EvidenceVariable": VARIABLE}, profiles=(profiles.VARIABLE_R4,))
