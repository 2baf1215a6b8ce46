"""PURE: how many series a metric may have, by its labels; it does not know what becomes of the others."""

from collections.abc import Iterable, Mapping
from math import prod

CLOSED = 128
"""Values of a label that come from a closed list of ours; the longest, of the router's commands, has about sixty."""
NAMED = 1_024
"""Hosts, services, versions and the like: the router names 1,000 services and an "other", and as many clocks are compared."""
SERIES = 20_000
"""Of one metric: 2,800 versions on servers with each of their states; Prometheus then reads 2 MB for it at each scrape."""
FLAGS = 100
"""As many as the sitter loads."""
PATHS = 16
"""Directories whose disks are looked at: the settings name a few."""

LABELS: Mapping[str, int] = {
    **dict.fromkeys(
        (
            "arm",
            "authentication",
            "collector",
            "command",
            "direction",
            "kind",
            "leap",
            "level",
            "mode",
            "outcome",
            "part",
            "phase",
            "reason",
            "result",
            "route",
            "rule",
            "strategy",
        ),
        CLOSED,
    ),
    **dict.fromkeys(("fault", "severity", "stage", "state", "verdict"), CLOSED),
    **dict.fromkeys(("feature", "variant"), NAMED),
    "type": CLOSED,
    **dict.fromkeys(("client", "daemon", "host", "link", "peer", "scope", "server", "service"), NAMED),
    **dict.fromkeys(("build", "compatible_with", "from_version", "id", "python", "version"), NAMED),
    **dict.fromkeys(("name", "section", "unit"), FLAGS),
    "path": PATHS,
    "process": CLOSED,
}
"""How many values each label may take."""
_TOGETHER: Mapping[frozenset[str], int] = {frozenset(("name", "section", "unit")): FLAGS}
"""Labels that only together name one thing."""


def series_bound(labels: Iterable[str]) -> int:
    """How many series a metric with these labels may have.

    Raises:
        KeyError: Nobody has said how many values one of them may take.
    """
    names = frozenset(labels)
    return _TOGETHER.get(names, min(SERIES, prod(LABELS[label] for label in names)))
