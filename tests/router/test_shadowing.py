"""Copies on their way to a shadow, and what it answers on its way to the router that copies."""

import pytest

from communicator.protocol import decode
from communicator.router.cores.copies import ANSWERS_PER_COPY
from communicator.router.vocabulary.copies import read_said
from communicator.router.vocabulary.effects import SampleLoad
from communicator.router.vocabulary.events import LinesReceived, LoadSampled
from tests.router.behind_fence import REGISTER_SHADOW, SHADOW, UNIT, begin, discarded, quiet, set_policy


def from_router(book, name="R"):
    """Another router, which has a shadow's primary."""
    book.run(
        f"+ {name} remote\n{name} > CONNECT version=1;my_address=10.0.0.9:4042;server_name=alpha;features=shadows/1,directory/1"
    )
    book.run(f"{name} < ...")


COPY = "<alpha:communicatord peer:communicatord/SHADOW_COPY service=billing;version=2;build=*;conversation=alpha-1"


@pytest.fixture
def copied(mesh):
    book = begin(mesh(), {**SHADOW, "primary": "alpha"})
    comes_with(book)
    return book


def comes_with(book):
    book.run(f"+ S unix bob unit={UNIT}\nS > {REGISTER_SHADOW}")
    from_router(book)
    for heard in book.heard.values():
        heard.clear()


def said(book):
    told = [read_said(message)[1] for message in book.heard[book.links["R"]] if message.command == "SHADOW_SAID"]
    return [step for steps in told for step in steps]


def test_a_copy_is_handed_on_marked_and_confirmed(copied):
    copied.run(
        f"""
        R > {COPY};number=0;ticket=5;line=<alpha:client billing/CHARGE amount=3
        S < <alpha:client billing/CHARGE amount=3;shadow=1;shadow_id=alpha-1-0
        R < alpha:communicatord/SHADOW_TAKEN service=billing;version=2;build=*;ticket=5
        R > {COPY};number=1;ticket=6;line=<alpha:client billing/CHARGE
        S < <alpha:client billing/CHARGE shadow=1;shadow_id=alpha-1-1
        R < alpha:communicatord/SHADOW_TAKEN service=billing;version=2;build=*;ticket=6
        """
    )
    quiet(copied)


def test_copies_that_come_together_are_handed_on_and_confirmed_together(copied):
    copies = [f"{COPY};number={n};ticket={5 + n};line=<alpha:client billing/CHARGE n={n}" for n in range(3)]
    copied.write("R", "".join(f"{copy}\n" for copy in copies).encode())
    copied.run(
        """
        S < <alpha:client billing/CHARGE n=0;shadow=1;shadow_id=alpha-1-0
        S < <alpha:client billing/CHARGE n=1;shadow=1;shadow_id=alpha-1-1
        S < <alpha:client billing/CHARGE n=2;shadow=1;shadow_id=alpha-1-2
        R < alpha:communicatord/SHADOW_TAKEN service=billing;version=2;build=*;ticket=7;first=5;messages=3
        """
    )
    quiet(copied)


@pytest.mark.parametrize("shadow", ["service=other;version=2;build=*", "service=billing;version=3;build=*"])
def test_a_copy_for_nobody_is_refused(copied, shadow):
    copy = COPY.replace("service=billing;version=2;build=*", shadow)
    copied.run(f"R > {copy};number=0;ticket=5;line=<alpha:client billing/CHARGE")
    copied.run(f"R < alpha:communicatord/SHADOW_TAKEN {shadow};ticket=5;refused=absent\nL < (nothing)\nS < (nothing)")


def test_a_copy_for_which_too_much_waits_is_refused(copied):
    copied.takes_offers = False
    copied.run(f"R > {COPY};number=0;ticket=5;line=<alpha:client billing/CHARGE")
    copied.run("R < alpha:communicatord/SHADOW_TAKEN service=billing;version=2;build=*;ticket=5;refused=behind")


def test_a_copy_that_would_be_several_lines_is_none(copied):
    copied.run(f'R > {COPY};number=0;ticket=5;line="<alpha:client billing/CHARGE\\\\nSTOP"\nS < (nothing)')


ANSWERS = [
    ("alpha:client/CHARGED shadow_id=alpha-1-0;ok=1", "CHARGED ok=1", 0),
    ("client/CHARGED shadow_id=alpha-1-0;ok=1", "CHARGED ok=1", 0),
    ("alpha:client/CHARGED correlation_id=q1;ok=1", "CHARGED correlation_id=q1;ok=1", 0),
    ("alpha:client/CHARGED ok=1", "CHARGED ok=1", -1),
    ('{"command":"CHARGED","service":"client","server":"alpha","parameters":{"ok":"1"}}', "CHARGED ok=1", -1),
    ("<peer:canary alpha:client/CHARGED ok=1", "CHARGED ok=1", -1),
]


@pytest.mark.parametrize(("line", "told", "number"), ANSWERS)
def test_what_it_answers_goes_to_the_router_that_copies_alone(copied, line, told, number):
    copied.run(f'R > {COPY};number=0;ticket=5;line="<alpha:client billing/CHARGE correlation_id=q1"\nS < ...\nR < ...')
    copied.run(f"@ 0.25\nR < ...\nS > {line}")
    [one] = said(copied)
    assert (one.conversation, one.number) == ("alpha-1", number)
    assert one.after_s == (0.25 if number >= 0 else 0.0)
    assert decode(one.line.encode()).parameters == decode(told.encode()).parameters
    quiet(copied, "R")


