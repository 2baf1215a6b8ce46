"""PURE: why a version is where it is, in words: caps, numbers and names of runs; it asks no ledger."""

import re

from communicator.wording.spans import span

CAPS = {
    "dry_run": "the rule runs dry: it only says what it would do",
    "frozen": "the rules are frozen, or the server is sick",
    "protected": "the service is protected by caps.protected",
    "last_instance": "too few instances of the service would be left",
    "last_good": "it is the last good version of the service",
    "gap": "another version of the service was blocked a moment ago",
    "override": "an operator allows it",
}
"""What each cap means."""
_UUID = re.compile(r"\b([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def cap_text(cap: str) -> str:
    """What held a verdict back, such as ``held back by gap: another version of the service was blocked a moment ago``."""
    return f"held back by {cap}: {CAPS.get(cap, 'a cap forbids it')}"


def next_text(what: str, in_s: float | None) -> str:
    """What comes next, such as ``a probe is granted, in 6m 12s``."""
    return what if in_s is None else f"{what}, in {span(in_s)}"


def short_runs(text: str) -> str:
    """The text with runs by the beginning of their names, which is enough to tell them apart."""
    return _UUID.sub(r"\1", text)


def measure_text(value: float) -> str:
    """A number that a rule looks at, to one decimal place at most."""
    return f"{value:.1f}".removesuffix(".0")
