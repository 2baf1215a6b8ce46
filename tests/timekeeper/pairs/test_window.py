import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.pairs import (
    Direction,
    PairWindow,
    RealtimeReading,
    Refusal,
    Restart,
    Restarted,
    Side,
    Stepped,
)
from timekeeper.pairs.window import EXCHANGE_NS, REVERTED

S = 1_000_000_000
MS = 1_000_000
US = 1_000
RATE = 100e-6


def window_of(exchanges):
    window = PairWindow()
    assert [window.add(exchange) for exchange in exchanges] == [None] * len(exchanges)
    return window


def bursts(pair, start_ns, count, delays, every_ns=10 * S):
    """Bursts of 8, 20 ms apart; `delays` gives the two one-way delays of each exchange."""
    for burst in range(count):
        for number in range(8):
            there_ns, back_ns = delays()
            yield pair.exchange(start_ns + burst * every_ns + number * 20 * MS, there_ns, back_ns)


def jitter(source, base_us=50, queue_us=40):
    """Software stamps on a LAN: a floor, and a queue that is often empty."""
    return lambda: tuple(round((base_us + source.expovariate(1 / queue_us)) * US) for _ in range(2))


# What one exchange says.


@pytest.mark.parametrize(
    ("wall_ns", "there_us", "back_us", "offset_us"),
    [(0, 50, 50, 0), (7 * MS, 50, 50, 7000), (-7 * MS, 50, 50, -7000), (0, 90, 10, 40), (0, 10, 90, -40)],
)
def test_one_exchange_bounds_the_offset_by_half_its_delay(make_host, make_pair, wall_ns, there_us, back_us, offset_us):
    """The peer's clock minus ours: positive is ahead; what the ways differ by cannot be seen, but is within the bound."""
    start = make_host().wall_start_ns
    pair = make_pair(peer=make_host(raw_start_ns=5 * S, wall_start_ns=start + wall_ns))
    exchange = pair.exchange(S, there_us * US, back_us * US)
    estimate = window_of([exchange]).estimate(exchange.t4_ns)
    assert estimate.offset_s == pytest.approx(offset_us / 1e6, abs=1e-7)
    assert estimate.bound_s == pytest.approx(60e-6, abs=0.1e-6)  # half of 100 us, and the floor of 10 us
    assert estimate.rtt_s == pytest.approx(100e-6)
    assert (estimate.age_s, estimate.drift_ppm, estimate.drift_bound_ppm, estimate.steps) == (0, None, None, 0)


def test_all_errors_widen_the_bound(make_pair):
    exchange = make_pair().exchange(
        S,
        stamp_error_ns=3 * US,
        ours=make_pair().us.read(S, error_ns=5 * US),
        theirs=make_pair().peer.read(S, error_ns=7 * US),
    )
    estimate = window_of([exchange]).estimate(exchange.t4_ns)
    assert estimate.bound_s == pytest.approx(75e-6, abs=0.1e-6)


def test_a_reading_from_before_the_exchange_widens_the_bound(make_pair):
    pair = make_pair()
    exchange = pair.exchange(5 * S, ours=pair.us.read(4 * S), theirs=pair.peer.read(3 * S))
    estimate = window_of([exchange]).estimate(exchange.t4_ns)
    assert estimate.bound_s == pytest.approx(60e-6 + 3 * RATE, abs=1e-6)


def test_the_two_directions_are_bounded_apart(make_pair):
    """The best way there and the best way back need not be of one exchange."""
    pair = make_pair()
    exchanges = [pair.exchange(S, 10 * US, 900 * US), pair.exchange(S + 2 * MS, 900 * US, 10 * US)]
    estimate = window_of(exchanges).estimate(exchanges[-1].t4_ns)
    assert estimate.bound_s < 25e-6
    assert estimate.rtt_s == pytest.approx(910e-6)


def test_a_delay_that_stamp_errors_make_negative_counts_as_none(make_pair):
    exchange = make_pair().exchange(S, -4 * US, 0)
    estimate = window_of([exchange]).estimate(exchange.t4_ns)
    assert estimate.rtt_s == 0


# Age.


