"""The state of everything on one screen."""

import io
import json

import pytest
from rich.console import Console

from bellwether.answers import to_json
from bellwether.status import View, render
from communicator.answers.clocks import Claim
from communicator.answers.router import Statistics
from communicator.answers.services import Instance

ROUTER = Statistics(
    server="alpha",
    version="0.1.0",
    start_time_seconds=1000,
    connections={"unix": 2, "local": 1},
    messages_routed_total={"local": 40, "self": 2},
    messages_dropped_total={"invalid": 3},
)
CLUSTER = {
    "status": "up",
    "completeness": "complete",
    "live_count": 2,
    "neighbors_count": 2,
    "quorum": 2,
    "servers": ["alpha", "beta"],
}
CLAIM = Claim(
    "synchronized",
    daemon="chronyd",
    offset_seconds=-0.000012,
    bound_seconds=0.0021,
    reasons=("chronyd last updated the clock 12 s ago",),
)
USUAL = {
    "address": "cd:///s",
    "router": ROUTER,
    "cluster": CLUSTER,
    "clock": "stable (verified)",
    "claim": CLAIM,
    "services": [Instance("timekeeper"), Instance("canary")],
}


def text(**changes):
    console = Console(file=io.StringIO(), width=120)
    console.print(render(View(**{**USUAL, **changes}), 1065))
    return console.file.getvalue()


def line(name, **changes):
    """The first line of one row, from its mark on."""
    first = next(line for line in text(**changes).splitlines() if line.startswith(name))
    return first.removeprefix(name).strip()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("router", "✔  alpha 0.1.0, up 1m 5s"),
        ("cluster", "✔  up, complete: 2 of 2 hosts reached"),
        ("clock", "✔  synchronized, by chronyd, offset -12 µs, off by at most 2.1 ms"),
        ("services", "✔  2 up on this host"),
    ],
)
def test_all_is_well(name, shown):
    assert line(name) == shown


@pytest.mark.parametrize(
    ("name", "changes", "shown"),
    [
        ("router", {"router": None}, "⚠  cd:///s"),
        ("router", {"router": Statistics(server="alpha", version="1", draining=True)}, "⚠  alpha 1, draining"),
        ("cluster", {"cluster": None}, "⚠  unknown"),
        ("cluster", {"cluster": {"status": "up"}}, "⚠  up"),
        (
            "cluster",
            {"cluster": CLUSTER | {"completeness": "incomplete", "live_count": 1}},
            "⚠  up, incomplete: 1 of 2 hosts reached",
        ),
        ("cluster", {"cluster": CLUSTER | {"status": "down"}}, "✖  down, complete: 2 of 2 hosts reached"),
        ("clock", {"claim": None}, "⚠  stable (verified)"),
        ("clock", {"claim": Claim("holdover")}, "⚠  holdover"),
        ("clock", {"claim": Claim("unsynchronized")}, "✖  unsynchronized"),
        ("clock", {"claim": Claim()}, "⚠  unknown"),
        ("services", {"services": [Instance("printer", state="down")]}, "⚠  0 up on this host"),
    ],
)
def test_what_is_not_well_is_marked(name, changes, shown):
    assert line(name, **changes) == shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "chronyd last updated the clock 12 s ago"),
        ({}, "services are told: stable (verified)"),
        ({}, "cd:///s: 3 links, 42 messages routed, 3 dropped"),
        ({}, "alpha, beta"),
        ({}, "canary, timekeeper"),
        ({"cluster": CLUSTER | {"missing": ["gamma", "10.0.0.4:4042"]}}, "missing: gamma, 10.0.0.4:4042"),
        ({"cluster": CLUSTER | {"uncounted": ["gamma"]}}, "do not count: gamma"),
        ({"cluster": CLUSTER | {"other_orders": ["beta", "gamma"]}}, "obey other orders: beta, gamma"),
        ({"claim": None}, "no timekeeper answers"),
        ({"services": [Instance("printer", state="down")]}, "not there: printer"),
    ],
)
def test_reasons_stand_below(changes, words):
    assert words in text(**changes)


def test_programs_get_json():
    told = json.loads(to_json(View(**USUAL)))
    assert told["claim"]["state"] == "synchronized"
    assert told["cluster"]["servers"] == ["alpha", "beta"]
    assert told["router"]["server"] == "alpha"
