"""Which way a message would go, for people and for programs."""

import io
import json

import pytest
from rich.console import Console

from bellwether.answers import to_json
from bellwether.failure import CommandError
from bellwether.route import destination_of, read_route, render, with_not_enforced
from communicator.answers.clusters import Candidate, Route
from communicator.protocol import Message


def lines(route):
    console = Console(file=io.StringIO(), width=120)
    console.print(render(route))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("printer", "printer"),
        (" printer ", "printer"),
        ("beta/printer", "beta:printer"),
        ("beta:printer", "beta:printer"),
        ("./printer", ".:printer"),
        ("*/printer", "*:printer"),
        ("printer/PRINT", "printer/PRINT"),
        ("beta:printer/PRINT", "beta:printer/PRINT"),
        ("beta:printer/print", "beta:printer/print"),
        ("*", "*"),
    ],
)
def test_a_destination_as_a_person_types_it(typed, asked):
    assert destination_of(typed) == asked


@pytest.mark.parametrize("typed", ["", " ", "/", "/printer", "beta/", "a/b/c"])
def test_what_is_no_destination(typed):
    with pytest.raises(CommandError, match="is not SERVER/SERVICE") as refused:
        destination_of(typed)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("route", "line"),
    [
        (Route("printer", "local", server="alpha"), "✔ printer: on this host, alpha"),
        (Route("alpha", "local"), "✔ alpha: on this host"),
        (
            Route("printer", "remote", server="gamma", path=("alpha", "beta", "gamma"), next_hop="beta", cost=2.5),
            "✔ printer: on gamma, cost 2.5: alpha → beta → gamma",
        ),
        (Route("printer", "remote", server="elder", next_hop="elder"), "✔ printer: on elder: over elder"),
        (Route("printer", "cached"), "⚠ printer: kept until its service comes"),
        (Route("printer", "none"), "✖ printer: no way"),
        (Route("printer", "elsewhere"), "? printer: elsewhere"),
    ],
)
def test_the_way_in_a_line(route, line):
    assert lines(route) == [line]


def test_the_reason_and_who_else_could_have_been_chosen():
    near = Candidate("beta", "printer", "1.2", 1, 0.5, 1, chosen=True, reason="cheapest")
    far = Candidate("gamma", "printer", "[/1]", 2, 1, 0, reason="costs more")
    plain = Candidate("delta", "printer", chosen=True)
    _, reason, _, head, *rows = lines(Route("printer", "remote", "1 of 3", candidates=(near, far, plain)))
    assert reason == "  1 of 3"
    assert head.split() == ["SERVER", "SERVICE", "VERSION", "COST", "WEIGHT", "SHARE", "WHY"]
    assert [row.split() for row in rows] == [
        ["✔", "beta", "printer", "1.2", "1", "0.5", "100%", "cheapest"],
        ["gamma", "printer", "[/1]", "2", "1", "0%", "costs", "more"],
        ["✔", "delta", "printer", "-", "-", "-", "-", "chosen"],
    ]


def test_a_reason_is_text_not_markup():
    assert lines(Route("printer", "none", "[red]x[/red]"))[1] == "  [red]x[/red]"


def test_a_route_is_read_and_told_on():
    told = {"destination": "printer", "outcome": "none", "server": None, "path": None, "candidates": [], "later": 1}
    route = read_route(Message("CLUSTER_ROUTE", {"route": json.dumps(told)}))
    assert route == Route("printer", "none")
    assert json.loads(to_json(route))["outcome"] == "none"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"destination": "a", "outcome": 3}'])
def test_a_route_of_another_shape_is_refused(text):
    with pytest.raises(CommandError, match="route cannot be read"):
        read_route(Message("CLUSTER_ROUTE", {"route": text}))


def test_where_no_policy_is_enforced_is_told_with_the_reason():
    candidates = (Candidate("beta", "printer", "1.2", 1, 1, 1, chosen=True), Candidate("c", "printer", reason="far"))
    route = with_not_enforced(Route("printer", "remote", server="beta", candidates=candidates), ("c", "d"))
    assert json.loads(to_json(route))["not_enforced"] == ["c"]
    _, aside, *_, beta, elder = lines(route)
    assert aside == "  not enforced there: host c runs a C++ router, which knows no policy"
    assert (beta.split()[-1], elder.split()[-4:]) == ("chosen", ["far,", "not", "enforced", "there"])


def test_of_a_route_that_leads_to_no_such_host_nothing_is_said():
    assert with_not_enforced(Route("printer", "none"), ("c",)).not_enforced == ()
