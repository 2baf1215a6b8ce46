from communicator.router.cores.clock import CHECKING, ClockWord


def test_a_word_repeated_later_says_the_same():
    first = ClockWord("CLOCK_STABLE", (("clock_resolution", "verified"),), 10.0)
    assert first.says_the_same(ClockWord("CLOCK_STABLE", (("clock_resolution", "verified"),), 20.0))
    assert not first.says_the_same(ClockWord("CLOCK_STABLE", (("clock_resolution", "no_ntp"),), 10.0))
    assert not first.says_the_same(CHECKING)
