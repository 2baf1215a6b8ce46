"""PURE: all that was heard of the clocks of a cluster becomes one judgement; it hears and tells nothing itself."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from communicator.answers.clocks import Local
from timekeeper.cluster.rows import Rows, claim_of, measurements_of, reference_of
from timekeeper.solution import (
    Announcements,
    Judge,
    Judgement,
    Measurement,
    Patience,
    ReferenceInterval,
    Solution,
    Thresholds,
    Verdict,
    WallClock,
    solve,
)

STALE_S = 80.0
"""Eight rounds of ten seconds."""
FEW_HOSTS = 2
"""Among so few no majority stands against what one of them tells of external servers."""


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
        self._announcements = Announcements()
        self.judgement: Judgement | None = None
        """The last one."""
        self.judged_s = 0.0
        """When that was, on a monotonic clock."""

    def judge(
        self,
        local: Local,
        rows: Rows,
        members: Collection[str],
        now_s: float,
        *,
        stale_s: float = STALE_S,
        utc_s: float | None = None,
    ) -> Judgement:
        """Judge now.

        Args:
            local: This host's own word, just made, with what external servers say.
            rows: The words of others.
            members: Hosts of the cluster, whether they have spoken or not.
            now_s: Now, on a monotonic clock, in seconds.
            stale_s: What is older gives way to what is younger: a clock may have been set meanwhile.
            utc_s: The time of day and year by this host's wall clock, in seconds since the epoch; None when it is not known.
                Where most clocks say otherwise, theirs counts.
        """
        hosts = {local.server, *rows.hosts, *members}
        measurements = without_stale([*rows.measurements(now_s), *measurements_of(local)], stale_s)
        claims = self._announcements.recall([*rows.claims(now_s), claim_of(local)], now_s, hosts)
        wall = None if utc_s is None else WallClock(local.server, utc_s)
        references = weigh_references(reference_of(local), rows.references(now_s), len(hosts))
        solution = self._find(sorted(hosts), measurements, claims, references, self.thresholds, wall)
        self.judgement = self._judge.judge(solution, now_s)
        self.judged_s = now_s
        return self.judgement

    @property
    def suspects(self) -> frozenset[str]:
        """Hosts that are in doubt, and so to be measured more often."""
        if self.judgement is None:
            return frozenset()
        return frozenset(host.host for host in self.judgement.hosts if host.verdict is Verdict.SUSPECT)


def without_stale(measurements: Sequence[Measurement], stale_s: float) -> list[Measurement]:
    """Leave out old measurements of pairs that somebody has measured lately, as after the end of a timekeeper.

    Args:
        measurements: In any order.
        stale_s: What is older counts only where there is nothing younger.
    """
    fresh = {_pair(one) for one in measurements if one.age_s <= stale_s}
    return [one for one in measurements if one.age_s <= stale_s or _pair(one) not in fresh]


def _pair(measurement: Measurement) -> frozenset[str]:
    return frozenset((measurement.source, measurement.target))


def weigh_references(
    own: ReferenceInterval | None, others: Sequence[ReferenceInterval], hosts: int
) -> list[ReferenceInterval]:
    """Which external servers count.

    This host's own are those of its settings. What other hosts tell of theirs could be invented: it counts only where
    this host's own do not decide, where more than one server agrees, and where two hosts or more tell such a thing, or
    there is no third host. Then it is a vote like others, and never decides over all.

    Args:
        own: What those of this host's settings say; trusted where more than one of them agree.
        others: What other hosts tell of theirs; the same.
        hosts: How many there are.
    """
    told = [] if own is None else [own]
    if own is not None and own.is_trusted:
        return told
    sure = [replace(one, is_trusted=False, is_told=True) for one in others if one.is_trusted and one.is_usable]
    return [*told, *sure] if len(sure) > 1 or hosts <= FEW_HOSTS else told
