import pytest

from timekeeper.intervals import Interval
from timekeeper.pairs import RealtimeReading
from timekeeper.references.answer import Sample
from timekeeper.references.consensus import Consensus, agree

S = 1_000_000_000
MS = 1_000_000
WALL_NS = 1_800_000_000 * S
NOW = RealtimeReading(WALL_NS, 100 * S, 0)


def sample(server, ahead_ms, bound_ms, age_s=0.0, addresses=()):
    """True time is that much ahead of our clock."""
    true_minus_raw_ns, raw_ns = WALL_NS + round(ahead_ms * MS), round((100 - age_s) * S)
    return Sample(server, true_minus_raw_ns, round(bound_ms * MS), raw_ns, frozenset({server, *addresses}))


def in_ms(interval):
    return pytest.approx((interval.low * 1e3, interval.high * 1e3), abs=1e-3)


@pytest.mark.parametrize(
    ("rows", "low_ms", "high_ms", "falsetickers"),
    [
        ([("a", 5, 2)], 3, 7, ()),
        ([("a", 5, 2), ("b", 6, 2)], 4, 7, ()),
        ([("a", 5, 2), ("b", 6, 2), ("c", -40, 2)], 4, 7, ("c",)),
        ([("c", -40, 2), ("b", 6, 2), ("a", 5, 2)], 4, 7, ("c",)),
        ([("a", 0, 1), ("b", 0, 2), ("c", 0, 3), ("d", 90, 1), ("e", 90, 1)], -1, 1, ("d", "e")),
        ([("a", 5, 5), ("b", 1, 1), ("c", 9, 1)], 0, 10, ()),  # b and c are not both right, but either may be
    ],
)
def test_where_most_agree(rows, low_ms, high_ms, falsetickers):
    found = agree([sample(*row) for row in rows], NOW)
    assert in_ms(found.interval) == (low_ms, high_ms)
    assert found.falsetickers == falsetickers
    assert found.agreeing == tuple(sorted({row[0] for row in rows} - set(falsetickers)))
    assert found.undecided == ()


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("a", 0, 1), ("b", 50, 1)],
        [("a", 0, 1), ("b", 0, 1), ("c", 50, 1), ("d", 50, 1)],
        [("a", 0, 1), ("b", 50, 1), ("c", 100, 1)],
    ],
)
def test_without_a_majority_nobody_is_a_falseticker(rows):
    found = agree([sample(*row) for row in rows], NOW)
    assert found == Consensus(interval=None, undecided=tuple(row[0] for row in rows))


def test_age_widens_by_50_ppm_and_ends():
    assert in_ms(agree([sample("a", 5, 2, age_s=100)], NOW).interval) == (-2, 12)
    assert agree([sample("a", 5, 2, age_s=1000)], NOW).interval is not None
    assert agree([sample("a", 5, 2, age_s=1000.1)], NOW) == Consensus(interval=None)


def test_the_narrowest_sample_of_a_server_counts():
    samples = [sample("a", 5, 2, age_s=20), sample("a", 9, 4), sample("a", 7, 2.9)]
    assert in_ms(agree(samples, NOW).interval) == (4.1, 9.9)
    assert in_ms(agree([sample("a", 7, 3), sample("a", 5, 2.9, age_s=20)], NOW).interval) == (4, 10)


def test_a_step_of_our_clock_after_the_sample_is_in_the_outcome():
    stepped = RealtimeReading(WALL_NS + S, 100 * S, 0)
    assert in_ms(agree([sample("a", 5, 2)], stepped).interval) == (-997, -993)


def test_the_error_of_our_reading_widens_it():
    assert in_ms(agree([sample("a", 5, 2)], RealtimeReading(WALL_NS, 100 * S, MS)).interval) == (2, 8)


def test_a_sample_from_just_after_the_reading_has_no_age():
    assert agree([sample("a", 5, 2, age_s=-1)], NOW) == agree([sample("a", 5, 2)], NOW)
    assert isinstance(agree([sample("a", 5, 2)], NOW).interval, Interval)


def test_one_server_under_two_names_is_one():
    """Else it would outvote the right one; of the addresses of its names one in common is enough."""
    twice = [
        sample("a", 50, 1, addresses=("192.0.2.1",)),
        sample("b", 50, 2, addresses=("192.0.2.1", "192.0.2.2")),
        sample("c", 50, 3, addresses=("192.0.2.2",)),
    ]
    found = agree([*twice, sample("d", 0, 1), sample("e", 0, 1)], NOW)
    assert in_ms(found.interval) == (-1, 1)
    assert (found.agreeing, found.falsetickers) == (("d", "e"), ("a",))
    alone = agree(twice, NOW)
    assert (alone.agreeing, in_ms(alone.interval)) == (("a",), (49, 51))


def test_names_that_are_joined_by_a_later_answer():
    apart = [sample("a", 0, 1, addresses=("x",)), sample("b", 0, 1, addresses=("y",))]
    assert agree(apart, NOW).agreeing == ("a", "b")
    assert agree([*apart, sample("c", 0, 1, addresses=("x", "y"))], NOW).agreeing == ("a",)


def test_it_is_as_old_as_its_youngest_answer():
    samples = [
        sample("a", 0, 2, age_s=30),
        sample("a", 0, 9, age_s=10),
        sample("b", 0, 2, age_s=20),
        sample("c", 90, 1),
    ]
    assert agree(samples, NOW).age_s == 10
