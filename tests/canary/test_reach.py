"""Who is lost and who is back: each told once, and nobody missed while the routers are still looking for each other."""

from canary.judge.state import Server, State
from canary.reach import SETTLED_S, Reach
from canary.records import ServerBack, ServerLost


def state_of(*known, lost=()):
    servers = {name: Server(name) for name in known}
    return State(servers=servers | {name: Server(name, lost_at_s=5.0) for name in lost})


def compare(reach, live, state, now_s=1.0):
    return reach.compare(frozenset(live), state, "alpha", now_s)


def test_who_was_there_and_is_not_any_more_is_lost():
    reach = Reach(0.0)
    assert compare(reach, ("alpha", "beta"), state_of("alpha", "beta")) == []
    assert compare(reach, ("alpha",), state_of("alpha", "beta")) == [ServerLost(server="beta")]
    assert compare(reach, ("alpha",), state_of("alpha", lost=("beta",))) == []


def test_who_was_lost_and_is_there_is_back():
    assert compare(Reach(0.0), ("alpha", "beta"), state_of("alpha", lost=("beta",))) == [ServerBack(server="beta")]


def test_who_was_never_seen_is_missed_once_the_routers_have_had_their_time():
    reach, state = Reach(0.0), state_of("alpha", "beta")
    assert compare(reach, ("alpha",), state, SETTLED_S - 0.1) == []
    assert compare(reach, ("alpha",), state, SETTLED_S) == [ServerLost(server="beta")]


def test_we_are_always_there_and_whom_nothing_is_known_of_is_no_loss():
    reach = Reach(0.0)
    assert compare(reach, ("gamma",), state_of("alpha"), SETTLED_S) == []
    assert compare(reach, (), state_of("alpha"), SETTLED_S) == []
