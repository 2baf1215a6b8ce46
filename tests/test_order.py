"""The order of tests at several workers: long files begin each part, all is there once, and files stay whole."""

from itertools import groupby

import pytest

from tests.order import order_for

LONG = {"seeds": 3, "systemd": 1, "rules": 2}
SHORT = {f"quick{number}": 7 for number in range(10)}


class Listed:
    """A test of a file, with a time-out of its own or without."""

    def __init__(self, path, number):
        self.path = path
        self.number = number

    def get_closest_marker(self, name):
        return name if name == "timeout" and self.path in LONG and self.number == 0 else None


ITEMS = [Listed(path, number) for path, count in {**SHORT, **LONG}.items() for number in range(count)]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_what_takes_long_begins_each_part(workers):
    ordered = order_for(ITEMS, workers)
    assert sorted(map(id, ordered)) == sorted(map(id, ITEMS))
    files = [path for path, _ in groupby(ordered, key=lambda item: item.path)]
    assert len(files) == len(LONG) + len(SHORT), "none in pieces"
    begins = [
        place for place, path in enumerate(files) if path in LONG and (place == 0 or files[place - 1] not in LONG)
    ]
    assert len(begins) == workers
    size = len(ITEMS) / workers
    at = [next(place for place, item in enumerate(ordered) if item.path == files[begin]) for begin in begins]
    assert all(abs(place - number * size) <= max(SHORT.values()) for number, place in enumerate(at))
