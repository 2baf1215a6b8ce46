"""PURE: an order and what has become of it, on the clock of this host; how two accounts of it become one.

An order is in force, has expired, or was lifted. These steps lead one way only, so that what is over never comes back, and the
account that is further counts. Times are spans from now on the wire, since hosts share no clock.
"""

import math
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from canary.book.order import LONGEST_S, Order, id_of, require_sound
from communicator.answers.policy import Text

TOMBSTONE_S = 30 * 86_400.0
"""How long an order that is over is remembered: as long as one that somebody missed may be in force."""
_STEP = {"open": 0, "expired": 1, "lifted": 2}
Place = Literal["open", "expired", "lifted"]


class Lift(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Who took an order back, and why."""

    cause: Literal["withdrawn", "replaced"] = "withdrawn"
    """`replaced`: by another order, which says the rest."""
    user: Text = ""
    given_on: Text = ""
    reason: Text = ""
    wall_s: float = 0.0
    """Since 1970, by the wall clock of who took it: for people only."""


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="order", tag_field="what"):
    """An order as it is told to others, and kept in a file."""

    order: Order
    place: Place = "open"
    left_s: Annotated[float, Meta(ge=0, le=max(LONGEST_S, TOMBSTONE_S))] | None = None
    """What is left until `Entry.ends_s`; None: it lasts until it is lifted."""
    lift: Lift | None = None


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An order, and what is known of it here."""

    order: Order
    place: Place
    ends_s: float
    """When it expires, or of one that is over when it is forgotten: on the clock of this host; infinite: never."""
    lift: Lift | None = None

    @property
    def id(self) -> str:
        """Its identifier in the book."""
        return id_of(self.order)

    @property
    def is_open(self) -> bool:
        """Whether it may be in force."""
        return self.place == "open"

    @property
    def spreads(self) -> object:
        """What is the same everywhere once it has spread: not what is left of a span, which differs a little."""
        return self.place, self.lift

    def join(self, other: "Entry") -> "Entry":
        """What two accounts of the same order come to, on one clock."""
        if self.place != other.place:
            return max(self, other, key=lambda entry: _STEP[entry.place])
        lift = max(self.lift, other.lift, key=_weight)  # two who lift at once: any of them, but everywhere the same
        return Entry(self.order, self.place, min(self.ends_s, other.ends_s), lift)

    def expire(self, now_s: float) -> "Entry | None":
        """What is left of it when its end has come; None: nothing."""
        return Entry(self.order, "expired", now_s + TOMBSTONE_S) if self.is_open else None

    def tell(self, now_s: float) -> Told:
        """It, as it is told now."""
        left_s = None if self.ends_s == math.inf else max(0.0, self.ends_s - now_s)
        return Told(order=self.order, place=self.place, left_s=left_s, lift=self.lift)

    def aged(self, span_s: float) -> "Entry":
        """It, had it been told so much earlier."""
        return msgspec.structs.replace(self, ends_s=self.ends_s - span_s)


def read_order_told(told: Told, now_s: float) -> Entry:
    """Read what somebody tells of an order.

    Args:
        told: As it came, its types and lengths looked at.
        now_s: On the clock of this host.

    Raises:
        ValueError: It makes no sense; the text names what is wrong.
    """
    require_sound(told.order)
    if (told.place == "lifted") != (told.lift is not None):
        raise ValueError(f"an order that is {told.place} says {'not ' * (told.lift is None)}who lifted it")
    if told.order.span_s is None and told.place == "expired":
        raise ValueError("an order that lasts until it is lifted has not expired")
    longest_s = told.order.longest_s if told.place == "open" else TOMBSTONE_S
    left_s = longest_s if told.left_s is None or longest_s == math.inf else min(told.left_s, longest_s)
    return Entry(told.order, told.place, now_s + left_s, told.lift)


def _weight(lift: Lift | None) -> bytes:
    return b"" if lift is None else msgspec.json.encode(lift)
