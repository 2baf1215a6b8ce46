import pytest

from communicator.answers.policy import Denial, Policy
from communicator.router.cores.policy import render_kept
from communicator.router.cores.run_budget import BURST, SUM_S
from communicator.router.vocabulary.effects import Close, Level, Notice
from communicator.router.vocabulary.events import CloseReason

DENIAL = {
    "service": "svc_a",
    "version": "2.0",
    "build": "*",
    "server": "peer",
    "until_s": 600.0,
    "reason": "never worked in 7 tries",
    "probe_allowed": False,
}


@pytest.fixture
def blocking(playbook):
    """A router that has kept a policy with one block, changed so."""

    def start(lease_s=1000.0, **changes):
        policy = Policy(generation=(1, 1), lease_s=lease_s, denylist=(Denial(**{**DENIAL, **changes}),))
        return playbook(policy=render_kept(policy))

    return start


def register(book, name, parameters):
    """Let a new link register; returns the messages it hears."""
    book.play(f"+ {name} unix bob")
    book.write(name, f"REGISTER service=svc_a;version=1;{parameters}\n".encode())
    heard = list(book.heard[book.links[name]])
    book.heard[book.links[name]].clear()
    return heard


def entered(heard):
    """Whether it was let in; else it must have been told, and cut off."""
    commands = [one if one == "EOF" else one.command for one in heard]
    assert commands in (["HELP", "READY"], ["VERSION_BLOCKED", "EOF"])
    return commands == ["HELP", "READY"]


def test_a_blocked_version_is_turned_away(blocking):
    book = blocking().play(
        """
        @ 100
        + A unix bob
        A > REGISTER service=svc_a;version=1;service_version=2.0;build=b1
        A < VERSION_BLOCKED reason=never worked in 7 tries;until_s=500.000;probe_allowed=false
        A < EOF
        """
    )
    told = {
        "service": "svc_a",
        "version": "2.0",
        "build": "b1",
        "role": "live",
        "reason": "never worked in 7 tries",
        "until_s": 500.0,
        "probe_allowed": False,
    }
    assert book.notices == [Notice(Level.INFO, "blocked_version_refused", told)]
    assert [close.reason for close in book.effects_of(Close)] == [CloseReason.BLOCKED]


def told_canary(book):
    """What a canary hears of refusals when it comes, or has heard by now."""
    if "C" not in book.links:
        book.play("+ C unix alice")
        book.write("C", b"REGISTER service=canary;version=1\n")
    heard = [one.parameters for one in book.heard[book.links["C"]] if one.command == "RUN_ENDED"]
    book.heard[book.links["C"]].clear()
    return heard


@pytest.mark.parametrize(
    ("link", "pid"), [("unix", {"pid": "14"}), ("local", {"pid": "77"})], ids=["of-the-peer", "announced"]
)
def test_the_canary_hears_of_each_that_was_turned_away(blocking, link, pid):
    book = blocking()
    assert told_canary(book) == []
    run_ids = set()
    for name in "AB":
        book.play(f"+ {name} {link} bob")
        book.write(name, b"REGISTER service=svc_a;version=1;service_version=2.0;build=b1;role=standby;pid=77\n")
        (told,) = told_canary(book)
        run_ids.add(told.pop("run_id"))
        whose = {"service": "svc_a", "service_version": "2.0", "build": "b1", "role": "standby"}
        assert told == {**whose, **pid, "reason": "blocked"}
        book.heard[book.links[name]].clear()
    assert len(run_ids) == 2


def test_nothing_more_is_told_of_one_that_was_turned_away(blocking):
    book = blocking()
    told_canary(book)
    book.play("+ A unix bob")
    book.write("A", b"REGISTER service=svc_a;version=1;service_version=2.0\n")
    assert len(told_canary(book)) == 1
    book.play("A < VERSION_BLOCKED reason=*;until_s=*;probe_allowed=false\nA < EOF\n@ 5\nC < (nothing)")


