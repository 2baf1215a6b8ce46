"""PURE: the kinds of what may be told of a run: what each counts as, and which says more than another; it knows no run."""

from collections.abc import Iterable, Mapping
from enum import Enum, StrEnum
from typing import NamedTuple

SIGINT, SIGTERM = 2, 15
SHELL_SIGNAL = 128
"""A shell says 128 + n of a child that signal n has ended."""
LAST_SIGNAL = 64
CONFIG_EXITS = frozenset((9, 78))
"""The ancestor's own, and EX_CONFIG of sysexits(3)."""
DEPENDENCY_EXITS = frozenset((69, 75))
"""EX_UNAVAILABLE and EX_TEMPFAIL of sysexits(3)."""


class Counts(Enum):
    """What a kind says of the version that ran."""

    START = "start"
    READY = "ready"
    SUCCESS = "success"
    FAILURE = "failure"
    CENSORED = "censored"
    CLEAN = "clean"
    NOTHING = "nothing"
    """Nothing by itself: it is counted, or passed on."""


class Kind(StrEnum):
    """What may be told; its value is its name on the wire."""

    BLOCKED = "BLOCKED"
    """It was refused or expelled, because its version may not run: never evidence."""
    REBOOT = "REBOOT"
    HOST_DOWN = "HOST_DOWN"
    ROUTER_RESTART = "ROUTER_RESTART"
    PARTITION = "PARTITION"
    OPERATOR_STOP = "OPERATOR_STOP"
    UPGRADE = "UPGRADE"
    """Whoever deploys has stopped it."""
    DEP_UNAVAILABLE = "DEP_UNAVAILABLE"
    """It could not work, and said which other thing is at fault."""
    CONFIG_ERROR = "CONFIG_ERROR"
    WATCHDOG_TIMEOUT = "WATCHDOG_TIMEOUT"
    START_TIMEOUT = "START_TIMEOUT"
    HUNG = "HUNG"
    """It goes on, and has answered none of several questions whether it lives."""
    CRASH = "CRASH"
    HEALTH_FAIL = "HEALTH_FAIL"
    """One check of its health has failed."""
    EXIT = "EXIT"
    """Its process has ended; without a code that says otherwise, in good order."""
    UNREGISTER = "UNREGISTER"
    REPLACED = "REPLACED"
    """It did not answer, and another process has its name."""
    GONE = "GONE"
    """The router has lost it."""
    UNSEEN = "UNSEEN"
    """Its end was missed."""
    RUN_START = "RUN_START"
    READY = "READY"
    RUN_OK = "RUN_OK"
    SILENT = "SILENT"
    """It has not answered one question whether it lives."""
    HEALTH_OK = "HEALTH_OK"
    """A check of its health has passed: those that failed before are no longer in a row."""
    GAVE_UP = "GAVE_UP"
    """Its supervisor no longer starts it."""


class Meaning(NamedTuple):
    """What the table holds of a kind."""

    counts: Counts
    ends_run: bool
    """Whether one such word means that the run is over."""
    by_itself: bool = False
    """Whether a service is believed when it says this of its own run: else it could excuse itself."""
    local_only: bool = False
    """It says nothing of the version on other servers."""


_FAILURE = Meaning(Counts.FAILURE, ends_run=True, by_itself=True)
_CENSORED = Meaning(Counts.CENSORED, ends_run=True)
_CLEAN = Meaning(Counts.CLEAN, ends_run=True)