def test_the_bound_grows_with_age_until_nothing_is_said(make_pair):
    exchange = make_pair().exchange(S)
    window = window_of([exchange])
    fresh = window.estimate(exchange.t4_ns)
    old = window.estimate(exchange.t4_ns + 1000 * S)
    assert old.age_s == 1000
    assert old.bound_s - fresh.bound_s == pytest.approx(1000 * RATE)
    assert window.estimate(exchange.t4_ns + 1000 * S + 1) is None


def test_a_question_from_before_the_last_answer_has_no_age(make_pair):
    exchange = make_pair().exchange(S)
    assert window_of([exchange]).estimate(exchange.t1_ns).age_s == 0


def test_nothing_is_known_without_an_exchange():
    assert PairWindow().estimate(0) is None


def test_the_round_trip_is_that_of_the_last_burst(make_pair):
    """A network that got slower is told at once, though the bound may still rest on a quick exchange of before."""
    pair = make_pair()
    window = window_of(
        [pair.exchange(S), *(pair.exchange(11 * S + n * 20 * MS, 2 * MS, (3 + n) * MS) for n in range(8))]
    )
    assert window.estimate(pair.us.raw(12 * S)).rtt_s == pytest.approx(5e-3)


def test_old_exchanges_fall_out(make_pair):
    pair = make_pair()
    window = window_of([pair.exchange(S, 1 * US, 1 * US), pair.exchange(130 * S, 500 * US, 500 * US)])
    assert window.estimate(pair.us.raw(130 * S)).rtt_s == pytest.approx(1e-3)


def test_the_number_of_exchanges_is_bounded(make_pair):
    pair = make_pair()
    window = window_of([pair.exchange(S, 1 * US, 1 * US)])
    for number in range(512):
        window.add(pair.exchange(2 * S + number * MS, 400 * US, 400 * US))
    assert window.estimate(pair.us.raw(3 * S)).rtt_s == pytest.approx(800e-6)


# What is refused.


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"t2_ns": S - 200 * US, "t3_ns": S + 100 * US}, Refusal.NEGATIVE_DELAY),
        ({"t3_ns": S - 50 * US}, Refusal.STAMPS_BACKWARDS),
        ({"t4_ns": S - 1}, Refusal.STAMPS_BACKWARDS),
        ({"t3_ns": S + EXCHANGE_NS, "t4_ns": S + EXCHANGE_NS + 1}, Refusal.TOO_LONG),
        ({"t2_ns": S, "t3_ns": S + 129 * US}, None),  # 9 us too long: the floor of the stamps allows for that
        ({"t2_ns": S, "t3_ns": S + 131 * US}, Refusal.NEGATIVE_DELAY),
        ({"t2_ns": S, "t3_ns": S + 131 * US, "stamp_error_ns": 2 * US}, None),
        (
            {"t2_ns": S, "t3_ns": S + 1000 * MS + 50 * US, "t4_ns": S + 1000 * MS},
            None,
        ),  # 50 ppm of the second it was held
    ],
)
def test_refusals(make_pair, changes, refusal):
    window = PairWindow()
    assert window.add(make_pair().exchange(S, **changes)) == refusal
    assert (window.estimate(S) is None) == (refusal is not None)
    assert window.take_events() == []


# New lives of the raw clocks.


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"peer_boot_id": "b"}, [Restart.PEER_BOOTED]),
        ({"peer_epoch": 1}, [Restart.PEER_CLOCK_BROKE]),
        ({"our_epoch": 1}, [Restart.OUR_CLOCK_BROKE]),
        ({"our_epoch": 1, "peer_boot_id": "b", "peer_epoch": 9}, [Restart.OUR_CLOCK_BROKE, Restart.PEER_BOOTED]),
        ({"our_epoch": 1, "peer_epoch": 1}, [Restart.OUR_CLOCK_BROKE, Restart.PEER_CLOCK_BROKE]),
    ],
)
def test_a_new_life_starts_the_windows_anew(make_host, make_pair, changes, reasons):
    old, new = make_pair(), make_pair(peer=make_host(raw_start_ns=-300 * S))
    window = window_of([old.exchange(S), new.exchange(2 * S, 400 * US, 400 * US, **changes)])
    assert window.take_events() == [Restarted(reason) for reason in reasons]
    assert window.take_events() == []
    assert window.estimate(2 * S).rtt_s == pytest.approx(800e-6)
    assert abs(window.estimate(2 * S).offset_s) < 1e-6