def test_of_many_that_were_turned_away_it_hears_how_many_and_of_which_version(blocking):
    book = blocking()
    told_canary(book)
    told = 0
    for _ in range(BURST + 2):
        register(book, "A", "service_version=2.0;build=b1")
        told += len(told_canary(book))
    assert told == BURST
    book.run(f"@ {SUM_S}")
    (summed,) = told_canary(book)
    del summed["run_id"]
    whose = {"service": "svc_a", "service_version": "2.0", "build": "b1"}
    assert summed == {**whose, "reason": "blocked", "omitted": "2"}


def test_a_canary_that_comes_hears_of_the_last_refusal_of_each_service_and_of_all_ends(blocking):
    book = blocking()
    for version in ("1.9", "2.0", "2.0"):
        register(book, "A", f"service_version={version}")
        book.play("A x")
    register(book, "B", "service_version=1.9")
    book.play("B x")
    told = [(one["reason"], one.get("pid")) for one in told_canary(book)]
    assert told == [("lost", None), ("blocked", "14"), ("lost", None)]


@pytest.mark.parametrize(
    ("changes", "role", "enters"),
    [
        ({}, "live", False),
        ({}, "standby", False),
        ({}, "shadow", False),
        ({}, "probe", False),
        ({"probe_allowed": True}, "live", False),
        ({"probe_allowed": True}, "standby", False),
        ({"probe_allowed": True}, "shadow", False),
        ({"probe_allowed": True}, "probe", True),
        ({"server": "other"}, "live", True),
        ({"server": "*"}, "live", False),
        ({"version": "1.9"}, "live", True),
        ({"build": "b1"}, "live", False),
        ({"build": "b2"}, "live", True),
        ({"service": "svc_b"}, "live", True),
        ({"until_s": 0.0}, "live", False),
        ({"until_s": 0.0}, "probe", False),
    ],
)
def test_who_enters(blocking, changes, role, enters):
    assert entered(register(blocking(**changes), "A", f"service_version=2.0;build=b1;role={role}")) is enters


def test_a_version_whose_block_ended_unjudged_enters_as_a_probe(blocking):
    """The policy is a kept one, and its canary is away: who could tell that the version is better by now?"""
    book = blocking().play("@ 599")
    assert not entered(register(book, "A", "service_version=2.0;role=probe"))
    book.play("@ 1")
    refusal, end = register(book, "B", "service_version=2.0;role=probe")
    assert (refusal.get("until_s"), refusal.get("probe_allowed"), end) == ("10.000", "false", "EOF")
    book.play("@ 10")
    refusal, end = register(book, "C", "service_version=2.0")
    assert (refusal.get("until_s"), refusal.get("probe_allowed"), end) == ("390.000", "true", "EOF")
    assert entered(register(book, "D", "service_version=2.0;role=probe"))


def test_when_the_lease_is_over_as_well_it_enters_as_it_likes(blocking):
    """A service that knows no probes would be shut out for good."""
    book = blocking().play("@ 1000")
    assert entered(register(book, "A", "service_version=2.0"))


def test_after_the_lease_a_probe_enters(blocking):
    book = blocking(lease_s=50.0)
    assert not entered(register(book, "A", "service_version=2.0;role=probe"))
    book.play("@ 50")
    assert entered(register(book, "B", "service_version=2.0;role=probe"))
    refusal, end = register(book, "C", "service_version=2.0")
    assert (refusal.get("until_s"), refusal.get("probe_allowed"), end) == ("550.000", "true", "EOF")


def test_a_blocked_version_contests_no_name(blocking):
    book = blocking()
    assert entered(register(book, "A", "service_version=1.9"))
    assert not entered(register(book, "B", "service_version=2.0"))
    book.play("A < (nothing)\n@ 5\nA < (nothing)")


@pytest.mark.parametrize(("reason", "told"), [("", "no reason given"), ("a\0\\", "a\ufffd\\ "), ("ä;b=\n", "ä;b=\n")])
def test_any_reason_can_be_told(blocking, reason, told):
    refusal, end = register(blocking(reason=reason), "A", "service_version=2.0")
    assert (refusal.get("reason"), end) == (told, "EOF")


def test_a_damaged_file_blocks_nobody(playbook, blocking):
    kept = blocking().router._board.config.policy
    assert entered(register(playbook(policy=kept.replace("never", "nevah")), "A", "service_version=2.0"))
