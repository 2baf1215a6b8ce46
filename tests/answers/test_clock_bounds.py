"""A row holds no more than a timekeeper tells."""

import msgspec
import pytest

from communicator.answers import clock_bounds
from communicator.answers.clocks import Local, Peer


def names(number):
    return [f"h{at}" for at in range(number)]


PEER = msgspec.to_builtins(Peer("beta", 0.001, 0.0001, 0.0002, 3.0, "probe"))


@pytest.mark.parametrize(
    ("most", "row"),
    [
        (clock_bounds.UPSTREAMS, lambda number: {"claim": {"upstreams": names(number)}}),
        (clock_bounds.REASONS, lambda number: {"claim": {"reasons": names(number)}}),
        (clock_bounds.STATES, lambda number: {"sources": dict.fromkeys(names(number), 1)}),
        (clock_bounds.SOURCES, lambda number: {"source_list": [{"name": "ntp1", "state": "selected"}] * number}),
        (clock_bounds.HOSTS, lambda number: {"pairs": [PEER] * number}),
        (clock_bounds.HOSTS, lambda number: {"away": names(number)}),
        (clock_bounds.HOSTS, lambda number: {"suspects": names(number)}),
        (clock_bounds.HOSTS, lambda number: {"found": {name: {} for name in names(number)}}),
        (clock_bounds.REASONS, lambda number: {"found": {"beta": {"reasons": names(number)}}}),
        (clock_bounds.COMPLAINT_CHARACTERS, lambda number: {"heard": {"complaints": {"ntp1": "x" * number}}}),
    ],
    ids=[
        "upstreams",
        "reasons",
        "states",
        "sources",
        "pairs",
        "away",
        "suspects",
        "found",
        "found_reasons",
        "complaint",
    ],
)
def test_a_row_with_more_than_a_timekeeper_tells_is_none(most, row):
    assert msgspec.convert(row(most), Local)
    with pytest.raises(msgspec.ValidationError, match=f"length <= {most}"):
        msgspec.convert(row(most + 1), Local)