@pytest.mark.parametrize(
    "line",
    [
        "alpha:other/CHARGED ok=1",
        "beta:client/CHARGED ok=1",
        "alpha:client/CHARGED shadow_id=alpha-2-0",
        "alpha:client/CHARGED shadow_id=alpha-1-1",
        "alpha:client/CHARGED shadow_id=alpha-1-x",
        "listener/CHARGED shadow_id=alpha-1-0",
        "listener/CHARGED correlation_id=q1",
        "./CHARGED shadow_id=alpha-1-0",
    ],
)
def test_what_is_no_answer_reaches_nobody(copied, line):
    copied.run(f'R > {COPY};number=0;ticket=5;line="<alpha:client billing/CHARGE correlation_id=q1"\nS < ...\nR < ...')
    copied.run(f"S > {line}")
    quiet(copied)
    assert discarded(copied).total == 1


def test_of_two_conversations_with_one_sender_an_answer_has_to_say_which(copied):
    for conversation in ("alpha-1", "alpha-2"):
        copy = COPY.replace("alpha-1", conversation)
        copied.run(f"R > {copy};number=0;ticket=5;line=<alpha:client billing/CHARGE")
    copied.run("R < ...\nS < ...\nS > alpha:client/CHARGED ok=1\nS > alpha:client/CHARGED ok=1;shadow_id=alpha-2-0")
    assert [one.conversation for one in said(copied)] == ["alpha-2"]


def test_what_is_said_together_is_told_together(copied):
    copied.run(f"R > {COPY};number=0;ticket=5;line=<alpha:client billing/CHARGE\nS < ...\nR < ...")
    copied.write("S", b"".join(b"alpha:client/CHARGED n=%d\n" % n for n in range(5)))
    assert [one.line for one in said(copied)] == [f"alpha:client/CHARGED n={n}" for n in range(5)]
    assert len([one for one in copied.heard[copied.links["R"]] if one.command == "SHADOW_SAID"]) == 1


def test_it_answers_no_more_than_it_can_have_been_asked(copied):
    copied.run(f"R > {COPY};number=0;ticket=5;line=<alpha:client billing/CHARGE\nS < ...\nR < ...")
    copied.write("S", b"alpha:client/CHARGED ok=1\n" * (ANSWERS_PER_COPY + 5))
    *answers, lost = said(copied)
    assert (len(answers), lost.conversation, lost.cut) == (ANSWERS_PER_COPY, "alpha-1", "lost")
    assert discarded(copied).by_reason == {"too_much": 5}


def test_a_minute_after_the_last_copy_nothing_is_an_answer(copied):
    copied.run(f"R > {COPY};number=0;ticket=5;line=<alpha:client billing/CHARGE\nS < ...\nR < ...")
    copied.monotonic_s += 61
    copied.handle(LinesReceived(copied.links["S"], b"alpha:client/CHARGED ok=1\n"))
    assert not said(copied)
    assert len(copied.router._board.copies._known) == 0


def test_the_load_of_the_host_is_told_while_a_shadow_is_here(copied):
    assert copied.effects_of(SampleLoad) == [SampleLoad(enabled=True)]
    copied.handle(LoadSampled(0.5))
    copied.run(f"R > {COPY};number=0;ticket=5;line=<alpha:client billing/CHARGE")
    copied.run("R < alpha:communicatord/SHADOW_TAKEN service=billing;version=2;build=*;ticket=5;load=0.500")
    copied.run("S x")
    assert copied.effects_of(SampleLoad)[-1] == SampleLoad(enabled=False)


@pytest.mark.parametrize("size", [1, 40_000])
def test_what_it_answers_is_offered_and_where_that_is_too_much_the_conversation_is_not_whole(copied, size):
    """What others say over the link between the routers does not wait for it."""
    copied.run(f"R > {COPY};number=0;ticket=5;line=<alpha:client billing/CHARGE\nS < ...\nR < ...")
    copied.takes_offers = size > 1
    answer = b"alpha:client/CHARGED x=" + b"x" * size + b"\n"
    copied.write("S", answer)
    copied.write("S", answer * 3)
    [lost] = said(copied)
    assert (lost.conversation, lost.what, lost.cut) == ("alpha-1", "ended", "lost")
    assert discarded(copied).by_reason == {"too_much": 3}


def test_nobody_has_anything_copied_of_whom_the_policy_does_not_say_so(mesh):
    """Any router of the cluster could make a shadow act, and hear what it answers."""
    book = begin(mesh(), {**SHADOW, "primary": "gamma"})
    comes_with(book)
    book.run(f"R > {COPY};number=0;ticket=5;line=<alpha:client billing/CHARGE\nS < (nothing)")
    book.run("R < alpha:communicatord/SHADOW_TAKEN service=billing;version=2;build=*;ticket=5;refused=absent")
    set_policy(book, 2, {**SHADOW, "primary": "*"})
    marked = "<alpha:client billing/CHARGE shadow=1;shadow_id=alpha-1-0"
    book.run(f"R > {COPY};number=0;ticket=6;line=<alpha:client billing/CHARGE\nS < {marked}")
