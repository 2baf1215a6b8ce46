"""Orders to canaries, against a router that says what a test wrote down."""

import json

import pytest

from bellwether.canary_orders import read_order
from bellwether.failure import CommandError
from canary.orders import ORDERS
from tests.bellwether.conftest import said
from tests.bellwether.test_canary_questions import row, services, told

KNOWN = {
    "LIST_SERVICES": [services("alpha", "beta")],
    "CANARY_GET_REPORT": lambda message: [
        told(message.server or "alpha", {"cells": [{**row("alpha", "billing"), "version": "2.0"}], "total": 1})
    ],
}
BLOCK = ("canary", "block", "billing", "2.0", "--reason", "it loses invoices", "--for", "24h")


def result(message, status="done", reason=""):
    parameters = {"command": message.get("command"), "status": status, **({"message": reason} if reason else {})}
    return [said("CANARY_RESULT", parameters, sent_from_server=message.server, sent_from_service="canary")]


def test_each_canary_gets_the_order(ask):
    done, router = ask({**KNOWN, "CANARY_COMMAND": result}, *BLOCK)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "✔ alpha: done\n✔ beta: done\n"
    orders = router.of("CANARY_COMMAND")
    assert [order.server for order in orders] == ["alpha", "beta"]
    assert orders[0].parameters | {"transmission_report": ""} == {
        "command": "block",
        "service": "billing",
        "version": "2.0",
        "duration": "86400s",
        "reason": "it loses invoices",
        "cache": "no",
        "transmission_report": "",
    }


def test_the_canary_of_one_server_alone(ask):
    done, router = ask({**KNOWN, "CANARY_COMMAND": result}, *BLOCK, "--server", "beta", "--build", "b1")
    assert done.stdout == "✔ beta: done\n"
    (order,) = router.of("CANARY_COMMAND")
    assert (order.get("server"), order.get("build")) == ("beta", "b1")


def test_who_refuses_is_told_with_the_reason(ask):
    def answer(message):
        return result(message, "refused", "too many overrides") if message.server == "beta" else result(message)

    done, _ = ask({**KNOWN, "CANARY_COMMAND": answer}, *BLOCK)
    assert done.exit_code == 1
    assert done.stdout == "✔ alpha: done\n✖ beta: refused: too many overrides\n"
    assert done.stderr == "bellwether: not done everywhere: of 2 canaries, 1 refused it\n"


def test_what_a_canary_finds_wrong_is_a_refusal(ask):
    def answer(message):
        parameters = {"command": "CANARY_COMMAND", "message": "parameter reason is longer than 256 characters"}
        return [said("INVALID", parameters, sent_from_server=message.server, sent_from_service="canary")]

    done, _ = ask({**KNOWN, "CANARY_COMMAND": answer}, *BLOCK, "--server", "beta")
    assert done.stdout == "✖ beta: refused: parameter reason is longer than 256 characters\n"


def test_who_has_left_has_not_done_it(ask):
    gone = said("TRANSMISSION_REPORT", {"status": "failed", "command": "CANARY_COMMAND"})
    done, _ = ask({**KNOWN, "CANARY_COMMAND": [gone]}, *BLOCK, "--server", "beta")
    assert done.exit_code == 1
    assert done.stdout == "◌ beta: it is gone\n"


def test_who_says_nothing_has_not_done_it(ask, monkeypatch):
    monkeypatch.setattr("bellwether.canary_orders.TIMEOUT_S", 0.05)
    done, _ = ask({**KNOWN, "CANARY_COMMAND": []}, *BLOCK, "--server", "beta")
    assert done.exit_code == 1
    assert done.stdout == "◌ beta: no answer within 0.05 s\n"


def test_who_may_give_orders_is_told_to_who_may_not(ask):
    reason = "user 'bob' may not: it takes root, the router's user or user 'bellwether'"
    refusal = said("INVALID", {"command": "CANARY_COMMAND", "message": reason})
    done, _ = ask({**KNOWN, "CANARY_COMMAND": [refusal]}, *BLOCK)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"bellwether: you may not give orders to canaries: {reason}\n"


def test_programs_get_each_answer(ask):
    done, _ = ask({**KNOWN, "CANARY_COMMAND": result}, *BLOCK, "--json")
    assert json.loads(done.stdout) == [
        {"server": "alpha", "status": "done", "message": ""},
        {"server": "beta", "status": "done", "message": ""},
    ]


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
    done, router = ask(KNOWN, "canary", *words, "--reason", "x", "--for", "1h")
    assert done.exit_code == 2
    assert done.stderr == f"bellwether: {reason} (--unseen gives the order all the same)\n"
    assert router.of("CANARY_COMMAND") == []


def test_a_version_that_is_yet_to_come_may_be_blocked(ask):
    done, _ = ask({**KNOWN, "CANARY_COMMAND": result}, *BLOCK[:2], "later", "1", *BLOCK[4:], "--unseen")
    assert done.exit_code == 0


def test_a_server_without_a_canary_is_told_with_those_that_have_one(ask):
    done, _ = ask(KNOWN, *BLOCK, "--server", "gamma")
    assert done.stderr == "bellwether: no canary is up on 'gamma'; there is one on alpha, beta\n"


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
    done, _ = ask({**KNOWN, **CPP, "CANARY_COMMAND": result}, *BLOCK)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"✔ alpha: done\n✔ beta: done\n⚠ c: {ASIDE}\n"


@pytest.mark.parametrize(("server", "shown"), [("c", f"✔ c: done\n⚠ c: {ASIDE}\n"), ("alpha", "✔ alpha: done\n")])
def test_an_order_for_one_server_says_whether_its_router_knows_it(ask, server, shown):
    script = {**KNOWN, **CPP, "LIST_SERVICES": [services("alpha", "c")], "CANARY_COMMAND": result}
    done, _ = ask(script, *BLOCK, "--server", server)
    assert (done.exit_code, done.stdout) == (0, shown)


def test_programs_get_where_it_is_not_enforced(ask):
    done, _ = ask({**KNOWN, **CPP, "CANARY_COMMAND": result}, *BLOCK, "--json")
    assert json.loads(done.stdout)[-1] == {"server": "c", "status": "not_enforced", "message": ASIDE}


def test_a_server_without_a_canary_and_with_another_router_is_told_with_both(ask):
    done, _ = ask({**KNOWN, **CPP}, *BLOCK, "--server", "c")
    assert done.exit_code == 1
    assert done.stderr == f"bellwether: no canary is up on 'c'; there is one on alpha, beta; {ASIDE}\n"
