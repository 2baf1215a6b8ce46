"""PURE: all that was heard of the clocks of a cluster becomes one judgement; it hears and tells nothing itself."""

from collections.abc import Callable

from communicator.answers.clocks import Local
from timekeeper.cluster.rows import Rows, claim_of, measurements_of, reference_of
from timekeeper.solution import (
    Electors,
    Fault,
    Judge,
    Judgement,
    Patience,
    Solution,
    Thresholds,
    Verdict,
    solve,
)

STALE_S = 80.0
"""Eight rounds of ten seconds."""

_YOUNG = 3 / 8
"""Of that: three rounds. What is older than these counts as long as nothing contradicts it."""


class Solver:
    """Judges the clocks again and again.

    Args:
        thresholds: How far off a clock may be.
        patience: When it speaks.
        find: `timekeeper.solution.solve`, or what is to be compared with it.
    """

    def __init__(
        self, thresholds: Thresholds, patience: Patience | None = None, find: Callable[..., Solution] = solve
    ) -> None:
        self._find = find
        self.thresholds = thresholds
        self._judge = Judge(thresholds, patience)
        self.judgement: Judgement | None = None
        """The last one."""

    def judge(
        self, local: Local, rows: Rows, electors: Electors, now_s: float, *, stale_s: float = STALE_S
    ) -> Judgement:
        """Judge now.

        Args:
            local: This host's own word, just made.
            rows: The words of others.
            electors: Who counts, and who is there besides.
            now_s: Now, on a monotonic clock, in seconds.
            stale_s: What is older is void: a clock may have been set meanwhile, and some hosts remember longer than others.
        """
        hosts = {local.server, *rows.hosts, *electors.everybody}
        told = (*rows.measurements(now_s), *measurements_of(local))
        measurements = [one for one in told if one.age_s <= stale_s]
        claims = [*rows.claims(now_s), claim_of(local)]
        own = reference_of(local)
        references = [*rows.references(now_s), *([own] if own else [])]
        solution = self._find(sorted(hosts), measurements, claims, references, self.thresholds, electors)
        young = [one for one in measurements if one.age_s <= stale_s * _YOUNG]
        if solution.contradictions and len(young) < len(measurements):
            # Whoever is gone cannot have seen a clock be set.
            solution = self._find(sorted(hosts), young, claims, references, self.thresholds, electors)
        self.judgement = self._judge.judge(solution, now_s)
        return self.judgement

    @property
    def suspects(self) -> frozenset[str]:
        """Hosts that are in doubt, or are off with all others and not said to be so yet: they are to be measured more often."""
        if self.judgement is None:
            return frozenset()
        return frozenset(
            host.host
            for host in self.judgement.hosts
            if host.verdict is Verdict.SUSPECT or (host.solved.is_off and Fault.CLUSTER_OFF not in host.faults)
        )
