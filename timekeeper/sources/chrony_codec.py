"""PURE: chrony's command protocol, version 6, as bytes; it knows no socket and judges nothing.

A request is silently dropped by chronyd unless it is as long as its reply will be. All numbers are big-endian.
All commands but AUTH_DATA are answered to anyone on loopback; their layout (``candm.h``) has stayed the same throughout
version 6.
"""

import ipaddress
import struct
from dataclasses import dataclass
from enum import IntEnum

from communicator.errors import RemoteProtocolError
from timekeeper.discipline import Authentication, Leap

PROTOCOL_VERSION = 6

_REQUEST = struct.Struct("!BBBBHHIII")
_REPLY = struct.Struct("!BBBBHHHHHHIII")
_PACKET_REQUEST, _PACKET_REPLY = 1, 2

_ADDRESS = "16sHxx"
_TRACKING = struct.Struct(f"!I{_ADDRESS}HHIIIIIIIIIIII")
_SOURCE = struct.Struct(f"!{_ADDRESS}hHHHHHIIII")
_COUNT = struct.Struct("!I")
_ACTIVITY = struct.Struct("!IIIII")
_AUTHENTICATION = struct.Struct("!H22x")
_IPV4, _IPV6 = 1, 2

_COEFFICIENT_BITS = 25
_EXPONENT_BITS = 7
_NO_HIGH_SECONDS = 0x7FFF_FFFF
_NS_PER_S = 1_000_000_000

_AUTHENTICATIONS = (Authentication.NONE, Authentication.KEY, Authentication.NTS)
_LEAPS = (Leap.NORMAL, Leap.INSERT, Leap.DELETE, Leap.UNSYNCHRONIZED)
_STATUS = {
    1: "failed",
    2: "unauthorised",
    3: "invalid",
    4: "no such source",
    5: "invalid timestamp",
    6: "not enabled",
    18: "bad protocol version",
    19: "bad length",
}


class ChronyReplyError(RemoteProtocolError):
    """What came back is not the reply to our request."""


class RefusedError(ChronyReplyError):
    """chronyd does not do what it was asked to: over UDP it answers some commands to nobody."""


class StaleReplyError(ChronyReplyError):
    """A reply to another request than ours: one that came late, or a forgery. Ours may still come."""


class Command(IntEnum):
    """The requests."""

    N_SOURCES = 14
    SOURCE_DATA = 15
    TRACKING = 33
    ACTIVITY = 44
    AUTH_DATA = 67


_REPLIES: dict[Command, tuple[int, struct.Struct]] = {
    Command.N_SOURCES: (2, _COUNT),
    Command.SOURCE_DATA: (3, _SOURCE),
    Command.TRACKING: (5, _TRACKING),
    Command.ACTIVITY: (12, _ACTIVITY),
    Command.AUTH_DATA: (20, _AUTHENTICATION),
}
"""The code and the layout of each command's reply."""


class SourceState(IntEnum):
    """What chronyd thinks of a source; in chronyc ``* ? x ~ + -``."""

    SELECTED = 0
    NONSELECTABLE = 1
    FALSETICKER = 2
    JITTERY = 3
    UNSELECTED = 4
    """Combined with the selected one, in spite of its name."""
    SELECTABLE = 5


class SourceMode(IntEnum):
    """What a source is."""

    CLIENT = 0
    PEER = 1
    REFERENCE_CLOCK = 2


@dataclass(frozen=True, slots=True)
class Tracking:
    """What chronyd knows of the system clock."""

    reference_id: int
    address: str
    """Of the selected source; empty when there is none or it is a reference clock."""
    stratum: int
    leap: Leap
    reference_time_ns: int
    """When the clock was last updated, nanoseconds since the epoch; 0 for never."""
    correction_s: float
    """Positive: the system clock is slow of NTP time."""
    last_offset_s: float
    rms_offset_s: float
    frequency_ppm: float
    residual_frequency_ppm: float
    skew_ppm: float
    root_delay_s: float
    root_dispersion_s: float
    update_interval_s: float


@dataclass(frozen=True, slots=True)
class Source:
    """One server or reference clock as chronyd sees it."""

    name: str
    """Its address or, for a reference clock, its identifier; empty while an address is not resolved."""
    poll_log2_s: int
    stratum: int
    state: SourceState
    mode: SourceMode
    reachability: int
    """The last eight polls as bits."""
    since_sample_s: int
    latest_offset_s: float
    latest_error_s: float


@dataclass(frozen=True, slots=True)
class Activity:
    """How many sources are in which mode of operation."""

    online: int
    offline: int
    burst_online: int
    burst_offline: int
    unresolved: int


def encode_request(command: Command, sequence: int, source: int | str = 0) -> bytes:
    """Write a request.

    Args:
        command: What to ask.
        sequence: 32 bits that the reply will repeat.
        source: Which source: its index for `Command.SOURCE_DATA`, its address for `Command.AUTH_DATA`.

    Returns:
        The datagram, as long as its reply will be.
    """
    head = _REQUEST.pack(PROTOCOL_VERSION, _PACKET_REQUEST, 0, 0, command, 0, sequence, 0, 0)
    return (head + _argument(command, source)).ljust(_REPLY.size + _REPLIES[command][1].size, b"\0")


