"""PURE: what the ledger holds: facts that happened and decisions that were taken; it neither stores nor judges.

All times in `at_s` are the ledger's own seconds (see `canary.ledger.clock`): they never go back, whatever wall clocks do.
Readers ignore keys they do not know, so that an older canary can read the ledger of a newer one of the same schema.
"""

from canary.records.course import Led, PolicyIssued, RulesSet, Started, Stopped
from canary.records.decisions import CellMoved, OfCell, OfLeader, ProbeGranted, RunExcused, ServerJudged, VersionJudged
from canary.records.entry import AnyRecord, Decision, Entry, Fact, decode_record, encode_record
from canary.records.facts import (
    GaveUp,
    HoldHeard,
    LedgerMet,
    OfRun,
    Record,
    RunBegan,
    RunEnded,
    RunPassed,
    ServerBack,
    ServerBooted,
    ServerLost,
)
from canary.records.names import (
    ALL,
    LOCAL_RULES,
    Cap,
    CellKey,
    CellState,
    LocalRule,
    Outcome,
    OverrideAction,
    Rule,
    RuleMode,
    RunKey,
    Version,
)
from canary.records.orders import Actor, Frozen, Overridden, OverrideEnded, Pardoned

__all__ = [
    "ALL",
    "LOCAL_RULES",
    "Actor",
    "AnyRecord",
    "Cap",
    "CellKey",
    "CellMoved",
    "CellState",
    "Decision",
    "Entry",
    "Fact",
    "Frozen",
    "GaveUp",
    "HoldHeard",
    "Led",
    "LedgerMet",
    "LocalRule",
    "OfCell",
    "OfLeader",
    "OfRun",
    "Outcome",
    "Overridden",
    "OverrideAction",
    "OverrideEnded",
    "Pardoned",
    "PolicyIssued",
    "ProbeGranted",
    "Record",
    "Rule",
    "RuleMode",
    "RulesSet",
    "RunBegan",
    "RunEnded",
    "RunExcused",
    "RunKey",
    "RunPassed",
    "ServerBack",
    "ServerBooted",
    "ServerJudged",
    "ServerLost",
    "Started",
    "Stopped",
    "Version",
    "VersionJudged",
    "decode_record",
    "encode_record",
]
