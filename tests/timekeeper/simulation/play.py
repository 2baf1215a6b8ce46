"""Plays the cluster of a seed, round by round, and holds what is concluded against the truth."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

from communicator.answers.clocks import Local, Peer, ReferenceOffset
from tests.timekeeper.cluster.words import row
from tests.timekeeper.simulation.clocks import measure
from tests.timekeeper.simulation.scenario import INTERVAL_S, ROUNDS, Host, Scenario, draw
from tests.timekeeper.simulation.troubles import befall
from timekeeper.cluster.rows import Rows
from timekeeper.solution import (
    Basis,
    HostVerdict,
    Judgement,
    Measurement,
    Patience,
    ReferenceInterval,
    Solution,
    Thresholds,
    Verdict,
    age_measurement,
    find_rate,
    solve,
)
from timekeeper.solution.closure import NARROW_S
from timekeeper.solution.measurement import DRIFT_BOUND
from timekeeper.solver import Solver

THRESHOLDS = Thresholds()
PATIENCE = Patience(grace_s=15.0)
ROUNDING_S = 1e-9

Find = Callable[..., Solution]


def tell_pair(one: Measurement) -> Peer:
    """A measurement, as a row tells it."""
    return Peer(
        peer=one.target,
        offset_seconds=one.offset_s,
        bound_seconds=one.bound_s,
        rtt_seconds=one.rtt_s,
        age_seconds=one.age_s,
        via=one.via,
        drift_ppm=one.drift_ppm,
    )


def tell_servers(told: Sequence[ReferenceInterval]) -> ReferenceOffset:
    """Where external servers agree, as a row tells it."""
    low_s, high_s = max(one.low_s for one in told), min(one.high_s for one in told)
    return ReferenceOffset(
        offset_seconds=(low_s + high_s) / 2,
        bound_seconds=(high_s - low_s) / 2,
        servers=len(told),
        identities=sorted({name for one in told for name in one.identities | {one.name}}),
        age_seconds=0.0,
    )


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
    innocent: int = 0
    """Good hosts that were measured well, and had to be found good."""
    guilty: int = 0
    """Wrong hosts that must not be found good."""
    excused: int = 0
    """Hosts that a leap second explains."""
    runaway_claims: int = 0
    """Claims of clocks that run away, which had to be called false."""

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
        find: Another than `solve` only to see whether the play notices.
        shift_s: Added to every clock, which must change nothing.
    """

    def __init__(self, scenario: Scenario, find: Find = solve, shift_s: float = 0.0) -> None:
        self.scenario = scenario
        self.hosts = {host.name: host for host in scenario.hosts}
        self.shift_s = shift_s
        self.random = Random(scenario.seed)
        self.last: dict[tuple[str, str], tuple[float, Measurement]] = {}
        self.rates: dict[tuple[str, str], float] = {}
        """How fast a pair was seen to part, as the host that measures it sees."""
        self.rows = Rows()
        self.judging = Solver(THRESHOLDS, PATIENCE, find)
        self.tally = Tally(seeds=1)
        self.verdicts: list[dict[str, str]] = []

    def run(self) -> Tally:
        """Play all rounds.

        Raises:
            FoundError: Something that was promised did not hold.
        """
        for number in range(ROUNDS):
            now_s = (number + 1) * INTERVAL_S
            judgement = self.conclude(now_s)
            self.verdicts.append({host.host: host.verdict.value for host in judgement.hosts})
            self.tally.rounds += 1
            self.check_bounds(judgement.solution, now_s)
            self.check_accusations(judgement)
            self.check_claims(judgement.solution, now_s)
            self.check_innocents(judgement)
            self.check_excused(judgement)
            self.check_guilty_ones(judgement, now_s)
        self.check_end(judgement, now_s)
        return self.tally

    def conclude(self, now_s: float) -> Judgement:
        """One round of measurements, and what the first host makes of its own and of the words of all others."""
        present = {name for name, host in self.hosts.items() if host.joins_s <= now_s}
        for ends, path in self.scenario.paths.items():
            if set(ends) <= present:
                self.measure(ends, path, now_s)
        if not self.scenario.knows_rates:
            self.rows = Rows()
        first, *others = (host for host in self.scenario.hosts if host.name in present)
        for host in others:
            said_s = now_s - host.phase_s
            if fault := self.rows.hear(row(self.tell(host, said_s)), said_s):
                self.fail(fault)
        return self.judging.judge(
            self.tell(first, now_s), self.rows, present, now_s, utc_s=self.read_wall_s(first, now_s)
        )

    def read_wall_s(self, host: Host, now_s: float) -> float | None:
        """What time it is by the clock of a host."""
        return None if self.scenario.utc_s is None else self.scenario.utc_s + host.clock.at(now_s) + self.shift_s

    def tell(self, host: Host, said_s: float) -> Local:
        """The word of a host."""
        said = {
            ends[1]: age_measurement(one, said_s - at_s, self.rates.get(ends, 0.0))
            for ends, (at_s, one) in self.last.items()
            if ends[0] == host.name
        }
        told = [one for one in self.scenario.references if one.host == host.name] or (
            [] if host.invented is None else [host.invented, host.invented]
        )
        return Local(
            server=host.name,
            boot_id=f"boot of {host.name}",
            life="life",
            seq=round(said_s * 1000),
            role="solver",
            claim=self.scenario.claim_of(host),
            pairs=[tell_pair(one) for one in said.values()],
            references=tell_servers(told) if told else None,
        )

    def measure(self, ends, path, now_s: float) -> None:
        """One burst; what was measured before a clock was set is evaluated anew, and here forgotten."""
        first, second = (self.hosts[name] for name in ends)
        at_s = now_s - first.phase_s
        if any(host.clock.stepped_between(at_s - INTERVAL_S, now_s) for host in (first, second)):
            self.last.pop(ends, None)
            self.rates.pop(ends, None)
        if any(host.clock.stepped_between(at_s, now_s) for host in (first, second)):
            return
        ahead_s = (second.clock.at(at_s) + self.shift_s) - (first.clock.at(at_s) + self.shift_s)
        if first.is_two_faced:
            ahead_s += self.random.uniform(-0.1, 0.1)
        if first.hides:
            ahead_s = 0.0
        drift_ppm = second.clock.drift_ppm - first.clock.drift_ppm
        measured = measure(self.random, path, ends, ahead_s, drift_ppm)
        if not measured:
            return
        if ends in self.last and self.scenario.knows_rates:
            self.rates[ends] = find_rate(self.last[ends][1], measured, at_s - self.last[ends][0])
        self.last[ends] = at_s, measured

    def check_bounds(self, solution: Solution, now_s: float) -> None:
        """No offset is off by more than its bound; where somebody lies or runs away, none that was measured well itself."""
        if solution.contradictions and self.scenario.is_calm:
            self.fail(f"{solution.contradictions} though nobody lied")
        for frame in solution.frames:
            for base, base_name in enumerate(frame.names):
                view = frame.seen_from(base)
                for name, offset_s, bound_s in zip(frame.names, view.offset_s, view.bound_s, strict=True):
                    if not self.is_promised(solution, now_s, base_name, name):
                        continue
                    truth_s = self.hosts[name].clock.at(now_s) - self.hosts[base_name].clock.at(now_s)
                    self.tally.bounds += 1
                    if abs(truth_s - offset_s) > bound_s + ROUNDING_S:
                        self.fail(f"{name} is {truth_s} ahead of {base_name}, not {offset_s} ±{bound_s}")

    def is_promised(self, solution: Solution, now_s: float, *names: str) -> bool:
        """Whether the bound between two hosts holds by what is assumed."""
        if self.scenario.is_calm:
            return True
        if not all(self.hosts[name].is_good for name in names) or not self.is_majority_good(solution):
            return False
        told = [age_measurement(one, now_s - at_s) for at_s, one in self.reports_of(*names)]
        return any(one.bound_s <= NARROW_S for one in told)

    def reports_of(self, first: str, second: str) -> list[tuple[float, Measurement]]:
        """What the two tell of each other."""
        return [self.last[ends] for ends in ((first, second), (second, first)) if ends in self.last]

    def check_accusations(self, judgement: Judgement) -> None:
        """No good host is accused while the wrong ones are fewer than half; nobody without a basis."""
        solution = judgement.solution
        self.tally.accused += len(judgement.wrong)
        if solution.is_cluster_off and self.is_majority_good(solution) and self.are_votes_good(solution):
            self.fail(f"most hosts are good and are called off together: {judgement.reasons}")
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
        if self.scenario.is_lied_in or not self.are_votes_good(solution):
            return
        for solved in solution.hosts:
            host = self.hosts[solved.host]
            if solved.claim_holds is None or solved.host not in solution.frames[0].names:
                continue
            self.tally.claims += 1
            self.tally.refuted += not solved.claim_holds
            if host.breaks_rates:
                continue  # what it shows now is not what it showed when it was measured
            error_s = abs(host.clock.at(now_s))
            if not solved.claim_holds and error_s <= host.claimed_s:
                self.fail(f"{host.name} claims {host.claimed_s}, is off by {error_s}, and was refuted")
            if solved.claim_holds and error_s > host.claimed_s + 2 * solved.true_bound_s + DRIFT_BOUND * INTERVAL_S:
                self.fail(f"{host.name} claims {host.claimed_s}, is off by {error_s}, and was believed")

    def check_innocents(self, judgement: Judgement) -> None:
        """Whoever is good, and was measured well by those who are good, is not even in doubt."""
        solution = judgement.solution
        if not self.is_majority_good(solution) or not solution.has_majority:
            return
        for host in judgement.hosts:
            if self.hosts[host.host].is_good and self.is_measured_well(host.host):
                self.tally.innocent += 1
                if host.verdict is not Verdict.OK:
                    self.fail(f"{host.host} is good and in doubt: {host.verdict}, {host.reasons}")

    def is_measured_well(self, name: str) -> bool:
        """Whether a host has narrow links to all good hosts of the cluster, and all of them have such links."""
        good = [host.name for host in self.hosts.values() if host.is_good]
        enough_s = THRESHOLDS.warn_s / 8
        return name in good and all(
            any(one.bound_s < enough_s for _, one in self.reports_of(*ends)) for ends in combinations(good, 2)
        )

    def check_excused(self, judgement: Judgement) -> None:
        """A leap second accuses nobody, neither of a wrong clock nor of a false claim; unless one host stands alone."""
        camp, others = self.scenario.camp, self.hosts.keys() - self.scenario.camp
        for host in judgement.hosts:
            if not self.hosts[host.host].is_excused or not judgement.solution.measured:
                continue
            self.tally.excused += 1
            if min(len(camp), len(others)) > 1 and (host.verdict is Verdict.WRONG or host.solved.claim_holds is False):
                self.fail(f"{host.host} has a leap second and was accused: {host.verdict}, {host.reasons}")

    def check_guilty_ones(self, judgement: Judgement, now_s: float) -> None:
        """Whoever is off by more than the threshold is never found good, whatever he and some others say."""
        if not self.is_majority_good(judgement.solution) or not judgement.solution.has_majority:
            return
        for host in judgement.hosts:
            if self.error_s(host.host, now_s) > THRESHOLDS.warn_s + 2 * THRESHOLDS.tolerance_s:
                self.tally.guilty += 1
                if host.verdict is Verdict.OK:
                    self.fail(f"{host.host} is off and was found good: {host.reasons}")

    def check_end(self, judgement: Judgement, now_s: float) -> None:
        """In the end every host that is off by more than can be doubted is accused, and its claim is called false."""
        solution = judgement.solution
        if not self.is_majority_good(solution) or any(host.is_two_faced for host in self.hosts.values()):
            return
        bounds_s = [
            host.bound_s for host in solution.hosts if self.hosts[host.host].is_good and host.bound_s is not None
        ]
        largest_s = max(bounds_s, default=1.0)
        if largest_s < THRESHOLDS.warn_s / 4 and not solution.has_majority:
            self.fail("most hosts are good, and no majority was found")
        for host in judgement.hosts:
            is_compared = host.solved.basis is Basis.MAJORITY and not self.hosts[host.host].is_excused
            if (
                is_compared
                and self.error_s(host.host, now_s) > THRESHOLDS.warn_s + 4 * THRESHOLDS.tolerance_s + 4 * largest_s
            ):
                self.check_guilty(judgement, host, now_s)

    def check_guilty(self, judgement: Judgement, host: HostVerdict, now_s: float) -> None:
        """One host that has to be accused, whatever it says of itself."""
        self.tally.had_to_be += 1
        solved = host.solved
        is_believed = host.verdict is Verdict.OK or solved.claim_holds or not judgement.solution.contradictions
        if self.hosts[host.host].hides and is_believed:
            self.fail(f"{host.host} hides behind its own probes: {host.verdict}, {host.reasons}")
        if host.host not in judgement.wrong and self.was_measured_lately(host.host, now_s):
            self.fail(f"{host.host} is off and was not accused: {host.verdict}, {host.reasons}")
        true_time = judgement.solution.true_time
        if self.hosts[host.host].breaks_rates and self.are_votes_good(judgement.solution) and true_time:
            claimed_s = self.hosts[host.host].claimed_s
            if claimed_s is not None and self.error_s(host.host, now_s) > claimed_s + 2 * solved.true_bound_s:
                self.tally.runaway_claims += 1
                if solved.claim_holds is not False:
                    self.fail(f"{host.host} claims {claimed_s}, runs away, and nobody says so")

    def error_s(self, name: str, now_s: float) -> float:
        """How far off a clock certainly was whenever it was measured lately."""
        clock = self.hosts[name].clock
        return abs(clock.at(now_s)) - clock.fastest_ppm * 1e-6 * 2 * INTERVAL_S * self.hosts[name].breaks_rates

    def was_measured_lately(self, name: str, now_s: float) -> bool:
        """Whether enough bursts have reached a host since it went wrong."""
        times_s = {at_s for ends, (at_s, _) in self.last.items() if name in ends}
        losses = [path.loss for ends, path in self.scenario.paths.items() if name in ends]
        return any(at_s > now_s - INTERVAL_S for at_s in times_s) and max(losses) < 0.5

    def fail(self, what: str) -> None:
        """Say what was found."""
        seed = self.scenario.seed
        raise FoundError(
            f"seed {seed}: {what}\n{self.scenario}\n"
            f"see it again with: python -m tests.timekeeper.simulation --first {seed} --seeds 1"
        )


def run_seed(seed: int, find: Find = solve) -> Tally:
    """Play the cluster of a seed.

    Raises:
        FoundError: Something that was promised did not hold.
    """
    return Play(befall(draw(seed)), find).run()
