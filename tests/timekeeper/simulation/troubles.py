"""What else befalls a cluster: clocks that run away or are slewed, leap seconds, probes that lie; drawn beside the rest."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.timekeeper.simulation.clocks import Path
from tests.timekeeper.simulation.scenario import GOOD_S, INTERVAL_S, ROUNDS, Host, Scenario
from timekeeper.solution import ReferenceInterval

NEW_YEAR_S = 1_483_228_800.0
MID_MONTH_S = NEW_YEAR_S + 14 * 86_400.0
SLEW_PPM = 500.0
"""The most that the kernel does for a daemon."""

Trouble = Callable[[Random, Scenario], Scenario]


def befall(scenario: Scenario) -> Scenario:
    """One of the troubles, or none; everything follows from the seed."""
    random = Random(f"troubles of {scenario.seed}")
    hosts = tuple(replace(host, phase_s=random.uniform(0.5, INTERVAL_S)) for host in scenario.hosts)
    scenario = replace(scenario, hosts=hosts, utc_s=random.choice((NEW_YEAR_S, MID_MONTH_S)))
    trouble = random.choice((None, None, None, run_away, slew, leap, smear, lie_by_probes, lie_steadily, invent))
    return trouble(random, scenario) if trouble and len(hosts) > 2 and not scenario.is_lied_in else scenario


def run_away(random: Random, scenario: Scenario) -> Scenario:
    """The clocks of wrong hosts run far beyond what is assumed of them; a single one so that nobody remembers it."""
    wrong = sum(not host.is_good for host in scenario.hosts)
    scenario = replace(scenario, knows_rates=wrong != 1)
    return change(scenario, lambda host: alter_rate(random, host) if not host.is_good else host)


def alter_rate(random: Random, host: Host) -> Host:
    rate_ppm = random.choice((-1, 1)) * random.uniform(300.0, 1000.0)
    return replace(host, clock=replace(host.clock, drift_ppm=rate_ppm, steps=[]), breaks_rates=True)


def slew(random: Random, scenario: Scenario) -> Scenario:
    """The daemons of wrong hosts take off for a while what their clocks are off by, as fast as the kernel lets them."""

    def alter(host: Host) -> Host:
        if host.is_good:
            return host
        off_s = random.choice((-1, 1)) * random.uniform(0.02, 0.2)
        took = (random.choice((0.0, 25.0)), ROUNDS * INTERVAL_S, -SLEW_PPM if off_s > 0 else SLEW_PPM)
        return replace(host, clock=replace(host.clock, offset_s=off_s, steps=[], slews=[took]), breaks_rates=True)

    return change(scenario, alter)


def leap(random: Random, scenario: Scenario) -> Scenario:
    """Some hosts have applied a leap second and the others have not; at another time one second is only an error."""
    return stand_apart(random, scenario, random.choice((-1.0, 1.0)), {"leap": "insert"}, {"leap": "insert"})


def smear(random: Random, scenario: Scenario) -> Scenario:
    """Some hosts smear the leap second that the others announce."""
    return stand_apart(random, scenario, random.uniform(0.05, 0.95), {"leap": "insert"}, {"smear": True})


def stand_apart(
    random: Random, scenario: Scenario, away_s: float, others: dict[str, object], some: dict[str, object]
) -> Scenario:
    """All clocks are good, but that some stand apart and say why."""
    names = [host.name for host in scenario.hosts]
    camp = set(random.sample(names, random.randint(1, len(names) - 1)))
    is_excused = scenario.utc_s == NEW_YEAR_S

    def alter(host: Host) -> Host:
        is_in = host.name in camp
        clock = replace(host.clock, offset_s=random.uniform(-GOOD_S, GOOD_S) + away_s * is_in, drift_ppm=0.0, steps=[])
        host = replace(host, clock=clock, is_good=not is_in, is_excused=is_excused, **(some if is_in else others))
        return host if host.claimed_s is None else replace(host, claimed_s=0.002)

    return replace(change(scenario, alter), references=(), camp=frozenset(camp))


def lie_by_probes(random: Random, scenario: Scenario) -> Scenario:
    """A wrong host alone tells of probes, and that its clock is as all others; they measure it through the router."""
    wrong = [host.name for host in scenario.hosts if not host.is_good]
    if not wrong:
        return scenario
    liar = random.choice(wrong)
    honest = {ends: path for ends, path in scenario.paths.items() if liar not in ends}
    good_way = Path(there_s=1e-5, back_s=1e-5, queue_s=1e-5, loss=0.0)
    for host in scenario.hosts:
        if host.name != liar:
            honest[host.name, liar] = Path(there_s=5e-4, back_s=5e-4, queue_s=1e-4, loss=0.0, via="router")
            honest[liar, host.name] = good_way

    def alter(host: Host) -> Host:
        if host.name != liar:
            return host
        return replace(host, hides=True, joins_s=0.0, clock=replace(host.clock, steps=[], offset_s=0.05, drift_ppm=0.0))

    return replace(change(scenario, alter), paths=honest)


def lie_steadily(random: Random, scenario: Scenario) -> Scenario:
    """Wrong hosts tell all the time that their clocks are as all others; it takes all pairs to see through several."""
    if len(scenario.paths) < len(scenario.hosts) * (len(scenario.hosts) - 1):
        return scenario
    off_s = {host.name: random.choice((-1, 1)) * random.uniform(0.02, 0.2) for host in scenario.hosts}

    def alter(host: Host) -> Host:
        if host.is_good:
            return host
        return replace(host, hides=True, clock=replace(host.clock, steps=[], offset_s=off_s[host.name], drift_ppm=0.0))

    return replace(change(scenario, alter), references=())


def invent(random: Random, scenario: Scenario) -> Scenario:
    """Fewer than half of the hosts tell of external servers that see true time elsewhere: of the same, or each of others.

    Not the first, which judges, and believes the servers of its own settings.
    """
    others = [host.name for host in scenario.hosts[1:]]
    liars = random.sample(others, (len(scenario.hosts) - 1) // 2)
    off_s, same = random.choice((-1, 1)) * random.uniform(0.02, 0.2), random.random() < 0.5

    def alter(host: Host) -> Host:
        if host.name not in liars:
            return host
        names = frozenset({"x", "y"} if same else {f"x of {host.name}", f"y of {host.name}"})
        told = ReferenceInterval(
            name="x", host=host.name, low_s=off_s - 1e-3, high_s=off_s + 1e-3, is_trusted=True, identities=names
        )
        return replace(host, invented=told)

    return replace(change(scenario, alter), references=())


def change(scenario: Scenario, alter: Callable[[Host], Host]) -> Scenario:
    """The same with other hosts."""
    return replace(scenario, hosts=tuple(alter(host) for host in scenario.hosts))
