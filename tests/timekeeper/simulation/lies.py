"""What hosts that lie tell, by kind: of their own clock, of those they measure, and of external servers."""

from dataclasses import dataclass
from enum import StrEnum

from msgspec.structs import replace

from communicator.answers.clocks import Claim, Peer, References

BOASTED_S = 1e-6


class Kind(StrEnum):
    """How a host lies."""

    TWO_FACED = "two-faced"
    """It answers some of its peers as if its clock were another."""
    FALSE_PAIRS = "false pairs"
    """It says that the clocks of others are off, and is sure of it."""
    BOASTS = "boasts"
    """It claims to be true to a microsecond."""
    HIDES = "hides"
    """Its own clock is wrong, and it says that it measures no difference."""
    INVENTS = "invents"
    """It tells of external servers that see true time elsewhere."""


@dataclass(frozen=True)
class Lie:
    """What one host makes of the truth."""

    kind: Kind
    off_s: float
    victims: frozenset[str]
    """Who is answered falsely, or spoken of falsely."""
    is_consistent: bool
    """Whether what it tells of those that it answers falsely fits."""

    def answered_by(self, asker: str) -> float:
        """What is added to its clock in its answers to a host."""
        return self.off_s if self.kind is Kind.TWO_FACED and asker in self.victims else 0.0

    def pair(self, told: Peer) -> Peer:
        """What it tells of another clock."""
        if self.kind is Kind.HIDES:
            return replace(told, offset_seconds=0.0, bound_seconds=BOASTED_S)
        if told.peer in self.victims and (self.kind is Kind.FALSE_PAIRS or self.is_consistent):
            sign = -1.0 if self.kind is Kind.TWO_FACED else 1.0
            return replace(told, offset_seconds=told.offset_seconds + sign * self.off_s, bound_seconds=BOASTED_S)
        return told

    def claim(self, told: Claim) -> Claim:
        """What it claims."""
        if self.kind is not Kind.BOASTS:
            return told
        return replace(told, state="synchronized", offset_seconds=0.0, bound_seconds=BOASTED_S)

    def references(self) -> References | None:
        """What it invents of external servers."""
        if self.kind is not Kind.INVENTS:
            return None
        return References(
            offset_seconds=self.off_s, bound_seconds=BOASTED_S, agreeing=("made", "up", "by all"), age_seconds=0.0
        )
