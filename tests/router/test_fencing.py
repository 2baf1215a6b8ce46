"""Who comes behind the fence, when, and what becomes of what it was until then."""

import json

import pytest

from communicator.router.cores import fence
from communicator.router.cores.policy import parse_policy, render_kept
from communicator.router.vocabulary.effects import Continue, TellUnits
from communicator.router.vocabulary.events import CloseReason, DatagramReceived, LinkClosed, Process, UnitIdentified
from tests.router.behind_fence import (
    REGISTER_SHADOW,
    SHADOW,
    UNIT,
    begin,
    comes_as_shadow,
    discarded,
    quiet,
    set_policy,
)


@pytest.fixture
def book(playbook):
    return begin(playbook(), SHADOW)


def test_who_fits_the_policy_is_a_shadow_whatever_it_says_and_nobody_hears_of_it(book):
    comes_as_shadow(book)
    quiet(book)
    assert book.router._board.registry.live("billing").id == book.links["L"]


@pytest.mark.parametrize("role", ["live", "standby", "probe"])
def test_no_role_lets_it_out(book, role):
    book.run(
        f"+ S unix bob unit={UNIT}\nS > {REGISTER_SHADOW};role={role}\nS < HELP\nS < READY my_address=*;role=shadow"
    )
    assert book.router._board.registry.live("billing").id == book.links["L"]


def test_what_follows_register_in_one_read_is_behind_the_fence(playbook):
    """Also of one that the policy does not know, and that says itself that it is a shadow."""
    book = begin(playbook())
    book.run("+ S unix bob")
    book.write("S", b"REGISTER service=billing;version=1;role=shadow\nlistener/NOTIFY a=1\n./NOTIFY a=2\nHELP\n")
    book.run(
        "S < HELP\nS < READY my_address=127.0.0.1:4042\nS < peer:billing/COMMANDS list=*\nX < (nothing)\nL < (nothing)"
    )
    assert [one.reason for one in discarded(book).newest] == ["role", "role"]


def test_what_was_said_before_it_comes_behind_the_fence_has_left_in_order(playbook):
    book = begin(playbook())
    book.run("+ S unix bob")
    book.write("S", b"listener/NOTIFY a=1\nREGISTER service=billing;version=1;role=shadow\nlistener/NOTIFY a=2\n")
    book.run("S < HELP\nS < READY my_address=*")
    assert [message.get("a") for message in book.heard[book.links["X"]]] == ["1"]


def test_a_connection_opened_before_the_policy_came_is_behind_the_fence_once_it_has(playbook):
    book = begin(playbook())
    book.run(f"+ S unix bob unit={UNIT}\nS > listener/NOTIFY a=1")
    assert book.hear("X").get("a") == "1"
    set_policy(book, 2, SHADOW)
    assert TellUnits(enabled=True) in book.effects
    book.run("S > listener/NOTIFY a=2\nX < (nothing)\nS < (nothing)")
    assert [one.reason for one in discarded(book).newest] == ["unit"]


def test_who_has_registered_as_another_before_the_policy_came_is_sent_away_and_comes_back_as_a_shadow(playbook):
    book = begin(playbook())
    book.run(
        f"L x\nX < ...\nC < ...\n+ S unix bob unit={UNIT}\nS > {REGISTER_SHADOW}\nS < HELP\nS < READY my_address=*\nX < ..."
    )
    book.run("C < ...")
    policy = {"generation": [1, 2], "lease_s": 9, "shadows": [SHADOW]}
    book.write("C", b"POLICY_SET policy=" + json.dumps(policy).encode() + b"\n")
    book.run("S < EOF\nS > listener/NOTIFY a=1")
    assert [message.command for message in book.heard[book.links["X"]]] == ["STATUS"]  # billing is down
    assert [message.command for message in book.heard[book.links["C"]]] == ["RUN_ENDED", "POLICY_CURRENT"]
    book.run("X < ...\nC < ...")
    comes_as_shadow(book, "T")
    quiet(book)


