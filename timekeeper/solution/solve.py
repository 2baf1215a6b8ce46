"""PURE: from what all hosts report, what is true of their clocks now; it remembers nothing and gives no verdict."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from timekeeper.solution.electors import Electors
from timekeeper.solution.finding import Said, describe, examine
from timekeeper.solution.frame import Frame
from timekeeper.solution.links import find_components, join_reports
from timekeeper.solution.measurement import HostClaim, Measurement, ReferenceInterval
from timekeeper.solution.solution import Solution
from timekeeper.solution.thresholds import Thresholds


def solve(
    hosts: Collection[str],
    measurements: Iterable[Measurement],
    claims: Iterable[HostClaim],
    references: Sequence[ReferenceInterval] = (),
    thresholds: Thresholds = Thresholds(),  # noqa: B008 - a frozen value
    electors: Electors | None = None,
) -> Solution:
    """Find out what is true of all clocks.

    Args:
        hosts: Who belongs to the cluster.
        measurements: The pairs, as all hosts reported them, aged until now.
        claims: What hosts say of their own clocks, aged until now; of two by one host the later one counts.
        references: What external servers say of the clocks of hosts that asked them.
        thresholds: How far off a clock may be.
        electors: Of whom more than half decide; None for all hosts.

    Returns:
        The offset of each clock with its bound, who agrees, and what contradicts what.
    """
    electors = electors or Electors.of(hosts)
    # Whoever does not count may be invented, and would be one more way to a clock: it is measured, and measures nobody.
    harvest = join_reports(hosts, (one for one in measurements if one.source in electors.names))
    whole = [Frame(harvest.links.within(group)) for group in find_components(harvest.links)]
    measured = frozenset(name for frame in whole if len(frame.names) > 1 for name in frame.names)
    said = Said(electors, {claim.host: claim for claim in claims}, references, thresholds)
    findings = [examine(frame, said) for frame in whole]
    elsewhere = any(finding.majority for finding in findings)
    solved = (host for finding in findings for host in describe(finding, said, elsewhere=elsewhere))
    first = findings[0] if findings else None
    main = first if measured else None
    return Solution(
        hosts=tuple(sorted(solved, key=lambda host: host.host)),
        electors=electors,
        measured=len(measured),
        reference=main.reference if main else None,
        agreeing=len(main.camps[0].hosts) if main and main.camps else 0,
        true_time=first.claimed.true_time if first else None,
        heard=first.heard if first else None,
        is_cluster_off=bool(first and first.is_off),
        camps=main.camps if main else (),
        contradictions=(*harvest.clashes, *(one for frame in whole for one in frame.contradictions)),
        residual_s=max((frame.residual_s for frame in whole), default=0.0),
        spread_s=float(np.ptp(main.frame.fit_s)) if main else None,
        refused=harvest.refused,
        measurements=harvest.used,
        frames=tuple(finding.frame for finding in findings),
    )
