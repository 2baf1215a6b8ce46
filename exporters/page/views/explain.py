"""PURE: why a version on a server is where it is: each number with its limit, each event with its effect; it asks nobody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC
from shlex import quote

from communicator.answers.explanations import Explanation
from communicator.wording.enforcement import not_enforced_text
from communicator.wording.explanations import cap_text, measure_text, next_text, short_runs
from communicator.wording.marks import Mark
from communicator.wording.releases import NO_VERSION, place_mark, scope_text
from communicator.wording.spans import moment

_SHOWN = 200
"""Entries of the ledger at most, the newest: they say what the verdict came from."""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry of the ledger."""

    seq: int
    time: str
    effect: str
    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainView:
    """All about one version on one server."""

    mark: Mark
    title: str
    reason: str
    aside: str
    """That it is not enforced there, and why; empty where it is."""
    next: str
    held_back: str
    measures: Sequence[tuple[str, str, str, str]]
    """Rule, what it looks at, the value and the limit."""
    entries: Sequence[EntryRow]
    omitted: int
    elsewhere: str
    """The command that asks where the ledger of that server is; empty when it is that of this host."""


def explain_view(told: Explanation, own: str, not_enforced: Collection[str] = ()) -> ExplainView:
    """What is shown of it.

    Args:
        told: What the canary of this host says.
        own: The server it is on; empty when nobody told.
        not_enforced: Servers with a C++ router.
    """
    scope = "/".join((told.server, told.service, told.version or NO_VERSION, *filter(None, (told.build,))))
    what = scope_text(told.service, told.version, told.build, told.server)
    return ExplainView(
        mark=place_mark(told.state),
        title=f"{what} is {told.state}",
        reason=told.reason,
        aside=not_enforced_text([told.server], not_enforced),
        next=next_text(told.next, told.next_seconds) if told.next else "",
        held_back=cap_text(told.held_back_by) if told.held_back_by else "",
        measures=[(one.rule, one.what, measure_text(one.value), measure_text(one.limit)) for one in told.measures],
        entries=[
            EntryRow(line.seq, moment(line.wall_s, UTC), line.effect, short_runs(line.what), line.why)
            for line in told.lines[-_SHOWN:]
        ],
        omitted=told.omitted + max(0, len(told.lines) - _SHOWN),
        elsewhere="" if told.server in ("", own) else f"bellwether canary explain {quote(scope)}",
    )
