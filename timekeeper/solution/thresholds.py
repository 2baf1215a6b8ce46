"""PURE: how far off a clock may be, and how patient a judge is before saying so; defaults with their reasons."""

from dataclasses import dataclass

_TOLERANCE_S = 0.001
_SMALL_PART = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How far off a clock may be."""

    warn_s: float = 0.005
    """Beyond this from the reference a clock is wrong."""
    critical_s: float = 0.050
    """Beyond this it is severe as well; nothing else changes."""

    @property
    def tolerance_s(self) -> float:
        """Good clocks differ by so much: NTP pads its intervals alike (`mindist`), as tiny ones stop overlapping.

        It is small beside the threshold, or a clock just beyond that could never be told from a good one.
        """
        return min(_TOLERANCE_S, self.warn_s / _SMALL_PART)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When a judge speaks."""

    bursts: int = 3
    """Looks in a row, each with a new measurement, before anything is said of a clock, or unsaid."""
    lasting_s: float = 15.0
    """And before it is said that all of them are off, so long."""
    divided_s: float = 40.0
    """And before it is said that clocks or claims differ, so long: a correction that one after the other follows within 25 s,
    and that is measured within 10 s, is none of their faults. Who stands against whom may be another each time."""
    grace_s: float = 60.0
    """After the start of the judge, or of a host, nobody is called wrong: the daemons step clocks at boot."""
    clear_ratio: float = 0.7
    """What was doubted is good again only within this part of the threshold, so that it does not flap."""
