"""Orders to canaries, against a router that says what a test wrote down."""

import json

import pytest

from bellwether.canary_orders import read_order
from bellwether.failure import CommandError
from canary.orders import ORDERS
from tests.bellwether.conftest import said
from tests.bellwether.test_canary_questions import row, services, told

BLOCK = ("canary", "block", "billing", "2.0", "--reason", "it loses invoices", "--for", "24h")
TAKEN = {"orders": ["b1", "a1"]}
IN_FORCE = [{"order": "b1", "place": "open", "in_force": True}, {"order": "a1", "place": "lifted", "in_force": True}]
WAITING = [{"order": "b1", "place": "open", "in_force": False}]


def known(orders=None, members=("alpha", "beta", "gamma")):
    """What canaries answer; gamma's is away. By server, how far the orders are there."""

    def answer(message):
        server = message.server or "alpha"
        if message.get("view") == "orders":
            found = (orders or {}).get(server, IN_FORCE) if message.get("orders") else []
            return [told(server, {"members": list(members), "orders": found})]
        return [told(server, {"cells": [{**row("alpha", "billing"), "version": "2.0"}], "total": 1})]

    return {"LIST_SERVICES": [services("alpha", "beta")], "CANARY_GET_REPORT": answer, "CANARY_COMMAND": result}


def result(order, status="done", **more):
    parameters = {"command": order.get("command"), "status": status, "result": json.dumps(TAKEN), **more}
    return [said("CANARY_RESULT", parameters, sent_from_server=order.server, sent_from_service="canary")]


def test_one_canary_gets_the_order_and_each_member_says_how_far_it_is(ask):
    done, router = ask(known(), *BLOCK)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "✔ alpha: in force\n✔ beta: in force\n◌ gamma: away, gets it when it is back\n"
    (order,) = router.of("CANARY_COMMAND")
    assert order.server == "alpha"
    assert order.parameters | {"transmission_report": ""} == {
        "command": "block",
        "service": "billing",
        "version": "2.0",
        "duration": "86400s",
        "reason": "it loses invoices",
        "cache": "no",
        "transmission_report": "",
    }
    asked = {message.get("orders") for message in router.of("CANARY_GET_REPORT") if message.get("view") == "orders"}
    assert asked == {"", "b1,a1"}


def test_who_wants_it_on_all_hosts_is_not_content_while_one_is_away(ask):
    done, _ = ask(known(), *BLOCK, "--strict")
    assert (done.exit_code, done.stderr) == (3, "bellwether: given, and not in force yet on gamma\n")


def test_where_it_is_not_in_force_in_time_is_told(ask, monkeypatch):
    monkeypatch.setattr("bellwether.canary_orders.WAIT_S", 0.3)
    done, _ = ask(known({"beta": WAITING}), *BLOCK)
    assert (done.exit_code, done.stderr) == (3, "bellwether: given, and not in force yet on beta\n")
    assert "◌ beta: has not heard of it yet\n" in done.stdout


def test_it_is_waited_for(ask):
    answers = iter([WAITING, WAITING])

    class Later(dict):
        def get(self, server, default):
            return next(answers, default) if server == "beta" else default

    done, _ = ask(known(Later(x=1)), *BLOCK)
    assert done.exit_code == 0
    assert "✔ beta: in force\n" in done.stdout


def test_the_canary_of_one_server_alone(ask):
    done, router = ask(known(), *BLOCK, "--server", "beta", "--build", "b1")
    assert done.stdout == "✔ beta: in force\n"
    (order,) = router.of("CANARY_COMMAND")
    assert (order.server, order.get("server"), order.get("build")) == ("alpha", "beta", "b1")


def test_who_is_up_and_has_not_been_heard_yet_is_a_member_too(ask):
    done, _ = ask(known(members=("alpha",)), *BLOCK)
    assert done.stdout == "✔ alpha: in force\n✔ beta: in force\n"


def test_one_that_is_away_may_be_named(ask):
    done, _ = ask(known(), *BLOCK, "--server", "gamma")
    assert (done.exit_code, done.stdout) == (0, "◌ gamma: away, gets it when it is back\n")


def test_a_refusal_is_told_with_the_reason(ask):
    script = known() | {"CANARY_COMMAND": lambda message: result(message, "refused", message="too many overrides")}
    done, _ = ask(script, *BLOCK)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "bellwether: the canary of 'alpha' refuses it: too many overrides\n"


def test_what_a_canary_finds_wrong_is_a_refusal(ask):
    parameters = {"command": "CANARY_COMMAND", "message": "parameter reason is longer than 256 characters"}
    refusal = said("INVALID", parameters, sent_from_server="alpha", sent_from_service="canary")
    done, _ = ask(known() | {"CANARY_COMMAND": [refusal]}, *BLOCK)
    assert done.exit_code == 1
    assert done.stderr.endswith("the canary of 'alpha' refuses it: parameter reason is longer than 256 characters\n")


def test_a_canary_that_has_left_has_not_taken_it(ask):
    gone = said("TRANSMISSION_REPORT", {"status": "failed", "command": "CANARY_COMMAND"})
    done, _ = ask(known() | {"CANARY_COMMAND": [gone]}, *BLOCK)
    assert (done.exit_code, done.stderr) == (69, "bellwether: the canary of 'alpha' is gone\n")


