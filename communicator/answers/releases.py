"""PURE: CANARY_CURRENT_REPORT, what a canary tells of versions, as it is written and read, and its pages put together.

A field that is None (``null``) is not known or does not apply. Readers ignore keys they do not know.
"""

from collections.abc import Sequence

import msgspec

from communicator.answers.histogram import Histogram
from communicator.wording.releases import place_of


class Cell(msgspec.Struct, frozen=True):
    """One version of one service on one server."""

    server: str
    service: str
    version: str = ""
    build: str = ""
    state: str = "unknown"
    """``unknown``, ``observing``, ``proving``, ``good``, ``suspect``, ``blocked``, ``probation`` or ``archived``."""
    since_seconds: float | None = None
    """How long it has been in this state."""
    until_seconds: float | None = None
    """When a block or an ejection ends, from now."""
    rule: str = ""
    reason: str = ""
    """The verdict, in a sentence."""
    held_back_by: str = ""
    """What forbids the verdict that a rule has come to; empty when nothing does, or there is none."""
    passed: int = 0
    failed: int = 0
    excused: int = 0
    """Failures with a common cause: shown, not counted."""
    censored: int = 0
    consecutive: int = 0
    """Failures since the last success."""
    strikes: int = 0
    running: int = 0
    running_seconds: float | None = None
    """How long the oldest of its runs goes on."""
    override: str = ""
    """``block``, ``allow`` or ``pin`` while an operator says so."""

    unheard: tuple[str, ...] = ()
    """On a canary host: commands that it lists and that never came to it there, at most 32."""

    @property
    def place(self) -> str:
        """Its state, in which an ejection is one of its own."""
        return place_of(self.state, self.until_seconds)


class ComparedServer(msgspec.Struct, frozen=True):
    """What one server with one of two versions has to do with a comparison."""

    server: str
    is_new: bool = False
    """It has the new version."""
    failures: int = 0
    seconds: float = 0.0
    """How long it could have failed."""
    weight: float = 1.0
    """How many times as often as in the mean the old version failed there before."""


class Comparison(msgspec.Struct, frozen=True):
    """What rule C sees of a version beside the last good one, acted on or not."""

    against_version: str = ""
    against_build: str = ""
    level: str = "ok"
    """What the evidence comes to: ``ok``, ``suspect`` or ``held``."""
    held_back_by: str = ""
    """What forbids to act on that; empty when nothing does."""
    log10_evidence: float = 0.0
    suspect_log10: float = 0.0
    """The limits of that."""
    held_log10: float = 0.0
    failures_new: int = 0
    """Failures of the new version that count."""
    failures_old: int = 0
    """Failures of the old version that count."""
    expected_new: float = 0.0
    """How many of both would be the new one's, if it failed as often as is allowed."""
    differs_on: tuple[str, ...] = ()
    """The servers that alone speak against it, or that differ by themselves."""
    reason: str = ""
    """A sentence."""
    servers: tuple[ComparedServer, ...] = ()


class Release(msgspec.Struct, frozen=True):
    """One version in the whole cluster."""

    service: str
    version: str = ""
    build: str = ""
    state: str = "ok"
    """``ok``, ``suspect`` or ``held``."""
    until_seconds: float | None = None
    log10_evidence: float | None = None
    reason: str = ""
    would: str = ""
    """What a rule would make of it, if nothing forbade that: ``suspect`` or ``held``; empty when nothing is held back."""
    would_reason: str = ""
    held_back_by: str = ""
    """What forbids it."""
    comparison: Comparison | None = None
    """None: no failure counts in a comparison with it."""
    first_seen_seconds: float | None = None
    """How long ago it was first seen."""
    is_last_good: bool = False


class SickServer(msgspec.Struct, frozen=True):
    """A server that is not as it should be: several services fail there at once."""

    server: str
    state: str = "sick"
    until_seconds: float | None = None
    reason: str = ""


class Stranger(msgspec.Struct, frozen=True):
    """A user whose runs count for nobody: he is not known to run their services."""

    server: str
    user: str
    """``?`` where it cannot be told."""
    runs: int = 0
    failed: int = 0
    services: int = 0
    """How many services they were of, of the newest ones."""
    service: str = ""
    """The service of the newest run."""
    version: str = ""
    """The version of the newest run."""
    seen_seconds: float | None = None
    """How long ago something was heard of one."""


class Freeze(msgspec.Struct, frozen=True):
    """No rule acts on its scope."""

    scope: str = "*"
    until_seconds: float | None = None
    reason: str = ""
    by: str = ""
    """Empty when too many verdicts at once did it."""


