"""PURE: what is told to the canary of the runs of its own server, as plain values; they conclude nothing.

All times are the ledger's own seconds, of the moment when the word came.
"""

from dataclasses import dataclass
from typing import Literal

from canary.evidence.kinds import MEANINGS, ROUTER_KINDS, Kind
from canary.records import RunBegan

LIVE = "live"
SHADOW = "shadow"
Source = Literal["service", "supervisor", "watcher"]
"""Who tells: the service itself; whoever started it, or its owner; or the canary, which watches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStartedWord:
    """The router: a process has registered. Told again, it still is."""

    run_id: str
    service: str
    at_s: float
    version: str = ""
    build: str = ""
    role: str = LIVE
    pid: int | None = None
    config_hash: str = ""
    user: str = ""
    """Whose process it is; empty: the router does not say."""
    by_owner: bool = False
    """Whether that user may order about the service."""

    def fact(self, server: str) -> RunBegan:
        """That a run has begun, as far as this word says."""
        return RunBegan(
            server=server,
            run_id=self.run_id,
            service=self.service,
            version=self.version,
            user=self.user,
            by_owner=self.by_owner,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEndedWord:
    """The router: a registration is over; or it was refused, and so never began: then also whose it would have been.

    Or it is the last one of many, too many to be told one by one.
    """

    run_id: str
    reason: str
    at_s: float
    service: str = ""
    version: str = ""
    build: str = ""
    pid: int | None = None
    omitted: int = 0
    """How many runs are over that were not told; 0: it is about one that was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWord:
    """What was seen of one process of a service; `run_id` or `pid` says of which, else it is the one that runs."""

    service: str
    kind: Kind
    at_s: float
    source: Source
    run_id: str | None = None
    pid: int | None = None
    exit_code: int | None = None
    signal: int | None = None
    message: str = ""
    version: str = ""
    build: str = ""
    program_changed: bool = False
    """Whether another program is there than when the service registered last: what has not registered may be another version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostWord:
    """What happened to the whole server: REBOOT, HOST_DOWN, ROUTER_RESTART or PARTITION."""

    kind: Kind
    at_s: float
    ago_s: float = 0.0
    """How long ago it was."""


Word = RunStartedWord | RunEndedWord | ReportWord | HostWord


def may_say(word: ReportWord, kind: Kind) -> bool:
    """Whether who tells is believed: a service cannot excuse itself, and only who watches a process knows what the router would.

    Args:
        word: What was told.
        kind: What that means.
    """
    if word.source == "service":
        return MEANINGS[kind].by_itself
    return kind not in ROUTER_KINDS or (word.source == "watcher" and kind is Kind.GONE)
