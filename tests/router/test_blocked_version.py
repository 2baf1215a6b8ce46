import pytest

from communicator.router.effects import Close, Level, Notice
from communicator.router.events import CloseReason
from communicator.router.policy import Denial, Policy, render_kept

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


def test_the_canary_hears_of_no_run_of_one_that_was_turned_away(blocking):
    book = blocking().play("+ C unix alice")
    book.write("C", b"REGISTER service=canary;version=1\n")
    book.heard[book.links["C"]].clear()
    assert not entered(register(book, "A", "service_version=2.0"))
    book.play("C < (nothing)")


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
        ({"until_s": 0.0}, "live", True),
    ],
)
def test_who_enters(blocking, changes, role, enters):
    assert entered(register(blocking(**changes), "A", f"service_version=2.0;build=b1;role={role}")) is enters


def test_after_its_time_a_version_enters(blocking):
    book = blocking().play("@ 599")
    assert not entered(register(book, "A", "service_version=2.0"))
    book.play("@ 1")
    assert entered(register(book, "B", "service_version=2.0"))


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
