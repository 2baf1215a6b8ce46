from tests.timekeeper.solution.clusters import claimed
from timekeeper.solution import Announcements

HOSTS = ("a", "b")

DAY_S = 86_400.0


def leaps(announcements, now_s, **said):
    return [
        claim.leap
        for claim in announcements.recall([claimed(host, leap=leap) for host, leap in said.items()], now_s, HOSTS)
    ]


def test_an_announcement_is_remembered_for_a_day():
    announcements = Announcements()
    assert leaps(announcements, 100.0, a="insert", b="normal") == ["insert", "normal"]
    assert leaps(announcements, 110.0, a="normal", b=None) == ["insert", None]
    assert leaps(announcements, 110.0 + DAY_S - 10.0, a="normal") == ["insert"]
    assert leaps(announcements, 110.1 + DAY_S, a="normal") == ["normal"]


def test_the_last_word_counts():
    announcements = Announcements()
    leaps(announcements, 0.0, a="delete")
    assert leaps(announcements, 5.0, a="insert") == ["insert"]
    assert leaps(announcements, DAY_S + 1.0, a="normal") == ["insert"]


def test_what_else_is_claimed_stays():
    announcements = Announcements()
    announcements.recall([claimed("a", leap="insert")], 0.0, HOSTS)
    (claim,) = announcements.recall([claimed("a", 0.5, upstreams={"x"})], 1.0, HOSTS)
    assert claim == claimed("a", 0.5, upstreams={"x"}, leap="insert")


def test_what_hosts_that_have_left_announced_is_forgotten():
    announcements = Announcements()
    announcements.recall([claimed("a", leap="insert"), claimed("b", leap="insert")], 0.0, HOSTS)
    announcements.recall([], 1.0, {"b"})
    assert leaps(announcements, 2.0, a="normal", b="normal") == ["normal", "insert"]
