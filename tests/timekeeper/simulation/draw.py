"""Draws the cluster of a seed: everything follows from the seed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from tests.timekeeper.simulation.clocks import Clock, Path, draw_rates
from tests.timekeeper.simulation.lies import Kind, Lie
from tests.timekeeper.simulation.scenario import NEVER_S, SPAN_S, Access, Category, Host, Part, Restart, Scenario
from timekeeper.probes.overlay import choose_pairs

GOOD_S = 0.0001
"""Good clocks begin within this of true time; with their crystals they stay within the tolerance."""
FIRST_S, LAST_S = 25.0, 42.0
"""What befalls a cluster begins between these: after the grace, and long enough before the end."""
_CATEGORIES = tuple(Category)
_COUNTS = (*(2,) * 4, *(3,) * 8, *(4,) * 8, *(5,) * 6, 6, 6, 7, 8, 12)
"""How many hosts; trouble comes where few have to decide."""
_SOURCES = ("s1", "s2", "s3", "s4", "s5")

Trouble = Callable[[Random, Scenario], Scenario]


def draw(seed: int) -> Scenario:
    """One cluster; each category has its share of the seeds."""
    random = Random(seed)
    category = _CATEGORIES[seed % len(_CATEGORIES)]
    hosts = draw_hosts(random)
    plain = Scenario(seed=seed, category=category, hosts=hosts, paths=draw_paths(random, hosts))
    scenario = befall(random, plain)
    events_s = [at_s for host in scenario.hosts for at_s in _events_of(host)]
    events_s += [at_s for cut in scenario.cuts for at_s in cut[:2]]
    return replace(scenario, events_s=tuple(sorted(events_s)))


def _events_of(host: Host) -> list[float]:
    starts_s = [at_s for one in host.restarts for at_s in (one.at_s, one.at_s + one.lasts_s)]
    outages_s = [at_s for outage in host.outages for at_s in outage]
    return [host.joins_s, *starts_s, *outages_s, *(at_s for at_s, _ in host.clock.steps)]


def draw_hosts(random: Random) -> tuple[Host, ...]:
    """Hosts whose clocks are right, and that claim so."""
    count = random.choice(_COUNTS)
    claims_s = random.choice(((0.002,), (0.002, 0.003, 0.02), (0.002, 0.02, None)))
    return tuple(
        Host(
            name=f"h{number:02}",
            clock=Clock(random.uniform(-GOOD_S, GOOD_S), draw_rates(random, SPAN_S)),
            claimed_s=random.choice(claims_s),
            upstreams=frozenset(random.sample(_SOURCES, random.choice((1, 2)))),
            phase_s=random.uniform(0.0, 10.0),
        )
        for number in range(count)
    )


def draw_paths(random: Random, hosts: Sequence[Host]) -> dict[tuple[str, str], Path]:
    """Who measures whom, from both ends."""
    paths = {}
    is_lossy = random.random() < 0.2
    for first, second in sorted(choose_pairs([host.name for host in hosts])):
        scale_s = 10 ** random.uniform(-5, -3.5)
        path = Path(
            there_s=scale_s * random.random(),
            back_s=scale_s * random.random(),
            queue_s=scale_s * random.choice((0.1, 0.5, 3.0)),
            loss=random.choice((0.1, 0.7)) if is_lossy else 0.0,
        )
        paths[first, second], paths[second, first] = path, path.turned()
    return paths


def befall(random: Random, scenario: Scenario) -> Scenario:
    """What a category is about."""
    if scenario.category is Category.MIXED:
        troubles = [each for each in _MIXABLE if random.random() < 1 / 2]
    else:
        troubles = _TROUBLES[scenario.category]
    for trouble in troubles:
        scenario = trouble(random, scenario)
    return scenario


def pick(random: Random, scenario: Scenario, most: int) -> frozenset[str]:
    """Some of the hosts."""
    count = random.choice((most, random.randint(0, most)))
    return frozenset(random.sample([host.name for host in scenario.hosts], count))


def err(random: Random, scenario: Scenario) -> Scenario:
    """Some clocks are wrong, alike or not, from the start or from some moment on; mostly fewer than half of them."""
    count = len(scenario.hosts)
    wrong = pick(random, scenario, random.choice(((count - 1) // 2, (count - 1) // 2, count)))
    off_s = random.choice((-1, 1)) * 10 ** random.uniform(-1.6, 1.5)
    common_s = random.choice((None, off_s, off_s))
    return change(scenario, lambda host: put_off(random, host, common_s) if host.name in wrong else host)


def put_off(random: Random, host: Host, off_s: float | None = None, at_s: float | None = None) -> Host:
    """The same host with a wrong clock; most claim to be right."""
    off_s = random.choice((-1, 1)) * 10 ** random.uniform(-1.6, 1.5) if off_s is None else off_s
    at_s = random.choice((0.0, random.uniform(FIRST_S, LAST_S))) if at_s is None else at_s
    claimed_s = random.choice((0.002, 0.002, 0.002, None, abs(off_s) + 0.01))
    if at_s <= 0:
        return replace(host, clock=replace(host.clock, offset_s=off_s), claimed_s=claimed_s)
    return replace(host, clock=replace(host.clock, steps=((at_s, off_s),)), claimed_s=claimed_s)


def follow_a_liar(random: Random, scenario: Scenario) -> Scenario:
    """Some hosts use a source that lies, each besides another one of its own that is little used; the rest share one."""
    off_s, at_s = random.choice((-1, 1)) * 10 ** random.uniform(-1.6, 1.0), random.choice((0.0, 35.0))
    count = len(scenario.hosts)
    fooled = pick(random, scenario, random.choice(((count - 1) // 2, count)))
    is_shared = scenario.category is Category.LISTS

    def follow(host: Host) -> Host:
        own = frozenset() if is_shared else frozenset({f"own of {host.name}"})
        if host.name not in fooled:
            return replace(host, upstreams=frozenset({"s1"}) | (own if random.random() < 1 / 2 else frozenset()))
        wrong = put_off(random, host, off_s, at_s + random.uniform(0.0, 5.0) * (at_s > 0))
        return replace(wrong, claimed_s=0.002, upstreams=frozenset({"s3", f"own of {host.name}"}))

    return change(scenario, follow)


def go_down(random: Random, scenario: Scenario) -> Scenario:
    """Hosts go down, some are there late, and some addresses lead nowhere."""
    right = [host.name for host in scenario.hosts if not host.clock.steps and abs(host.clock.offset_s) <= GOOD_S]
    worst = frozenset(random.sample(right, min(len(right), len(scenario.hosts) // 2)))
    down = random.choice((worst, pick(random, scenario, len(scenario.hosts) // 2)))
    lasts_s = random.choice((12.0, NEVER_S))

    def fall(host: Host) -> Host:
        if host.name not in down:
            return host
        start_s = random.uniform(FIRST_S, LAST_S)
        return replace(host, outages=((start_s, start_s + lasts_s),))

    return replace(change(scenario, fall), dead=random.choice((0, 0, 0, 1, 2)))


def start_anew(random: Random, scenario: Scenario) -> Scenario:
    """Parts of hosts are started anew at any moment."""
    parts = {Part.TIMEKEEPER: 2.0, Part.DISK: 2.0, Part.ROUTER: 3.0, Part.DAEMON: 8.0, Part.HOST: 15.0}

    def start(host: Host) -> Host:
        if random.random() < 1 / 2:
            return host
        part, at_s = random.choice(tuple(parts)), random.uniform(5.0, LAST_S)
        outages = ((at_s, at_s + parts[part]),) if part is Part.HOST else ()
        return replace(
            host, restarts=(Restart(at_s, part, random.uniform(1.0, parts[part])),), outages=(*host.outages, *outages)
        )

    return change(scenario, start)


def come_late(random: Random, scenario: Scenario) -> Scenario:
    """The cluster comes up piece by piece."""
    late = pick(random, scenario, len(scenario.hosts) - 1)
    joins_s = {name: random.uniform(5.0, 30.0) for name in sorted(late)}
    return change(scenario, lambda host: replace(host, joins_s=joins_s.get(host.name, 0.0)))


def fall_apart(random: Random, scenario: Scenario) -> Scenario:
    """Some hosts are cut off for a while, or for good."""
    names = [host.name for host in scenario.hosts]
    start_s = random.uniform(FIRST_S, LAST_S - 5.0)
    side = frozenset(random.sample(names, random.randint(1, len(names) - 1)))
    return replace(scenario, cuts=((start_s, start_s + random.choice((10.0, 18.0, NEVER_S)), side),))


def meet_others(random: Random, scenario: Scenario) -> Scenario:
    """Some hosts have C++ routers, and one may be known to one member only."""
    others = pick(random, scenario, len(scenario.hosts) // 2)
    kinds = {name: random.choice((Access.ALIVE, Access.ALIVE, Access.HIDDEN)) for name in sorted(others)}
    voucher = random.choice(("", scenario.hosts[0].name))

    def turn(host: Host) -> Host:
        access = kinds.get(host.name, Access.PROBES)
        return host if access is Access.PROBES else replace(host, access=access, claimed_s=None, restarts=())

    return replace(change(scenario, turn), voucher=voucher, is_configured=not voucher)


def lie(random: Random, scenario: Scenario) -> Scenario:
    """Fewer than half of the hosts lie, each in its own way."""
    names = [host.name for host in scenario.hosts]
    liars = random.sample(names, random.randint(1, max(1, (len(names) - 1) // 2)))
    common = draw_lie(random, names)

    def turn(host: Host) -> Host:
        if host.name not in liars:
            return host
        told = common if random.random() < 1 / 2 else draw_lie(random, names)
        if told.kind is Kind.HIDES or random.random() < 1 / 3:
            host = replace(put_off(random, host), claimed_s=0.002)
        return replace(host, lie=told)

    return change(scenario, turn)


def draw_lie(random: Random, names: Sequence[str]) -> Lie:
    """One way to lie."""
    return Lie(
        kind=random.choice(tuple(Kind)),
        off_s=random.choice((-1, 1)) * 10 ** random.uniform(-2.0, 0.0),
        victims=frozenset(random.sample(list(names), random.choice((1, 1, len(names) // 2, len(names))))),
        is_consistent=random.random() < 1 / 2,
    )


def correct(random: Random, scenario: Scenario) -> Scenario:
    """All clocks are off together, and are set right one after the other, or all at once."""
    off_s, start_s = random.choice((-1, 1)) * 10 ** random.uniform(-1.8, 0.0), random.uniform(FIRST_S, LAST_S)
    lasts_s = random.choice((2.0, 10.0, 25.0))

    def set_right(host: Host) -> Host:
        clock = replace(
            host.clock, offset_s=host.clock.offset_s + off_s, steps=((start_s + random.uniform(0.0, lasts_s), -off_s),)
        )
        return replace(host, clock=clock)

    return replace(change(scenario, set_right), wave_s=(start_s, start_s + lasts_s))


def err_together(random: Random, scenario: Scenario) -> Scenario:
    """All clocks follow a common error, and two hosts or more hear external servers."""
    off_s, start_s = random.choice((-1, 1)) * 10 ** random.uniform(-1.4, 0.0), random.uniform(FIRST_S, LAST_S - 10.0)
    heard = random.sample([host.name for host in scenario.hosts], 2)

    def turn(host: Host) -> Host:
        clock = replace(host.clock, steps=((start_s + random.uniform(0.0, 2.0), off_s),))
        return replace(host, clock=clock, has_references=host.name in heard)

    return replace(change(scenario, turn), wave_s=(start_s, start_s + 2.0))


def ask_servers(random: Random, scenario: Scenario) -> Scenario:
    """Some hosts hear external servers."""
    heard = pick(random, scenario, len(scenario.hosts))
    return change(scenario, lambda host: replace(host, has_references=host.name in heard))


def change(scenario: Scenario, alter: Callable[[Host], Host]) -> Scenario:
    """The same with other hosts."""
    return replace(scenario, hosts=tuple(alter(host) for host in scenario.hosts))


_TROUBLES: dict[Category, Sequence[Trouble]] = {
    Category.LISTS: (follow_a_liar,),
    Category.OVERLAPS: (follow_a_liar,),
    Category.DOWN: (err, go_down),
    Category.RESTARTS: (err, start_anew, come_late),
    Category.PARTITIONS: (err, fall_apart),
    Category.LIARS: (err, lie),
    Category.WAVES: (correct,),
    Category.REFERENCES: (err_together,),
}
_MIXABLE: Sequence[Trouble] = (err, go_down, start_anew, come_late, fall_apart, meet_others, ask_servers)
