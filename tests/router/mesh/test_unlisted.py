import pytest

from communicator.router.cores.deadlines import Deadlines
from communicator.router.mesh.unlisted import ASKED_IN_A_SECOND, HEARD_MAX, HEARD_S, SENDERS_MAX, Unlisted


def test_a_service_is_where_it_was_heard_until_the_turn():
    unlisted = Unlisted(Deadlines().add("unlisted"))
    assert (unlisted.server_of("svc"), unlisted.due.at_s) == (None, None)
    unlisted.hear("svc", "cpp", 100.0)
    unlisted.hear("other", "cpp", 105.0)
    assert (unlisted.server_of("svc"), unlisted.due.at_s) == ("cpp", 100.0 + HEARD_S)
    unlisted.turn(unlisted.due.at_s)
    assert (unlisted.server_of("svc"), unlisted.due.at_s) == (None, 100.0 + 2 * HEARD_S)
    unlisted.hear("svc", "moved", 112.0)
    assert unlisted.server_of("svc") == "moved"
    unlisted.turn(120.0)
    unlisted.turn(130.0)
    assert unlisted.due.at_s is None


def test_so_many_services_are_remembered():
    unlisted = Unlisted(Deadlines().add("unlisted"))
    for number in range(HEARD_MAX + 10):
        unlisted.hear(f"svc_{number}", "cpp", 0.0)
    unlisted.hear("svc_0", "moved", 1.0)
    assert unlisted.server_of("svc_0") == "moved"
    assert unlisted.server_of(f"svc_{HEARD_MAX}") is None


@pytest.mark.parametrize(
    ("pause_s", "more"), [(0.0, 0), (0.99, 0), (1.0, ASKED_IN_A_SECOND), (100.0, ASKED_IN_A_SECOND)]
)
def test_a_sender_asks_ten_times_a_second(pause_s, more):
    unlisted = Unlisted(Deadlines().add("unlisted"))
    assert [unlisted.may_ask(1, "svc", 5.0) for _ in range(11)] == [True] * 10 + [False]
    assert sum(unlisted.may_ask(1, "svc", 5.0 + pause_s) for _ in range(20)) == more
    assert unlisted.may_ask(2, "svc", 5.0)
    unlisted.forget(1)
    assert unlisted.may_ask(1, "svc", 5.0)


def test_what_was_heard_a_moment_ago_is_asked_for_as_often_as_one_likes():
    unlisted = Unlisted(Deadlines().add("unlisted"))
    unlisted.hear("svc", "cpp", 0.0)
    unlisted.turn(HEARD_S)
    assert all(unlisted.may_ask(1, "svc", HEARD_S) for _ in range(1000))
    unlisted.turn(2 * HEARD_S)
    assert not all(unlisted.may_ask(1, "svc", 2 * HEARD_S) for _ in range(1000))


def test_what_is_counted_is_bounded():
    unlisted = Unlisted(Deadlines().add("unlisted"))
    for sender in range(2 * SENDERS_MAX):
        unlisted.may_ask(sender, "svc", 0.0)
    assert len(unlisted._asked) <= SENDERS_MAX
