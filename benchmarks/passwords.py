"""The latency of local messages while others show wrong passwords at the door for other hosts, beside the idle one."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.attack import Attacked, AttackPlan
from benchmarks.measure import measure_latency
from benchmarks.servers import OURS, Server, run_server
from benchmarks.shapes import LINE_BYTES
from benchmarks.workers import Workers
from communicator.daemon.passwords import make_entry, write_entry
from communicator.router.vocabulary.events import Opens

STOP_S = 40.0
"""An attack may last so long: a queue of 256 passwords takes some 15 s to verify."""
_PINGS_AT_ONCE = 200
_CONFIG = """\
remote = "127.0.0.1:0"
[auth]
mode = "password"
password_file = "{file}"
"""


@dataclass(frozen=True, slots=True)
class Spread:
    """Many one-way latencies, in seconds."""

    count: int
    p50_s: float
    p99_s: float
    worst_s: float


@dataclass(frozen=True, slots=True)
class Attack:
    """What many wrong passwords did to the latency."""

    sources: int
    """From how many addresses."""
    attempts: int
    idle: Spread
    """Just before and just after."""
    attacked: Spread
    """For as long as one attempt had no answer yet, and a little longer."""
    elapsed_s: float
    """Until the last attempt was answered or cut; of several attacks the longest."""
    reasons: dict[str, int]
    """How many attempts were told what."""

    @property
    def p99_ratio(self) -> float:
        """The 99th percentile under attack as a multiple of the idle one."""
        return self.attacked.p99_s / self.idle.p99_s


@contextmanager
def run_guarded_router() -> Iterator[Server]:
    """A router that asks other hosts for passwords, and knows one user; for as long as the block lasts."""
    with TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "passwords"
        write_entry(file, "password_file", make_entry("known", Opens.SERVICE, frozenset(("known",)), "right"))
        with run_server(OURS, _CONFIG.format(file=file)) as server:
            yield server


def measure_attacks(rounds: int, attempts: int, sources: int, pings: int, workers: Workers) -> Attack:
    """Measure several attacks, each on a router of its own that remembers none, and take all their latencies together.

    An attack from one address is over within a second: too few messages pass meanwhile to know their 99th percentile from one.

    Args:
        rounds: How many attacks.
        attempts: Of each: how many REGISTER with a wrong password, all at once.
        sources: From how many addresses they come.
        pings: How many messages are timed before each, and how many after.
        workers: The load processes.

    Raises:
        BenchmarkError: A message got lost meanwhile, or the attack cannot be made.
    """
    idle_s: list[float] = []
    attacked_s: list[float] = []
    elapsed_s = 0.0
    reasons: Counter[str] = Counter()
    for _ in range(rounds):
        with run_guarded_router() as server:
            plan = AttackPlan(server.addresses["remote"], attempts, sources, STOP_S)
            attacked = _attack(server, plan, pings, workers, idle_s, attacked_s)
        elapsed_s = max(elapsed_s, attacked.elapsed_s)
        reasons.update(attacked.reasons)
    return Attack(sources, attempts, spread(idle_s), spread(attacked_s), elapsed_s, dict(reasons))


def _attack(
    server: Server, plan: AttackPlan, pings: int, workers: Workers, idle_s: list[float], attacked_s: list[float]
) -> Attacked:
    """One attack: before, during and after it."""
    idle_s += _ping(server, pings, workers)
    workers.crowd.tell(plan)
    workers.crowd.answer()
    attacked_s += _ping(server, _PINGS_AT_ONCE, workers)
    while not workers.crowd.has_answered:
        attacked_s += _ping(server, _PINGS_AT_ONCE, workers)
    attacked: Attacked = workers.crowd.answer()
    idle_s += _ping(server, pings, workers)
    return attacked


def spread(latencies_s: list[float]) -> Spread:
    """What many latencies come to."""
    ordered = sorted(latencies_s)
    count = len(ordered)
    return Spread(count, ordered[count // 2], ordered[count * 99 // 100], ordered[-1])


def _ping(server: Server, count: int, workers: Workers) -> list[float]:
    return measure_latency(server, "tcp", LINE_BYTES[0], count, workers).one_way_s
