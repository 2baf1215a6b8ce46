import pytest

from timekeeper.solution.quantities import tell_direction, tell_names, tell_span


@pytest.mark.parametrize(
    ("span_s", "words"),
    [
        (0.0, "0 µs"),
        (9e-10, "0 µs"),
        (4.5678e-6, "4.57 µs"),
        (999.4e-6, "999 µs"),
        (999.6e-6, "1 ms"),
        (0.0401, "40.1 ms"),
        (-0.0401, "40.1 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (12.345, "12.3 s"),
        (1_795_525_866.2, "1795525866 s"),
    ],
)
def test_spans(span_s, words):
    assert tell_span(span_s) == words


def test_directions():
    assert tell_direction(0.002) == "2 ms ahead of"
    assert tell_direction(-0.002) == "2 ms behind"


@pytest.mark.parametrize(
    ("names", "words"), [("", ""), ("ab", "a, b"), ("abcd", "a, b, c, d"), ("abcdef", "a, b, c, d and 2 more")]
)
def test_names(names, words):
    assert tell_names(tuple(names)) == words
