"""PURE: ntpd's variables translated into the shape all time daemons share; no bytes, no judgement.

ntpd tells offsets, delays and dispersions in milliseconds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from timekeeper.discipline import Discipline, Leap, Upstream, UpstreamState
from timekeeper.sources.mode6 import Association, ControlError, Selection
from timekeeper.sources.refid import find_reference, remark_on_server

DAEMON = "ntpd"

_MS_PER_S = 1_000.0
_NS_PER_S = 1_000_000_000
_EPOCH_S = 2_208_988_800
"""From 1900, when NTP begins to count, to 1970."""
_ERA_S = 1 << 32
_LATEST_TC = 17
"""The longest interval of NTP is 2^17 s."""

_LEAPS = {"0": Leap.NORMAL, "1": Leap.INSERT, "2": Leap.DELETE, "3": Leap.UNSYNCHRONIZED}

_CLOCK_DRIVERS = "127.127."
_POOL = "POOL"
_UNRESOLVED = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - no address to bind to

_STATES = {
    Selection.REJECTED: UpstreamState.UNUSABLE,
    Selection.FALSETICKER: UpstreamState.FALSETICKER,
    Selection.EXCESS: UpstreamState.OUTLIER,
    Selection.OUTLIER: UpstreamState.OUTLIER,
    Selection.CANDIDATE: UpstreamState.COMBINED,
    Selection.BACKUP: UpstreamState.OUTLIER,
    Selection.SYSTEM_PEER: UpstreamState.SELECTED,
    Selection.PPS_PEER: UpstreamState.SELECTED,
}


@dataclass(frozen=True, slots=True)
class Peer:
    """A server or reference clock, and what ntpd tells of it."""

    association: Association
    variables: Mapping[str, str]
    """``srcadr`` and ``refid``."""


def describe_ntpd(system: Mapping[str, str], peers: Sequence[Peer]) -> Discipline:
    """Translate.

    Args:
        system: The variables of the daemon itself.
        peers: Its servers; the entries that stand for a whole pool are left out.

    Returns:
        The same in the shared shape.

    Raises:
        ControlError: A variable that is needed is missing or no number.
    """
    known = [peer for peer in peers if peer.variables.get("refid", "") != _POOL]
    named = [(peer, _name(peer)) for peer in known]
    return Discipline(
        daemon=DAEMON,
        leap=_leap(_text(system, "leap")),
        stratum=int(_number(system, "stratum")),
        reference=find_reference(_text(system, "refid")),
        offset_s=-_number(system, "offset") / _MS_PER_S,  # ntpd tells how far the servers are ahead of this clock
        root_delay_s=_number(system, "rootdelay") / _MS_PER_S,
        root_dispersion_s=_number(system, "rootdisp") / _MS_PER_S,
        update_interval_s=2.0 ** min(max(_number(system, "tc"), 0), _LATEST_TC),
        updated_wall_ns=parse_time(_text(system, "reftime")),
        upstreams=tuple(
            Upstream(name, _STATES[peer.association.selection], peer.association.reachable)
            for peer, name in named
            if name
        ),
        unresolved_upstreams=sum(not name for _, name in named),
        remarks=tuple(
            remark for peer, name in named for remark in remark_on_server(name, peer.variables.get("refid", ""))
        ),
    )


def parse_time(text: str) -> int:
    """Read a time of ntpd.

    Args:
        text: ``0x`` and seconds, a dot, and the fraction: eight hexadecimal digits each.

    Returns:
        Nanoseconds since the epoch, between 1968 and 2104; 0 for never.

    Raises:
        ControlError: It is no such time.
    """
    seconds_text, _, fraction_text = text.removeprefix("0x").partition(".")
    try:
        seconds, fraction = int(seconds_text, 16), int(fraction_text, 16)
    except ValueError:
        raise ControlError(f"{text!r} is no time") from None
    if not (0 <= seconds < _ERA_S and 0 <= fraction < _ERA_S):
        raise ControlError(f"{text!r} is no time")
    if not seconds:
        return 0
    if seconds < _ERA_S >> 1:
        seconds += _ERA_S  # the count starts anew in 2036
    return (seconds - _EPOCH_S) * _NS_PER_S + (fraction * _NS_PER_S >> 32)


def _text(variables: Mapping[str, str], name: str) -> str:
    try:
        return variables[name]
    except KeyError:
        raise ControlError(f"ntpd does not tell {name!r}") from None


def _number(variables: Mapping[str, str], name: str) -> float:
    text = _text(variables, name)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ControlError(f"{name} is {text!r}, which is no number")
    return number


def _leap(text: str) -> Leap:
    try:
        return _LEAPS[text]
    except KeyError:
        raise ControlError(f"leap is {text!r}, which does not exist") from None


def _name(peer: Peer) -> str:
    """Its address, or the identifier of a reference clock; empty while a name has no address."""
    address = peer.variables.get("srcadr", "")
    if address in _UNRESOLVED:
        return ""
    return peer.variables.get("refid") or address if address.startswith(_CLOCK_DRIVERS) else address
