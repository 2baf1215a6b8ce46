"""Long lines that have to be read: in steps, each an event of its own, and other links have their turn between."""

import pytest

from communicator.protocol.definitions import Checker, Checking, SourceFile, read_catalogue
from communicator.protocol.limits import LINE_BYTES_AT_ONCE, LINE_BYTES_HARD
from communicator.router.vocabulary.config import MessageChecks
from communicator.router.vocabulary.effects import Identify
from communicator.router.vocabulary.events import (
    CloseReason,
    DatagramReceived,
    LinkClosed,
    LinkEnded,
    Process,
    UnitIdentified,
)
from tests.router.behind_fence import SHADOW, UNIT, begin, comes_as_shadow, discarded, set_policy

ROUTER = "CONNECT version=1;my_address=10.0.0.7:4042;server_name=beta;boot_id=b1;features=directory/1"
SERVICES = """
+ S unix bob
S > REGISTER service=svc;version=1
+ U unix bob
"""
LONG = LINE_BYTES_HARD // 4
STEPS = LONG // LINE_BYTES_AT_ONCE


def long_line(front, size=LONG, end=b'"'):
    """A line of that size, full of escapes; its value holds what it returns beside the line."""
    escapes = (size - len(front) - len(end)) // 4
    return front + rb"\\\"" * escapes + end + b"\n", '\\"' * escapes


@pytest.fixture
def book(mesh):
    """We are linked with the router beta (B); here are the service svc (S) and a stranger (U)."""
    return mesh().run(f"{SERVICES}+ B remote\nB > {ROUTER}").play("S < ...\nU < ...\nB < ...")


@pytest.fixture
def here(playbook):
    return playbook().run(SERVICES).play("S < ...")


def heard(book, name):
    return [message.get("n") or message.command for message in book.heard[book.links[name]]]


def link_of(book, name):
    return book.router._board.registry.links[book.links[name]]


def test_others_are_heard_between_and_nothing_of_its_own_link_overtakes_it(book):
    line, value = long_line(b'<beta:x peer:svc/P trace=t;n=2;a="')
    with book.waiting():
        book.write("B", b"<beta:x peer:svc/P n=1\n" + line + b"<beta:x peer:svc/P n=3\n")
        book.write("B", b"<beta:x peer:svc/P n=4\n")
        assert heard(book, "S") == ["1"]
        for _ in range(STEPS):
            assert len(book.put_off) == 1
            book.handle(book.put_off.pop())
            book.write("U", b"svc/P n=between\nALIVE\n")
        assert heard(book, "S") == ["1"] + STEPS * ["between"]
        assert heard(book, "U") == STEPS * ["ABSOLUTELY"]
    messages = [message for message in book.heard[book.links["S"]] if message.get("n") != "between"]
    assert [message.get("n") for message in messages] == ["1", "2", "3", "4"]
    assert messages[1].get("a") == value
    assert link_of(book, "B").reading is None


def test_what_cannot_be_read_is_refused_by_name_and_the_link_goes_on(book):
    line, _ = long_line(b'<beta:x peer:svc/P trace=t;a="', end=b"")
    book.write("B", line + b"<beta:x peer:svc/P n=1\n")
    assert heard(book, "S") == ["1"]
    refusal = book.hear("B")
    assert (refusal.command, refusal.get("command")) == ("INVALID", "P")
    assert refusal.get("message") == "a quoted value is not closed"
    assert book.router._board.statistics.dropped["invalid"] == 1
    assert link_of(book, "B").reading is None


def test_a_link_that_is_closed_meanwhile_says_no_more(book):
    line, _ = long_line(b'<beta:x peer:svc/P trace=t;a="')
    with book.waiting():
        book.write("B", line + b"<beta:x peer:svc/P n=1\n")
        book.handle(book.put_off.pop(0))
        book.handle(LinkClosed(book.links["B"], CloseReason.HUP))
    book.play("S < (nothing)")


def test_what_a_link_has_said_before_it_ended_is_dealt_with(here):
    line, _ = long_line(b'svc/P trace=t;n=1;a="')
    with here.waiting():
        here.write("U", line)
        here.handle(LinkEnded(here.links["U"]))
        assert heard(here, "S") == []
    assert heard(here, "S") == ["1"]
    assert "EOF" in here.heard[here.links["U"]]


