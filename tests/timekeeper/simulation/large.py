"""Clusters of any size with a known truth, for measurements of time; it draws no trouble but wrong clocks and lies."""

import time
from dataclasses import dataclass, replace
from random import Random

from timekeeper.solution import HostClaim, Judge, Measurement, solve


@dataclass(frozen=True)
class Cluster:
    """What all hosts report, and the truth."""

    clocks: dict[str, float]
    """How far each clock is ahead of true time."""
    wrong: frozenset[str]
    measurements: tuple[Measurement, ...]
    claims: tuple[HostClaim, ...]


def draw_cluster(hosts: int, degree: int, *, seed: int = 1, lies: int = 0) -> Cluster:
    """A random regular cluster.

    Args:
        hosts: How many.
        degree: How many links each has; an even number.
        seed: Everything follows from it.
        lies: How many of the links are off by a second.
    """
    random = Random(seed)
    names = [f"host{number:04}" for number in range(hosts)]
    wrong = frozenset(random.sample(names, hosts // 20))
    clocks = {
        name: random.uniform(-4e-4, 4e-4) + (random.choice((-1, 1)) * random.uniform(0.02, 0.9) * (name in wrong))
        for name in names
    }
    measurements = [
        draw_measurement(random, clocks, names[number], names[(number + step) % hosts])
        for step in choose_steps(hosts, degree)
        for number in range(hosts)
    ]
    for number in random.sample(range(len(measurements)), lies):
        measurements[number] = replace(measurements[number], offset_s=measurements[number].offset_s + 1.0)
    claims = tuple(draw_claim(random, name) for name in names)
    return Cluster(clocks, wrong, tuple(measurements), claims)


def choose_steps(hosts: int, degree: int) -> list[int]:
    """To which of its successors on a ring a host is linked; to all of them where there are few."""
    if hosts <= degree + 1:
        return list(range(1, (hosts + 1) // 2))
    return [max(1, round(hosts / 2 * (number / (degree / 2)) ** 2)) + number for number in range(degree // 2)]


def draw_measurement(random: Random, clocks: dict[str, float], source: str, target: str) -> Measurement:
    """An honest one, with the bound of a network of a rack or two."""
    bound_s = random.uniform(30e-6, 300e-6)
    return Measurement(
        source=source,
        target=target,
        offset_s=clocks[target] - clocks[source] + random.uniform(-bound_s, bound_s),
        bound_s=bound_s,
        rtt_s=2 * bound_s,
        age_s=random.uniform(0, 10),
        via="probe",
        drift_ppm=random.uniform(-1, 1),
    )


def draw_claim(random: Random, name: str) -> HostClaim:
    """All claim alike, from one of nine sets of upstreams."""
    return HostClaim(
        host=name,
        state="synchronized",
        offset_s=0.0,
        bound_s=0.005,
        daemon="chronyd",
        upstreams=frozenset({f"ntp{random.randrange(9)}"}),
        age_s=1.0,
        boot_id="1",
    )


def time_solve(hosts: int, degree: int, *, lies: int = 0, runs: int = 5) -> dict[str, float]:
    """Measure how long a solution takes.

    Args:
        hosts: How many.
        degree: How many links each has.
        lies: How many of the links are off by a second.
        runs: Of so many the best counts.

    Returns:
        The seconds of `solve` and of `Judge.judge`, and how many links there were.
    """
    cluster = draw_cluster(hosts, degree, lies=lies)
    solve_s, judge_s = [], []
    for _ in range(runs):
        began_s = time.perf_counter()
        solution = solve(cluster.clocks, cluster.measurements, cluster.claims)
        solved_s = time.perf_counter()
        Judge().judge(solution, 0.0)
        solve_s.append(solved_s - began_s)
        judge_s.append(time.perf_counter() - solved_s)
    return {"links": float(len(cluster.measurements)), "solve_s": min(solve_s), "judge_s": min(judge_s)}
