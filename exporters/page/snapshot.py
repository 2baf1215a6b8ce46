"""PURE: all that the page is made of, each answer or why there is none; it asks nobody."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec

from communicator.answers.clocks import ClockReport, Point
from communicator.answers.clusters import Graph
from communicator.answers.deployments import Deployments
from communicator.answers.features import FeatureReport
from communicator.answers.releases import CanaryReport
from communicator.answers.router import Statistics
from communicator.answers.services import Instance
from communicator.client.status import ClusterStatus
from communicator.flags.flag import Flag
from communicator.protocol.names import is_tool_name
from communicator.wording.shadow_picture import Seen

T = TypeVar("T")
NOT_ASKED = "it was not asked yet"


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """What was answered."""

    value: T | None = None
    fault: str = NOT_ASKED
    """Why nothing was; empty when something was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What is in the directory of flags."""

    flags: Sequence[Flag] = ()
    """The most urgent first."""
    unreadable: Sequence[tuple[str, str]] = ()
    """Files that hold no flag, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One look at everything."""

    at_wall_s: float
    """Seconds since the epoch."""
    router: Told[Statistics] = field(default_factory=Told)
    graph: Told[Graph] = field(default_factory=Told)
    cluster: ClusterStatus | None = None
    instances: Told[Sequence[Instance]] = field(default_factory=Told)
    clocks: Told[ClockReport] = field(default_factory=Told)
    history: Told[Sequence[Point]] = field(default_factory=Told)
    versions: Told[CanaryReport] = field(default_factory=Told)
    deployments: Told[Deployments] = field(default_factory=Told)
    shadows: Told[Sequence[Seen]] = field(default_factory=Told)
    features: Told[FeatureReport] = field(default_factory=Told)
    flags: Told[Flags] = field(default_factory=Told)

    @property
    def not_enforced(self) -> tuple[str, ...]:
        """The servers with a C++ router; none while the router of this host does not answer."""
        return () if self.graph.value is None else self.graph.value.not_enforced

    @property
    def server(self) -> str:
        """What this host is called; empty when nobody told."""
        told = (self.router.value, self.graph.value, self.versions.value)
        names = [one.server for one in told if one is not None]
        names += [self.clocks.value.local.server] if self.clocks.value else []
        return next(filter(None, names), "")


def without_passing(report: CanaryReport) -> CanaryReport:
    """A report without passing commands, which have no version worth a look."""
    return msgspec.structs.replace(
        report,
        cells=tuple(cell for cell in report.cells if not is_tool_name(cell.service)),
        releases=tuple(one for one in report.releases if not is_tool_name(one.service)),
    )
