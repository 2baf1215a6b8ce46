from communicator.router.cores.clock import CHECKING, Clock, ClockWord
from communicator.router.cores.deadlines import Deadlines


def test_a_word_is_news_unless_it_says_the_same_as_the_last():
    deadlines = Deadlines()
    clock = Clock(deadlines.add("clock"))
    verified, alone = (("clock_resolution", "verified"),), (("clock_resolution", "no_ntp"),)
    assert not clock.take(CHECKING)
    assert clock.take(ClockWord("CLOCK_STABLE", verified, 10.0))
    assert not clock.take(ClockWord("CLOCK_STABLE", verified, 20.0))
    assert deadlines.earliest_s == 20.0
    assert clock.take(ClockWord("CLOCK_STABLE", alone, 20.0))
    assert clock.take(CHECKING)
    assert deadlines.earliest_s is None
