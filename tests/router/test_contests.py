"""Who waits for which name; how newcomers win and lose is told in test_registration.py and mesh/test_handshake.py."""

from communicator.router.cores.contests import ELDER_ANSWERS_WITHIN_S, Contests
from communicator.router.cores.deadlines import Deadlines
from communicator.router.vocabulary.events import LinkKind
from communicator.router.vocabulary.registry import Link


def make_link(number):
    return Link(number, LinkKind.UNIX, "new")


def make_contests(*names):
    """One contest a second, each with the serial ``s-NAME``."""
    contests = Contests(Deadlines().add("contests"))
    links = [make_link(number) for number, _ in enumerate(names)]
    for number, name in enumerate(names):
        contests.begin(name, links[number], f"claim on {name}", f"s-{name}", float(number))
    return contests, links


def test_a_contest_is_found_by_name_by_serial_and_by_who_waits():
    contests, [newcomer] = make_contests("a")
    contest = contests.find("a")
    assert (contest.name, contest.newcomer, contest.claim, contest.serial) == ("a", newcomer, "claim on a", "s-a")
    assert contests.find_asked("s-a") is contest
    assert contests.find_asked("") is None
    assert contests.waits(newcomer)
    assert not contests.waits(make_link(9))
    assert contests.end("a") is contest
    assert (contests.end("a"), contests.find("a"), contests.find_asked("s-a")) == (None, None, None)
    assert not contests.waits(newcomer)


def test_elders_that_have_had_their_time_are_named_in_the_order_in_which_they_were_asked():
    contests, _ = make_contests("a", "b", "c")
    assert contests.due.at_s == ELDER_ANSWERS_WITHIN_S
    assert contests.prolong_due(ELDER_ANSWERS_WITHIN_S - 0.001) == []
    assert [contest.name for contest in contests.prolong_due(ELDER_ANSWERS_WITHIN_S + 1.5)] == ["a", "b"]


def test_an_elder_that_is_not_given_up_has_as_much_time_again():
    contests, _ = make_contests("a", "b", "c")
    contests.prolong_due(ELDER_ANSWERS_WITHIN_S + 1.5)
    assert contests.due.at_s == ELDER_ANSWERS_WITHIN_S + 2.0
    contests.end("c")
    assert contests.due.at_s == 2 * ELDER_ANSWERS_WITHIN_S + 1.5
    assert [contest.name for contest in contests.prolong_due(100.0)] == ["a", "b"]


def test_without_contests_nothing_is_due():
    contests, [newcomer] = make_contests("a")
    contests.give_up(newcomer)
    assert (contests.due.at_s, contests.prolong_due(100.0)) == (None, [])


def test_giving_up_is_no_harm_to_who_does_not_wait():
    contests, [newcomer] = make_contests("a")
    contests.give_up(make_link(9))
    assert contests.waits(newcomer)
    contests.give_up(newcomer)
    contests.give_up(newcomer)
    assert contests.find("a") is None
