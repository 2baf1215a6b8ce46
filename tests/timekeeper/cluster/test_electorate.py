import pytest

from communicator.client.status import ClusterStatus
from timekeeper.cluster.electorate import UNSEEN_S, Electorate, Known, Members


def members(counting, reached=None, number=None, uncounted=""):
    return Members(frozenset(counting), number or len(counting), frozenset(reached or counting), frozenset(uncounted))


def settle(electorate, cluster, seen, *, told=(), now_s=0.0):
    """The names of those that count, and how many."""
    electors = electorate.settle(cluster, set(seen), told, now_s)
    return "".join(sorted(electors.names)), electors.number


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, Members(frozenset("ab"), 2, frozenset("ab"), is_told=False)),
        (ClusterStatus(status="up"), Members(frozenset("ab"), 2, frozenset("ab"), is_told=False)),
        (ClusterStatus(status="up", neighbors_count=5), Members(frozenset("ab"), 5, frozenset("ab"), is_told=False)),
        (
            ClusterStatus(servers=("a", "c"), missing=("d", "192.0.2.1:4042"), neighbors_count=4),
            members("acd", "ac", 4),
        ),
        (ClusterStatus(servers=("a", "c"), uncounted=("c", "e"), neighbors_count=1), members("a", "ac", 1, "ce")),
        (ClusterStatus(servers=("a",), uncounted=("a",)), members("a", "a", 1)),
    ],
)
def test_what_the_router_says(status, expected):
    assert Members.read("a", status, ["b"]) == expected


def test_everybody():
    assert members("ab", "ac", uncounted="cd").names == set("abcd")


def test_a_host_that_is_down_counts_until_it_is_forgotten():
    electorate = Electorate()
    assert settle(electorate, members("abcd"), "abcd") == ("abcd", 4)
    assert settle(electorate, members("abcd", "ab"), "ab", now_s=10_000.0) == ("abcd", 4)
    assert settle(electorate, members("abc", "ab"), "ab", now_s=10_001.0) == ("abc", 3)


def test_a_member_that_was_never_heard_of_counts():
    assert settle(Electorate(), members("abc", "ab", number=5), "ab", now_s=10_000.0) == ("abc", 5)


def test_who_is_there_and_is_never_measured_is_not_watched():
    electorate = Electorate()
    assert settle(electorate, members("abc"), "ab") == ("abc", 3)
    assert settle(electorate, members("abc"), "ab", now_s=UNSEEN_S - 1) == ("abc", 3)
    assert settle(electorate, members("abc"), "ab", now_s=UNSEEN_S) == ("ab", 2)
    # It stays so while it is away, and counts from the moment on at which it is measured.
    assert settle(electorate, members("abc", "ab"), "ab", now_s=200.0) == ("ab", 2)
    assert settle(electorate, members("abc"), "abc", now_s=300.0) == ("abc", 3)
    assert settle(electorate, members("abc"), "ab", now_s=1000.0) == ("abc", 3)


def test_who_was_away_for_a_while_begins_anew_to_be_unseen():
    electorate = Electorate()
    settle(electorate, members("ab"), "a")
    settle(electorate, members("ab", "a"), "a", now_s=UNSEEN_S - 1)
    assert settle(electorate, members("ab"), "a", now_s=UNSEEN_S) == ("ab", 2)


def test_it_is_remembered_over_a_restart_and_told_to_who_has_no_memory():
    before = Electorate()
    before.settle(members("abcd"), set("abc"), (), 0.0)
    electors = before.settle(members("abcd", "abd"), set("abc"), (), UNSEEN_S)
    assert before.known == Known(("a", "b", "c"), ("d",))
    assert before.away(electors) == ("c",)
    assert settle(Electorate(before.known), members("abcd", "a"), "a") == ("abc", 3)
    told = [("b", "c"), ("d", "c")]
    without_memory = Electorate()
    without_memory.settle(members("abcd"), set("ab"), told, 0.0)
    assert settle(without_memory, members("abcd"), "abd", now_s=10_000.0) == ("abcd", 4)


def test_before_the_router_says_who_there_is_those_count_that_are_remembered():
    electorate = Electorate(Known(("a", "b", "c"), ("d",)))
    assert settle(electorate, Members.read("a", None, ()), "a") == ("abc", 3)
    assert electorate.known == Known(("a", "b", "c"), ("d",))


def test_nobody_makes_a_host_count_by_telling_of_it():
    told = [("a", "x"), ("b", "x"), ("a", "y"), ("b", "y")]
    assert settle(Electorate(), members("ab", uncounted="x"), "abx", told=told) == ("ab", 2)


@pytest.mark.parametrize(
    ("told", "names"),
    [([], "ab"), ([("a", "c")] * 2, "ab"), ([("a", "c"), ("x", "c")], "ab"), ([("a", "c"), ("b", "c")], "abc")],
)
def test_one_alone_makes_nobody_measurable(told, names):
    electorate = Electorate()
    settle(electorate, members("abc"), "ab", told=told)
    assert settle(electorate, members("abc"), "ab", told=told, now_s=UNSEEN_S)[0] == names
