"""The order of tests at several workers: the longest begin each part, all is there once, and what shares something is together."""

from itertools import groupby
from types import SimpleNamespace

import pytest

from tests.order import length_s, order_for

LONG = {"systemd": 60, "live": 25, "first": 20, "rules": 6, "seen": 5}
BROWSER = {f"page{number}": 4 for number in range(10)}
SHORT = [f"quick{number // 7}" for number in range(70)]


class Listed:
    """A test of a file, which says how long it takes, or does not."""

    def __init__(self, path, *takes_s, **shares):
        self.path = path
        self._takes = SimpleNamespace(args=takes_s, kwargs=shares) if takes_s else None

    def get_closest_marker(self, name):
        return self._takes if name == "takes" else None


ITEMS = [
    *map(Listed, SHORT),
    *(Listed(path, takes_s, together="a browser") for path, takes_s in BROWSER.items()),
    *(Listed(path, takes_s) for path, takes_s in LONG.items()),
]


def cut(items, workers):
    """As xdist does it."""
    parts, left = [], items
    for begun in range(workers):
        size = len(left) // (workers - begun)
        parts.append(left[:size])
        left = left[size:]
    return parts


@pytest.mark.parametrize(
    ("workers", "long"),
    [
        (1, [["systemd", *BROWSER, "live", "first", "rules", "seen"]]),
        (2, [["systemd", "first"], [*BROWSER, "live", "rules", "seen"]]),
        (4, [["systemd"], [*BROWSER], ["live", "seen"], ["first", "rules"]]),
        (6, [["systemd"], [*BROWSER], ["live"], ["first"], ["rules"], ["seen"]]),
        (7, [["systemd"], [*BROWSER], ["live"], ["first"], ["rules"], ["seen"], []]),
    ],
)
def test_what_takes_long_begins_each_part_and_whoever_has_least_gets_the_next(workers, long):
    ordered = order_for(ITEMS, workers)
    assert sorted(map(id, ordered)) == sorted(map(id, ITEMS))
    for part, wanted in zip(cut(ordered, workers), long, strict=True):
        assert [item.path for item in part[: len(wanted)]] == wanted
        assert length_s(part[len(wanted) :]) == 0
    files = [path for path, _ in groupby(item.path for item in ordered if item.path in SHORT)]
    assert len(files) <= 10 + workers - 1, "a file is cut where a part ends"


def test_where_almost_all_is_long_nothing_is_left_out():
    few = ITEMS[-12:]
    assert sorted(map(id, order_for(few, 4))) == sorted(map(id, few))
