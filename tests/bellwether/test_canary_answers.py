"""Orders as messages, and what became of them."""

import pytest

from bellwether.canary_answers import Answer, Order, not_enforced_of, render, require_all
from bellwether.failure import CommandError
from canary.orders import read_order
from communicator.protocol import Message
from tests.bellwether.canary_sample import screen

ANSWERS = (Answer("alpha", "done"), Answer("beta", "refused", "no override"), Answer("gamma", "silent", "it is gone"))


def test_an_order_says_what_it_needs_and_nothing_else():
    order = Order(command="freeze", duration_s=86_400.0, reason="we move")
    assert order.to_message("beta") == Message(
        "CANARY_COMMAND",
        {"command": "freeze", "duration": "86400s", "reason": "we move", "cache": "no"},
        service="canary",
        server="beta",
    )


def test_a_canary_understands_it():
    order = Order(
        command="block", service="x", version="2", build="b", server="alpha", duration_s=90.0, reason="it loses data"
    )
    read = read_order(order.to_message("alpha"))
    assert (read.name, read.version, read.server, read.duration_s) == ("block", ("x", "2", "b"), "alpha", 90.0)


def test_each_answer_has_its_line():
    assert screen(render(ANSWERS)) == "✔ alpha: done\n✖ beta: refused: no override\n◌ gamma: it is gone"


def test_what_is_done_everywhere_is_done():
    require_all(ANSWERS[:1])


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (ANSWERS, "not done everywhere: of 3 canaries, 1 refused it and 1 did not answer"),
        (ANSWERS[1:2], "not done everywhere: of 1 canary, 1 refused it"),
        (ANSWERS[2:], "not done everywhere: of 1 canary, 1 did not answer"),
    ],
    ids=["both", "refused", "silent"],
)
def test_what_is_not_done_everywhere_is_told(answers, reason):
    with pytest.raises(CommandError) as caught:
        require_all(answers)
    assert str(caught.value) == reason


ASIDE = "not enforced there: host c runs a C++ router, which knows no policy"


@pytest.mark.parametrize(
    ("command", "server", "servers"),
    [
        ("block", "", ["c", "d"]),
        ("allow", "*", ["c", "d"]),
        ("pin", "c", ["c"]),
        ("block", "beta", []),
        ("withdraw", "", []),
        ("pardon", "c", []),
        ("freeze", "", []),
        ("unfreeze", "", []),
    ],
)
def test_where_nothing_comes_of_an_order(command, server, servers):
    found = not_enforced_of(Order(command=command, server=server, reason="x"), ("d", "c"))
    assert [(one.server, one.status) for one in found] == [(name, "not_enforced") for name in servers]


def test_where_nothing_comes_of_an_order_is_told_at_the_end_and_is_no_failure():
    answers = [*ANSWERS[:1], *not_enforced_of(Order(command="block", reason="x"), ("c",))]
    assert screen(render(answers)) == f"✔ alpha: done\n⚠ c: {ASIDE}"
    require_all(answers)
