"""PURE: which service is between two versions, and how far the newer one has come; it decides nothing."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from communicator.answers.releases import CanaryReport, Cell, Release
from communicator.wording.counts import count
from communicator.wording.enforcement import not_enforced_text
from communicator.wording.marks import WORST_FIRST, Mark
from communicator.wording.releases import evidence_text, place_mark, release_lines, release_mark, version_text
from communicator.wording.spans import span

_ORDER = {mark: rank for rank, mark in enumerate(reversed(WORST_FIRST))}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the servers, in percent of all of them."""

    left: float
    width: float
    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Rollout:
    """A service whose newest version is not its last good one."""

    service: str
    before: str
    after: str
    mark: Mark
    since: str
    evidence: str
    parts: Sequence[Part]
    sentence: str


def rollouts(report: CanaryReport, not_enforced: Collection[str] = ()) -> list[Rollout]:
    """All of them, the worst first.

    Args:
        report: What the canary tells.
        not_enforced: Servers with a C++ router.
    """
    cells: defaultdict[tuple[str, str, str], list[Cell]] = defaultdict(list)
    for cell in report.cells:
        if cell.state != "archived":
            cells[cell.service, cell.version, cell.build].append(cell)
    found = (
        _rollout(newest, good, cells[newest.service, newest.version, newest.build], not_enforced)
        for newest, good in _pairs(report)
        if (newest.service, newest.version, newest.build) in cells
    )
    return sorted(found, key=lambda one: (-_ORDER[one.mark], one.service))


def _pairs(report: CanaryReport) -> Iterator[tuple[Release, Release | None]]:
    """Of each service the newest version and the last good one, where these differ."""
    by_service: defaultdict[str, list[Release]] = defaultdict(list)
    for release in report.releases:
        if release.first_seen_seconds is not None:
            by_service[release.service].append(release)
    for _, all_releases in sorted(by_service.items()):
        # What ran before it could say its version is none that anybody brings; where nothing has a version, that is the version.
        releases = [release for release in all_releases if release.version] or all_releases
        newest = min(releases, key=lambda one: (one.first_seen_seconds or 0.0, one.version, one.build))
        good = next((one for one in releases if one.is_last_good), None)
        if newest is not good and len(releases) > 1:
            yield newest, good


def _rollout(newest: Release, good: Release | None, cells: Sequence[Cell], not_enforced: Collection[str]) -> Rollout:
    counts = Counter((_ORDER[place_mark(cell.place)], cell.place) for cell in cells)
    told = [f"{place} on {number}" for (_, place), number in sorted(counts.items(), reverse=True)]
    said = (
        f"{', '.join(told)} of {count(len(cells), 'server')}",
        *release_lines(newest),
        not_enforced_text((cell.server for cell in cells), not_enforced),
    )
    return Rollout(
        service=newest.service,
        before="" if good is None else version_text(good.version, good.build),
        after=version_text(newest.version, newest.build),
        mark=release_mark(newest.state, [cell.place for cell in cells]),
        since=f"first seen {span(newest.first_seen_seconds or 0.0)} ago",
        evidence="" if newest.log10_evidence is None else evidence_text(newest.log10_evidence),
        parts=list(_parts(counts, len(cells))),
        sentence="; ".join(filter(None, said)),
    )


def _parts(counts: Counter[tuple[int, str]], total: int) -> Iterator[Part]:
    before = 0
    marks = tuple(reversed(WORST_FIRST))
    for (rank, place), number in sorted(counts.items(), reverse=True):
        left, right = (round(100 * one / total, 2) for one in (before, before + number))
        yield Part(left, round(right - left, 2), marks[rank], f"{place} on {number}")
        before += number
