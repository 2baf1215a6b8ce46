"""PURE: what the judge knows: cells, runs, versions, servers, overrides; it says neither how this changes nor why."""

from collections import deque
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from canary.judge.comparing import ComparedFailure, Comparison
from canary.judge.detection import Detections
from canary.records import (
    Cap,
    CellKey,
    CellState,
    Deploying,
    Doing,
    Overridden,
    RunKey,
    Shadowed,
    Version,
    VersionCompared,
)
from canary.rules import AmbientSettings, RuleCSettings

EXCUSE_S = 10.0
"""How long after a failure that excuses another one the leader has heard of it, at most."""

LIVE = "live"
SHADOW = "shadow"
"""The role of a run that says nothing of how its version does its work."""

ProbeState = Literal["", "running", "passed", "failed", "excused", "void"]
"""What became of the probe that was granted last: nobody came yet; …; it ended, and nothing was learnt."""


@dataclass(slots=True)
class Failure:
    """One failure, kept for a while to see what others happened around it."""

    seq: int
    at_s: float
    key: CellKey
    run_id: str
    excuse: str = ""
    """Which common cause it had; empty when it counts."""
    local_only: bool = False
    """It says nothing of the version elsewhere."""
    causes: tuple[str, ...] = ()
    """The kinds of `canary.evidence.kinds` that were told."""
    config_hash: str = ""


@dataclass(slots=True)
class Cell:
    """One version on one server."""

    key: CellKey
    state: CellState = "unknown"
    since_at_s: float = 0.0
    """When it came into this state."""
    rule: str = ""
    reason: str = ""
    """Why it is in this state, in a sentence."""
    until_at_s: float | None = None
    """When a block or an ejection ends."""
    passed: int = 0
    """Runs that lasted long enough."""
    failed: int = 0
    """Runs that counted as failures."""
    excused: int = 0
    """Failures that had a common cause."""
    censored: int = 0
    consecutive: int = 0
    """Counted failures since the last success, or since a transition that resets them."""
    first_failure_at_s: float | None = None
    """Of those."""
    last_failure_at_s: float | None = None
    first_seq: int = 0
    last_seq: int = 0
    unbroken_since_at_s: float | None = None
    """Since when it has failed without a success in between, excused failures too."""
    ever_passed: bool = False
    strikes: int = 0
    ejections: int = 0
    """In a row."""
    returns: int = 0
    """Successes during an ejection."""
    probes_granted: int = 0
    baked_s: float = 0.0
    """How long its runs have lasted together without a failure."""
    config_hash: str = ""
    """Of the newest run."""
    config_starts: int = 0
    """Failed starts with it."""
    seen_at_s: float = 0.0
    streak: deque[Failure] = field(default_factory=deque)
    """The newest failures since the last success, excused ones too."""
    config_changed: bool = False
    """Since the last success, so that older failures may be those of the old configuration."""
    successes: int = 0
    """Since it came into this state."""
    running: int = 0
    """Its runs that go on, shadows left out."""
    healthy: int = 0
    """Those among them that have passed."""
    bake_base_s: float = 0.0
    """The sum of when each of them began to count for that."""
    bakes_from_at_s: float = 0.0
    """What they lasted before does not: then one failed."""
    is_stopped: bool = False
    """Its last run has ended, and not by a failure: nobody is about to start it again."""
    has_given_up: bool = False
    """Since the last success its supervisor has stopped starting it."""
    probe: ProbeState = ""
    suppressed_by: Cap = ""
    """What forbade the last verdict that did not come to pass,"""
    suppressed_rule: str = ""
    """and of which rule that was."""
    is_pardoned: bool = False
    """An operator has forgiven it, and it has not moved since."""
    needs_human: bool = False
    is_local: bool = False
    """What it was blocked for says nothing of the version elsewhere."""
    probe_is_live: bool = False
    """The probe that was granted last may come in as itself: no other one came."""
    blocked_for: str = ""
    """The sentence of the verdict that blocked it, whatever its probes came to since,"""
    blocked_by: str = ""
    """and the rule whose it was."""
    ever_good: bool = False
    relapses: tuple[tuple[float, str], ...] = ()
    """When it failed after it had worked, and which run that was: the newest, as far as they count."""


