"""Text from anywhere as one line that is safe to show."""

from __future__ import annotations

__all__ = ["line"]


def line(text: str) -> str:
    """Put a text on one line; what a terminal would obey rather than show is spelt out.

    >>> line("over\\nthere \\x1b[2J")
    'over there \\\\x1b[2J'
    """
    return "".join(own if own.isprintable() else repr(own)[1:-1] for own in " ".join(text.split()))
