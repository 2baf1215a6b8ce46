"""Good versions exactly at the limit, looked at after each window: python -m tests.canary.deployment.analysis.good_versions."""

import argparse
import sys

import numpy as np

from canary.deployment.analysis.judging import BAD_LOG10, WATCH_LOG10, CheckState, Measured
from canary.deployment.analysis.share import ShareEvidence
from canary.deployment.spec import Check

DEPLOYMENTS = 20_000
WORLDS = (
    (0.05, (20,) * 60),
    (0.05, (1,) * 200),
    (0.01, (100,) * 60),
    (0.001, (1_000,) * 60),
    (0.3, (7,) * 100),
    (0.05, tuple(5 + 40 * (number % 3) for number in range(60))),
)
"""A limit, and the events of each window."""


def reach(log10_e, deployments, *, limit, share, sizes, seed):
    """How many of so many deployments ever reach an evidence, looked at after each window."""
    dice = np.random.default_rng(seed)
    return sum(_reaches(log10_e, limit, sizes, dice.binomial(sizes, share)) for _ in range(deployments))


def _reaches(log10_e, limit, sizes, failures):
    evidence = ShareEvidence(limit)
    for events, failed in zip(sizes, failures, strict=True):
        evidence.add(events, int(failed))
        if evidence.log10_e >= log10_e:
            return True
    return False


def accuse(limit, sizes, deployments, seed):
    """How many deployments of good versions are ever watched, and ever bad: counters that grow, read by the check itself."""
    check = Check(
        name="errors", provider="prometheus", server="main", events="$version", failures="$version", limit=limit
    )
    dice = np.random.default_rng(seed)
    seen = [
        _verdicts(CheckState(check), np.cumsum(sizes), np.cumsum(dice.binomial(sizes, limit)))
        for _ in range(deployments)
    ]
    return sum(not verdicts.isdisjoint(("watch", "bad")) for verdicts in seen), sum(
        "bad" in verdicts for verdicts in seen
    )


def _verdicts(state, events, failures):
    """All that was said of one deployment."""
    said = set()
    state.add(Measured(name="errors", at_s=0.0, events=0.0, failures=0.0))
    for number, (happened, failed) in enumerate(zip(events, failures, strict=True), start=1):
        state.add(Measured(name="errors", at_s=60.0 * number, events=float(happened), failures=float(failed)))
        said.add(state.verdict(60.0 * number).verdict)
    return said


def main():
    """Play each world, and say what came of it; ends with 1 where more were accused than promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deployments", type=int, default=DEPLOYMENTS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    is_kept = True
    for number, (limit, sizes) in enumerate(WORLDS):
        watched, bad = accuse(limit, sizes, options.deployments, options.seed + number)
        is_kept &= watched <= options.deployments * 10**-WATCH_LOG10 and bad <= options.deployments * 10**-BAD_LOG10
        sys.stdout.write(
            f"seed {options.seed + number}: limit {limit:g}, {len(sizes)} windows of {min(sizes)} to {max(sizes)} events, "
            f"{options.deployments} deployments: {watched} watched, {bad} bad\n"
        )
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
