"""PURE: deployments as a canary tells them: where each stands, why, what is next, and what was seen."""

from typing import Literal

import msgspec

Phase = Literal[
    "pending",
    "shadow",
    "preparing",
    "step",
    "paused",
    "promoting",
    "baking",
    "done",
    "aborting",
    "rolled_back",
    "superseded",
]
ENDED: frozenset[str] = frozenset(("done", "rolled_back", "superseded"))
"""The phases that no deployment leaves."""
StepState = Literal["done", "current", "next"]
ServerState = Literal["running", "wanted", "failed", "away"]
"""`wanted`: it is being put there."""
Verdict = Literal["ok", "watch", "bad", "no_data", "error"]
"""`watch`: beyond the limit at which a deployment pauses. `no_data` and `error` hold a deployment and blame nobody."""


class ShownStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step."""

    text: str
    """Such as ``25 % of the servers, 10 % of their traffic``."""
    state: StepState
    bake_s: float = 0.0
    pauses: bool = False
    """Whether a person has to say promote after it."""
    as_shadow: bool = False
    """Whether the version runs as a shadow in it: it comes before the others, and is not counted among them."""


class ShownServer(msgspec.Struct, frozen=True, kw_only=True):
    """The service on one server."""

    server: str
    version: str
    """The version that the server is to have."""
    build: str = "*"
    is_new: bool = False
    """Whether that is the new version."""
    state: ServerState
    text: str = ""
    """More about it, such as what its executor said."""
    acknowledged: bool = True
    """Whether its router obeys what was decided last."""


class ShownCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule or one metric comes to: value and limit."""

    name: str
    verdict: Verdict
    value: str
    limit: str
    text: str = ""
    """A sentence."""


class Point(msgspec.Struct, frozen=True, array_like=True):
    """The evidence at one moment, for a plot."""

    ago_s: float
    step: int
    """From 0."""
    log10_evidence: float


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """One deployment."""

    id: str
    name: str
    service: str
    version: str
    """The version that is deployed."""
    build: str = "*"
    from_version: str = ""
    """The version before it; empty: there was none, it is the first one."""
    from_build: str = "*"
    strategy: str
    executor: str
    phase: Phase
    reason: str = ""
    """Why it is there, in a sentence."""
    needs_human: bool = False
    """Whether nothing moves until somebody says something."""
    as_shadow: bool = False
    """Whether the version runs as a shadow, which comes before all steps; also while that is paused."""
    may_stop_again: bool = False
    """Whether its shadow is left since it could not be stopped: abort tries that again."""
    step: int = 0
    """From 0, the one as a shadow left out."""
    steps: tuple[ShownStep, ...] = ()
    attempt: int = 1
    servers: tuple[ShownServer, ...] = ()
    """In the order in which they get the version."""
    checks: tuple[ShownCheck, ...] = ()
    log10_evidence: float = 0.0
    """Evidence that the new version fails more."""
    suspect_log10: float = 0.0
    """The evidence at which the deployment pauses."""
    block_log10: float = 0.0
    """The evidence at which the deployment aborts."""
    points: tuple[Point, ...] = ()
    """The evidence since it began, the oldest first."""
    next: str = ""
    """What comes next, and when, in words."""
    left_s: float | None = None
    """Until that, or until a pause or a deadline is over; None: nothing waits for a time."""
    is_overdue: bool = False
    """Whether a deadline has passed without what was to happen until then."""
    active: str = ""
    """Of blue-green: the version that gets the traffic."""
    behind: tuple[str, ...] = ()
    """The servers in reach whose routers have not acknowledged what was decided last."""
    by: str = ""
    """Who started it, such as ``root@alpha``."""
    began_ago_s: float = 0.0
    in_phase_s: float = 0.0
    number: int = 0
    """Of its changes: the same number is the same state."""


class Deployments(msgspec.Struct, frozen=True, kw_only=True):
    """The deployments of the cluster, as one canary knows them (CANARY_CURRENT_REPORT, deployments): the newest of each service."""

    server: str = ""
    leader: str = ""
    """Who decides; empty: nobody does, and nothing moves."""
    deployments: tuple[Deployment, ...] = ()
    omitted: int = 0
    """Further ones, which did not fit."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a deployment, as the ledger of a host has it."""

    wall_s: float
    """Since 1970, by the wall clock of that host."""
    id: str
    name: str
    service: str
    version: str
    phase: Phase
    as_shadow: bool = False
    """Whether the version ran as a shadow then."""
    step: int = 0
    reason: str = ""
    by: str = ""
    """Who said so; empty: it came about by itself."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """The changes of deployments that the ledger of one host has (CANARY_CURRENT_REPORT): the newest that fit."""

    server: str = ""
    changes: tuple[Change, ...] = ()
    """The oldest first."""
    omitted: int = 0


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a host can do what a deployment asks of it (CANARY_CURRENT_REPORT, deployment_check)."""

    server: str = ""
    missing: tuple[str, ...] = ()
    """What it lacks, each in words that say where to define it; empty: it can."""
    has: str = ""
    """The version of the service that runs there; empty: none."""
    refused: str = ""
    """Of who leads: why it would not begin it now; empty: it would, or another one leads."""


class DeploymentTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a command about a deployment (CANARY_RESULT), where the leader took it."""

    id: str = ""
    number: int = 0
    """Of the change that it has made."""
    phase: Phase = "pending"
    in_force: bool = False
    """Whether a majority of the members holds it; else it is proposed, and lost if this host is."""
    warnings: tuple[str, ...] = ()
    """What a person should know, such as hosts whose C++ routers obey no weights."""


class Counts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a service, or a command, answers to a check of a deployment (MEASUREMENT); what is left out is not known."""

    events: float | None = None
    """How many events there were in all."""
    failures: float | None = None
    """How many of the events failed."""
    value: float | None = None
    """In place of these: one number, for a check that has `value`."""
