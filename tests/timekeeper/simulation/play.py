"""Plays the cluster of a seed, round by round, and holds what is concluded against the truth."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.timekeeper.simulation.clocks import measure
from tests.timekeeper.simulation.scenario import INTERVAL_S, ROUNDS, Host, Scenario, draw
from timekeeper.solution import (
    Basis,
    Judge,
    Judgement,
    Measurement,
    Patience,
    Solution,
    Thresholds,
    age_measurement,
    solve,
)

THRESHOLDS = Thresholds()
PATIENCE = Patience(grace_s=15.0)
ROUNDING_S = 1e-9

Solver = Callable[..., Solution]


class FoundError(AssertionError):
    """A seed has found something; says what, and how to see it again."""


@dataclass
class Tally:
    """What one or more seeds have seen."""

    seeds: int = 0
    rounds: int = 0
    bounds: int = 0
    """Offsets that were held against their bounds."""
    accused: int = 0
    had_to_be: int = 0
    """Hosts that had to be accused at the end, and were."""
    without_majority: int = 0
    claims: int = 0
    """Claims that were held against the truth."""
    refuted: int = 0

    def add(self, other: "Tally") -> None:
        """Count another one in."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def __str__(self) -> str:
        """One line for people."""
        return ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in vars(self).items())


class Play:
    """One seed.

    Args:
        scenario: The cluster.
        solver: Another than `solve` only to see whether the play notices.
        shift_s: Added to every clock, which must change nothing.
    """

    def __init__(self, scenario: Scenario, solver: Solver = solve, shift_s: float = 0.0) -> None:
        self.scenario = scenario
        self.hosts = {host.name: host for host in scenario.hosts}
        self.solver = solver
        self.shift_s = shift_s
        self.random = Random(scenario.seed)
        self.last: dict[tuple[str, str], tuple[float, Measurement]] = {}
        self.judge = Judge(THRESHOLDS, PATIENCE)
        self.tally = Tally(seeds=1)
        self.verdicts: list[dict[str, str]] = []

    def run(self) -> Tally:
        """Play all rounds.

        Raises:
            FoundError: Something that was promised did not hold.
        """
        for number in range(ROUNDS):
            now_s = (number + 1) * INTERVAL_S
            judgement = self.judge.judge(self.conclude(now_s), now_s)
            self.verdicts.append({host.host: host.verdict.value for host in judgement.hosts})
            self.tally.rounds += 1
            self.check_bounds(judgement.solution, now_s)
            self.check_accusations(judgement)
            self.check_claims(judgement.solution, now_s)
        self.check_end(judgement, now_s)
        return self.tally

    def conclude(self, now_s: float) -> Solution:
        """One round of measurements, and what follows from them."""
        present = {name for name, host in self.hosts.items() if host.joins_s <= now_s}
        for ends, path in self.scenario.paths.items():
            if set(ends) <= present:
                self.measure(ends, path, now_s)
        measurements = [age_measurement(one, now_s - at_s) for at_s, one in self.last.values()]
        claims = [claim for claim in self.scenario.claims() if claim.host in present]
        return self.solver(present, measurements, claims, self.scenario.references, THRESHOLDS)

    def measure(self, ends, path, now_s: float) -> None:
        """One burst; what was measured before a clock was set is evaluated anew, and here forgotten."""
        first, second = (self.hosts[name] for name in ends)
        if any(host.clock.stepped_between(now_s - INTERVAL_S, now_s) for host in (first, second)):
            self.last.pop(ends, None)
        ahead_s = (second.clock.at(now_s) + self.shift_s) - (first.clock.at(now_s) + self.shift_s)
        if first.is_two_faced:
            ahead_s += self.random.uniform(-0.1, 0.1)
        drift_ppm = second.clock.drift_ppm - first.clock.drift_ppm
        measured = measure(self.random, path, ends, ahead_s, drift_ppm)
        if measured:
            self.last[ends] = now_s, measured

    def check_bounds(self, solution: Solution, now_s: float) -> None:
        """No offset is off by more than its bound."""
        if any(host.is_two_faced for host in self.hosts.values()):
            return
        if solution.contradictions:
            self.fail(f"{solution.contradictions} though nobody lied")
        for frame in solution.frames:
            for base, base_name in enumerate(frame.names):
                view = frame.seen_from(base)
                for name, offset_s, bound_s in zip(frame.names, view.offset_s, view.bound_s, strict=True):
                    truth_s = self.hosts[name].clock.at(now_s) - self.hosts[base_name].clock.at(now_s)
                    self.tally.bounds += 1
                    if abs(truth_s - offset_s) > bound_s + ROUNDING_S:
                        self.fail(f"{name} is {truth_s} ahead of {base_name}, not {offset_s} ±{bound_s}")

    def check_accusations(self, judgement: Judgement) -> None:
        """No good host is accused while the wrong ones are fewer than half; nobody without a basis."""
        solution = judgement.solution
        self.tally.accused += len(judgement.wrong)
        self.tally.without_majority += solution.measured > 0 and not solution.has_majority
        for host in judgement.hosts:
            is_accused = host.host in judgement.wrong
            if is_accused and host.solved.basis not in (Basis.MAJORITY, Basis.TRUE_TIME):
                self.fail(f"{host.host} was accused on the basis of {host.solved.basis}")
            if is_accused and self.hosts[host.host].is_good and self.is_majority_good(solution):
                self.fail(f"{host.host} was accused and is good: {host.reasons}")

    def is_majority_good(self, solution: Solution) -> bool:
        """Whether more than half of the measured hosts are good; and of the votes, where they have a say."""
        measured = [name for frame in solution.frames if len(frame.names) > 1 for name in frame.names]
        good = sum(self.hosts[name].is_good for name in measured)
        return good > len(measured) / 2 and (solution.has_majority or self.are_votes_good(solution))

    def are_votes_good(self, solution: Solution) -> bool:
        """Whether more than half of the sets of upstreams, in the largest group, are followed by good hosts only."""
        groups: dict[frozenset[str], list[Host]] = defaultdict(list)
        if not solution.frames:
            return False
        for name in solution.frames[0].names:
            host = self.hosts[name]
            if host.claimed_s is not None:
                groups[host.upstreams].append(host)
        servers = sum(one.host in solution.frames[0].names for one in self.scenario.references)
        good = servers + sum(all(host.is_good for host in group) for group in groups.values())
        return good > (len(groups) + servers) / 2

    def check_claims(self, solution: Solution, now_s: float) -> None:
        """No true claim is refuted while most votes are good."""
        lies = any(host.is_two_faced for host in self.hosts.values())
        if lies or not self.are_votes_good(solution):
            return
        for solved in solution.hosts:
            host = self.hosts[solved.host]
            if solved.claim_holds is None or solved.host not in solution.frames[0].names:
                continue
            self.tally.claims += 1
            self.tally.refuted += not solved.claim_holds
            error_s = abs(host.clock.at(now_s))
            if not solved.claim_holds and error_s <= host.claimed_s:
                self.fail(f"{host.name} claims {host.claimed_s}, is off by {error_s}, and was refuted")
            if solved.claim_holds and error_s > host.claimed_s + 2 * solved.true_bound_s:
                self.fail(f"{host.name} claims {host.claimed_s}, is off by {error_s}, and was believed")

    def check_end(self, judgement: Judgement, now_s: float) -> None:
        """In the end every host that is off by more than can be doubted is accused."""
        solution = judgement.solution
        if not self.is_majority_good(solution) or any(host.is_two_faced for host in self.hosts.values()):
            return
        bounds_s = [host.bound_s for host in solution.hosts if host.basis is Basis.MAJORITY]
        largest_s = max(bounds_s, default=1.0)
        if largest_s < THRESHOLDS.warn_s / 4 and not solution.has_majority:
            self.fail("most hosts are good, and no majority was found")
        beyond_s = THRESHOLDS.warn_s + 4 * THRESHOLDS.tolerance_s + 4 * largest_s
        for host in judgement.hosts:
            if host.solved.basis is Basis.MAJORITY and abs(self.hosts[host.host].clock.at(now_s)) > beyond_s:
                if host.host not in judgement.wrong and self.was_measured_lately(host.host, now_s):
                    self.fail(f"{host.host} is off and was not accused: {host.verdict}, {host.reasons}")
                self.tally.had_to_be += 1

    def was_measured_lately(self, name: str, now_s: float) -> bool:
        """Whether enough bursts have reached a host since it went wrong."""
        times_s = {at_s for ends, (at_s, _) in self.last.items() if name in ends}
        losses = [path.loss for ends, path in self.scenario.paths.items() if name in ends]
        return now_s in times_s and max(losses) < 0.5

    def fail(self, what: str) -> None:
        """Say what was found."""
        seed = self.scenario.seed
        raise FoundError(
            f"seed {seed}: {what}\n{self.scenario}\n"
            f"see it again with: python -m tests.timekeeper.simulation --first {seed} --seeds 1"
        )


def run_seed(seed: int, solver: Solver = solve) -> Tally:
    """Play the cluster of a seed.

    Raises:
        FoundError: Something that was promised did not hold.
    """
    return Play(draw(seed), solver).run()
