"""One verdict as a value: what the design asks for, and what was found; it judges nothing itself."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bar:
    """One thing the design asks for, and what was found."""

    what: str
    asked: str
    found: str
    met: bool
