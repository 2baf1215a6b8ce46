"""A peer whose clock is set again and again is heard of now and then; others at once."""

from timekeeper.peer_news import AT_ONCE, EVERY_S, PeerNews

S = 1_000_000_000


def test_one_thing_now_and_then_is_heeded():
    news = PeerNews()
    assert [news.heed("beta", round(number * EVERY_S * S)) for number in range(20)] == [{}] * 20


def test_what_happens_again_and_again_is_passed_over_and_counted():
    news = PeerNews()
    heard = [news.heed("beta", number * 2 * S) for number in range(62)]
    assert heard[:AT_ONCE] == [{}] * AT_ONCE
    told = [one for one in heard[AT_ONCE:] if one is not None]
    assert len(told) == 2, "in two minutes"
    assert sum(one["omitted"] for one in told) + len(told) + AT_ONCE == 62 - heard[::-1].index(told[-1])


def test_another_peer_is_heeded_all_the_same():
    news = PeerNews()
    assert [news.heed("beta", 0) for _ in range(5)][-1] is None
    assert news.heed("gamma", 0) == {"omitted": 2}