@pytest.mark.parametrize("changes", [{"peer_boot_id": "b"}, {"peer_epoch": 1}, {"our_epoch": 1}])
def test_a_late_answer_from_the_old_life_is_refused(make_pair, changes):
    pair = make_pair()
    window = window_of([pair.exchange(2 * S, **changes)])
    assert window.add(pair.exchange(S)) is Refusal.OLD_EPOCH
    assert window.take_events() == []


def test_a_peer_that_booted_counts_its_epochs_anew(make_pair):
    pair = make_pair()
    window = window_of([pair.exchange(S, peer_epoch=5), pair.exchange(2 * S, peer_boot_id="b")])
    assert window.take_events() == [Restarted(Restart.PEER_BOOTED)]


def test_when_our_raw_clock_broke_it_may_have_gone_back(make_pair):
    pair = make_pair()
    window = window_of([pair.exchange(9 * S), pair.exchange(S, our_epoch=1, peer_boot_id="b")])
    assert window.take_events() == [Restarted(Restart.OUR_CLOCK_BROKE), Restarted(Restart.PEER_BOOTED)]


def test_a_peer_that_was_set_back_to_a_snapshot_is_believed_after_two_bursts(make_host, make_pair):
    """Its raw clock and its epochs are those of then; what comes late from an old epoch comes once, not for ever."""
    before, after = make_pair(), make_pair(peer=make_host(raw_start_ns=-3600 * S))
    window = window_of([before.exchange(S, peer_epoch=5)])
    refusals = [window.add(one) for one in bursts(after, 10 * S, 3, lambda: (40 * US, 40 * US))]
    assert refusals == [Refusal.OLD_EPOCH] * REVERTED + [None] * (24 - REVERTED)
    assert window.take_events() == [Restarted(Restart.PEER_CLOCK_BROKE)]
    assert abs(window.estimate(31 * S).offset_s) < 1e-6


def test_late_answers_between_good_ones_stay_refused(make_pair):
    pair = make_pair()
    window = window_of([pair.exchange(S, peer_epoch=5)])
    for number in range(2, 50):
        assert window.add(pair.exchange(number * S, peer_epoch=4)) is Refusal.OLD_EPOCH
        assert window.add(pair.exchange(number * S, peer_epoch=5)) is None


@pytest.mark.parametrize(("later_s", "refusal"), [(1000, Refusal.OLD_EPOCH), (1001, None)])
def test_when_nothing_is_known_any_more_an_old_epoch_is_as_good_as_another(make_pair, later_s, refusal):
    pair = make_pair()
    first = pair.exchange(S, peer_epoch=5)
    window = window_of([first])
    assert window.add(pair.exchange(S + later_s * S, peer_epoch=4)) is refusal


def test_a_raw_clock_that_jumps_untold_is_a_contradiction(make_host, make_pair):
    before, after = make_pair(), make_pair(peer=make_host(raw_start_ns=S))
    steady = [before.exchange(number * 10 * S) for number in range(5)]
    jumped = [after.exchange(50 * S + number * 20 * MS, 90 * US, 90 * US) for number in range(8)]
    window = window_of(steady + jumped)
    estimate = window.estimate(51 * S)
    assert Restarted(Restart.CONTRADICTION) in window.take_events()
    assert abs(estimate.offset_s) < 1e-6
    assert estimate.rtt_s == pytest.approx(180e-6)
    assert window.estimate(51 * S) == estimate
    assert window.take_events() == []


def test_a_raw_clock_that_jumps_within_a_burst_leaves_the_last_exchange(make_host, make_pair):
    before, after = make_pair(), make_pair(peer=make_host(raw_start_ns=S))
    window = window_of([before.exchange(S), before.exchange(S + 20 * MS), after.exchange(S + 40 * MS, 9 * US, 9 * US)])
    assert window.estimate(2 * S).rtt_s == pytest.approx(18e-6)
    assert window.take_events()[-1] == Restarted(Restart.CONTRADICTION)


def test_exchanges_without_any_duration_may_contradict_each_other(make_host, make_pair):
    window = window_of(
        [make_pair(peer=make_host(raw_start_ns=S * at)).exchange(9 * S, 0, 0, held_ns=0) for at in (0, 1, 2)]
    )
    assert window.estimate(9 * S).rtt_s == 0


