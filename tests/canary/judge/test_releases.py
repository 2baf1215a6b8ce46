from msgspec.structs import replace

from canary.judge.releases import last_good, routable
from canary.records import CellMoved, ServerBack, ServerLost, Version
from tests.canary.judge.trial import ZERO_S, Trial, crashes, ended, good, ordered, rules, works

THREE = ("alpha", "beta", "gamma")


def played(*facts, until_s=None):
    return Trial(rules(), THREE).play([fact for each in facts for fact in each], until_s).state


def version(state):
    found = last_good(state, "fluid")
    return found and found.version


def test_nothing_is_good_at_first():
    assert version(played(crashes(0, times=1))) is None
    assert last_good(played(), "fluid") is None


def test_a_roll_out_has_to_reach_most_servers():
    all_three = [good(name) for name in THREE]
    first = played(*all_three, works(0, version="2"), until_s=700)
    assert first.cells["alpha", "fluid", "2", ""].state == "good"
    assert version(first) == "1"
    second = played(*all_three, works(0, version="2"), works(0, "beta", version="2"), until_s=700)
    assert version(second) == "2"


def test_what_was_good_last_when_nothing_is():
    state = played(good("alpha"), crashes(0, version="2", times=2))
    assert last_good(state, "fluid") == Version("fluid", "1", "")


def test_who_gets_messages():
    state = played(
        good("alpha"),
        good("beta"),
        good("gamma"),
        [(1, ServerLost(server="gamma"))],
        [ended(2, "beta/fluid/1@-1000.0", "clean", "EXIT", server="beta", version="1")],
    )
    assert [key.server for key in routable(state, "fluid", ZERO_S + 3)] == ["alpha"]
    assert list(routable(state, "ink", ZERO_S + 3)) == []


def test_an_operator_bars_too():
    state = played(good("alpha"), good("beta"), [ordered(0, "block", 10, server="beta", version="1")])
    assert [key.server for key in routable(state, "fluid", ZERO_S + 1)] == ["alpha"]
    assert [key.server for key in routable(state, "fluid", ZERO_S + 10)] == ["alpha", "beta"]


def test_who_is_back_gets_messages_again():
    lost = [(1, ServerLost(server="gamma"))]
    state = played(good("alpha"), good("gamma"), lost, [(2, ServerBack(server="gamma"))])
    assert [key.server for key in routable(state, "fluid", ZERO_S + 3)] == ["alpha", "gamma"]


def test_of_two_equally_good_ones_the_older_one_whoever_was_heard_first():
    late = [replace(fact, origin_seq=1, happened_at_s=at_s) for at_s, fact in good("beta", version="0")]
    moves = [
        CellMoved(server=server, service="fluid", version=version, build="", old="proving", new="good", rule="time")
        for server, version in (("alpha", "1"), ("beta", "0"))
    ]
    state = Trial(rules(), ()).play([*works(0), *((70, fact) for fact in late), *((80, move) for move in moves)]).state
    assert version(state) == "0"
