"""PURE: the last day of this host's clock as a small plot and a sentence; it judges nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from communicator.answers.clocks import Point
from communicator.wording.clocks import CLAIMS, VERDICTS
from communicator.wording.marks import Mark
from communicator.wording.spans import duration, signed, span
from exporters.page.words import time_of_day

WIDTH, HEIGHT = 600, 56
_MIDDLE = HEIGHT / 2
_USED = 0.9
"""Of the height, so that no line is cut."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A moment at which the clock was not well."""

    x: float
    mark: Mark
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """The plot."""

    lines: Sequence[str]
    """Points of the offset, a line for each stretch in which it is known."""
    troubles: Sequence[Trouble]
    scale: str
    """What the upper edge stands for."""
    begins: str
    sentence: str
    """The same in words."""


def history_view(points: Sequence[Point]) -> HistoryView | None:
    """What is shown of the last day; None when nothing is kept yet.

    Args:
        points: In the order of time.
    """
    if len(points) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    first_s = points[0].at_seconds
    length_s = max(1.0, points[-1].at_seconds - first_s)
    known = [point.offset_seconds for point in points if point.offset_seconds is not None]
    scale_s = max((abs(one) for one in known), default=0.0) or 1e-6

    def x_of(point: Point) -> float:
        return round(min(1.0, max(0.0, (point.at_seconds - first_s) / length_s)) * WIDTH, 1)

    return HistoryView(
        lines=[
            " ".join(f"{x_of(point)},{_y_of(point.offset_seconds or 0.0, scale_s)}" for point in stretch)
            for stretch in _stretches(points)
        ],
        troubles=[Trouble(x_of(point), mark, text) for point in points for mark, text in _trouble_of(point)],
        scale=f"±{duration(scale_s)}" if known else "",
        begins=f"{span(length_s)} ago",
        sentence=_sentence(points, known),
    )


def _y_of(offset_s: float, scale_s: float) -> float:
    return round(_MIDDLE - offset_s / scale_s * _MIDDLE * _USED, 1)


def _stretches(points: Sequence[Point]) -> list[list[Point]]:
    stretches: list[list[Point]] = [[]]
    for point in points:
        if point.offset_seconds is None:
            stretches.append([])
        else:
            stretches[-1].append(point)
    return [stretch for stretch in stretches if len(stretch) > 1]


def _trouble_of(point: Point) -> list[tuple[Mark, str]]:
    """What is worst of a moment, if anything is."""
    when = time_of_day(point.at_seconds)
    if point.verdict in ("wrong", "suspect"):
        return [(VERDICTS[point.verdict], f"{point.verdict} at {when}")]
    if point.state in ("holdover", "unsynchronized"):
        return [(CLAIMS[point.state], f"{point.state} at {when}")]
    return []


def _sentence(points: Sequence[Point], known: Sequence[float]) -> str:
    asked = len(points)
    parts = [f"offset between {signed(min(known))} and {signed(max(known))}" if known else "offset not known"]
    for word in ("wrong", "suspect"):
        times = sum(point.verdict == word for point in points)
        parts += [f"{word} at {times} of {asked} looks"] if times else []
    for word in ("unsynchronized", "holdover"):
        times = sum(point.state == word for point in points)
        parts += [f"{word} at {times} of {asked} looks"] if times else []
    steps = sum(max(0, after.steps_total - before.steps_total) for before, after in pairwise(points))
    parts += [f"set {'once' if steps == 1 else f'{steps} times'}"] if steps else []
    return ", ".join(parts)
