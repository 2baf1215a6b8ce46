"""Draws a cluster from a seed: its clocks, its paths, who lies, who joins late, what is claimed."""

from dataclasses import dataclass, replace
from random import Random

from communicator.answers.clocks import Claim
from tests.timekeeper.simulation.clocks import Clock, Path
from timekeeper.probes.overlay import choose_pairs
from timekeeper.solution import ReferenceInterval

GOOD_S = 0.0004
"""Good clocks begin within this of true time; with their drift they stay within the tolerance."""
GOOD_PPM = 3.0
INTERVAL_S = 10.0
ROUNDS = 7


@dataclass(frozen=True)
class Host:
    """One host and its habits."""

    name: str
    clock: Clock
    is_good: bool
    """Its clock stays within the tolerance of true time."""
    is_two_faced: bool
    """Its own measurements are made up."""
    joins_s: float
    upstreams: frozenset[str]
    claimed_s: float | None
    """The bound it claims; None when it is not synchronised."""
    phase_s: float = 0.0
    """How old its word is when all is judged."""
    breaks_rates: bool = False
    """Its clock runs faster or slower than is assumed of any."""
    hides: bool = False
    """It tells that its clock is as those of others."""
    invented: ReferenceInterval | None = None
    """What it tells of external servers that it never asked."""
    is_excused: bool = False
    """A leap second explains where it stands."""
    leap: str = "normal"
    smear: bool | None = None


@dataclass(frozen=True)
class Scenario:
    """A cluster."""

    seed: int
    hosts: tuple[Host, ...]
    paths: dict[tuple[str, str], Path]
    references: tuple[ReferenceInterval, ...]
    utc_s: float | None = None
    knows_rates: bool = True
    """Whether it is remembered how fast pairs parted before; a solver that has just started does not."""
    camp: frozenset[str] = frozenset()
    """Who stands apart by a leap second, or by as much without one."""

    @property
    def is_lied_in(self) -> bool:
        """Whether some host makes up what it measures."""
        return any(host.is_two_faced or host.hides for host in self.hosts)

    @property
    def is_calm(self) -> bool:
        """Whether all that is assumed of clocks and measurements holds."""
        return not self.is_lied_in and not any(host.breaks_rates for host in self.hosts)

    def claim_of(self, host: Host) -> Claim:
        """What a host says of its clock, always."""
        return Claim(
            state="unsynchronized" if host.claimed_s is None else "synchronized",
            offset_seconds=None if host.claimed_s is None else 0.0,
            bound_seconds=host.claimed_s,
            daemon="chronyd",
            upstreams=sorted(host.upstreams),
            leap=host.leap,
            smear=host.smear,
            age_seconds=1.0,
        )


def draw(seed: int) -> Scenario:
    """Everything follows from the seed."""
    random = Random(seed)
    count = random.choice((1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 10, 13))
    most_wrong = random.choice(((count - 1) // 2, (count - 1) // 2, count))
    wrong = set(random.sample(range(count), random.randint(0, most_wrong)))
    lies = random.random() < 0.2 and count > 4
    hosts = [draw_host(random, number, is_wrong=number in wrong, may_lie=lies) for number in range(count)]
    if random.random() < 0.3:
        hosts = [replace(host, claimed_s=None) for host in hosts]
    return Scenario(seed, tuple(hosts), draw_paths(random, hosts, is_full=lies), draw_references(random, hosts))


def draw_host(random: Random, number: int, *, is_wrong: bool, may_lie: bool) -> Host:
    """One host; the good ones claim what is true, the wrong ones what they like."""
    clock = Clock(random.uniform(-GOOD_S, GOOD_S), random.uniform(-GOOD_PPM, GOOD_PPM))
    if is_wrong:
        off_s = random.choice((-1, 1)) * draw_error(random)
        if random.random() < 0.3:
            clock.steps.append((random.choice((15.0, 25.0)), off_s))
        else:
            clock.offset_s = off_s
        clock.drift_ppm = random.uniform(-50, 50)
    claimed_s = random.choice((None, 0.002)) if is_wrong else random.choice((None, 0.002, 0.003, 0.02))
    return Host(
        name=f"h{number:02}",
        clock=clock,
        is_good=not is_wrong,
        is_two_faced=is_wrong and may_lie and random.random() < 0.6,
        joins_s=random.choice((0.0, 0.0, 0.0, 0.0, 20.0)) * (number > 0),
        upstreams=frozenset(random.sample(("ntp1", "ntp2", "ntp3", "ntp4", "ntp5"), random.choice((1, 2)))),
        claimed_s=claimed_s,
    )


def draw_error(random: Random) -> float:
    """How far off a wrong clock is: from 3 ms to 300 s, and never a leap second by chance."""
    while True:
        error_s = 10 ** random.uniform(-2.5, 2.5)
        if abs(error_s - 1) > 0.2:
            return error_s


def draw_paths(random: Random, hosts: list[Host], *, is_full: bool) -> dict[tuple[str, str], Path]:
    """Who measures whom: the pairs of the overlay, from both ends, or only some of them; some through the router."""
    density = 1.0 if is_full else random.choice((1.0, 1.0, 0.7, 0.4))
    names = [host.name for host in hosts]
    routed = {host.name for host in hosts if not is_full and random.random() < 0.05}
    paths = {}
    for first, second in sorted(choose_pairs(names)):
        if random.random() > density:
            continue
        via = "router" if {first, second} & routed else "probe"
        scale_s = 0.003 if via == "router" else 10 ** random.uniform(-5, -3.3)
        path = Path(
            there_s=scale_s * random.random(),
            back_s=scale_s * random.random(),
            queue_s=scale_s * random.choice((0.1, 0.5, 3.0)),
            loss=random.choice((0.0, 0.0, 0.1, 0.8)),
            via=via,
        )
        paths[first, second] = path
        paths[second, first] = Path(path.back_s, path.there_s, path.queue_s, path.loss, via)
    return paths


def draw_references(random: Random, hosts: list[Host]) -> tuple[ReferenceInterval, ...]:
    """External servers, as the first host sees them at its good moments: all of them right."""
    if random.random() < 0.7 or not hosts[0].is_good:
        return ()
    widths_s = [random.uniform(0.002, 0.03) for _ in range(random.randint(1, 3))]
    centre_s = -hosts[0].clock.offset_s
    return tuple(
        ReferenceInterval(
            name=f"server{number}", host=hosts[0].name, low_s=centre_s - width_s, high_s=centre_s + width_s
        )
        for number, width_s in enumerate(widths_s)
    )