class Override(msgspec.Struct, frozen=True):
    """An operator's word in force."""

    action: str
    server: str = "*"
    service: str = ""
    version: str = ""
    build: str = "*"
    until_seconds: float | None = None
    reason: str = ""
    by: str = ""
    order: str = ""
    """Its identifier, the same on each host."""
    in_force: bool = True
    """Whether the router of this host obeys it."""


class RunCount(msgspec.Struct, frozen=True):
    """A counter of one version on one server, since the canary started."""

    server: str
    service: str
    version: str
    what: str
    count: int
    build: str = ""


class VerdictCount(msgspec.Struct, frozen=True):
    """A counter of the verdicts of one rule, since the canary started."""

    rule: str
    verdict: str
    mode: str
    count: int


class Standing(msgspec.Struct, frozen=True):
    """The canary itself; what it does not tell is None."""

    mode: str = ""
    """``enforce`` or ``dry-run`` for all rules; ``by-rule`` when each has its own."""
    leader: str = ""
    term: int = 0
    generation: tuple[int, int] | None = None
    """Of the policy that the router was given last."""
    denied: int | None = None
    """Entries of that policy."""
    policy_age_seconds: float | None = None
    ledger_entries: int | None = None
    ledger_errors_total: int | None = None
    ledger_fault: str = ""
    """Why the ledger cannot be written now, so that nothing is decided; empty when it can."""
    facts_lost_total: int | None = None
    """What was told and could not be kept."""
    runs_turned_away_total: int = 0
    """Runs of users not known to run their services that were not kept, since each user had too many of them."""
    runs_missed_total: int | None = None
    """Runs that began and ended while it was away, of the last 1,024 that ended meanwhile: they are not counted for any version."""
    terms_doubted: dict[str, int] = {}
    """By server, the term that its canary tells and that is not believed: it is far ahead, and no majority tells it."""
    canary_hosts: tuple[str, ...] = ()
    """The hosts that try new versions first, as the settings of this canary name them."""
    members: tuple[str, ...] = ()
    """The servers that have announced a canary, in reach or not: orders are for them."""
    orders: str = ""
    """Which orders of operators it knows of: a digest, the same on each host where they are the same."""
    behind: tuple[str, ...] | None = None
    """The members in reach whose routers obey other orders than these."""
    orders_not_kept: str = ""
    """Why orders are not kept on disk; empty when they are."""
    proposed: int = 0
    """Decisions for the cluster that wait until a majority of the members holds them."""
    watchers: dict[str, str] = {}
    """By what it watches, why it cannot; empty where it can."""


class CanaryReport(msgspec.Struct, frozen=True):
    """What a canary tells of versions (CANARY_CURRENT_REPORT), a page or all of it."""

    server: str = ""
    """Empty until the router has told its name."""
    canary: Standing = Standing()
    cells: tuple[Cell, ...] = ()
    """The rows from `offset` on, by service and version."""
    releases: tuple[Release, ...] = ()
    """Of the same rows."""
    servers: tuple[SickServer, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    overrides: tuple[Override, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    """The newest ones."""
    runs_total: tuple[RunCount, ...] = ()
    failures_total: tuple[RunCount, ...] = ()
    verdicts_total: tuple[VerdictCount, ...] = ()
    suppressed_total: dict[str, int] = {}
    """Verdicts not acted upon, by what forbade it."""
    detection_seconds: Histogram | None = None
    """Of what this canary blocked itself, since the ledger began: from the first counted failure in a row to the block."""
    offset: int = 0
    total: int = 0
    """Versions on servers that it knows."""

    @property
    def untold(self) -> int:
        """Versions on servers that it knows and does not tell of here."""
        return max(0, self.total - len(self.cells))


def join_pages(pages: Sequence[CanaryReport]) -> CanaryReport:
    """One report of its pages.

    What moves from one page to another between two questions is there once; of a counter that two pages tell the larger value
    is the later one.

    Args:
        pages: At least one, as they came.
    """
    cells = {(one.server, one.service, one.version, one.build): one for page in pages for one in page.cells}
    releases = {(one.service, one.version, one.build): one for page in pages for one in page.releases}
    return msgspec.structs.replace(
        pages[-1],
        cells=tuple(cells.values()),
        releases=tuple(releases.values()),
        runs_total=_latest([one for page in pages for one in page.runs_total]),
        failures_total=_latest([one for page in pages for one in page.failures_total]),
    )


def _latest(counts: Sequence[RunCount]) -> tuple[RunCount, ...]:
    in_order = sorted(counts, key=lambda one: one.count)
    return tuple({(one.server, one.service, one.version, one.build, one.what): one for one in in_order}.values())
