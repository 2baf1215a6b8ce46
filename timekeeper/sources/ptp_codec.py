"""PURE: the management messages of PTP (IEEE 1588-2019, clause 15) as ptp4l takes them; it knows no socket and judges nothing.

A question names a data set and carries none of it; the answer repeats its number and the name. All numbers are big-endian. Of each
data set only what tells of the clock is read; TIME_STATUS_NP is ptp4l's own.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

from communicator.errors import RemoteProtocolError
from timekeeper.discipline import Leap

ALL_PORTS = 0xFFFF

_HEAD = struct.Struct("!BBHB15x8sHHBb")
_BODY = struct.Struct("!8sHBBBx")
_TLV = struct.Struct("!HHH")
_NUMBER_BYTES = 2

_TYPE, _TYPE_MASK, _PROFILE_SHIFT = 0x0D, 0x0F, 4
_VERSION, _VERSION_MASK = 2, 0x0F
_CONTROL, _NO_INTERVAL = 4, 0x7F
_GET, _RESPONSE, _ACTION_MASK = 0, 2, 0x0F
_TLV_MANAGEMENT, _TLV_ERROR = 1, 2
_ALL_CLOCKS = b"\xff" * 8
_ASKER = bytes(8), 1
"""ptp4l wants no more of it than that it is not ptp4l itself."""

_LEAP_61, _LEAP_59 = 0x01, 0x02
_FINEST, _LARGEST, _TEN_SECONDS = 0x17, 0x2F, 0x30
_NS_PER_S = 1_000_000_000
_SCALED_NS_PER_S = _NS_PER_S << 16

_ERRORS = {
    1: "the answer is too long",
    2: "no such data set",
    3: "wrong length",
    4: "wrong value",
    5: "not to be set",
    6: "not supported",
    0xFFFE: "general error",
}


class PtpReplyError(RemoteProtocolError):
    """What came back is not the answer to our question."""


class StalePtpReplyError(PtpReplyError):
    """An answer to another question than ours. Ours may still come."""


class PortState(IntEnum):
    """What a port does (table 20)."""

    INITIALIZING = 1
    FAULTY = 2
    DISABLED = 3
    LISTENING = 4
    PRE_MASTER = 5
    MASTER = 6
    PASSIVE = 7
    UNCALIBRATED = 8
    SLAVE = 9
    GRAND_MASTER = 10
    """ptp4l's own: a master that has nobody above it."""


@dataclass(frozen=True, slots=True)
class Default:
    """The clock that answers."""

    ports: int
    identity: bytes


@dataclass(frozen=True, slots=True)
class Current:
    """How far it is from its master."""

    offset_s: float
    """This clock minus the master's."""
    path_delay_s: float
    """One way, the mean of both."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The grandmaster, which may be the clock itself."""

    accuracy_s: float | None
    """Off by no more than this; None where it does not say."""
    identity: bytes


@dataclass(frozen=True, slots=True)
class TimeStatus:
    """The last message that the clock was steered by."""

    ingress_ns: int
    """When it came, by the clock that ptp4l steers: the system's in UTC, or a card's, mostly in TAI; 0 for never."""


def _read_port(state: int) -> PortState:
    try:
        return PortState(state)
    except ValueError:
        raise PtpReplyError(f"port state {state} does not exist") from None


def _read_leap(flags: int) -> Leap:
    if flags & _LEAP_61:
        return Leap.INSERT
    return Leap.DELETE if flags & _LEAP_59 else Leap.NORMAL


def _read_accuracy(code: int) -> float | None:
    """The clockAccuracy (table 5): from 1 ps by steps of 2.5 and 4 in turn to 1 s, then 10 s; the rest has no limit."""
    if _FINEST <= code <= _LARGEST:
        decades, half = divmod(code - _FINEST, 2)
        return float(f"{2.5 if half else 1}e{decades - 12}")
    return 10.0 if code == _TEN_SECONDS else None


_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class DataSet(Generic[_Value]):
    """What can be asked for (clauses 15.5.3.3 to 15.5.3.8)."""

    name: str
    number: int
    """Its managementId (table 59)."""
    layout: struct.Struct
    """Of what is read of it."""
    read: Callable[..., _Value]