def test_a_raw_clock_of_our_own_that_falls_back_says_nothing_until_it_is_told(make_pair):
    """An old theta with a new REALTIME - RAW would be off by all that the raw clock fell back."""
    pair = make_pair()
    last = pair.exchange(200 * S)
    window = window_of([last])
    fallen_ns = last.t4_ns - 100 * S
    ours = RealtimeReading(pair.us.read(200 * S).difference_ns + 100 * S, fallen_ns, 0)
    assert window.estimate(fallen_ns, ours) is None
    window.enter_epoch(last.our_epoch)
    assert window.estimate(last.t4_ns) is not None, "it did not break"
    window.enter_epoch(last.our_epoch + 1)
    assert window.estimate(last.t4_ns, ours) is None, "nothing was measured since"
    assert window.take_events() == [Restarted(Restart.OUR_CLOCK_BROKE)]
    fallen = make_pair(us=pair.us, peer=pair.peer)
    fallen.us.raw_start_ns -= 100 * S
    assert window.add(fallen.exchange(201 * S, our_epoch=last.our_epoch + 1)) is None
    assert abs(window.estimate(fallen.us.raw(202 * S)).offset_s - fallen.offset_s(202 * S)) < 1e-6


# Steps of CLOCK_REALTIME.


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("size_ns", [10 * MS, -10 * MS, 3600 * S])
def test_a_step_is_told_at_once_and_exactly(make_host, make_pair, side, size_ns):
    hosts = {each: make_host(steps=[(25 * S, size_ns)] if each is side else []) for each in Side}
    pair = make_pair(us=hosts[Side.OURS], peer=hosts[Side.THEIRS])
    exchanges = list(bursts(pair, S, 4, lambda: (50 * US, 50 * US)))
    window = window_of(exchanges)
    [event] = window.take_events()
    assert (event.side, event.step.size_ns) == (side, size_ns)
    assert event.step.direction is (Direction.FORWARD if size_ns > 0 else Direction.BACKWARD)
    estimate = window.estimate(exchanges[-1].t4_ns)
    assert estimate.offset_s == pytest.approx(size_ns / 1e9 * (1 if side is Side.THEIRS else -1), abs=1e-6)
    assert estimate.bound_s < 65e-6  # the raw windows live on
    assert estimate.steps == (side is Side.THEIRS)


def test_a_step_of_our_own_after_the_last_exchange(make_host, make_pair):
    pair = make_pair(us=make_host(steps=[(20 * S, S)]))
    exchange = pair.exchange(S)
    window = window_of([exchange])
    now_ns = pair.us.raw(30 * S)
    assert window.estimate(now_ns).offset_s == pytest.approx(0, abs=1e-6)
    estimate = window.estimate(now_ns, pair.us.read(30 * S))
    assert estimate.offset_s == pytest.approx(-1, abs=1e-6)
    assert estimate.bound_s == pytest.approx(window.estimate(now_ns).bound_s, abs=1e-7)
    assert window.take_events() == []


def test_our_reading_changes_nothing_without_a_step(make_host, make_pair):
    pair = make_pair(us=make_host(steered=30e-6))
    exchange = pair.exchange(S)
    window = window_of([exchange])
    now_ns = pair.us.raw(5 * S)
    assert window.estimate(now_ns, pair.us.read(5 * S)) == window.estimate(now_ns)


def test_events_are_bounded(make_pair):
    pair = make_pair()
    window = window_of([pair.exchange(S * number, our_epoch=number) for number in range(1, 100)])
    assert len(window.take_events()) == 32


# Slews of CLOCK_REALTIME.


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("ppm", [150, -300, 500, -2000, 83_333])
@pytest.mark.parametrize("count", [2, 12])
def test_the_bound_holds_while_a_clock_is_slewed(make_host, make_pair, side, ppm, count):
    """A slew that has been seen may go on, or end, until the next burst; and our own clock we see at any time."""
    for lasts_s in range(1, 30):
        slew = (5 * S, (lasts_s + 5) * S, ppm / 1e6)
        hosts = {each: make_host(crystal=20e-6, slews=[slew] if each is side else []) for each in Side}
        pair = make_pair(us=hosts[Side.OURS], peer=hosts[Side.THEIRS])
        window = window_of(list(bursts(pair, S, count, lambda: (50 * US, 50 * US))))
        for late_s in (0.2, 2.0, 9.8):
            now_ns = (count - 1) * 10 * S + S + round(late_s * S)
            estimate = window.estimate(pair.us.raw(now_ns), pair.us.read(now_ns))
            assert abs(estimate.offset_s - pair.offset_s(now_ns)) <= estimate.bound_s
        assert not [event for event in window.take_events() if lasts_s > 10 * count and isinstance(event, Stepped)]