def test_a_shadow_that_becomes_live_comes_again_and_nothing_it_has_said_before_gets_out(book):
    comes_as_shadow(book)
    with book.waiting():  # in the middle of a flood, of which the rest waits for its turn
        book.write("S", b"listener/NOTIFY a=1\n" * 1000)
        assert Continue(book.links["S"]) in book.effects
        book.run("L x\nX < ...\nC < ...")
        policy = {"generation": [1, 2], "lease_s": 9}
        book.write("C", b"POLICY_SET policy=" + json.dumps(policy).encode() + b"\n")
    book.run("S < EOF\nC < ...\nX < (nothing)")
    book.run(f"+ T unix bob unit={UNIT}\nT > {REGISTER_SHADOW}\nT < HELP\nT < READY my_address=127.0.0.1:4042\nX < ...")
    book.run("T > listener/NOTIFY a=2")
    assert [message.get("a") for message in book.heard[book.links["X"]]] == ["2"]
    assert TellUnits(enabled=False) in book.effects


def test_a_shadow_never_contests_the_live_name(book):
    comes_as_shadow(book)
    book.run("L < (nothing)\n@ 10\nL > listener/NOTIFY a=1")
    assert book.hear("X").get("a") == "1"


def test_who_waits_for_a_name_when_it_comes_behind_the_fence_does_not_get_it(playbook):
    book = begin(playbook())
    book.run(f"+ S unix bob unit={UNIT}\nS > {REGISTER_SHADOW}\nL < billing/ALIVE serial=*")
    set_policy(book, 2, SHADOW)
    book.run("S < EOF\n@ 10\nL > listener/NOTIFY a=1")
    assert book.hear("X").get("a") == "1"


def test_a_shadow_whose_other_connections_nobody_could_tell_is_not_taken(playbook):
    book = begin(playbook())
    book.run(
        "+ S local bob unit=/user.slice\nS > REGISTER service=billing;version=1;role=shadow\nS < HELP\nS < READY my_address=*"
    )
    book.run("S < INVALID command=REGISTER;message=*\nS < EOF")
    book.run("C < ...")
    set_policy(book, 2, {**SHADOW, "unit": ""})
    book.run(f"+ T local bob unit=/user.slice\nT > {REGISTER_SHADOW}\nT < INVALID command=REGISTER;message=*")


def test_without_a_shadow_nothing_is_asked_of_the_shell(playbook):
    book = begin(playbook())
    book.handle(DatagramReceived(b"listener/NOTIFY a=1"))
    assert book.hear("X").get("a") == "1"
    assert not book.effects_of(TellUnits)


def test_what_waits_until_its_process_is_told_is_heard_then(playbook):
    book = begin(playbook(), SHADOW)
    book.tells_units = False  # the shell tells later
    book.run("+ T unix bob\nT > listener/NOTIFY a=1\nX < (nothing)")
    book.handle(UnitIdentified(book.links["T"], Process(5, "/system.slice/t.service")))
    assert book.hear("X").get("a") == "1"


def test_nobody_waits_for_a_shadow_that_does_not_read(book):
    comes_as_shadow(book)
    assert [(effect.link, effect.policy) for effect in book.effects if type(effect).__name__ == "SetQueuePolicy"] == [
        (book.links["S"], "drop")
    ]


def test_the_fence_outlives_the_lease(book):
    book.run("@ 2000")
    comes_as_shadow(book)
    book.run("S > listener/NOTIFY a=1\nX < (nothing)")


def test_a_router_that_starts_again_keeps_back_what_its_last_life_did(playbook):
    policy = parse_policy(json.dumps({"generation": [1, 1], "lease_s": 1000, "shadows": [SHADOW]}))
    book = playbook(policy=render_kept(policy))
    book.run(
        f"""
        + X unix bob
        X > REGISTER service=listener;version=1
        X > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,NOTIFY
        X < ...
        + T unix bob unit={UNIT}
        T > listener/NOTIFY a=1
        + S unix bob unit={UNIT}
        S > {REGISTER_SHADOW}
        S < HELP
        S < READY my_address=*;role=shadow
        X < (nothing)
        """
    )
    assert discarded(book).by_reason == {"unit": 1}


