"""PURE: any record in its place in the ledger, and as JSON; it neither stores nor judges."""

from typing import NamedTuple

import msgspec

from canary.records.course import Led, PolicyIssued, RulesSet, Started, Stopped
from canary.records.decisions import CellMoved, ProbeGranted, RunExcused, ServerJudged, VersionCompared, VersionJudged
from canary.records.deployments import DeploymentMoved, ShadowCompared, TaskBegun, TaskEnded
from canary.records.facts import (
    GaveUp,
    HoldHeard,
    LedgerMet,
    Record,
    RunBegan,
    RunEnded,
    RunPassed,
    ServerBack,
    ServerBooted,
    ServerLost,
)
from canary.records.orders import FlagChanged, Frozen, Overridden, OverrideEnded, Pardoned

Fact = (
    RunBegan
    | RunPassed
    | RunEnded
    | GaveUp
    | ServerBooted
    | ServerLost
    | ServerBack
    | TaskBegun
    | TaskEnded
    | ShadowCompared
)
Decision = (
    CellMoved
    | RunExcused
    | ProbeGranted
    | VersionJudged
    | VersionCompared
    | ServerJudged
    | DeploymentMoved
    | Frozen
    | OverrideEnded
)
AnyRecord = (
    RunBegan
    | RunPassed
    | RunEnded
    | GaveUp
    | ServerBooted
    | ServerLost
    | ServerBack
    | LedgerMet
    | HoldHeard
    | CellMoved
    | RunExcused
    | ProbeGranted
    | VersionJudged
    | VersionCompared
    | ServerJudged
    | DeploymentMoved
    | TaskBegun
    | TaskEnded
    | ShadowCompared
    | Overridden
    | OverrideEnded
    | Pardoned
    | Frozen
    | FlagChanged
    | RulesSet
    | Led
    | PolicyIssued
    | Started
    | Stopped
)


class Entry(NamedTuple):
    """A record in its place in the ledger."""

    seq: int
    """From 1, without a gap."""
    at_s: float
    """The ledger's own clock."""
    wall_s: float
    """Since 1970, for people only."""
    record: AnyRecord

    @property
    def happened_at_s(self) -> float:
        """When it happened, by the ledger's own clock: of what another canary told, before it came here."""
        at_s: float | None = getattr(self.record, "happened_at_s", None)
        return self.at_s if at_s is None else min(at_s, self.at_s)


_READER: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_WRITER = msgspec.json.Encoder()


def encode_record(record: Record) -> bytes:
    """A record as JSON; the same record always gives the same bytes."""
    return _WRITER.encode(record)


def decode_record(text: bytes | str) -> AnyRecord:
    """Read what `encode_record` wrote.

    Raises:
        ValueError: It is no record known here; the text names the path of what is wrong.
    """
    return _READER.decode(text)