DEFAULT = DataSet("DEFAULT_DATA_SET", 0x2000, struct.Struct("!2xH6x8s2x"), Default)
CURRENT = DataSet(
    "CURRENT_DATA_SET",
    0x2001,
    struct.Struct("!2xqq"),
    lambda offset, delay: Current(offset / _SCALED_NS_PER_S, delay / _SCALED_NS_PER_S),
)
PARENT = DataSet(
    "PARENT_DATA_SET",
    0x2002,
    struct.Struct("!20xB3x8s"),
    lambda accuracy, identity: Parent(_read_accuracy(accuracy), identity),
)
TIME_PROPERTIES = DataSet("TIME_PROPERTIES_DATA_SET", 0x2003, struct.Struct("!2xBx"), _read_leap)
PORT = DataSet("PORT_DATA_SET", 0x2004, struct.Struct("!10xB15x"), _read_port)
TIME_STATUS_NP = DataSet("TIME_STATUS_NP", 0xC000, struct.Struct("!8xq34x"), TimeStatus)


@dataclass(frozen=True, slots=True)
class Question(Generic[_Value]):
    """What is asked. A ptp4l of another domain or profile does not answer."""

    data_set: DataSet[_Value]
    sequence: int
    """16 bits that the answer repeats."""
    domain: int
    port: int = ALL_PORTS

    def encode(self, profile: int) -> bytes:
        """The datagram.

        Args:
            profile: ``transportSpecific`` of ptp4l: 1 for IEEE 802.1AS, 0 for most others.
        """
        length = _HEAD.size + _BODY.size + _TLV.size
        kind = profile << _PROFILE_SHIFT | _TYPE
        head = _HEAD.pack(kind, _VERSION, length, self.domain, *_ASKER, self.sequence, _CONTROL, _NO_INTERVAL)
        body = _BODY.pack(_ALL_CLOCKS, self.port, 1, 1, _GET)
        return head + body + _TLV.pack(_TLV_MANAGEMENT, _NUMBER_BYTES, self.data_set.number)


def decode_profile(data: bytes) -> int:
    """The profile of whoever gave this answer, for the next question."""
    return data[0] >> _PROFILE_SHIFT


def decode(data: bytes, question: Question[_Value]) -> _Value:
    """Read the answer to a question.

    Args:
        data: The datagram.
        question: What was asked.

    Returns:
        What is read of the data set.

    Raises:
        StalePtpReplyError: It answers another question.
        PtpReplyError: It is no answer, or a refusal.
    """
    body, data_set = _check(data, question), question.data_set
    if len(body) < data_set.layout.size:
        raise PtpReplyError(f"{len(body)} bytes of {data_set.layout.size} of {data_set.name}")
    return data_set.read(*data_set.layout.unpack_from(body))


def _check(data: bytes, question: Question[_Value]) -> bytes:
    """What follows the name of the data set, once all before it is what it must be."""
    start = _HEAD.size + _BODY.size + _TLV.size
    if len(data) < start:
        raise PtpReplyError(f"{len(data)} bytes are no answer")
    kind, version, _length, _domain, _source, _port, sequence, _control, _interval = _HEAD.unpack_from(data)
    if kind & _TYPE_MASK != _TYPE or version & _VERSION_MASK != _VERSION:
        raise PtpReplyError(
            f"message type {kind & _TYPE_MASK}, version {version & _VERSION_MASK}: no management message"
        )
    _target, _target_port, _hops, _hops_left, action = _BODY.unpack_from(data, _HEAD.size)
    if sequence != question.sequence or action & _ACTION_MASK != _RESPONSE:
        raise StalePtpReplyError(f"action {action & _ACTION_MASK} number {sequence}, no answer to ours")
    tlv, _size, number = _TLV.unpack_from(data, _HEAD.size + _BODY.size)
    if tlv == _TLV_ERROR:
        raise PtpReplyError(f"ptp4l refused {question.data_set.name}: {_ERRORS.get(number, f'error {number}')}")
    if (tlv, number) != (_TLV_MANAGEMENT, question.data_set.number):
        raise PtpReplyError(f"TLV {tlv} with {number:#06x} does not answer {question.data_set.name}")
    return data[start:]
