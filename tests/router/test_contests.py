from communicator.router.contests import Contest, Contests
from communicator.router.events import LinkKind
from communicator.router.registry import Link, Registration, Role


def make_contest(number, service, deadline_s):
    registration = Registration(service=service, role=Role.LIVE, run_id=f"run-{number}", up_since_s=0)
    return Contest(Link(number, LinkKind.UNIX, "new"), Link(-number, LinkKind.UNIX, "old"), registration, deadline_s)


def test_a_contest_is_found_by_name_and_by_who_waits():
    contests = Contests()
    contest = make_contest(1, "a", 10.0)
    contests.begin(contest)
    assert contests.find("a") is contest
    assert contests.waits(contest.newcomer)
    assert not contests.waits(contest.elder)
    assert contests.end("a") is contest
    assert contests.end("a") is None
    assert not contests.waits(contest.newcomer)


def test_the_next_deadline_is_the_oldest():
    contests = Contests()
    assert contests.next_deadline_s is None
    for number, service in enumerate("abc"):
        contests.begin(make_contest(number, service, 10.0 + number))
    assert contests.next_deadline_s == 10.0
    assert [contest.service for contest in contests.take_due(11.0)] == ["a", "b"]
    assert contests.next_deadline_s == 12.0


def test_giving_up_is_no_harm_to_who_does_not_wait():
    contests = Contests()
    contest = make_contest(1, "a", 10.0)
    contests.begin(contest)
    contests.give_up(contest.elder)
    assert contests.find("a") is contest
    contests.give_up(contest.newcomer)
    contests.give_up(contest.newcomer)
    assert contests.find("a") is None
