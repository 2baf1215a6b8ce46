"""Orders as messages, and how far they are on each member."""

import pytest

from bellwether.canary_answers import Answer, Order, answer_of, not_enforced_of, note_alone, render, require_all
from bellwether.failure import CommandError
from canary.orders import read_order
from communicator.answers.orders import Orders, OrderStanding
from communicator.protocol import Message
from tests.bellwether.canary_sample import screen

ANSWERS = (
    Answer("alpha", "in_force"),
    Answer("beta", "known", "not kept on disk there: it is full"),
    Answer("gamma", "unknown"),
    Answer("delta", "silent"),
    Answer("epsilon", "away"),
)


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
    assert screen(render(ANSWERS)).splitlines() == [
        "✔ alpha: in force",
        "◌ beta: has it, not in force yet, not kept on disk there: it is full",
        "◌ gamma: has not heard of it yet",
        "◌ delta: does not answer",
        "◌ epsilon: away, gets it when it is back",
    ]


WANTED = Orders(
    "alpha", orders=(OrderStanding("1", "open", in_force=True), OrderStanding("2", "lifted", in_force=False))
)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (None, "silent"),
        ((), "unknown"),
        ((OrderStanding("1", "open", in_force=True),), "unknown"),
        ((OrderStanding("1", "open", in_force=True), OrderStanding("2", "open", in_force=True)), "unknown"),
        ((OrderStanding("1", "open", in_force=True), OrderStanding("2", "lifted", in_force=False)), "known"),
        ((OrderStanding("1", "open", in_force=True), OrderStanding("2", "lifted", in_force=True)), "in_force"),
    ],
)
def test_how_far_an_order_is_follows_from_what_the_member_says_of_all_that_it_changes(told, status):
    answer = answer_of(WANTED, None if told is None else Orders("beta", orders=told), "beta")
    assert answer == Answer("beta", status)


def test_what_one_host_alone_has_is_told():
    alone = note_alone([ANSWERS[0], ANSWERS[4]])
    assert screen(render(alone)).splitlines()[0] == "✔ alpha: in force, on this host only"
    assert note_alone(ANSWERS) == list(ANSWERS), "two have it"
    assert note_alone(ANSWERS[:1]) == list(ANSWERS[:1]), "there is no other"


def test_what_is_not_kept_on_disk_is_told():
    told = Orders("beta", not_kept="no space left on device", orders=WANTED.orders)
    assert answer_of(WANTED, told, "beta").message == "not kept on disk there: no space left on device"


@pytest.mark.parametrize("strict", [False, True])
def test_what_is_in_force_on_all_members_is_done(strict):
    require_all(ANSWERS[:1], strict=strict)


@pytest.mark.parametrize(
    ("answers", "strict", "where"),
    [
        (ANSWERS, False, "beta, gamma, delta"),
        (ANSWERS, True, "beta, gamma, delta, epsilon"),
        (ANSWERS[4:], True, "epsilon"),
    ],
)
def test_where_it_is_not_in_force_yet_is_told(answers, strict, where):
    with pytest.raises(CommandError) as caught:
        require_all(answers, strict=strict)
    assert (str(caught.value), caught.value.exit_code) == (f"given, and not in force yet on {where}", 3)


def test_who_is_away_is_none_of_those_that_are_up():
    require_all(ANSWERS[4:], strict=False)


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
    assert screen(render(answers)) == f"✔ alpha: in force\n⚠ c: {ASIDE}"
    require_all(answers, strict=True)
