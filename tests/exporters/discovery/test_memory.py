"""What went away is told for a while."""

from hypothesis import given
from hypothesis import strategies as st

from communicator.protocol import HostPort
from exporters.discovery.instances import Place
from exporters.discovery.memory import Memory


def place(service="billing", server="alpha", port=9404, role="live", state="up", version="1"):
    return Place(service, server, role, state, version, "", None if port is None else HostPort("10.0.0.5", port))


ALPHA, BETA = place(), place(server="beta", port=9405)


def told(memory, places, now_s):
    return [(one.server, str(one.target), one.role, one.state) for one in memory.update(places, now_s)]


def test_one_that_goes_is_down_until_its_time_is_over():
    memory = Memory(900)
    memory.update([ALPHA, BETA], 0)
    assert told(memory, [ALPHA], 100) == [
        ("alpha", "10.0.0.5:9404", "live", "up"),
        ("beta", "10.0.0.5:9405", "live", "down"),
    ]
    assert len(told(memory, [ALPHA], 899)) == 2
    assert told(memory, [ALPHA], 901) == [("alpha", "10.0.0.5:9404", "live", "up")]


def test_one_that_comes_back_is_up_and_is_kept_anew():
    memory = Memory(900)
    memory.update([BETA], 0)
    memory.update([], 800)
    assert told(memory, [BETA], 850)[0][3] == "up"
    assert told(memory, [], 1700)[0][3] == "down"


def test_one_that_comes_back_on_another_port_replaces_itself():
    memory = Memory(900)
    memory.update([place(port=1)], 0)
    assert told(memory, [place(port=2)], 10) == [("alpha", "10.0.0.5:2", "live", "up")]
    assert told(memory, [place(port=None)], 20) == [("alpha", "None", "live", "up")], "it has no port any more"


def test_a_standby_that_became_live_is_the_same_one():
    memory = Memory(900)
    memory.update([place(port=1), place(port=2, role="standby")], 0)
    assert told(memory, [place(port=2)], 10) == [("alpha", "10.0.0.5:2", "live", "up")]


def test_one_of_several_beside_the_live_one_is_missed():
    memory = Memory(900)
    memory.update([place(port=1), place(port=2, role="standby"), place(port=3, role="standby")], 0)
    assert [state for *_, state in told(memory, [place(port=1), place(port=3, role="standby")], 10)] == [
        "up",
        "down",
        "up",
    ]


def test_a_known_service_that_is_away_is_what_was_remembered_of_it():
    memory = Memory(900)
    absent = place(port=None, state="down", version="")
    assert told(memory, [absent], 0) == [("alpha", "None", "live", "down")]
    memory.update([ALPHA], 10)
    assert told(memory, [absent], 20) == [("alpha", "10.0.0.5:9404", "live", "down")]
    assert memory.update([absent], 30)[0].version == "1"
    assert told(memory, [absent], 1000) == [("alpha", "None", "live", "down")]


def test_a_blocked_one_is_there():
    memory = Memory(900)
    assert told(memory, [place(state="blocked")], 0)[0][3] == "blocked"


def test_what_has_no_target_is_not_missed():
    memory = Memory(900)
    memory.update([place(port=None)], 0)
    assert told(memory, [], 10) == []


def test_the_longest_gone_are_forgotten_first():
    memory = Memory(900, most=2)
    for number in range(4):
        memory.update([place(port=number + 1, role="standby", server=f"s{number}")], number)
    assert [server for server, *_ in told(memory, [], 10)] == ["s2", "s3"]


PLACES = st.builds(
    place,
    server=st.sampled_from("ab"),
    port=st.sampled_from([None, 1, 2]),
    role=st.sampled_from(["live", "standby"]),
    state=st.sampled_from(["up", "blocked"]),
)


@given(st.lists(st.tuples(st.lists(PLACES, max_size=4, unique=True), st.floats(0, 20)), max_size=8))
def test_all_that_is_there_is_told_and_what_is_not_is_down_and_once(steps):
    memory, now_s = Memory(30, most=3), 0.0
    for there, later_s in steps:
        now_s += later_s
        found = memory.update(there, now_s)
        assert sorted(map(repr, (one for one in found if one.state != "down"))) == sorted(map(repr, there))
        down = [one for one in found if one.state == "down"]
        assert len(down) <= 3
        targets = {(one.service, one.server, one.target) for one in there if one.target}
        assert not targets & {(one.service, one.server, one.target) for one in down}