def test_two_long_lines_are_read_one_after_the_other(here):
    one, two = (
        long_line(front, 3 * LINE_BYTES_AT_ONCE)[0] for front in (b'svc/P trace=t;n=1;a="', b'svc/P trace=t;n=2;a="')
    )
    here.write("U", one + two + two)
    assert heard(here, "S") == ["1", "2", "2"]
    assert here.continued >= 3 * 5
    assert link_of(here, "U").reading is None


def test_up_to_a_bound_a_line_is_read_at_once(here):
    line = b"svc/P trace=t;n=1;a=".ljust(LINE_BYTES_AT_ONCE, b"x")
    here.write("U", line + b"\n")
    assert here.continued == 0
    here.write("U", line + b"x\n")
    assert here.continued > 0
    assert heard(here, "S") == ["1", "1"]


def test_a_line_that_needs_not_be_read_any_more_is_passed_on_as_it_is(here):
    line, value = long_line(b'late/P a="')
    with here.waiting():
        here.write("U", line)
        here.handle(here.put_off.pop(0))
        here.run("+ L unix bob\nL > REGISTER service=late;version=1\nL < ...")
    assert here.hear("L").get("a") == value
    assert link_of(here, "U").reading is None


def test_its_user_is_asked_for_once_it_has_been_read(here):
    here.run("+ T local bob")
    line, value = long_line(b'offline/P n=1;a="', 2 * LINE_BYTES_AT_ONCE)
    here.write("T", line + b"svc/P n=2\n")
    assert heard(here, "S") == ["2"]
    assert len(here.effects_of(Identify)) == 1
    here.run("+ O unix bob\nO > REGISTER service=offline;version=1\nO < HELP\nO < READY my_address=*")
    assert here.hear("O").get("a") == value


def test_what_is_read_when_its_link_comes_behind_the_fence_reaches_nobody(playbook):
    book = begin(playbook())
    book.run("+ S unix bob unit=-")
    line, _ = long_line(b'listener/NOTIFY trace=t;a="')
    with book.waiting():
        book.write("S", line)
        book.handle(book.put_off.pop(0))
        set_policy(book, 2, SHADOW)
        book.handle(UnitIdentified(book.links["S"], Process(7, UNIT)))
    book.run("X < (nothing)")
    assert [one.reason for one in discarded(book).newest] == ["unit"]
    assert link_of(book, "S").reading is None


def test_a_long_line_of_a_shadow_is_read_in_steps_too(playbook):
    book = begin(playbook())
    set_policy(book, 2, SHADOW)
    comes_as_shadow(book)
    line, _ = long_line(b'ALIVE serial=1;a="')
    book.write("S", line + b"listener/NOTIFY a=1\n")
    assert book.continued >= STEPS
    assert heard(book, "S") == ["ABSOLUTELY"]
    assert [one.line for one in discarded(book).newest] == ["listener/NOTIFY a=1"]


def test_a_long_datagram_is_not_read(here):
    here.handle(DatagramReceived(b"svc/P trace=t;n=1;a=".ljust(LINE_BYTES_AT_ONCE + 1, b"x")))
    assert heard(here, "S") == []
    assert here.router._board.statistics.dropped["invalid"] == 1
    here.handle(DatagramReceived(b"svc/P trace=t;n=1;a=".ljust(LINE_BYTES_AT_ONCE, b"x")))
    assert heard(here, "S") == ["1"]


@pytest.mark.parametrize(("fault", "answer"), [(b"", []), (b";b=c", ["INVALID"])])
def test_a_long_line_that_is_held_to_its_definition_is_read_in_steps(playbook, fault, answer):
    catalogue, _ = read_catalogue([SourceFile("P.conf", "P", b"[n]\n[a]\nflags = optional\n")])
    here = playbook(checks=MessageChecks(Checking.ENFORCE, Checker(catalogue))).run(SERVICES).play("S < ...")
    line, _ = long_line(b'svc/P n=2;a="', end=b'"' + fault)
    here.write("U", b"svc/P n=1\n" + line + b"svc/P n=3\n")
    assert heard(here, "S") == (["1", "3"] if answer else ["1", "2", "3"])
    assert heard(here, "U") == answer
    assert here.continued >= STEPS
