import pytest

from communicator.router.cores.cache import MessageCache
from communicator.router.cores.deadlines import Deadlines


def test_lines_come_out_in_the_order_they_came_and_once():
    cache = MessageCache(10, 1000, 1000, Deadlines().add("cache"))
    for number in range(5):
        assert cache.store("a", b"%d" % number, 100 - number, "bob")
    assert cache.store("b", b"other", 100, "bob")
    assert cache.take("a", 0) == [b"0", b"1", b"2", b"3", b"4"]
    assert cache.take("a", 0) == []
    assert (len(cache), cache.waiting.bytes.taken) == (1, 5)


def test_each_line_ends_at_its_own_deadline():
    cache = MessageCache(10, 1000, 1000, Deadlines().add("cache"))
    cache.store("a", b"late", 30, "bob")
    cache.store("a", b"soon", 10, "bob")
    assert cache.waiting.due.at_s == 10
    cache.expire(9.9)
    assert cache.expired_total == 0
    cache.expire(10)
    assert cache.expired_total == 1
    assert cache.take("a", 29) == [b"late"]
    assert (len(cache), cache.waiting.bytes.taken, cache.expired_total, cache.waiting.due.at_s) == (0, 0, 1, None)


def test_take_gives_nothing_that_is_past_its_deadline():
    cache = MessageCache(10, 1000, 1000, Deadlines().add("cache"))
    cache.store("a", b"x", 10, "bob")
    assert cache.take("a", 11) == []


@pytest.mark.parametrize("limits", [(2, 1000, 1000), (100, 8, 1000), (100, 1000, 8)])
def test_a_full_cache_refuses_the_newest(limits):
    cache = MessageCache(*limits, Deadlines().add("cache"))
    assert [cache.store("a", b"1234", 10, "bob") for _ in range(3)] == [True, True, False]
    assert cache.refused_total == 1
    cache.expire(10)
    assert cache.store("a", b"1234", 20, "bob")


def test_deadlines_of_delivered_lines_do_not_pile_up():
    cache = MessageCache(10, 1000, 1000, Deadlines().add("cache"))
    cache.store("waits", b"x", 1e9, "bob")
    for _ in range(1000):
        cache.store("a", b"x", 1e9, "bob")
        cache.take("a", 0)
    assert len(cache.waiting._plans) < 100
    assert cache.take("waits", 0) == [b"x"]


def test_the_share_of_a_service_is_free_again_when_its_lines_are_gone():
    cache = MessageCache(100, 1000, 8, Deadlines().add("cache"))
    assert [cache.store("a", b"1234", 10, "bob") for _ in range(3)] == [True, True, False]
    assert cache.store("b", b"1234", 10, "bob")
    cache.take("a", 0)
    assert [cache.store("a", b"1234", 10, "bob") for _ in range(3)] == [True, True, False]
    cache.expire(10)
    assert not cache._service_bytes


@pytest.mark.parametrize("limits", [(100, 10_000, 10_000), (10_000, 400, 10_000)])
def test_one_sender_does_not_fill_it_and_those_who_come_later_find_room(limits):
    cache = MessageCache(*limits, Deadlines().add("cache"))
    kept = {}
    for sender in ("bob", "eve", "carol", "dave"):
        kept[sender] = 0
        while cache.store("a", b"1234", 10, sender):
            kept[sender] += 1
    assert kept == {"bob": 51, "eve": 25, "carol": 13, "dave": 6}
    cache.take("a", 0)
    assert cache.store("a", b"1234", 10, "bob")
