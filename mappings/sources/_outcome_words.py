"""Words of time in outcomes, as patterns: units, numbers, steps of a study, and what stands between them."""

from __future__ import annotations

__all__ = ["FILL", "NUMBER", "STEP", "TIME", "UNIT"]

UNIT = (
    "seconds?|secs?|minutes?|mins?|hours?|hrs?|h|days?|d|weeks?|wks?|w|months?|mos?|m|years?|yrs?|y|"
    "cycles?|visits?|courses?"
)
NUMBER = "one|two|three|four|five|six|seven|eight|nine|ten|twelve|first|second|third|sixth|last|each|every"
STEP = (
    r"baseline|pre-?dose|pre-?treatment|post-?treatment|pre-?op\w*|post-?op\w*|screening|enrol+ment|"
    r"randomi[sz]ation|discharge|follow[- ]?up|end of|completion|admission|intraoperative\w*|perioperative\w*|"
    r"inclusion|delivery|birth|death|progression|infusion|surgery|admini\w+|dose|injection|duration|throughout"
)
FILL = (
    "and|or|to|up|upto|at|from|the|of|after|before|post|pre|until|till|through|within|in|on|start|end|study|"
    "treatment|follow|approximately|about|average|an|a|dosing|versus|vs|intervention|time|operation|then|during|"
    "therapy|drug|mark|period|postop|preop|immediately|weekly|daily|monthly|yearly|st|nd|rd|th"
)
# One expression of time: "12 weeks", "day 8", "baseline".
TIME = (
    rf"\b(?:(?:\d+(?:\.\d+)?(?:st|nd|rd|th)?|{NUMBER})[\s-]*(?:{UNIT})\b"
    rf"|(?:days?|weeks?|months?|years?|cycles?|visits?|hours?|[vdwmct])\s?-?\d|{STEP})"
)
