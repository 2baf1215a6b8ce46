"""PURE: what a canary tells of operators' orders: of one it has taken, and how far some are; as it is written and read."""

import msgspec


class Taken(msgspec.Struct, frozen=True):
    """What came of an order (CANARY_RESULT), where it was taken."""

    orders: tuple[str, ...] = ()
    """By identifier: the new one, and those it has ended."""
    not_kept: str = ""
    """Why it is not kept on disk there; empty when it is."""


class OrderStanding(msgspec.Struct, frozen=True):
    """An order, or the definition of a feature flag, that a canary knows of."""

    order: str
    """Its identifier."""
    place: str = "open"
    """``open``, ``expired`` or ``lifted``; of the definition of a feature flag its stamp, such as ``3@alpha``."""
    in_force: bool = False
    """Whether what it says, or that it says it no longer, is obeyed on this host."""


class Orders(msgspec.Struct, frozen=True):
    """How far some orders are on one host (CANARY_CURRENT_REPORT)."""

    server: str = ""
    generation: str = ""
    """A digest of all orders that it knows of: the same where the same is known."""
    members: tuple[str, ...] = ()
    """The servers that have announced a canary, in reach or not."""
    not_kept: str = ""
    """Why orders are not kept on disk there; empty when they are."""
    orders: tuple[OrderStanding, ...] = ()
    """Those of the wanted ones that it knows of."""