@dataclass(slots=True)
class LiveRun:
    """A run that goes on."""

    run_id: str
    key: CellKey
    role: str
    began_at_s: float
    has_passed: bool = False
    config_hash: str = ""


class Brief(NamedTuple):
    """A failure as far as those around it care."""

    at_s: float
    key: CellKey
    run_id: str


@dataclass(slots=True)
class Server:
    """What is known of a server."""

    name: str
    booted_at_s: float | None = None
    lost_at_s: float | None = None
    """Since when it is out of reach; None while it is not."""
    dropped_at_s: float | None = None
    """When it last came out of reach."""
    is_sick: bool = False
    sick_until_at_s: float | None = None
    """Until when it is sick, or would be if rule D did not run dry."""
    reason: str = ""
    cells: dict[CellKey, None] = field(default_factory=dict)
    """What ran there."""
    services: dict[str, dict[CellKey, None]] = field(default_factory=dict)
    """The same by service, what was seen last at the end."""
    recent: deque[Brief] = field(default_factory=deque)
    """The newest failures there."""
    verdicts: deque[tuple[float, str]] = field(default_factory=deque)
    """When a service got a verdict against it there."""


@dataclass(slots=True)
class Release:
    """One version in the whole cluster."""

    version: Version
    first_seen_at_s: float = 0.0
    state: str = "ok"
    """``ok``, ``suspect`` or ``held``."""
    until_at_s: float | None = None
    log10_evidence: float | None = None
    reason: str = ""
    would: str = ""
    """What it would be if nothing forbade it,"""
    would_reason: str = ""
    """and why."""
    last_good_at_s: float | None = None
    """When it was last found good anywhere."""
    rule: str = ""
    """Whose word its state is."""
    suppressed_by: Cap = ""
    """What forbade the last verdict that did not come to pass,"""
    suppressed_rule: str = ""
    """and of which rule that was."""
    servers: dict[str, None] = field(default_factory=dict)
    """Where it ran."""
    tried: int = 0
    """On how many servers that was known to be so when it was judged: who knows of fewer has not heard all."""


@dataclass(slots=True)
class Freeze:
    """No rule acts on its scope."""

    scope: str
    until_at_s: float | None
    reason: str
    by: str
    """Who; empty when too many verdicts at once did it."""
    order: str = ""
    """Of an operator: its identifier in the book of the cluster."""


@dataclass(slots=True)
class ShadowRuns:
    """The runs of one version as a shadow on one server."""

    running: dict[str, float] = field(default_factory=dict)
    """By identifier, when each of those began that go on."""
    ran_s: float = 0.0
    """How long those lasted together that are over."""
    ended: dict[str, None] = field(default_factory=dict)
    """The newest that are over."""
    failed: int = 0
    failure: str = ""
    """How the last of them failed, in a few words."""


class StrangerKey(NamedTuple):
    """A user on a server."""

    server: str
    user: str


@dataclass(slots=True)
class Stranger:
    """What was seen of the runs of a user that say nothing of their services."""

    runs: int = 0
    failed: int = 0
    service: str = ""
    """Of the newest of them,"""
    version: str = ""
    """and its version."""
    seen_at_s: float = 0.0
    services: dict[str, None] = field(default_factory=dict)
    """The newest ones, the last at the end."""


@dataclass(slots=True)
class Heard:
    """How far the ledger of another server was heard."""

    ledger: str
    seq: int = 0


