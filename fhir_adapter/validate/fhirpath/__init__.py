"""FHIRPath as far as HL7's invariants use it, compiled to Python closures over plain JSON.

>>> holds = compile_rule("r5", "low.empty() or high.exists()")
>>> holds(Scope.at(Node({"low": {"value": 1}}, "Range")))
False
"""

from __future__ import annotations

from fhir_adapter.validate.fhirpath.closure import Scope, compile_expression, compile_rule
from fhir_adapter.validate.fhirpath.node import Node

__all__ = ["Node", "Scope", "compile_expression", "compile_rule"]
