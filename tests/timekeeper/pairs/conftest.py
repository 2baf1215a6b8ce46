"""Two hosts whose clocks are known exactly, and a network between them."""

from dataclasses import dataclass, field

import pytest

from timekeeper.pairs import Exchange, RealtimeReading

S = 1_000_000_000
MS = 1_000_000
US = 1_000


@dataclass
class Host:
    """Clocks as functions of true time, in nanoseconds."""

    raw_start_ns: int = 0
    crystal: float = 0.0
    """How much faster its raw clock runs than true time."""
    steered: float = 0.0
    """How much faster its daemon lets REALTIME run than the raw clock."""
    wall_start_ns: int = 1_800_000_000 * S
    steps: list = field(default_factory=list)
    """(true time, size) of each step of REALTIME."""
    slews: list = field(default_factory=list)
    """(true time, duration, rate) of each slew of REALTIME."""

    def raw(self, true_ns):
        return self.raw_start_ns + true_ns + round(self.crystal * true_ns)

    def wall(self, true_ns):
        ran_ns = self.raw(true_ns) - self.raw_start_ns
        stepped_ns = sum(size for at, size in self.steps if at <= true_ns)
        slewed_ns = sum(rate * min(max(true_ns - at, 0), lasts) for at, lasts, rate in self.slews)
        return self.wall_start_ns + ran_ns + round(self.steered * ran_ns + slewed_ns) + stepped_ns

    def read(self, true_ns, error_ns=0):
        return RealtimeReading(self.wall(true_ns) - self.raw(true_ns), self.raw(true_ns), error_ns)


@dataclass
class Pair:
    """Us and a peer."""

    us: Host = field(default_factory=Host)
    peer: Host = field(default_factory=Host)

    def exchange(self, at_ns, there_ns=50 * US, back_ns=50 * US, held_ns=20 * US, **changes):
        received_ns = at_ns + there_ns
        answered_ns = received_ns + held_ns
        ended_ns = answered_ns + back_ns
        values = {
            "t1_ns": self.us.raw(at_ns),
            "t2_ns": self.peer.raw(received_ns),
            "t3_ns": self.peer.raw(answered_ns),
            "t4_ns": self.us.raw(ended_ns),
            "stamp_error_ns": 0,
            "ours": self.us.read(ended_ns),
            "theirs": self.peer.read(received_ns),
            "peer_boot_id": "a",
            "our_epoch": 0,
            "peer_epoch": 0,
        }
        return Exchange(**(values | changes))

    def offset_s(self, true_ns):
        return (self.peer.wall(true_ns) - self.us.wall(true_ns)) / 1e9

    def drift_ppm(self):
        return ((1 + self.peer.crystal) / (1 + self.us.crystal) - 1) * 1e6


@pytest.fixture(scope="session")
def make_host():
    return Host


@pytest.fixture(scope="session")
def make_pair():
    return Pair
