"""PURE: what a rule found out about a version: the numbers, each with its limit, in a sentence; it knows no rule."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Enough for a verdict."""

    reason: str
    numbers: dict[str, float]


def number_of(count: int, what: str) -> str:
    """A number of things, in words: ``1 try``, ``5 tries``."""
    if count == 1:
        return f"1 {what}"
    return f"{count} {what[:-1]}ies" if what.endswith("ry") else f"{count} {what}s"
