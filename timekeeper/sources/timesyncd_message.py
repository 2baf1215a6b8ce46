"""PURE: the properties systemd-timesyncd has on D-Bus, as busctl prints them, in the shape all time daemons share.

`timedatectl show-timesync` prints the same, but its stamps only to the second, which hides the offset.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from communicator.errors import RemoteProtocolError
from timekeeper.discipline import Discipline, Leap, Reference, Upstream, UpstreamState
from timekeeper.sources.refid import remark_on_server

DAEMON = "systemd-timesyncd"
STEPPED_FROM_S = 0.4
"""timesyncd steps the clock when it is this far off or farther, and else slews it."""

_US_PER_S, _NS_PER_US = 1_000_000, 1_000
_LEAPS = (Leap.NORMAL, Leap.INSERT, Leap.DELETE, Leap.UNSYNCHRONIZED)


class TimesyncdError(RemoteProtocolError):
    """What busctl printed cannot be what timesyncd says, or is nothing one can use."""


_Byte = Annotated[int, msgspec.Meta(ge=0, le=255)]


class _Text(msgspec.Struct, frozen=True):
    type: Literal["s"]
    data: str


class _Span(msgspec.Struct, frozen=True):
    type: Literal["t"]
    data: int


class _Message(msgspec.Struct, frozen=True):
    """The last answer of the server: times in microseconds, stamps since the epoch."""

    type: Literal["(uuuuittayttttbtt)"]
    data: tuple[
        int, int, int, int, int, int, int, list[_Byte], int, int, int, int, bool, int, int
    ]  # leap version mode stratum precision root-delay root-dispersion reference T1 T2 T3 T4 ignored packets jitter


class _Properties(msgspec.Struct, frozen=True):
    server: _Text = msgspec.field(name="ServerName")
    interval: _Span = msgspec.field(name="PollIntervalUSec")
    message: _Message = msgspec.field(name="NTPMessage")


class _Answer(msgspec.Struct, frozen=True):
    type: Literal["a{sv}"]
    data: tuple[_Properties]


def describe_timesyncd(text: bytes) -> Discipline:
    """Read and translate.

    Args:
        text: What ``busctl --json=short call … GetAll`` printed.

    Returns:
        The word of timesyncd. Its offset and delay are those of the last exchange with its server.

    Raises:
        TimesyncdError: It is something else, the stamps contradict each other, or the last answer was ignored as a
            spike, so that the clock was not updated.
    """
    try:
        (properties,) = msgspec.json.decode(text, type=_Answer).data
    except msgspec.DecodeError as error:
        raise TimesyncdError(f"it says something else than the properties of a time daemon: {error}") from None
    return _describe(properties)


def _describe(properties: _Properties) -> Discipline:
    server, interval_s = properties.server.data, properties.interval.data / _US_PER_S
    leap, _, _, stratum, _, delay_us, dispersion_us, refid, *stamps, is_ignored, packets, jitter_us = (
        properties.message.data
    )
    if not packets:
        return _never_updated(server, interval_s)
    if is_ignored:
        raise TimesyncdError(f"the last answer of {server} was a spike and has been ignored")
    if not 0 <= leap < len(_LEAPS):
        raise TimesyncdError(f"leap status {leap} does not exist")
    sent_us, received_us, answered_us, back_us = stamps
    way_us = (back_us - sent_us) - (answered_us - received_us)
    if way_us < 0:
        raise TimesyncdError(f"the last answer of {server} took {way_us} us, less than nothing")
    ahead_s = ((sent_us - received_us) + (back_us - answered_us)) / 2 / _US_PER_S
    is_stepped = abs(ahead_s) >= STEPPED_FROM_S
    return Discipline(
        daemon=DAEMON,
        leap=_LEAPS[leap],
        stratum=stratum + 1,
        reference=Reference.OUTSIDE,
        offset_s=None if is_stepped else ahead_s,
        root_delay_s=delay_us / _US_PER_S,
        root_dispersion_s=dispersion_us / _US_PER_S,
        further_error_s=(abs(ahead_s) if is_stepped else 0.0) + way_us / 2 / _US_PER_S + jitter_us / _US_PER_S,
        update_interval_s=interval_s,
        updated_wall_ns=back_us * _NS_PER_US,
        upstreams=(Upstream(server, UpstreamState.SELECTED, reachable=True),),
        remarks=(
            *((_remark_on_step(ahead_s),) if is_stepped else ()),
            *remark_on_server(server, _refid_text(refid, stratum)),
        ),
    )


def _never_updated(server: str, interval_s: float) -> Discipline:
    """It runs, and no server has answered yet."""
    return Discipline(
        daemon=DAEMON,
        leap=Leap.UNSYNCHRONIZED,
        stratum=None,
        reference=Reference.NONE,
        offset_s=None,
        root_delay_s=None,
        root_dispersion_s=None,
        update_interval_s=interval_s,
        updated_wall_ns=0,
        upstreams=(Upstream(server, UpstreamState.UNUSABLE, reachable=False),) if server else (),
    )


def _refid_text(refid: Sequence[int], stratum: int) -> str:
    """Four letters where the server has a reference clock, else the address of the server it follows."""
    if stratum == 1:
        return "".join(chr(number) for number in refid if number)
    return ".".join(map(str, refid))


def _remark_on_step(ahead_s: float) -> str:
    found = f"{DAEMON} found this clock {ahead_s:+.3f} s off, which it sets at once"
    return f"{found}: whether that was done shows at its next exchange"
