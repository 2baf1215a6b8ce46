"""PURE: how this host's clock and the cluster did in the last day, a point every few minutes; it reads no clock and no file."""

from collections import deque

import msgspec

from communicator.answers.clocks import Point
from timekeeper.wire_size import wire_bytes

POINTS = 288
"""A day of points 5 minutes apart."""
INTERVAL_S = 300.0
WRONG_TOLD = 16
"""Hosts named in one point: a day of them stays below 1 MiB, however long their names."""
TOLD_BYTES = 100 * 1024
"""As the value of a parameter, beside a report in the same line."""


class History:
    """The points of the last day.

    Args:
        points: Those kept of earlier, the oldest first.
    """

    def __init__(self, points: list[Point] | None = None) -> None:
        self._points: deque[Point] = deque(points or (), maxlen=POINTS)

    @property
    def points(self) -> list[Point]:
        """All, the oldest first."""
        return list(self._points)

    def add(self, point: Point) -> None:
        """Add a point; the oldest goes when there are too many."""
        self._points.append(point)


def encode_history(history: History) -> bytes:
    """The content of the file that keeps it."""
    return msgspec.json.encode(history.points) + b"\n"


def tell_history(history: History) -> str:
    """All as JSON, as far as it goes into one parameter: the oldest points are left out."""
    points = history.points
    text = msgspec.json.encode(points)
    while wire_bytes(text) > TOLD_BYTES:
        points = points[len(points) // 10 + 1 :]
        text = msgspec.json.encode(points)
    return text.decode()


def decode_history(content: bytes) -> History:
    """Read such a file.

    Raises:
        ValueError: It is none; the text says how.
    """
    return History(msgspec.json.decode(content, type=list[Point]))
