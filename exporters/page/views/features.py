"""PURE: feature flags for a person: those that are off, then those that are stale, each with what to type; it switches none."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from communicator.answers.features import FeatureReport, FeatureRow, Off, Stale
from communicator.wording.counts import count
from communicator.wording.marks import GOOD, OPEN, UNKNOWN, Mark
from communicator.wording.spans import span
from exporters.page.views.addresses import stable_id

_DIFFERING = 5
"""Files that say otherwise are named up to so many; ``bellwether feature list`` has them all."""


@dataclass(frozen=True, slots=True)
class FeatureItem:
    """One flag."""

    id: str
    name: str
    mark: Mark
    word: str
    lines: Sequence[str]
    """Why it is off, and why it is stale."""
    about: str
    command: str
    """What to type to switch it; empty: nothing, since it is not defined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturesView:
    """All of them."""

    mark: Mark
    sentence: str
    items: Sequence[FeatureItem]
    differing: Sequence[str]
    differing_more: int
    hidden: int
    """Flags that are not shown."""
    hidden_troubled: int
    """Of them, off or stale."""


def features_view(report: FeatureReport, shown: int | None) -> FeaturesView:
    """What is shown of the flags.

    Args:
        report: What the canary tells, those that are off or stale first.
        shown: How many of these at most, and no others; None: all that the report has.
    """
    troubled = [row for row in report.features if row.offs or row.stale]
    rows = report.features if shown is None else troubled[:shown]
    return FeaturesView(
        mark=OPEN if to_look_at(report) else GOOD,
        sentence=_sentence(report),
        items=[_item(row) for row in rows],
        differing=report.differing[:_DIFFERING],
        differing_more=max(0, len(report.differing) - _DIFFERING),
        hidden=max(0, report.total - len(rows)),
        hidden_troubled=max(0, _troubled(report) - sum(bool(row.offs or row.stale) for row in rows)),
    )


def to_look_at(report: FeatureReport) -> int:
    """How many matters a person may look at: flags that are off or stale, and files that say otherwise."""
    return _troubled(report) + len(report.differing)


def _troubled(report: FeatureReport) -> int:
    """How many are off or stale; one that is both is known where it is told."""
    both = sum(bool(row.offs and row.stale) for row in report.features)
    return max(0, report.off + report.stale - both)


def _sentence(report: FeatureReport) -> str:
    if not report.total:
        return "No feature flag is defined"
    words = [f"{number:,} {'is' if number == 1 else 'are'} {word}" for number, word in _counts(report) if number]
    return f"{count(report.total, 'feature flag')}: {', '.join(words) or 'none is off or stale'}"


def _counts(report: FeatureReport) -> Sequence[tuple[int, str]]:
    return ((report.off, "off"), (report.stale, "stale"))


def _item(row: FeatureRow) -> FeatureItem:
    is_off, is_stale = bool(row.offs), bool(row.stale)
    mark, word = (OPEN, "off") if is_off else (UNKNOWN, "stale") if is_stale else (GOOD, "in use")
    return FeatureItem(
        id=stable_id("feature", row.feature),
        name=row.feature,
        mark=mark,
        word=word,
        lines=[*map(_off_line, row.offs), *map(_stale_line, row.stale)],
        about=_about(row),
        command=_command(row, "on" if is_off else "off"),
    )


def _off_line(off: Off) -> str:
    until = "until it is switched on" if off.left_s is None else f"for {span(off.left_s)} more"
    by = f" by {off.by}" if off.by else ""
    return f"Switched off {span(off.given_ago_s)} ago{by}, {until}: {off.reason}"


def _stale_line(stale: Stale) -> str:
    return f"Stale for {span(stale.since_ago_s)}: {stale.text}"


def _about(row: FeatureRow) -> str:
    if not row.type:
        return "not defined"
    told = [row.type, f"of {row.owner}"]
    told += [f"until {row.expires}"] if row.expires else []
    by = f", by {row.by}" if row.by else ""
    return f"{' '.join(told)}; defined {span(row.changed_ago_s)} ago{f' in {row.file}' if row.file else ''}{by}"


def _command(row: FeatureRow, switch: str) -> str:
    is_known = row.type or row.offs
    return f'bellwether feature {switch} {shlex.quote(row.feature)} --reason "..."' if is_known else ""
