from timekeeper.probes.rate_limit import RateLimit

S = 1_000_000_000


def allowed(limit, source, now_ns, times):
    return sum(limit.allow(source, now_ns) for _ in range(times))


def test_a_burst_and_then_the_rate():
    limit = RateLimit(rate_per_s=2, burst=5, sources=9)
    assert allowed(limit, "a", 0, 10) == 5
    assert allowed(limit, "a", S // 2, 10) == 1
    assert allowed(limit, "a", S, 10) == 1
    assert allowed(limit, "a", 100 * S, 10) == 5


def test_sources_do_not_use_up_each_others_allowance():
    limit = RateLimit(rate_per_s=1, burst=3, sources=9)
    assert [allowed(limit, source, 0, 9) for source in "abc"] == [3, 3, 3]


def test_a_refused_question_costs_nothing():
    limit = RateLimit(rate_per_s=1, burst=1, sources=9)
    assert allowed(limit, "a", 0, 100) == 1
    assert limit.allow("a", S)


def test_what_has_been_silent_longest_is_forgotten():
    limit = RateLimit(rate_per_s=1, burst=1, sources=2)
    allowed_now = [limit.allow(source, 0) for source in ("a", "b", "a", "c", "b", "c", "a")]
    assert allowed_now == [True, True, False, True, True, False, True]
    assert len(limit) == 2
    allowed(limit, "x", 0, 50)
    for number in range(1000):
        limit.allow(number, 0)
    assert len(limit) == 2
