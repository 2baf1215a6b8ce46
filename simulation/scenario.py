"""What a seed stands for: which machines, roads and services there are, and what goes wrong; nothing happens here."""

from dataclasses import dataclass, replace
from itertools import combinations
from random import Random

from communicator.router.vocabulary.config import ALL_FEATURES
from simulation.host import Plan

BROADCAST_COMMANDS = ("NEWS", "WEATHER", "SPORTS")
SERVICE_NAMES = ("anvil", "bellows", "chisel", "drill", "easel")
SMALLEST, LARGEST = 2, 10
OLD_FEATURES = frozenset({"directory/1"})
"""What the release before this one says of itself."""
NO_FEATURES: frozenset[str] = frozenset()
"""What a C++ router says."""
HOURS_S = 3600.0
SERVICE_FILES = 0.6
"""Share of the services on C++ hosts that have a ``.service`` file."""

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A service on a machine."""

    host: int
    name: str
    accepts: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything that is drawn before the first moment."""

    seed: int
    shape: str
    edges: tuple[Edge, ...]
    """Which machines have each other as neighbors in their configuration."""
    roads: tuple[Edge, ...]
    """Which machines can reach each other."""
    plans: tuple[Plan, ...]
    placements: tuple[Placement, ...]
    discover: bool
    slowest_s: float
    loss: float
    reset_after_s: float
    off_road: str
    rounds: int
    message_every_s: float

    def __str__(self) -> str:
        """A few lines for people."""
        features = {ALL_FEATURES: "", OLD_FEATURES: " (previous release)", NO_FEATURES: " (C++)"}
        hosts = ", ".join(f"{plan.name} {plan.address}{features[plan.features]}" for plan in self.plans)
        edges = " ".join(f"{one}-{other}" for one, other in self.edges)
        services = ", ".join(f"{self.plans[place.host].name}:{place.name}" for place in self.placements)
        return (
            f"{self.shape} of {len(self.plans)}: {hosts}\n"
            f"neighbors {edges}; {'discover' if self.discover else 'no discovery'}; {len(self.roads)} roads, "
            f"delays up to {self.slowest_s:g} s, loss {self.loss:g}, resets after {self.reset_after_s:.1f} s\n"
            f"services {services}; skews {', '.join(f'{plan.wall_skew_s:.0f}' for plan in self.plans)} s"
        )


def line(size: int, _random: Random) -> list[Edge]:
    """One after the other."""
    return [(at, at + 1) for at in range(size - 1)]


def ring(size: int, random: Random) -> list[Edge]:
    """A line whose ends meet."""
    return line(size, random) + ([(0, size - 1)] if size > 2 else [])


def star(size: int, _random: Random) -> list[Edge]:
    """One in the middle."""
    return [(0, at) for at in range(1, size)]


def full(size: int, _random: Random) -> list[Edge]:
    """Everyone with everyone."""
    return list(combinations(range(size), 2))


def graph(size: int, random: Random, degree: int = 3) -> list[Edge]:
    """Connected, at random, `degree` edges each or nearly so: rings laid over each other."""
    found: set[Edge] = set()
    for _ in range(max(degree // 2, 1)):
        order = random.sample(range(size), size)
        found.update((min(pair), max(pair)) for pair in zip(order, order[1:] + order[:1], strict=True) if size > 1)
    if degree % 2:
        order = random.sample(range(size), size)
        found.update((min(pair), max(pair)) for pair in zip(order[::2], order[1::2], strict=False))
    return sorted(edge for edge in found if edge[0] != edge[1])


SHAPES = {"line": line, "ring": ring, "star": star, "full mesh": full, "random graph": graph}


def draw(seed: int, random: Random) -> Scenario:
    """The scenario of a seed; what happens in it is drawn from the same `random` as it goes on."""
    shape = random.choice(sorted(SHAPES))
    size = random.randint(SMALLEST, LARGEST)
    edges = tuple(SHAPES[shape](size, random))
    discover = random.random() < 0.5
    everywhere = discover and random.random() < 0.5
    plans = _draw_plans(size, edges, random, discover=discover)
    placements = _draw_placements(size, random)
    return Scenario(
        seed=seed,
        shape=shape,
        edges=edges,
        roads=tuple(full(size, random)) if everywhere else edges,
        plans=tuple(_with_service_files(at, plan, placements, random) for at, plan in enumerate(plans)),
        placements=placements,
        discover=discover,
        slowest_s=random.choice((0.001, 0.02, 0.15)),
        loss=random.choice((0.0, 0.0, 0.02)),
        reset_after_s=random.uniform(4, 30),
        off_road=random.choice(("no route to host", "timed out")),
        rounds=random.randint(1, 4),
        message_every_s=random.choice((0.1, 0.25, 0.5)),
    )


def _draw_plans(size: int, edges: tuple[Edge, ...], random: Random, *, discover: bool) -> tuple[Plan, ...]:
    neighbors: list[list[int]] = [[] for _ in range(size)]
    for one, other in edges:
        named = random.choice(("both", "one", "other")) if discover else "both"
        if named != "other":
            neighbors[one].append(other)
        if named != "one":
            neighbors[other].append(one)
    numbers = random.sample(range(1, 250), size)
    mix = random.choice(("same", "same", "old", "leaves", "both"))
    skew_s = random.choice((0.0, 5 * HOURS_S))
    return tuple(
        Plan(
            name=f"host{at}",
            address=f"10.0.0.{numbers[at]}:4042",
            neighbors=tuple(f"10.0.0.{numbers[other]}:4042" for other in neighbors[at]),
            discover=discover,
            features=_draw_features(mix, random),
            wall_skew_s=random.uniform(-skew_s, skew_s),
            monotonic_offset_s=random.uniform(10, 100_000),
            exact_timer=random.random() < 0.5,
        )
        for at in range(size)
    )


def _with_service_files(at: int, plan: Plan, placements: tuple[Placement, ...], random: Random) -> Plan:
    """A C++ router tells others of the services it has files of, and of no others."""
    if plan.features:
        return plan
    here = [place.name for place in placements if place.host == at]
    return replace(plan, known_services=frozenset(name for name in here if random.random() < SERVICE_FILES))


def _draw_features(mix: str, random: Random) -> frozenset[str]:
    choices = {
        "same": (ALL_FEATURES,),
        "old": (ALL_FEATURES, OLD_FEATURES),
        "leaves": (ALL_FEATURES, ALL_FEATURES, NO_FEATURES),
        "both": (ALL_FEATURES, OLD_FEATURES, NO_FEATURES),
    }
    return random.choice(choices[mix])


def _draw_placements(size: int, random: Random) -> tuple[Placement, ...]:
    names = SERVICE_NAMES[: random.randint(2, len(SERVICE_NAMES))]
    share = random.uniform(0.2, 0.8)
    return tuple(
        Placement(
            host=host,
            name=name,
            accepts=frozenset(command for command in BROADCAST_COMMANDS if random.random() < 0.5),
        )
        for host in range(size)
        for name in names
        if random.random() < share
    )