def test_it_is_as_narrow_as_ever_once_a_slew_is_over(make_host, make_pair):
    pair = make_pair(peer=make_host(slews=[(15 * S, 20 * S, 400e-6)]))
    exchanges = list(bursts(pair, S, 8, lambda: (50 * US, 50 * US)))
    now_ns = pair.us.raw(71 * S + 9 * S)
    assert window_of(exchanges).estimate(now_ns).bound_s < 1.1e-3
    slewed = window_of(exchanges[:32]).estimate(pair.us.raw(31 * S + 9 * S))
    assert slewed.bound_s == pytest.approx(9 * 500e-6, rel=0.05)


def test_neither_is_it_wider_for_what_crystals_need(make_host, make_pair):
    """40 ppm either way, which the daemons correct: the clocks do not part."""
    pair = make_pair(us=make_host(crystal=-40e-6, steered=40e-6), peer=make_host(crystal=40e-6, steered=-40e-6))
    window = window_of(list(bursts(pair, S, 8, lambda: (50 * US, 50 * US))))
    assert window.estimate(pair.us.raw(80 * S)).bound_s < 1.1e-3


# The bound, over many worlds.


def check(window, pair, now_ns):
    estimate = window.estimate(pair.us.raw(now_ns))
    assert abs(estimate.offset_s - pair.offset_s(now_ns)) <= estimate.bound_s
    if estimate.drift_ppm is not None:
        assert abs(estimate.drift_ppm - pair.drift_ppm()) <= estimate.drift_bound_ppm
    return estimate


crystals = st.floats(-49e-6, 49e-6)
delays_ns = st.one_of(st.integers(0, 100 * US), st.integers(0, 500 * MS))


@st.composite
def worlds(draw):
    """Clocks and exchanges; REALTIME of the two runs apart by no more than 100 ppm, steps before the last exchange."""

    def clocks():
        steps = draw(st.lists(st.tuples(st.integers(0, 100 * S), st.integers(-3600 * S, 3600 * S)), max_size=2))
        crystal = draw(crystals)
        return {
            "raw_start_ns": draw(st.integers(0, 2**62)),
            "crystal": crystal,
            "steered": draw(st.floats(-1, 1)) * 1e-6 - crystal if draw(st.booleans()) else 0.0,
            "wall_start_ns": draw(st.integers(0, 2**62)),
            "steps": steps,
        }

    times = draw(st.lists(st.integers(0, 110 * S), min_size=1, max_size=25))
    exchanges = [(at, draw(delays_ns), draw(delays_ns), draw(st.integers(0, 10 * MS))) for at in [*times, 101 * S]]
    return clocks(), clocks(), exchanges


@given(worlds(), st.integers(0, 800 * S))
def test_the_bound_holds_whatever_the_delays(make_host, make_pair, world, age_ns):
    us, peer, exchanges = world
    pair = make_pair(make_host(**us), make_host(**peer))
    window = window_of([pair.exchange(*exchange) for exchange in exchanges])
    assert not any(isinstance(event, Restarted) for event in window.take_events())
    check(window, pair, max(map(sum, exchanges)) + age_ns)


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_additions_does_not_matter(make_host, make_pair, world, source):
    us, peer, exchanges = world
    pair = make_pair(make_host(**us), make_host(**peer))
    exchanges = [pair.exchange(*exchange) for exchange in exchanges]
    now_ns = max(exchange.t4_ns for exchange in exchanges)
    in_order = window_of(exchanges).estimate(now_ns)
    source.shuffle(exchanges)
    assert replace(window_of(exchanges).estimate(now_ns), steps=in_order.steps) == in_order


