"""PURE: the evidence of a deployment as numbers for a table and a plot; it judges none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from communicator.answers.deployments import Deployment, Point
from communicator.wording.deployments import evidence_text
from communicator.wording.releases import odds_text
from communicator.wording.spans import span
from exporters.page.words import opened

ROWS = 48
"""Of a table at most: of more moments that follow each other the one with the most evidence is shown."""
_FLOOR_LOG10 = -12.0
"""What speaks more against it than this is told as this: no plot needs more room below."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The evidence at one moment."""

    at_s: int
    """Since the deployment began."""
    at: str
    step: int
    """From 1."""
    log10: str
    """For a plot,"""
    odds: str
    """and for people."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How the evidence went."""

    sentence: str
    suspect: str
    """The logarithm of the evidence at which it pauses,"""
    block: str
    """and at which it goes back."""
    moments: Sequence[Moment]
    """The oldest first; fewer than two make no plot."""


def evidence_view(one: Deployment) -> Evidence | None:
    """How the evidence of a deployment went; None where nothing was compared."""
    sentence = evidence_text(one)
    if not sentence:
        return None
    return Evidence(
        sentence=opened(sentence),
        suspect=f"{one.suspect_log10:g}",
        block=f"{one.block_log10:g}",
        moments=[_moment(point, one.began_ago_s) for point in thinned(one.points)],
    )


def thinned(points: Sequence[Point]) -> list[Point]:
    """At most `ROWS` of them: the strongest of each stretch, and always the newest; nothing that alarmed is left out."""
    if len(points) <= ROWS:
        return list(points)
    *before, newest = points
    return [*_strongest(before, ROWS - 1), newest]


def _strongest(points: Sequence[Point], parts: int) -> Iterator[Point]:
    for number in range(parts):
        stretch = points[number * len(points) // parts : (number + 1) * len(points) // parts]
        yield max(stretch, key=lambda point: point.log10_evidence)


def _moment(point: Point, began_ago_s: float) -> Moment:
    # what is told since the beginning stays the same at each refresh
    at_s = max(0, round(began_ago_s - point.ago_s))
    log10 = max(_FLOOR_LOG10, point.log10_evidence)
    odds = "none" if log10 <= 0 else odds_text(log10)
    return Moment(at_s, span(at_s), point.step + 1, f"{log10:.2f}", odds)
