"""Feature flags as canaries tell of them, for the tests of what people see."""

import io
import json

import msgspec
from rich.console import Console

from communicator.answers.features import Evaluations, FeatureReport, FeatureRow, Off, Stale

DEFINITION = {
    "state": "ENABLED",
    "variants": {"on": True, "off": False},
    "defaultVariant": "on",
    "metadata": {"owner": "core", "type": "release", "expires": "2027-12-31"},
}
OFF = Off(order="o1", reason="it loses invoices", by="root@alpha", given_ago_s=180.0)


def definition(**changes):
    """A definition as canaries tell it; a key that is None is left out."""
    changed = {key: value for key, value in (DEFINITION | changes).items() if value is not None}
    return msgspec.Raw(json.dumps(changed).encode())


def row(feature="new-parser", **changes):
    """One flag."""
    told = {
        "definition": definition(),
        "owner": "core",
        "type": "release",
        "expires": "2027-12-31",
        "by": "root@alpha",
        "changed_ago_s": 7_200.0,
        "evaluated_ago_s": 60.0,
    }
    return FeatureRow(feature=feature, **(told | changes))


def report(*rows, server="alpha", differing=()):
    """What one canary tells."""
    return FeatureReport(server=server, features=rows, total=len(rows), differing=differing)


def count(variant, number, reason="STATIC", feature="new-parser"):
    return Evaluations(feature, variant, reason, number)


EXPIRED = Stale("expired", 86_400.0 * 3, "expired 3 days ago, on 2026-11-28")
UNKNOWN = Stale("unknown", 86_400.0, "asked for since 1 day, and not defined")


def screen(what, width=160):
    """What a terminal of that width shows."""
    console = Console(file=io.StringIO(), width=width)
    console.print(what)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())
