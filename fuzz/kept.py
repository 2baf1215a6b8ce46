"""Keeps how much each campaign has run on one state of the product, over all runs that found nothing, in ``build/counts.jsonl``."""

import json
import shutil
import subprocess
from pathlib import Path

KEPT = Path(__file__).parent.parent / "build" / "counts.jsonl"
PRODUCT = ("communicator", "exporters")
"""What the campaigns look for faults in: another commit of anything else goes on with the total."""


def keep(name: str, seed: int, first: int, counts: dict[str, int]) -> str:
    """Add a run that has found nothing to the total.

    Args:
        name: The campaign.
        seed: What its cases followed from.
        first: The number of its first case.
        counts: How much it was; `cases` is one of them.

    Returns:
        The total for the people who read the output; empty where the code is not committed, and nothing is kept.
    """
    commit = _committed()
    if not commit:
        return ""
    run = {"commit": commit, "name": name, "seed": seed, "first": first, "counts": counts}
    KEPT.parent.mkdir(exist_ok=True)
    with KEPT.open("a") as file:
        file.write(json.dumps(run) + "\n")
    runs = [each for each in map(json.loads, KEPT.read_text().splitlines()) if each["commit"] == commit]
    totals = add_up([each for each in runs if each["name"] == name])
    return f"; {', '.join(f'{total} {what}' for what, total in totals.items())} in all at commit {commit}"


def add_up(runs: list[dict]) -> dict[str, int]:
    """The counts of one campaign's runs together; of runs that share cases the longest counts alone."""
    seen: list[tuple[int, int, int]] = []
    totals: dict[str, int] = {}
    for run in sorted(runs, key=lambda each: -each["counts"]["cases"]):
        seed, start, end = run["seed"], run["first"], run["first"] + run["counts"]["cases"]
        if not any(seed == other and start < stop and begin < end for other, begin, stop in seen):
            seen.append((seed, start, end))
            totals = {what: totals.get(what, 0) + count for what, count in run["counts"].items()}
    return totals


def _committed() -> str:
    """The last commit of the product; empty where it was changed since, or there is none."""

    def ask(*words: str) -> str:
        return subprocess.run(
            ["git", *words, "--", *PRODUCT], cwd=KEPT.parent.parent, capture_output=True, text=True, check=False
        ).stdout

    return (
        "" if shutil.which("git") is None or ask("status", "--porcelain") else ask("log", "-1", "--format=%h").strip()
    )
