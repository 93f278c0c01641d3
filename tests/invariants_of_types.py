"""HL7's invariants of datatypes that are errors, each with an invented value that keeps it and one that breaks only it.

The verdicts were compared with HL7's engine (core 6.7.9) in each version; `scripts/verdicts` goes further.
"""

from __future__ import annotations

from invariant_builders import ALL, DATA, NEW, OLD, coded, narrated, repeat, typed

# One rule, which R4B and R5 call otherwise.
WITH_AND_WITHOUT_DENOMINATOR = (
    {"lowNumerator": coded(1, "mg"), "denominator": coded(1, "mL")},
    {"lowNumerator": coded(1, "mg")},
)
EXAMPLES = [
    typed("per-1", ALL, "Period", {"start": "2024", "end": "2025"}, {"start": "2025-03-05", "end": "2024-03-05"}),
    typed("per-1", OLD, "Period", {"start": "2024-01", "end": "2025"}, {"start": "2024-01", "end": "2024"}),
    typed("per-1", ALL, "Period", {"start": "2024-02", "end": "2024-03-01"}, {"start": "2024-05", "end": "2024-03-01"}),
    typed("rng-2", ALL, "Range", {"low": coded(1, "mg")}, {"low": coded(5, "mg"), "high": coded(3, "mg")}),
    typed(
        "rng-2",
        NEW,
        "Range",
        {"low": coded(5.4, "mg"), "high": coded(5, "mg")},
        {"low": coded(1, "mg"), "high": coded(2, "g")},
    ),
    typed(
        "rng-2",
        OLD,
        "Range",
        {"low": coded(1, "mg"), "high": coded(2, "g")},
        {"low": coded(1, "a", unit="Years"), "high": coded(2, "a", unit="years")},
    ),
    typed("sqty-1", ALL, "Range", {"low": coded(1, "mg")}, {"low": coded(1, "mg", comparator="<")}, ".low"),
    typed("qty-3", ALL, "Quantity", coded(1, "mg"), {"value": 1, "code": "mg"}),
    typed("age-1", ALL, "Age", coded(1, "a"), coded(-1, "a")),
    typed("cnt-3", ALL, "Count", coded(1, "1"), coded(1, "a")),
    typed("dis-1", ALL, "Distance", coded(1, "m"), {"value": 1, "unit": "m"}),
    typed("drt-1", ("r4", "r5"), "Duration", coded(1, "h"), coded(None, "h")),
    typed("drt-1", ("r4b",), "Duration", coded(1, "h"), {"value": 1, "unit": "h"}),
    typed(
        "rat-1",
        ALL,
        "Ratio",
        {"numerator": coded(1, "mg"), "denominator": coded(1, "mL")},
        {"numerator": coded(1, "mg")},
    ),
    typed("ratrng-1", NEW, "RatioRange", *WITH_AND_WITHOUT_DENOMINATOR),
    typed("inv-1", ("r4b",), "RatioRange", *WITH_AND_WITHOUT_DENOMINATOR),
    typed(
        "inv-2",
        ("r4b",),
        "RatioRange",
        {"lowNumerator": coded(1, "mg"), "highNumerator": coded(2, "mg"), "denominator": coded(1, "mL")},
        {"lowNumerator": coded(3, "mg"), "highNumerator": coded(2, "mg"), "denominator": coded(1, "mL")},
    ),
    typed("att-1", ALL, "Attachment", {"contentType": "text/plain", "data": "YQ=="}, {"data": "YQ=="}),
    typed("cpt-2", ALL, "ContactPoint", {"system": "phone", "value": "1"}, {"value": "1"}),
    typed("ref-2", NEW, "Reference", {"display": "x"}, {"type": "Location"}),
    typed("exp-1", ALL, "Expression", {"language": "text/cql", "expression": "x"}, {"language": "text/cql"}),
    typed(
        "exp-2",
        NEW,
        "Expression",
        {"language": "text/cql", "expression": "x", "name": "ab"},
        {"language": "text/cql", "expression": "x", "name": "1"},
    ),
    typed(
        "sdd-1",
        NEW,
        "SampledData",
        {"origin": coded(1, "mg"), "interval": 1, "intervalUnit": "s", "dimensions": 1},
        {"origin": coded(1, "mg"), "intervalUnit": "s", "dimensions": 1},
    ),
    typed(
        "av-1",
        NEW,
        "Availability",
        {"availableTime": [{"allDay": True}]},
        {"availableTime": [{"allDay": True, "availableStartTime": "10:00:00"}]},
        ".availableTime[0]",
    ),
    typed(
        "dos-1",
        NEW,
        "Dosage",
        {"asNeeded": True, "asNeededFor": [{"text": "x"}]},
        {"asNeeded": False, "asNeededFor": [{"text": "x"}]},
    ),
    typed(
        "drq-1",
        ALL,
        "DataRequirement",
        {**DATA, "codeFilter": [{"path": "code"}]},
        {**DATA, "codeFilter": [{"path": "code", "searchParam": "code"}]},
        ".codeFilter[0]",
    ),
    typed(
        "drq-2",
        ALL,
        "DataRequirement",
        {**DATA, "dateFilter": [{"path": "x", "valueDateTime": "2024"}]},
        {**DATA, "dateFilter": [{"valueDateTime": "2024"}]},
        ".dateFilter[0]",
    ),
    typed(
        "trd-1",
        ALL,
        "TriggerDefinition",
        {"type": "periodic", "timingDate": "2024"},
        {"type": "periodic", "timingDate": "2024", "data": [DATA]},
    ),
    typed(
        "trd-2",
        ALL,
        "TriggerDefinition",
        {"type": "data-added", "data": [DATA]},
        {"type": "periodic", "timingDate": "2024", "condition": {"language": "text/cql", "expression": "x"}},
    ),
    typed("trd-3", ALL, "TriggerDefinition", {"type": "named-event", "name": "x"}, {"type": "named-event"}),
    typed("tim-1", ALL, "Timing", repeat(duration=1, durationUnit="h"), repeat(duration=1), ".repeat"),
    typed("tim-2", ALL, "Timing", repeat(period=1, periodUnit="h"), repeat(period=1), ".repeat"),
    typed(
        "tim-4", ALL, "Timing", repeat(duration=0, durationUnit="h"), repeat(duration=-1, durationUnit="h"), ".repeat"
    ),
    typed("tim-5", ALL, "Timing", repeat(period=0, periodUnit="h"), repeat(period=-0.5, periodUnit="h"), ".repeat"),
    typed(
        "tim-6",
        ALL,
        "Timing",
        repeat(period=1, periodMax=2, periodUnit="h"),
        repeat(periodMax=2, periodUnit="h"),
        ".repeat",
    ),
    typed(
        "tim-7",
        ALL,
        "Timing",
        repeat(duration=1, durationMax=2, durationUnit="h"),
        repeat(durationMax=2, durationUnit="h"),
        ".repeat",
    ),
    typed("tim-8", ALL, "Timing", repeat(count=1, countMax=2), repeat(countMax=2), ".repeat"),
    typed("tim-9", ALL, "Timing", repeat(offset=1, when=["AC"]), repeat(offset=1, when=["CM"]), ".repeat"),
    typed("tim-10", ALL, "Timing", repeat(when=["AC"]), repeat(timeOfDay=["10:00:00"], when=["AC"]), ".repeat"),
    narrated("txt-1", "<p>a <b>b</b></p>", "<p>a <u>b</u></p>"),
    narrated("txt-1", '<p class="a">b</p>', '<p onclick="a()">b</p>'),
    narrated("txt-2", '<p><img src="a.png" alt="x"/></p>', "<p> </p>"),
]