@given(worlds())
def test_the_window_is_never_looser_than_its_best_exchange(make_host, make_pair, world):
    us, peer, exchanges = world
    pair = make_pair(make_host(**us), make_host(**peer))
    # The readings are all taken at one moment: what differs is the raw part alone.
    common = {"ours": RealtimeReading(0, 0, 0), "theirs": RealtimeReading(0, 0, 0)}
    exchanges = [pair.exchange(*exchange, **common) for exchange in exchanges]
    now_ns = max(exchange.t4_ns for exchange in exchanges)
    together = PairWindow()
    halves = []
    for exchange in exchanges:
        together.add(exchange)
        halves.append(
            (exchange.delay_ns / 2 + 10 * US + RATE * (2 * now_ns - exchange.t1_ns - exchange.t4_ns) / 2) / 1e9
        )
    strip = together._fitting_strip()
    assert (strip.high - strip.low) / 2e9 <= min(halves) + 1e-12


def test_thousands_of_seeded_worlds(make_host, make_pair):
    for seed in range(2000):
        source = random.Random(seed)
        crystals = [source.uniform(-49e-6, 49e-6) for _ in range(2)]
        us, peer = (
            make_host(
                raw_start_ns=source.randrange(2**60),
                crystal=crystal,
                steered=source.choice([0.0, source.uniform(-1e-6, 1e-6) - crystal]),
                wall_start_ns=source.randrange(2**61),
                steps=[(source.randrange(60 * S), source.randrange(-S, S))],
            )
            for crystal in crystals
        )
        pair = make_pair(us, peer)
        delays = jitter(source, base_us=source.choice([5, 50, 5000]), queue_us=source.choice([2, 40, 20_000]))
        slow = source.choice([1, 1, 10])  # one way may be slower, always
        window = window_of(list(bursts(pair, 0, 7, lambda d=delays, s=slow: (d()[0] * s, d()[1]))))
        check(window, pair, 62 * S + source.randrange(10 * S))
        assert not any(isinstance(event, Restarted) for event in window.take_events()), seed


def test_a_crystal_may_wander_a_little(make_host, make_pair):
    """Its rate turns by 1 ppm in the middle of the window: no event, and the bound holds."""
    for seed in range(100):
        source = random.Random(seed)
        cold, warm = make_pair(peer=make_host(crystal=20e-6)), make_pair(peer=make_host(crystal=21e-6))
        warm.peer.raw_start_ns = cold.peer.raw(60 * S) - warm.peer.raw(60 * S)
        delays = jitter(source, base_us=5, queue_us=2)
        exchanges = [*bursts(cold, S, 6, delays), *bursts(warm, 61 * S, 6, delays)]
        window = window_of([replace(one, theirs=RealtimeReading(0, one.t2_ns, 0)) for one in exchanges])
        estimate = window.estimate(exchanges[-1].t4_ns)
        assert window.take_events() == []
        assert abs(estimate.drift_ppm - 20.5) <= estimate.drift_bound_ppm


@pytest.mark.parametrize("crystal", [-30e-6, 0.0, 7e-6])
def test_the_drift_is_found_in_a_minute_of_bursts(make_host, make_pair, crystal):
    errors = []
    for seed in range(100):
        pair = make_pair(peer=make_host(crystal=crystal, steered=-crystal))
        window = window_of(list(bursts(pair, S, 7, jitter(random.Random(seed)))))
        estimate = check(window, pair, 62 * S)
        errors.append(abs(estimate.drift_ppm - pair.drift_ppm()))
    assert sorted(errors)[95] < 0.5


def test_the_bound_of_a_minute_of_bursts_does_not_grow_with_the_drift(make_host, make_pair):
    pair = make_pair(peer=make_host(crystal=90e-6))
    exchanges = list(bursts(pair, S, 7, jitter(random.Random(1))))
    assert window_of(exchanges).estimate(exchanges[-1].t4_ns).bound_s < 100e-6


def test_what_is_told_can_be_matched(make_host, make_pair):
    pair = make_pair(us=make_host(steps=[(5 * S, S)]))
    window = window_of([pair.exchange(S), pair.exchange(6 * S), pair.exchange(7 * S, peer_boot_id="b")])
    stepped, restarted = window.take_events()
    assert isinstance(stepped, Stepped)
    assert isinstance(restarted, Restarted)
