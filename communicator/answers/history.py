"""PURE: who ordered what and what was decided (CANARY_CURRENT_REPORT, history), as it is written and read."""

import msgspec


class Event(msgspec.Struct, frozen=True):
    """One thing that was ordered or decided."""

    wall_s: float
    """Since 1970, by the wall clock of the host where it happened; of a decision, of the host that tells it."""
    who: str
    """An operator, such as ``root@alpha``, or a rule, such as ``rule a``."""
    what: str
    """What was done, such as ``blocked billing 2.0 for 24h 0m``."""
    why: str = ""


class History(msgspec.Struct, frozen=True):
    """What was ordered in the cluster within 30 days, and decided about versions, as one canary knows it."""

    server: str = ""
    events: tuple[Event, ...] = ()
    """The oldest first."""
    omitted: int = 0
    """Older ones that are known and not told."""