def _argument(command: Command, source: int | str) -> bytes:
    if command is Command.SOURCE_DATA:
        return _COUNT.pack(source)
    if command is not Command.AUTH_DATA:
        return b""
    address = ipaddress.ip_address(source)
    return struct.pack(f"!{_ADDRESS}", address.packed, _IPV4 if address.version == 4 else _IPV6)  # noqa: PLR2004 - of IP


def decode_tracking(data: bytes, sequence: int) -> Tracking:
    """Read the reply to `Command.TRACKING`.

    Args:
        data: The datagram.
        sequence: What the request carried.

    Returns:
        What it says.

    Raises:
        StaleReplyError: It answers another request.
        ChronyReplyError: It is no such reply, or an error.
    """
    reference_id, address, family, stratum, leap, high_s, low_s, nanoseconds, *floats = _body(
        Command.TRACKING, data, sequence
    )
    if leap >= len(_LEAPS):
        raise ChronyReplyError(f"leap status {leap} does not exist")
    seconds = low_s if high_s == _NO_HIGH_SECONDS else (high_s << 32) + low_s
    return Tracking(
        reference_id,
        _address_text(address, family),
        stratum,
        _LEAPS[leap],
        seconds * _NS_PER_S + nanoseconds,
        *(decode_float(bits) for bits in floats),
    )


def decode_source(data: bytes, sequence: int) -> Source:
    """Read the reply to `Command.SOURCE_DATA`; arguments and errors as in `decode_tracking`."""
    fields = _body(Command.SOURCE_DATA, data, sequence)
    address, family, poll, stratum, state, mode, _flags, reachability, since_s, _original, latest, error = fields
    try:
        state, mode = SourceState(state), SourceMode(mode)
    except ValueError as unknown:
        raise ChronyReplyError(f"source data: {unknown}") from None
    is_clock = mode is SourceMode.REFERENCE_CLOCK
    return Source(
        name_reference_clock(address) if is_clock else _address_text(address, family),
        poll,
        stratum,
        state,
        mode,
        reachability,
        since_s,
        decode_float(latest),
        decode_float(error),
    )


def decode_source_count(data: bytes, sequence: int) -> int:
    """Read the reply to `Command.N_SOURCES`; arguments and errors as in `decode_tracking`."""
    (count,) = _body(Command.N_SOURCES, data, sequence)
    return int(count)


def decode_activity(data: bytes, sequence: int) -> Activity:
    """Read the reply to `Command.ACTIVITY`; arguments and errors as in `decode_tracking`."""
    return Activity(*_body(Command.ACTIVITY, data, sequence))


def decode_authentication(data: bytes, sequence: int) -> Authentication:
    """Read the reply to `Command.AUTH_DATA`; arguments and errors as in `decode_tracking`."""
    (mode,) = _body(Command.AUTH_DATA, data, sequence)
    if mode >= len(_AUTHENTICATIONS):
        raise ChronyReplyError(f"authentication mode {mode} does not exist")
    return _AUTHENTICATIONS[mode]


def decode_float(bits: int) -> float:
    """Read chrony's own floating-point format.

    Args:
        bits: 32 bits: a signed exponent of 7 bits, then a signed coefficient of 25.

    Returns:
        coefficient * 2^(exponent - 25); always finite.
    """
    exponent = _signed(bits >> _COEFFICIENT_BITS, _EXPONENT_BITS)
    coefficient = _signed(bits & (1 << _COEFFICIENT_BITS) - 1, _COEFFICIENT_BITS)
    return float(coefficient * 2.0 ** (exponent - _COEFFICIENT_BITS))


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> bits - 1 else value


def _body(command: Command, data: bytes, sequence: int) -> tuple:  # type: ignore[type-arg]  # as struct has it
    """The fields after the head of a reply, once the head is what it must be."""
    if len(data) < _REPLY.size:
        raise ChronyReplyError(f"{len(data)} bytes are no reply")
    version, kind, _, _, answered, reply, status, _, _, _, answered_sequence, _, _ = _REPLY.unpack_from(data)
    if version != PROTOCOL_VERSION or kind != _PACKET_REPLY:
        raise ChronyReplyError(f"version {version}, packet type {kind}: no reply of version {PROTOCOL_VERSION}")
    if answered_sequence != sequence or answered != command:
        raise StaleReplyError(f"reply to request {answered} number {answered_sequence}, not to ours")
    if status:
        raise RefusedError(f"chronyd refused {command.name}: {_STATUS.get(status, f'status {status}')}")
    code, layout = _REPLIES[command]
    if reply != code or len(data) < _REPLY.size + layout.size:
        raise ChronyReplyError(f"reply {reply} of {len(data)} bytes does not answer {command.name}")
    return layout.unpack_from(data, _REPLY.size)


def _address_text(address: bytes, family: int) -> str:
    """The address as text; empty for none and for a name not resolved yet (family 3)."""
    if family == _IPV4:
        return str(ipaddress.IPv4Address(address[:4]))
    return str(ipaddress.IPv6Address(address)) if family == _IPV6 else ""


def name_reference_clock(address: bytes) -> str:
    """A reference clock is known by up to four characters in place of an address."""
    return address[:4].rstrip(b"\0").decode("ascii", "backslashreplace")
