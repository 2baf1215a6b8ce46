"""PURE: what one exchange between two hosts measured, in nanoseconds; it knows no packet and reads no clock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RealtimeReading:
    """CLOCK_REALTIME - CLOCK_MONOTONIC_RAW on one host."""

    difference_ns: int
    """CLOCK_REALTIME - CLOCK_MONOTONIC_RAW."""
    raw_ns: int
    """When it was read, on that host's CLOCK_MONOTONIC_RAW."""
    error_ns: int
    """Half of the bracket it was read within."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer; t1 and t4 are on our CLOCK_MONOTONIC_RAW, t2 and t3 on the peer's."""

    t1_ns: int
    """Before we sent the question."""
    t2_ns: int
    """When the peer had received it."""
    t3_ns: int
    """Before the peer sent the answer."""
    t4_ns: int
    """When we had received that."""
    stamp_error_ns: int
    """The uncertainty of all four stamps together (the sum of half their brackets), without the floor of 10 us."""
    ours: RealtimeReading
    theirs: RealtimeReading
    peer_boot_id: str
    """A new one: the peer's raw clock started anew, and so do the windows of this pair."""
    our_epoch: int
    """Grows when our raw clock broke (suspend, VM migration, change of the clock source)."""
    peer_epoch: int
    """The same of the peer."""

    @property
    def delay_ns(self) -> int:
        """How long the two ways took together, without the time the peer held the question."""
        return (self.t4_ns - self.t1_ns) - (self.t3_ns - self.t2_ns)
