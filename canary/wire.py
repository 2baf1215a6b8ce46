"""PURE: what the router and askers say to the canary, read; it keeps nothing."""

from canary.runs import LIVE, Run, Version
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.values import parse_integer

TEXT_CHARACTERS = 256
"""The longest text that is kept of a run: a version or a hash is far shorter, and there are thousands of runs."""

REASONS = frozenset(("unregister", "lost", "replaced", "router_stop", "host_down", "blocked"))
"""How a run may end, as the router says it."""
OTHER = "other"
"""Any other reason, so that a newer router cannot make counters without end."""


def read_run_started(message: Message, now_s: float) -> Run:
    """Read RUN_STARTED.

    Args:
        message: From the router.
        now_s: The monotonic clock, in seconds.

    Raises:
        RemoteProtocolError: A parameter is missing or wrong.
    """
    service = _required(message, "service")
    return Run(
        run_id=_required(message, "run_id"),
        version=Version(service, _text(message, "service_version"), _text(message, "build")),
        role=_text(message, "role") or LIVE,
        pid=parse_integer(message.get("pid")) if message.get("pid") else None,
        config_hash=_text(message, "config_hash"),
        started_s=now_s,
    )


def read_run_ended(message: Message) -> tuple[str, str]:
    """Read RUN_ENDED.

    Returns:
        The run_id, and how that run ended.

    Raises:
        RemoteProtocolError: A parameter is missing or wrong.
    """
    run_id, reason = _required(message, "run_id"), _required(message, "reason")
    return run_id, reason if reason in REASONS else OTHER


def read_offset(message: Message) -> int:
    """Read from which row on CANARY_GET_REPORT wants to hear.

    Raises:
        RemoteProtocolError: It is no number, or negative.
    """
    offset = parse_integer(message.get("offset", "0"))
    if offset < 0:
        raise RemoteProtocolError(f"parameter offset: {offset} is negative")
    return offset


def _required(message: Message, name: str) -> str:
    text = _text(message, name)
    if not text:
        raise RemoteProtocolError(f"parameter {name} is missing")
    return text


def _text(message: Message, name: str) -> str:
    text = message.get(name)
    if len(text) > TEXT_CHARACTERS:
        raise RemoteProtocolError(f"parameter {name} is longer than {TEXT_CHARACTERS} characters")
    return text