MEANINGS: Mapping[Kind, Meaning] = {
    Kind.BLOCKED: _CENSORED,
    Kind.REBOOT: _CENSORED,
    Kind.HOST_DOWN: _CENSORED,
    Kind.ROUTER_RESTART: _CENSORED,
    Kind.PARTITION: Meaning(Counts.CENSORED, ends_run=False),
    Kind.OPERATOR_STOP: _CENSORED,
    Kind.UPGRADE: _CENSORED,
    Kind.DEP_UNAVAILABLE: Meaning(Counts.CENSORED, ends_run=False, by_itself=True),
    Kind.CONFIG_ERROR: Meaning(Counts.FAILURE, ends_run=True, by_itself=True, local_only=True),
    Kind.WATCHDOG_TIMEOUT: _FAILURE,
    Kind.START_TIMEOUT: _FAILURE,
    Kind.HUNG: Meaning(Counts.FAILURE, ends_run=True),
    Kind.CRASH: _FAILURE,
    Kind.HEALTH_FAIL: Meaning(Counts.FAILURE, ends_run=False, by_itself=True),
    Kind.EXIT: Meaning(Counts.CLEAN, ends_run=True, by_itself=True),
    Kind.UNREGISTER: _CLEAN,
    Kind.REPLACED: _CLEAN,
    Kind.GONE: Meaning(Counts.FAILURE, ends_run=True),
    Kind.UNSEEN: _CENSORED,
    Kind.RUN_START: Meaning(Counts.START, ends_run=False),
    Kind.READY: Meaning(Counts.READY, ends_run=False, by_itself=True),
    Kind.RUN_OK: Meaning(Counts.SUCCESS, ends_run=False, by_itself=True),
    Kind.SILENT: Meaning(Counts.NOTHING, ends_run=False),
    Kind.HEALTH_OK: Meaning(Counts.NOTHING, ends_run=False, by_itself=True),
    Kind.GAVE_UP: Meaning(Counts.NOTHING, ends_run=False),
}
"""What is told of one run may differ: the kind that stands first says most, and decides how the run is counted."""

SERVER_KINDS = frozenset((Kind.REBOOT, Kind.HOST_DOWN, Kind.ROUTER_RESTART, Kind.PARTITION))
"""What happens to a whole server."""
ROUTER_KINDS = frozenset((Kind.UNREGISTER, Kind.REPLACED, Kind.GONE, Kind.UNSEEN))
"""What nobody else can know."""

_REASONS = {
    "unregister": Kind.UNREGISTER,
    "lost": Kind.GONE,
    "replaced": Kind.REPLACED,
    "router_stop": Kind.ROUTER_RESTART,
    "host_down": Kind.HOST_DOWN,
    "blocked": Kind.BLOCKED,
}
_RANKS = {kind: rank for rank, kind in enumerate(MEANINGS)}


def parse_kind(text: str) -> Kind:
    """Read a kind as it stands on the wire: in any case, ``-`` like ``_``.

    Raises:
        ValueError: There is none such.
    """
    return Kind(text.upper().replace("-", "_"))


def classify_reason(reason: str) -> Kind:
    """What RUN_ENDED says; a reason that is not known here says nothing."""
    return _REASONS.get(reason, Kind.UNSEEN)


def sort_kinds(kinds: Iterable[Kind]) -> list[Kind]:
    """Kinds in the order of how much they say, each once."""
    return sorted(set(kinds), key=_RANKS.__getitem__)


def classify_exit(exit_code: int | None, signal: int | None, *, expected: bool) -> Kind:
    """What the end of a process says.

    Args:
        exit_code: What it returned; of a shell, 128 and more stand for a signal.
        signal: What ended it; None: no signal did.
        expected: Whether an operator had asked for it to end.
    """
    if signal is None and exit_code is not None and SHELL_SIGNAL < exit_code <= SHELL_SIGNAL + LAST_SIGNAL:
        signal = exit_code - SHELL_SIGNAL
    if signal is not None:
        return Kind.OPERATOR_STOP if expected and signal in (SIGTERM, SIGINT) else Kind.CRASH
    if exit_code == 0:
        return Kind.EXIT
    if exit_code in CONFIG_EXITS:
        return Kind.CONFIG_ERROR
    return Kind.DEP_UNAVAILABLE if exit_code in DEPENDENCY_EXITS else Kind.CRASH


def refine_kind(kind: Kind, exit_code: int | None, signal: int | None) -> Kind:
    """What CRASH or EXIT means in the light of how the process ended; any other kind is what it is.

    Args:
        kind: As it was told.
        exit_code: What the process returned, if it was told.
        signal: What ended it, if it was told.
    """
    if kind not in (Kind.CRASH, Kind.EXIT) or (exit_code is None and signal is None):
        return kind
    refined = classify_exit(exit_code, signal, expected=False)
    return Kind.CRASH if kind is Kind.CRASH and refined is Kind.EXIT else refined
