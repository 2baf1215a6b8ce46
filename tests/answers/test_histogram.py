"""Histograms as daemons tell them: what is none is refused before it is on a page."""

import msgspec
import pytest

from communicator.answers.histogram import BUCKETS, Bucket, Histogram


def told(*buckets, count=5, sum_seconds=1.5):
    pairs = [{"le_seconds": bound_s, "count": number} for bound_s, number in buckets]
    return msgspec.json.encode({"buckets": pairs, "count": count, "sum_seconds": sum_seconds})


def read(text):
    return msgspec.json.decode(text, type=Histogram)


def test_buckets_rise_in_bound_and_do_not_fall_in_count():
    assert read(told((0.1, 2), (1, 2), (5, 4))).buckets == (Bucket(0.1, 2), Bucket(1.0, 2), Bucket(5.0, 4))
    assert read(told()).buckets == ()
    assert len(read(told(*((bound_s, 1) for bound_s in range(BUCKETS)))).buckets) == BUCKETS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (told((5, 1), (1, 2)), "do not rise"),
        (told((1, 1), (1, 1)), "do not rise"),
        (told((1, 3), (5, 2)), "fall"),
        (told((1, 3), count=2), "fall"),
        (told((1, -1)), ">= 0"),
        (told(count=2**53 + 1), "<= "),
        (told((1, 0)).replace(b"0", b"1" + b"0" * 400), "<= "),
        (told(*((bound_s, 1) for bound_s in range(BUCKETS + 1))), "length"),
    ],
    ids=["falling-bounds", "one-bound-twice", "falling-counts", "less-in-all", "below-0", "large", "huge", "many"],
)
def test_what_is_no_histogram_is_refused(text, reason):
    with pytest.raises(msgspec.ValidationError, match=reason):
        read(text)