def test_a_shadow_begins_although_its_version_is_to_be_tried_elsewhere_first(playbook):
    book = begin(playbook())
    trial = {"service": "billing", "admitted": [["1", "*"]], "reason": "is not yet good on alpha"}
    policy = {"generation": [1, 2], "lease_s": 1000, "shadows": [SHADOW], "trials": [trial]}
    book.write("C", b"POLICY_SET policy=" + json.dumps(policy).encode() + b"\n")
    book.run("C < ...")
    comes_as_shadow(book)
    book.run("+ T unix bob\nT > REGISTER service=billing;version=1;service_version=3")
    assert book.hear("T").command == "VERSION_BLOCKED"


def test_a_unit_in_which_something_else_runs_is_no_shadows_own(playbook):
    """Nor is one of the suite: a canary that starts a shadow itself shares its unit with it, and must go on."""
    book = begin(playbook())
    book.run("+ S unix bob pid=77 unit=/system.slice/l.service\nS > REGISTER service=billing;version=1;role=shadow")
    assert not [message for message in book.heard[book.links["L"]] if message == "EOF"]
    book.run("L > listener/NOTIFY a=1\n+ T unix bob pid=78 unit=/system.slice/l.service\nT > listener/NOTIFY a=2")
    book.run("+ U unix bob pid=77 unit=/system.slice/l.service\nU > listener/NOTIFY a=3")
    assert [message.get("a") for message in book.heard[book.links["X"]]] == ["1", "2"]
    assert not book.router._board.fence.by_unit("billing", "")


@pytest.mark.parametrize("unit", ["c.service", "system.slice", "user@0.service", "/", "", "c"])
def test_a_policy_that_names_the_unit_of_the_canary_or_none_of_a_service_shuts_nobody_else_in(playbook, unit):
    book = begin(playbook(), {**SHADOW, "unit": unit})
    book.run("C > HELP")
    assert book.hear("C").command == "COMMANDS"
    set_policy(book, 2, {**SHADOW, "unit": unit})
    book.run("L > listener/NOTIFY a=1")
    assert book.hear("X").get("a") == "1"


def test_who_watches_all_lines_does_so_no_more(playbook):
    book = begin(playbook())
    book.run(f"+ S unix root unit={UNIT}\nS > TAP\nL > listener/NOTIFY a=1")
    assert book.hear("S").command == "TAPPED"
    book.run("S < ...\nX < ...")
    set_policy(book, 2, SHADOW)
    book.run("S < ...\nL > listener/NOTIFY a=2\nS < (nothing)")


def test_that_a_shadow_reads_too_slowly_nobody_hears(book):
    comes_as_shadow(book)
    book.handle(LinkClosed(book.links["S"], CloseReason.SLOW, 1000))
    book.run("C < ...\nX < (nothing)\nL < (nothing)")


def test_shadows_that_come_and_go_are_remembered_within_bounds_and_those_that_are_here_always(playbook, monkeypatch):
    monkeypatch.setattr(fence, "MARKS_KEPT", 3)
    book = begin(playbook(), {**SHADOW, "unit": ""})
    comes_as_shadow(book, words="unix bob pid=70 unit=/user.slice")
    for number in range(68, 75):
        comes_as_shadow(book, f"{chr(number)}", f"unix bob pid={number} unit=/user.slice")
        book.run(f"{chr(number)} x\nC < ...")
    assert len(book.router._board.fence._marks) == 3
    book.run("+ T unix bob pid=70 unit=/user.slice\nT > listener/NOTIFY a=1\nX < (nothing)")


def test_who_calls_itself_a_shadow_shuts_nobody_in_who_shares_its_unit(playbook):
    """Jobs of all users run in the unit of cron: one of them is not to keep the others from being heard."""
    book = begin(playbook())
    cron = "/system.slice/cron.service"
    book.run(f"+ S unix bob pid=77 unit={cron}\nS > REGISTER service=billing;version=1;role=shadow\nC < ...")
    book.run(
        f"+ T unix root pid=78 unit={cron}\nT > listener/NOTIFY a=1\n+ U unix bob pid=77 unit={cron}\nU > listener/NOTIFY a=2"
    )
    book.run(
        "T > REGISTER service=backup;version=1\nT < HELP\nT < READY my_address=127.0.0.1:4042\nT > listener/NOTIFY a=3"
    )
    assert [one.get("a") for one in book.heard[book.links["X"]] if one.command == "NOTIFY"] == ["1", "3"]
