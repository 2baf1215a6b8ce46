import pytest

from benchmarks.load import verify

FRAMES = frozenset((b"<a one\n", b"<b one\n"))


@pytest.mark.parametrize(
    ("sample", "good"),
    [
        (b"<a one\n<b one\n", 2),
        (b"one\n<a one\n<b one\n<a o", 2),
        (b"<a one\nPING\n<b one\n", 2),
        (b"<a o", 0),
    ],
)
def test_a_sample_from_anywhere_is_compared(sample, good):
    assert verify(sample, FRAMES, b"PING\n") == (good, "")


@pytest.mark.parametrize(
    "sample",
    [
        b"<a one\n<c one\n",
        b"INVALID message=what\n<a one\n",
        b"INVALID message=what is this\n",
        b"<a one\n<a\n<b one\n",
    ],
)
def test_what_was_not_sent_is_named(sample):
    assert verify(sample, FRAMES, b"")[1].startswith("unexpected bytes arrived: ")
