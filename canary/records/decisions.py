"""PURE: what the judges decided about versions and servers; it says nothing of how."""

from typing import Literal

import msgspec

from canary.records.facts import Record
from canary.records.names import Cap, CellKey, CellState, Rule, RuleMode, RunKey


class OfCell(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A decision about one version on one server."""

    server: str
    service: str
    version: str
    build: str

    @property
    def key(self) -> CellKey:
        """What it is about."""
        return CellKey(self.server, self.service, self.version, self.build)


class CellMoved(OfCell, frozen=True, kw_only=True, omit_defaults=True, tag="cell_moved"):
    """A version on a server is in another state."""

    old: CellState
    new: CellState
    rule: Rule
    mode: RuleMode = "enforced"
    """Detected: it stays in the old state."""
    suppressed_by: Cap = ""
    until_at_s: float | None = None
    """When a block or an ejection ends."""
    strikes: int = 0
    """Failed probes since it was good."""
    reason: str = ""
    """A sentence with each value and its limit."""
    numbers: dict[str, float] = msgspec.field(default_factory=dict)
    first_seq: int = 0
    """The evidence: the first"""
    last_seq: int = 0
    """and the last fact that counted."""
    needs_human: bool = False
    """No rule can tell what is wrong here."""
    origin_seq: int = 0
    """Its number in the ledger of its server, when that is another one; then its times were changed to those of this one."""
    happened_at_s: float | None = None
    """When, by the clock of this ledger; None when it is its place in the ledger that tells."""


class RunExcused(OfCell, frozen=True, kw_only=True, omit_defaults=True, tag="run_excused"):
    """A failure turned out to have a common cause: it is shown, and no longer counts against its version."""

    run_id: str
    failure_at_s: float
    """When it was told, by the clock of this ledger."""
    excuse: str
    """Which common cause; see `canary.judge.ambient`."""
    reason: str = ""
    """A sentence."""
    origin_seq: int = 0
    """Its number in the ledger of its server, when that is another one; then its times were changed to those of this one."""
    happened_at_s: float | None = None
    """When, by the clock of this ledger; None when it is its place in the ledger that tells."""

    @property
    def run(self) -> RunKey:
        """Which run."""
        return RunKey(self.server, self.run_id)


class ProbeGranted(OfCell, frozen=True, kw_only=True, omit_defaults=True, tag="probe_granted"):
    """A blocked version may be tried once; written before it may, so that a crash of ours cannot grant two."""

    number: int
    is_live: bool = False
    """It may come in as itself, since nobody came as a probe: its next run is the probe, and gets no messages."""
    origin_seq: int = 0
    """Its number in the ledger of its server, when that is another one; then its times were changed to those of this one."""
    happened_at_s: float | None = None
    """When, by the clock of this ledger; None when it is its place in the ledger that tells."""


class OfLeader(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A decision for the whole cluster, as the book of the cluster has it."""

    rule: Rule
    leader: str = ""
    """Who took it; empty: we have just come to it, or an elder release has."""
    term: int = 0
    """In which that one led."""
    number: int = 0
    """Of its decisions in that term."""
    mode: RuleMode = "enforced"
    until_at_s: float | None = None
    reason: str = ""
    numbers: dict[str, float] = msgspec.field(default_factory=dict)

    @property
    def about(self) -> tuple[str, ...]:
        """What it speaks of."""
        raise NotImplementedError

    @property
    def subject(self) -> tuple[str, ...]:
        """Of the decisions with the same subject the newest one counts.

        What a rule would do is a subject of its own for each rule, so that it never takes the place of what is in effect.
        """
        return self.about if self.mode == "enforced" else (*self.about, self.rule)

    @property
    def gist(self) -> tuple[object, ...]:
        """What is not worth telling again while only its numbers, or its end, have moved on."""
        raise NotImplementedError


class VersionJudged(OfLeader, frozen=True, kw_only=True, omit_defaults=True, tag="version_judged"):
    """The leader has judged a version for the whole cluster."""

    service: str
    version: str
    build: str
    state: Literal["ok", "suspect", "held"]
    suppressed_by: Cap = ""
    log10_evidence: float | None = None

    @property
    def about(self) -> tuple[str, ...]:
        """The version."""
        return ("version", self.service, self.version, self.build)

    @property
    def gist(self) -> tuple[object, ...]:
        """What is said of it, and whether that is acted on."""
        return self.state, self.rule, self.mode, self.suppressed_by


class ServerJudged(OfLeader, frozen=True, kw_only=True, omit_defaults=True, tag="server_judged"):
    """A server is sick, so that its failures say nothing of versions; or it is well again."""

    server: str
    state: Literal["ok", "sick"]
    rule: Rule = "d"

    @property
    def about(self) -> tuple[str, ...]:
        """The server."""
        return ("server", self.server)

    @property
    def gist(self) -> tuple[object, ...]:
        """What is said of it, and whether that is acted on."""
        return self.state, self.mode


class ComparedPart(msgspec.Struct, frozen=True, array_like=True):
    """What one server with one of two versions has to do with it."""

    server: str
    is_new: bool
    failures: int
    seconds: float
    """How long it could have failed."""
    weight: float
    """How many times as often as in the mean the old version failed there before."""


class VersionCompared(OfLeader, frozen=True, kw_only=True, omit_defaults=True, tag="version_compared"):
    """What the leader sees by rule C of the newest version of a service, acted on or not; see `canary.judge.compared`."""

    rule: Rule = "c"
    service: str
    version: str
    build: str
    against_version: str
    """The last good one,"""
    against_build: str
    """and its build."""
    level: Literal["ok", "suspect", "held"]
    """What the evidence comes to."""
    suppressed_by: Cap = ""
    """What forbids to act on that."""
    log10_evidence: float
    differs_on: tuple[str, ...] = ()
    """The servers that alone speak against it, or that differ by themselves: that moves nothing."""
    servers: tuple[ComparedPart, ...] = ()

    @property
    def about(self) -> tuple[str, ...]:
        """The comparison of that service."""
        return ("comparison", self.service)

    @property
    def gist(self) -> tuple[object, ...]:
        """Which versions, how many failures, and what they come to."""
        counted = self.numbers.get("failures_new"), self.numbers.get("failures_old")
        return self.version, self.build, self.against_version, self.level, self.suppressed_by, self.differs_on, counted
