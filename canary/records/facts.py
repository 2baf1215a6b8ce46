"""PURE: what happened: to runs, to servers, and to what is heard of others; it says nothing of what follows."""

import msgspec

from canary.records.names import ALL, CellKey, Outcome, RunKey


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="record"):
    """Any of the following."""


class OfRun(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A fact about one run: the life of one process of a service on one server."""

    server: str
    run_id: str
    service: str
    version: str = ""
    build: str = ""
    role: str = "live"
    user: str = ""
    """Whose process it is, as the router of its server found; empty: nobody asked."""
    by_owner: bool = False
    """Whether that user may order about the service: its owner, root, or the router's own user."""
    origin_seq: int = 0
    """Its number in the ledger of its server, when that is another one."""
    happened_at_s: float | None = None
    """When, by the clock of this ledger; None when it is its place in the ledger that tells."""

    @property
    def key(self) -> CellKey:
        """Whose evidence it is."""
        return CellKey(self.server, self.service, self.version, self.build)

    @property
    def run(self) -> RunKey:
        """Which run."""
        return RunKey(self.server, self.run_id)


class RunBegan(OfRun, frozen=True, kw_only=True, omit_defaults=True, tag="run_began"):
    """It has registered, or its supervisor told of it."""

    pid: int | None = None
    config_hash: str = ""


class RunPassed(OfRun, frozen=True, kw_only=True, omit_defaults=True, tag="run_passed"):
    """It has lasted long enough to be a success; told once."""

    lasted_s: float


class RunEnded(OfRun, frozen=True, kw_only=True, omit_defaults=True, tag="run_ended"):
    """It is over, and everything that was told about that has been merged."""

    outcome: Outcome
    cause: str
    """The first kind of `canary.evidence.kinds` that was told."""
    causes: tuple[str, ...] = ()
    """The others."""
    lasted_s: float = 0.0
    exit_code: int | None = None
    signal: int | None = None
    detail: str = ""
    """For people."""
    local_only: bool = False
    """It says nothing of the version elsewhere: this server's configuration was wrong."""


class GaveUp(OfRun, frozen=True, kw_only=True, omit_defaults=True, tag="gave_up"):
    """The supervisor of a service no longer starts it; the run is the last one, which has its own end. No further failure."""


class ServerBooted(Record, frozen=True, kw_only=True, omit_defaults=True, tag="server_booted"):
    """A server has started, or was found to have."""

    server: str
    ago_s: float = 0.0
    """Before it was told."""
    origin_seq: int = 0
    happened_at_s: float | None = None
    """When, by the clock of this ledger; None when it is its place in the ledger that tells."""


class ServerLost(Record, frozen=True, kw_only=True, omit_defaults=True, tag="server_lost"):
    """The routers no longer reach a server."""

    server: str


class ServerBack(Record, frozen=True, kw_only=True, omit_defaults=True, tag="server_back"):
    """The routers reach a server again that they had lost; what ran there may run still."""

    server: str


class LedgerMet(Record, frozen=True, kw_only=True, omit_defaults=True, tag="ledger_met"):
    """The facts of a server now come from this ledger of its own; their numbers begin anew."""

    server: str
    ledger: str
    in_place_of: str = ""
    """The server whose facts are listened to no longer, since there were too many; empty: there was room."""


class HoldHeard(Record, frozen=True, kw_only=True, omit_defaults=True, tag="hold_heard"):
    """What a leader held, in the ledger of an elder release; today the book of the cluster has it. It changes nothing."""

    server: str = ALL
    service: str
    version: str
    build: str
    reason: str = ""
