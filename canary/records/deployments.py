"""PURE: how far a deployment is, as the leader decides it, and what hosts did for it; it decides nothing and does nothing."""

from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from canary.deployment.spec import Shadowing, Spec
from canary.deployment.task import Outcome, Task
from canary.records.decisions import OfLeader
from canary.records.facts import Record
from canary.records.names import ALL, Rule
from communicator.answers.deployments import ENDED, Phase

Pause = Literal[
    "", "hand", "gate", "objection", "suspect", "bad", "inconclusive", "check", "unacknowledged", "no_way_back"
]
"""Why it is paused: somebody said so; its step says so; one may object; a rule or a check found something; …"""
Number = Annotated[int, Meta(ge=0, le=2**53)]


class Before(msgspec.Struct, frozen=True, array_like=True):
    """What ran on a server when the deployment began."""

    server: str
    version: str = ""
    """Empty: nothing."""
    build: str = ""


class DeploymentMoved(OfLeader, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_moved"):
    """A deployment is at another point. Its end is the end of what it waits for: a deadline, a step, a pause."""

    rule: Rule = "deploy"
    id: str
    spec: Spec
    by: str
    """Who started it, such as ``root@alpha``; who did what it is told of is in `reason`."""
    phase: Phase
    moves: Number = 1
    """Of its changes; each is one more."""
    attempt: Number = 1
    step: Number = 0
    """From 0."""
    servers: tuple[Before, ...] = ()
    """Those of the service, in the order in which they get the version, and what they had before."""
    placed: Number = 0
    """So many of them, the first ones, are to have the new version; on the way back: had been to."""
    is_up: bool = False
    """It was up on all of these that are in reach, and the time of the step counts."""
    pause: Pause = ""
    resume: Phase = "step"
    """Of a pause: where it goes on."""
    from_version: str = ""
    """The version that most servers had before; empty: it is the first one."""
    from_build: str = ""
    overruled: tuple[str, ...] = ()
    """What was found, and somebody has gone on all the same: it pauses nothing any more, unless it gets worse."""
    exposed_s: float = 0.0
    """How long the new version had run when the step began, all servers together, or when it became a shadow, as one;"""
    failures: Number = 0
    """and how many failures of both had been seen, or of the shadow."""
    colour: Number = 0
    """Of blue-green: the generation of the service's colours."""
    is_switched: bool = False
    """The new version is the active one."""
    is_renewed: bool = False
    """It is where it was, and is said again so that the book does not forget it."""
    trail: tuple[tuple[str, str], ...] = ()
    """The versions that were deployed before, the newest first."""
    said_by: str = ""
    """Who said what has led here, such as ``root@alpha``; empty: it came about by itself."""
    supersedes: str = ""
    """The deployment of the same service that was under way, and ended by this one."""

    @property
    def service(self) -> str:
        """Whose deployment it is."""
        return self.spec.service

    @property
    def version(self) -> str:
        """What is deployed."""
        return self.spec.version

    @property
    def build(self) -> str:
        """The build of that."""
        return self.spec.build

    @property
    def is_over(self) -> bool:
        """Whether it is at an end."""
        return self.phase in ENDED

    @property
    def about(self) -> tuple[str, ...]:
        """The deployments of the service: the newest one counts."""
        return ("deployment", self.spec.service)

    @property
    def gist(self) -> tuple[object, ...]:
        """All but sentences and ends."""
        return (
            self.id,
            self.moves,
            self.attempt,
            self.phase,
            self.step,
            self.placed,
            self.is_up,
            self.pause,
            self.is_switched,
        )

    @property
    def place(self) -> Phase:
        """The phase that it is in, or is paused in."""
        return self.resume if self.phase == "paused" else self.phase

    @property
    def shadowing(self) -> Shadowing | None:
        """How the version runs as a shadow now; None: it does not."""
        return self.spec.shadow if self.place == "shadow" else None

    @property
    def comparison(self) -> str:
        """What its shadow is compared for: each attempt is another comparison."""
        return self.id if self.attempt == 1 else f"{self.id}.{self.attempt}"

    @property
    def trial(self) -> tuple[str, str]:
        """The version and the build that are deployed."""
        return self.spec.version, self.spec.build

    @property
    def concerned(self) -> tuple[Before, ...]:
        """The servers that are to have the new version, or were."""
        return self.servers[: self.placed]


class OfTask(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What a host does for a deployment."""

    server: str
    task: Task
    origin_seq: int = 0
    """Its number in the ledger of its server, when that is another one."""
    happened_at_s: float | None = None
    """When, by the clock of this ledger; None when it is its place in the ledger that tells."""

    @property
    def service(self) -> str:
        """Of which service."""
        return self.task.service

    @property
    def version(self) -> str:
        """Which version."""
        return self.task.version

    @property
    def build(self) -> str:
        """Which build of it."""
        return self.task.build


class TaskBegun(OfTask, frozen=True, kw_only=True, omit_defaults=True, tag="task_begun"):
    """It is about to be done: written before, so that a crash of ours cannot have it done twice."""


class TaskEnded(OfTask, frozen=True, kw_only=True, omit_defaults=True, tag="task_ended"):
    """It was done, or could not be."""

    outcome: Outcome


class ShadowCompared(Record, frozen=True, kw_only=True, omit_defaults=True, tag="shadow_compared"):
    """What has come so far of comparing a shadow with the primary of one host; each takes the place of the one before."""

    server: str
    """Of the primary, and of the canary that compares."""
    shadow: str
    """The server that the shadow runs on."""
    service: str
    version: str
    """Of the shadow."""
    build: str = ALL
    deployment: str = ""
    """What it is compared for; empty: it is the shadow of no deployment."""
    conversations: Number = 0
    """That were compared;"""
    incomplete: Number = 0
    """and that were not, since they were not whole."""
    compared: Number = 0
    """Pairs of replies;"""
    matching: Number = 0
    """those that are the same, or differ by noise alone;"""
    differing: Number = 0
    """and the others."""
    unpaired: Number = 0
    """Replies of one of the two to which the other one had none."""
    log10_evidence: float = 0.0
    """That the shadow differs from the primary: 2 comes once in a hundred shadows that do not, 3 once in a thousand."""
    is_conclusive: bool = True
    """Whether so few replies are unpaired that this says something."""
    paths: tuple[str, ...] = ()
    """Where they differ, the weightiest first."""
    origin_seq: int = 0
    """Its number in the ledger of its server, when that is another one."""
    happened_at_s: float | None = None
    """When, by the clock of this ledger; None when it is its place in the ledger that tells."""


class Shadowed(NamedTuple):
    """How a shadow compares with one primary."""

    told: ShadowCompared
    at_s: float
    """When that was told, on the clock of this ledger."""


class Deploying(NamedTuple):
    """Where a deployment is, on the clock of this ledger."""

    at: DeploymentMoved
    since_s: float
    """When that was told."""
    began_s: float
    """When it began."""


class Doing(NamedTuple):
    """The last task of a host for one service."""

    task: Task
    at_s: float
    outcome: Outcome | None = None
    """None: it goes on."""

    @property
    def shadows(self) -> tuple[str, ...]:
        """The versions that may run as shadows there: what was not stopped for sure is one of them."""
        left = self.task.shadows or ()
        is_sure = self.task.verb != "stop" or (self.outcome is not None and self.outcome.status == "done")
        return left if is_sure else (*left, self.task.version)


def matches(wanted: tuple[str, str], version: str, build: str) -> bool:
    """Whether a version is the wanted one; ``*`` as the wanted build is every one."""
    return version == wanted[0] and wanted[1] in (ALL, build)
