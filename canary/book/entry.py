"""PURE: an order and what has become of it, on the clock of this host; how two accounts of it become one.

An order is in force, has expired, or was lifted. These steps lead one way only, so that what is over never comes back, and the
account that is further counts. Times are spans from now on the wire, since hosts share no clock.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from canary.book.order import LONGEST_S, Order, require_sound
from communicator.answers.policy import Text

TOMBSTONE_S = 30 * 86_400.0
"""How long an order that is over is remembered: as long as one that somebody missed may be in force."""
_STEP = {"open": 0, "expired": 1, "lifted": 2}
Place = Literal["open", "expired", "lifted"]


class Lift(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who took an order back, and why."""

    cause: Literal["withdrawn", "replaced"] = "withdrawn"
    """`replaced`: by another order, which says the rest."""
    user: Text = ""
    given_on: Text = ""
    reason: Text = ""
    wall_s: float = 0.0
    """Since 1970, by the wall clock of who took it: for people only."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An order, and what is known of it here."""

    order: Order
    place: Place
    ends_s: float
    """When it expires, or of one that is over when it is forgotten: on the clock of this host."""
    lift: Lift | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry as it is told to others, and kept in a file."""

    order: Order
    place: Place = "open"
    left_s: Annotated[float, Meta(ge=0, le=max(LONGEST_S, TOMBSTONE_S))]
    """What is left until `Entry.ends_s`."""
    lift: Lift | None = None


_READER = msgspec.json.Decoder(Told)


def tell(entry: Entry, now_s: float) -> Told:
    """An entry, as it is told now."""
    return Told(order=entry.order, place=entry.place, left_s=max(0.0, entry.ends_s - now_s), lift=entry.lift)


def read_told(text: bytes | msgspec.Raw, now_s: float) -> Entry:
    """Read what somebody tells.

    Args:
        text: A `Told` as JSON.
        now_s: On the clock of this host.

    Raises:
        ValueError: The entry makes no sense; the text names what is wrong.
    """
    try:
        told = _READER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    require_sound(told.order)
    if (told.place == "lifted") != (told.lift is not None):
        raise ValueError(f"an order that is {told.place} says {'not ' * (told.lift is None)}who lifted it")
    longest_s = told.order.span_s if told.place == "open" else TOMBSTONE_S
    return Entry(told.order, told.place, now_s + min(told.left_s, longest_s), told.lift)


def join(one: Entry, other: Entry) -> Entry:
    """What two accounts of the same order come to; in whichever order and however often they are joined, it is the same.

    Args:
        one: Of the order,
        other: and of the same order, both on one clock.
    """
    if one.place != other.place:
        return max(one, other, key=lambda entry: _STEP[entry.place])
    lift = max(one.lift, other.lift, key=_weight)  # two who lift at once: any of them, but everywhere the same
    return Entry(one.order, one.place, min(one.ends_s, other.ends_s), lift)


def _weight(lift: Lift | None) -> bytes:
    return b"" if lift is None else msgspec.json.encode(lift)