@dataclass(slots=True)
class State:
    """All of it. Only `canary.judge.apply` writes into it."""

    now_s: float = 0.0
    """The time of the newest entry."""
    seq: int = 0
    cells: dict[CellKey, Cell] = field(default_factory=dict)
    runs: dict[RunKey, LiveRun] = field(default_factory=dict)
    failures: deque[Failure] = field(default_factory=deque)
    """The recent ones of all servers, the oldest first."""
    servers: dict[str, Server] = field(default_factory=dict)
    releases: dict[Version, Release] = field(default_factory=dict)
    overrides: dict[int, Overridden] = field(default_factory=dict)
    freezes: dict[str, Freeze] = field(default_factory=dict)
    """By scope."""
    verdicts: deque[tuple[float, str]] = field(default_factory=deque)
    """When a service got its recent verdicts against it."""
    last_block_at_s: dict[str, float] = field(default_factory=dict)
    """By service."""
    comparisons: dict[str, Comparison] = field(default_factory=dict)
    """By service."""
    compared: dict[str, VersionCompared] = field(default_factory=dict)
    """By service, what the leader has told of its comparison last."""
    unsettled: deque[ComparedFailure] = field(default_factory=deque)
    """Failures of all comparisons that may still turn out to have a common cause, the oldest first."""
    aside: dict[str, None] = field(default_factory=dict)
    """The servers whose runs are compared with nothing, since they are out of reach."""
    compare_margin: float = RuleCSettings().margin
    """Of the rules in force,"""
    compare_limit_log10: float = RuleCSettings().suspect_log10
    """the lower limit of the evidence,"""
    compare_settle_s: float = AmbientSettings().elsewhere_s + EXCUSE_S
    """and how long after a failure they may have found a common cause of it."""
    ended: dict[RunKey, bool] = field(default_factory=dict)
    """The newest runs that are over, and whether each had passed."""
    excused: dict[RunKey, str] = field(default_factory=dict)
    """The newest failed runs that do not count, and why."""
    failures_of: dict[str, deque[Brief]] = field(default_factory=dict)
    """The newest failures of a service on all servers."""
    installed: dict[str, dict[str, CellKey]] = field(default_factory=dict)
    """By service and server, the version that last ran there to do its work."""
    versions: dict[str, dict[Version, None]] = field(default_factory=dict)
    """By service."""
    fresh: dict[CellKey, None] = field(default_factory=dict)
    """The cells that the newest thing that happened concerns, and the decisions since."""
    timed: dict[CellKey, None] = field(default_factory=dict)
    """The cells in a state that time alone may end."""
    suppressed: dict[CellKey, None] = field(default_factory=dict)
    """The cells with a verdict that did not come to pass."""
    held: dict[Version, None] = field(default_factory=dict)
    """The versions that a leader holds."""
    decided: dict[tuple[str, ...], tuple[int, str, int]] = field(default_factory=dict)
    """By subject, the term, the leader and the number of the newest decision for the cluster."""
    detections: Detections = field(default_factory=Detections)
    """How long it took to find what was blocked on this server."""
    pardoned: dict[Version, None] = field(default_factory=dict)
    """The versions of which a leader has said something, and that an operator has forgiven since."""
    doubted: dict[Version, None] = field(default_factory=dict)
    """The versions that would be held if nothing forbade it."""
    sick: dict[str, None] = field(default_factory=dict)
    """The servers that are sick, or would be if rule D did not run dry."""
    rules_revision: str = ""
    leader: str = ""
    term: int = 0
    policy_number: int = 0
    override_number: int = 0
    speakers: dict[str, dict[str, dict[str, None]]] = field(default_factory=dict)
    """By service and server, the users whose runs of it have lasted there."""
    strangers: dict[StrangerKey, Stranger] = field(default_factory=dict)
    """Who runs what nobody knows him to run, the one heard of last at the end."""
    deployments: dict[str, Deploying] = field(default_factory=dict)
    """By service, the last one, ended or not."""
    doing: dict[tuple[str, str], Doing] = field(default_factory=dict)
    """By server and service, its last task for a deployment that is about the service itself,"""
    shadowing: dict[tuple[str, str], Doing] = field(default_factory=dict)
    """and the last one that is about a shadow of it."""
    shadow_runs: dict[CellKey, ShadowRuns] = field(default_factory=dict)
    """How versions do as shadows: that says nothing of how they do their work."""
    shadows: dict[tuple[str, str, str], Shadowed] = field(default_factory=dict)
    """By the server of the primary, that of the shadow, and the service: what comparing them has come to."""
    obeyed: dict[str, None] = field(default_factory=dict)
    """The newest orders that are obeyed once, by their identifiers in the book of the cluster."""
    flags_told: dict[str, str] = field(default_factory=dict)
    """What was told of definitions and orders about feature flags, by their identifiers in the book of the cluster."""
    heard: dict[str, Heard] = field(default_factory=dict)
    """By server; here, so that it outlives the entries that it came from."""
