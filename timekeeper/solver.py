"""PURE: all that was heard of the clocks of a cluster becomes one judgement; it hears and tells nothing itself."""

from collections.abc import Collection, Iterable, Sequence

from communicator.protocol import parse_host_port
from timekeeper.cluster.rows import Rows, claim_of, measurements_of
from timekeeper.references.consensus import Consensus
from timekeeper.report import LocalReport
from timekeeper.solution import Judge, Judgement, Measurement, Patience, ReferenceInterval, Thresholds, Verdict, solve

STALE_S = 80.0
"""Eight rounds of ten seconds."""
SURE_REFERENCES = 2
"""External servers that agree are believed over any number of hosts; a single one is a vote like others."""


class Solver:
    """Judges the clocks again and again.

    Args:
        thresholds: How far off a clock may be.
        patience: When it speaks.
    """

    def __init__(self, thresholds: Thresholds, patience: Patience | None = None) -> None:
        self.thresholds = thresholds
        self._judge = Judge(thresholds, patience)
        self.judgement: Judgement | None = None
        """The last one."""
        self.judged_s = 0.0
        """When that was, on a monotonic clock."""

    def judge(
        self,
        local: LocalReport,
        rows: Rows,
        members: Collection[str],
        consensus: Consensus | None,
        now_s: float,
        *,
        stale_s: float = STALE_S,
    ) -> Judgement:
        """Judge now.

        Args:
            local: This host's own word, just made.
            rows: The words of others.
            members: Hosts of the cluster, whether they have spoken or not.
            consensus: What external servers say of this host's clock; None where there are none.
            now_s: Now, on a monotonic clock, in seconds.
            stale_s: What is older gives way to what is younger: a clock may have been set meanwhile.
        """
        hosts = {local.server, *rows.hosts, *members}
        measurements = without_stale([*rows.measurements(now_s), *measurements_of(local)], stale_s)
        claims = [*rows.claims(now_s), claim_of(local)]
        references = [] if consensus is None else references_of(consensus, local.server)
        solution = solve(sorted(hosts), measurements, claims, references, self.thresholds)
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


def references_of(consensus: Consensus, host: str) -> Sequence[ReferenceInterval]:
    """The external servers as one vote: most of them agree, so it is one word.

    Args:
        consensus: What they agree on.
        host: Who asked them.
    """
    interval = consensus.interval
    if interval is None:
        return ()
    return (
        ReferenceInterval(
            name=_join(consensus.agreeing),
            host=host,
            low_s=interval.low,
            high_s=interval.high,
            is_trusted=len(consensus.agreeing) >= SURE_REFERENCES,
        ),
    )


def _join(servers: Iterable[str]) -> str:
    """A single server keeps its name, so that a host which follows it alone gives no second vote."""
    return ", ".join(parse_host_port(server).host for server in servers)