def test_a_canary_that_is_silent_is_told(ask, monkeypatch):
    monkeypatch.setattr("bellwether.canary_orders.TIMEOUT_S", 0.05)
    done, _ = ask(known() | {"CANARY_COMMAND": []}, *BLOCK)
    assert (done.exit_code, done.stderr) == (
        69,
        "bellwether: the canary of 'alpha' does not answer within 0.05 s\n",
    )


def test_who_may_give_orders_is_told_to_who_may_not(ask):
    reason = "user 'bob' may not: it takes root, the router's user or user 'bellwether'"
    refusal = said("INVALID", {"command": "CANARY_COMMAND", "message": reason})
    done, _ = ask(known() | {"CANARY_COMMAND": [refusal]}, *BLOCK)
    assert (done.exit_code, done.stdout) == (77, "")
    assert done.stderr == f"bellwether: you may not give orders to canaries: {reason}\n"


def test_programs_get_each_answer(ask):
    done, _ = ask(known(members=("alpha",)) | {"LIST_SERVICES": [services("alpha")]}, *BLOCK, "--json")
    assert json.loads(done.stdout) == [{"server": "alpha", "status": "in_force", "message": ""}]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("block", "biling", "2.0"), "nothing is known of a service 'biling'; do you mean 'billing'?"),
        (("block", "billing", "2.00"), "nothing is known of version '2.00' of billing; do you mean '2.0'?"),
        (("freeze", "biling"), "nothing is known of a service 'biling'; do you mean 'billing'?"),
    ],
    ids=["service", "version", "freeze"],
)
def test_what_is_likely_a_slip_is_not_ordered(ask, words, reason):
    done, router = ask(known(), "canary", *words, "--reason", "x", "--for", "1h")
    assert done.exit_code == 2
    assert done.stderr == f"bellwether: {reason} (--unseen gives the order all the same)\n"
    assert router.of("CANARY_COMMAND") == []


def test_the_version_of_a_service_that_tells_none_is_named_so(ask):
    _, router = ask(known(), "canary", "block", "billing", "", *BLOCK[4:], "--unseen")
    (order,) = router.of("CANARY_COMMAND")
    assert order.get("version") == "(none)"


def test_a_version_that_is_yet_to_come_may_be_blocked(ask):
    done, _ = ask(known(), *BLOCK[:2], "later", "1", *BLOCK[4:], "--unseen")
    assert done.exit_code == 0


def test_a_server_that_never_had_a_canary_is_told_with_those_that_have_one(ask):
    done, router = ask(known(), *BLOCK, "--server", "delta")
    assert done.stderr == "bellwether: no canary is up on 'delta'; there is one on alpha, beta, gamma\n"
    assert router.of("CANARY_COMMAND") == []


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"reason": " "}, "say why with --reason '…': the ledger keeps who has blocked what, and why"),
        ({"span": ""}, "say for how long with --for, such as --for 24h: no order lasts for ever"),
        ({"span": "soon"}, "--for: 'soon' is not a duration such as 20, 90s or 2h"),
        ({"span": "0"}, "--for 0 is not between 0 and 30 days"),
        ({"span": "31d"}, "--for 31d is not between 0 and 30 days"),
        ({"service": "a b"}, "'a b' is not the name of a service"),
        ({"server": "a b"}, "'a b' is not the name of a server"),
    ],
    ids=["reason", "no span", "soon", "zero", "long", "service", "server"],
)
def test_an_order_that_lacks_something_says_what(more, reason):
    with pytest.raises(CommandError) as caught:
        read_order("block", **{"service": "billing", "version": "2.0", "reason": "x", "span": "1h", **more})
    assert (str(caught.value), caught.value.exit_code) == (reason, 2)


@pytest.mark.parametrize("command", sorted(ORDERS))
def test_each_order_that_a_canary_knows_can_be_given(command):
    with pytest.raises(CommandError, match="the ledger keeps who has "):
        read_order(command)


CPP = {
    "CLUSTER_GET_GRAPH": [
        said(
            "CLUSTER_GRAPH",
            {"graph": json.dumps({"nodes": [{"server": "alpha"}, {"server": "c", "directory": False}]})},
        )
    ]
}
ASIDE = "not enforced there: host c runs a C++ router, which knows no policy"


def test_an_order_for_the_whole_cluster_names_at_its_end_where_it_is_not_enforced(ask):
    done, _ = ask({**known(), **CPP}, *BLOCK)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.endswith(f"✔ beta: in force\n◌ gamma: away, gets it when it is back\n⚠ c: {ASIDE}\n")


@pytest.mark.parametrize(("server", "shown"), [("c", f"⚠ c: {ASIDE}\n"), ("alpha", "✔ alpha: in force\n")])
def test_an_order_for_one_server_says_whether_its_router_knows_it(ask, server, shown):
    """No canary is asked there: it is no member."""
    script = {**known(members=("alpha", "c")), **CPP, "LIST_SERVICES": [services("alpha", "c")]}
    done, _ = ask(script, *BLOCK, "--server", server, "--strict")
    assert (done.exit_code, done.stdout) == (0, shown)


def test_programs_get_where_it_is_not_enforced(ask):
    done, _ = ask({**known(), **CPP}, *BLOCK, "--json")
    assert json.loads(done.stdout)[-1] == {"server": "c", "status": "not_enforced", "message": ASIDE}
