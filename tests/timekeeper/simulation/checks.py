"""Holds what every timekeeper concludes against the truth, look by look and at the end."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations

from tests.timekeeper.simulation.node import INTERVAL_S, THRESHOLDS, Node
from tests.timekeeper.simulation.scenario import SPAN_S, Access, Host, Scenario
from tests.timekeeper.simulation.tally import FoundError, Tally
from timekeeper.solution import Basis, Fault, HostVerdict, Solution, Verdict
from timekeeper.solution.judge import CORRECTED_S
from timekeeper.solution.measurement import DRIFT_BOUND
from timekeeper.solution.verdicts import classify
from timekeeper.solver import STALE_S

LOOKS = 3
FORGIVEN_S = 50.0
"""What was true within this may still be told: three looks, and the rounds until all have heard."""
_TOLD_S = 25.0
"""Two rounds, and the way."""
_CLEAR_S = 0.01
"""Claims that exclude each other by more do so however vaguely they are measured here."""
_LARGE_S = 0.02
_LATEST_S = 45.0
"""Whatever has happened so long ago has been told."""
_FOLLOWED_S = CORRECTED_S + 30.0
_ACCUSING = (Fault.WRONG, Fault.FALSE_CLAIM)


class Checks:
    """The promises, and the truth of one scenario.

    Args:
        scenario: The truth.
        nodes: The hosts with a timekeeper, by name.
    """

    def __init__(self, scenario: Scenario, nodes: Mapping[str, Node]) -> None:
        self._scenario = scenario
        self._nodes = nodes
        self._hosts = {host.name: host for host in scenario.hosts}
        self._seen: dict[str, dict[tuple[str, Fault], int]] = defaultdict(lambda: defaultdict(int))
        self._stand: dict[str, dict[tuple[str, Fault], float]] = defaultdict(dict)
        """Of each solver since when it holds what against whom."""
        self.tally = Tally()
        self.tally.counts.update({"clusters": 1, f"clusters: {scenario.category}": 1})

    def start(self, node: Node) -> None:
        """A timekeeper has started: it holds nothing against anybody."""
        self._seen.pop(node.host.name, None)
        self._stand.pop(node.host.name, None)

    def look(self, node: Node, now_s: float) -> None:
        """One timekeeper has judged."""
        if node.host.lie or node.judgement is None:
            return
        self.tally.counts["looks"] += 1
        good = self._find_good(node, now_s)
        for verdict in node.judgement.hosts:
            self._note(node, verdict, now_s)
            if good and verdict.faults:
                self._check_accused(node, verdict, now_s)
        self._check_bounds(node, node.judgement.solution, now_s)
        self._check_contradicting(node, now_s)

    def end(self) -> None:
        """All is over: everybody says the same, and what had to be said was said."""
        for node in self._nodes.values():
            if node.judgement is not None and not node.host.lie:
                self._check_guilty(node)
                self._check_common_error(node)
        self._check_story()

    def _find_good(self, node: Node, now_s: float) -> bool:
        """Whether more than half of those that count have been right for a while."""
        good = sum(self._is_good(name, now_s) for name in node.electors.names)
        return 2 * good > node.electors.number

    def _is_good(self, name: str, now_s: float) -> bool:
        host = self._hosts[name]
        return not host.lie and host.clock.farthest(now_s - FORGIVEN_S, now_s) <= THRESHOLDS.tolerance_s

    def _note(self, node: Node, verdict: HostVerdict, now_s: float) -> None:
        """Count looks, and see that nothing is said before the third."""
        seen, stand = self._seen[node.host.name], self._stand[node.host.name]
        for fault, is_seen in _see(verdict):
            key = verdict.host, fault
            seen[key] = seen[key] + 1 if is_seen else 0
            if fault in verdict.faults and key not in stand:
                stand[key] = now_s
                self.tally.counts[f"begun: {fault}"] += 1
                self._check_wave(node, verdict, fault, now_s)
                if seen[key] < LOOKS:
                    self._fail(node, now_s, f"{fault} of {verdict.host} is said after {seen[key]} looks")
            elif fault not in verdict.faults:
                stand.pop(key, None)

    def _check_accused(self, node: Node, verdict: HostVerdict, now_s: float) -> None:
        """No host is accused that is right while most are."""
        host, accused = self._hosts[verdict.host], [fault for fault in verdict.faults if fault in _ACCUSING]
        if host.lie or not accused:
            return
        worst_s = host.clock.farthest(now_s - FORGIVEN_S, now_s)
        is_true = host.claimed_s is None or worst_s <= host.claimed_s
        self.tally.counts["accusations held against the truth"] += 1
        if Fault.WRONG in accused and worst_s <= THRESHOLDS.warn_s / 2:
            self._fail(node, now_s, f"{host.name} was accused and is right: {verdict.reasons}")
        if Fault.FALSE_CLAIM in accused and is_true:
            self._fail(node, now_s, f"{host.name} claims what is true, and was refuted: {verdict.reasons}")

    def _check_wave(self, node: Node, verdict: HostVerdict, fault: Fault, now_s: float) -> None:
        """A correction that all follow is nobody's fault."""
        wave_s = self._scenario.wave_s
        if wave_s is None or fault is Fault.CLUSTER_OFF or now_s < wave_s[0]:
            return
        self.tally.counts[f"said of a wave: {fault}"] += 1
        if fault not in _ACCUSING or wave_s[1] - wave_s[0] < LOOKS:
            self._fail(
                node, now_s, f"{fault} of {verdict.host} is said of a correction from {wave_s}: {verdict.reasons}"
            )

    def _check_bounds(self, node: Node, solution: Solution, now_s: float) -> None:
        """No offset is off by more than its bound, but where a clock was set and no row tells so yet."""
        if self._scenario.is_lied_in or solution.reference is None:
            return
        if self._was_set_untold(solution, now_s):
            self.tally.counts["rounds after a step"] += 1
            return
        if solution.contradictions:
            self._fail(node, now_s, f"{solution.contradictions} though nobody lied")
        base_s = self._hosts[solution.reference].clock.at(now_s)
        for host in solution.hosts:
            if host.offset_s is None or host.bound_s is None:
                continue
            truth_s = self._hosts[host.host].clock.at(now_s) - base_s
            self.tally.counts["bounds"] += 1
            if abs(truth_s - host.offset_s) > host.bound_s + self._scenario.way_s * 2 * DRIFT_BOUND:
                told = f"{host.offset_s} ±{host.bound_s}"
                self._fail(node, now_s, f"{host.host} is {truth_s} ahead of {solution.reference}, not {told}")

    def _was_set_untold(self, solution: Solution, now_s: float) -> bool:
        """Whether a clock was set after it was measured, as far as the solution knows."""
        oldest_s: dict[str, float] = defaultdict(float)
        for one in solution.measurements:
            for name in (one.source, one.target):
                oldest_s[name] = max(oldest_s[name], one.age_s)
        return any(
            self._hosts[name].clock.stepped_between(now_s - age_s - self._scenario.way_s, now_s)
            for name, age_s in oldest_s.items()
        )

    def _check_contradicting(self, node: Node, now_s: float) -> None:
        """Of two claims that exclude each other, and were measured after any clock was set, not both pass."""
        was_set = any(host.clock.stepped_between(now_s - _TOLD_S, now_s) for host in self._hosts.values())
        if self._scenario.is_lied_in or node.judgement is None or was_set:
            return
        if self._was_set_untold(node.judgement.solution, now_s):
            return
        verdicts = {one.host: one for one in node.judgement.hosts if self._is_known(node, one)}
        for pair in combinations(sorted(verdicts), 2):
            hosts = [self._hosts[name] for name in pair]
            if not self._exclude(*hosts, now_s):
                continue
            self.tally.counts["claims that exclude each other"] += 1
            if all(passes(verdicts[name]) for name in pair):
                self._fail(node, now_s, f"the claims of {pair} exclude each other, and both pass")

    def _is_known(self, node: Node, verdict: HostVerdict) -> bool:
        """Whether a host that counts was measured lately, and claims something."""
        solved = verdict.solved
        is_fresh = solved.age_s is not None and solved.age_s < _TOLD_S
        claims = solved.claim is not None and solved.claim.promised_s is not None
        return verdict.host in node.electors.names and is_fresh and claims and solved.basis is not Basis.APART

    def _exclude(self, first: Host, second: Host, now_s: float) -> bool:
        if first.claimed_s is None or second.claimed_s is None:
            return False
        apart_s = abs(first.clock.at(now_s) - second.clock.at(now_s))
        return apart_s > first.claimed_s + second.claimed_s + _CLEAR_S

    def _check_guilty(self, node: Node) -> None:
        """Whoever is far off is accused, if a majority that is right was there to see it; how fast is counted."""
        for host in self._hosts.values():
            counts = host.name in node.electors.names  # who does not count is never accused
            if host.access is not Access.PROBES or host.lie or not counts or not self._had_time(node, host):
                continue
            self.tally.counts["had to be accused"] += 1
            since_s = self._stand[node.host.name].get((host.name, Fault.WRONG))
            if since_s is None:
                reasons = (
                    [one.reasons for one in node.judgement.hosts if one.host == host.name] if node.judgement else []
                )
                self._fail(node, SPAN_S, f"{host.name} is {host.clock.at(SPAN_S)} off and was not accused: {reasons}")
            if host.clock.steps and not self._is_disturbed(node, host.clock.steps[-1][0]):
                self.tally.wrong_s.append(since_s - host.clock.steps[-1][0])

    def _had_time(self, node: Node, host: Host) -> bool:
        """Whether a clock was far off for long, and most hosts are right, and were there."""
        clock, quiet_s = host.clock, SPAN_S - _LATEST_S
        is_off = abs(clock.at(SPAN_S)) > _LARGE_S and not clock.stepped_between(quiet_s, SPAN_S)
        if not is_off or self._scenario.quiet_since_s > quiet_s or not self._is_linked(node, host):
            return False
        linked = [name for name in node.electors.names if self._is_linked(node, self._hosts[name])]
        good = [name for name in linked if self._is_good(name, SPAN_S)]
        return 2 * len(good) > node.electors.number and not self._scenario.is_lied_in

    def _is_linked(self, node: Node, host: Host) -> bool:
        if host is node.host:
            return host.is_up(SPAN_S)
        return host.access is not Access.HIDDEN and self._scenario.meet(node.host, host, SPAN_S)

    def _is_disturbed(self, node: Node, at_s: float) -> bool:
        """Whether something else happened around a moment, or a host had just started."""
        steps_s = {step_s for host in self._hosts.values() for step_s, _ in host.clock.steps}
        others_s = [one_s for one_s in self._scenario.events_s if one_s not in steps_s]
        return node.has_grace(at_s) or any(at_s - _TOLD_S < one_s < at_s + _TOLD_S for one_s in others_s)

    def _check_common_error(self, node: Node) -> None:
        """Everybody says that all are off together, if two hosts hear so."""
        if self._scenario.wave_s is None or not any(host.has_references for host in self._hosts.values()):
            return
        since_s = self._stand[node.host.name].get((node.host.name, Fault.CLUSTER_OFF))
        if since_s is None:
            self._fail(node, SPAN_S, "all clocks are off together, and nobody says so")
        self.tally.off_s.append(since_s - self._scenario.quiet_since_s)

    def _check_story(self) -> None:
        """Hosts that reach each other, and count the same, hold the same against everyone."""
        if self._scenario.quiet_since_s > SPAN_S - _LATEST_S:
            return  # not everything has been told yet
        told = [node for node in self._nodes.values() if node.judgement is not None and not node.host.lie]
        for one, other in combinations(told, 2):
            is_same = (one.electors.names, one.electors.number) == (other.electors.names, other.electors.number)
            if self._scenario.is_lied_in and not self._find_good(one, SPAN_S):
                continue
            if not is_same or not self._is_linked(one, other.host) or not self._know_alike(one, other):
                continue
            self.tally.counts["stories compared"] += 1
            mine, theirs = self._leave_out_followers(self._story(one)), self._leave_out_followers(self._story(other))
            if mine != theirs:
                told_otherwise = sorted(mine ^ theirs)
                self._fail(one, SPAN_S, f"it and {other.host.name} do not say the same: {told_otherwise}")

    def _story(self, node: Node) -> frozenset[tuple[str, str]]:
        """What it holds against whom, of what can be seen now: the rest stays as it was when somebody saw it."""
        judged = node.judgement.hosts if node.judgement else ()
        hosts = self._hosts  # of one that lies nothing is promised: it tells each other one something else
        there = [one for one in judged if self._is_linked(node, hosts[one.host]) and not hosts[one.host].lie]
        faults = frozenset((one.host, fault.value) for one in there for fault, _ in _see(one) if fault in one.faults)
        # Whom a liar contradicts depends on what it last told each of them.
        return frozenset(one for one in faults if not (self._scenario.is_lied_in and one[1] == Fault.CONTRADICTED))

    def _know_alike(self, one: Node, other: Node) -> bool:
        """Whether both have seen who is not there any more, or neither can have; not while what they remember becomes void."""
        gone = [host for host in self._hosts.values() if not self._is_linked(one, host) and host is not one.host]
        lost_s = [start_s for host in gone for start_s, _ in host.outages] + [cut[0] for cut in self._scenario.cuts]
        is_fading = any(STALE_S - 2 * INTERVAL_S < SPAN_S - at_s < STALE_S + 2 * INTERVAL_S for at_s in lost_s)
        return not gone or (not is_fading and max(one.began_s, other.began_s) < min(lost_s, default=0.0) - _TOLD_S)

    def _leave_out_followers(self, story: frozenset[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Where most were set, nothing else is said for a while; from which look on is another on each host."""
        set_lately = sum(host.clock.stepped_between(SPAN_S - _FOLLOWED_S, SPAN_S) for host in self._hosts.values())
        return (
            frozenset(one for one in story if one[1] == Fault.CLUSTER_OFF)
            if 4 * set_lately >= len(self._hosts)
            else story
        )

    def _fail(self, node: Node, now_s: float, what: str) -> None:
        seed = self._scenario.seed
        raise FoundError(
            f"seed {seed}, {node.host.name} at {now_s:.1f} s: {what}\n{self._scenario}\n"
            f"see it again with: python -m tests.timekeeper.simulation --first {seed} --seeds 1"
        )


def _see(verdict: HostVerdict) -> Iterator[tuple[Fault, bool]]:
    """What is seen of each fault, as far as it can be."""
    solved = verdict.solved
    if solved.offset_s is not None:
        yield Fault.WRONG, classify(solved, THRESHOLDS.warn_s) is Verdict.WRONG
    if solved.basis not in (Basis.APART, Basis.UNMEASURED):
        yield Fault.FALSE_CLAIM, solved.claim_holds is False
        yield Fault.CLUSTER_OFF, solved.is_off
        yield Fault.CONTRADICTED, bool(solved.contradicted_by)
        yield Fault.NO_MAJORITY, solved.basis is Basis.NO_MAJORITY


def passes(verdict: HostVerdict) -> bool:
    """Whether a host may start what needs a true clock."""
    solved = verdict.solved
    is_doubted = solved.claim_holds is False or solved.contradicted_by or solved.is_off
    return verdict.verdict not in (Verdict.WRONG, Verdict.NO_MAJORITY) and not is_doubted
