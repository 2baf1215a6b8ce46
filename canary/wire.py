"""PURE: what the router and askers say to the canary, read; it keeps nothing."""

from canary.evidence.kinds import parse_kind
from canary.evidence.life import TEXT_CHARACTERS
from canary.evidence.words import LIVE, ReportWord, RunEndedWord, RunStartedWord
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.values import parse_integer

PID_MAX = 2**31 - 1
EXIT_CODE_MAX = 255
SIGNAL_MAX = 64
OMITTED_MAX = 2**63 - 1
TERM_MAX = 2**53
"""At one change a second, longer than there were seconds."""


def read_start(message: Message, at_s: float) -> RunStartedWord:
    """Read RUN_STARTED.

    Args:
        message: From the router.
        at_s: The ledger's clock.

    Raises:
        RemoteProtocolError: A parameter is missing or wrong.
    """
    return RunStartedWord(
        run_id=_required(message, "run_id"),
        service=_required(message, "service"),
        at_s=at_s,
        version=read_text(message, "service_version"),
        build=read_text(message, "build"),
        role=read_text(message, "role") or LIVE,
        pid=_integer(message, "pid", 1, PID_MAX),
        config_hash=read_text(message, "config_hash"),
        user=read_text(message, "user"),
        by_owner=message.get("by_owner") == "true",
    )


def read_end(message: Message, at_s: float) -> RunEndedWord:
    """Read RUN_ENDED.

    Args:
        message: From the router.
        at_s: The ledger's clock.

    Raises:
        RemoteProtocolError: A parameter is missing or wrong.
    """
    return RunEndedWord(
        run_id=_required(message, "run_id"),
        reason=_required(message, "reason"),
        at_s=at_s,
        service=read_text(message, "service"),
        version=read_text(message, "service_version"),
        build=read_text(message, "build"),
        pid=_integer(message, "pid", 1, PID_MAX),
        omitted=_integer(message, "omitted", 1, OMITTED_MAX) or 0,
    )


def read_report(message: Message, server: str, at_s: float) -> ReportWord:
    """Read RUN_REPORT; the router has seen to it that whoever says it may.

    Args:
        message: From a service of this server about itself, or from a supervisor.
        server: This one.
        at_s: The ledger's clock.

    Raises:
        RemoteProtocolError: It comes from another server, or a parameter is missing or wrong.
    """
    if message.sent_from_server not in ("", server):
        raise RemoteProtocolError(f"runs of {server!r} are reported from there, not from {message.sent_from_server!r}")
    service, kind = _required(message, "service"), _required(message, "kind")
    try:
        known = parse_kind(kind)
    except ValueError:
        raise RemoteProtocolError(f"parameter kind: {kind[:80]!r} is not known") from None
    return ReportWord(
        service=service,
        kind=known,
        at_s=at_s,
        source="service" if message.sent_from_service == service else "supervisor",
        run_id=read_text(message, "run_id") or None,
        pid=_integer(message, "pid", 1, PID_MAX),
        exit_code=_integer(message, "exit_code", 0, EXIT_CODE_MAX),
        signal=_integer(message, "signal", 1, SIGNAL_MAX),
        message=message.get("message")[:TEXT_CHARACTERS],
        version=read_text(message, "service_version"),
        build=read_text(message, "build"),
    )


def read_offset(message: Message) -> int:
    """Read from which row on CANARY_GET_REPORT wants to hear.

    Raises:
        RemoteProtocolError: It is no number, or negative.
    """
    offset = parse_integer(message.get("offset", "0"))
    if offset < 0:
        raise RemoteProtocolError(f"parameter offset: {offset} is negative")
    return offset


def read_term(message: Message) -> int:
    """Read which term of the cluster's leader a canary knows; 0 when it does not say.

    Raises:
        RemoteProtocolError: It is no number, or none that a term may be.
    """
    return _integer(message, "term", 0, TERM_MAX) or 0


def _required(message: Message, name: str) -> str:
    text = read_text(message, name)
    if not text:
        raise RemoteProtocolError(f"parameter {name} is missing")
    return text


def _integer(message: Message, name: str, smallest: int, largest: int) -> int | None:
    if not message.get(name):
        return None
    value = parse_integer(message.get(name))
    if not smallest <= value <= largest:
        raise RemoteProtocolError(f"parameter {name}: {value} is not between {smallest} and {largest}")
    return value


def read_text(message: Message, name: str) -> str:
    """Read a text that is kept; empty when there is none.

    Raises:
        RemoteProtocolError: It is too long.
    """
    text = message.get(name)
    if len(text) > TEXT_CHARACTERS:
        raise RemoteProtocolError(f"parameter {name} is longer than {TEXT_CHARACTERS} characters")
    return text
