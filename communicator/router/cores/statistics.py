"""What the router counts, and how it becomes ROUTER_STATS; counters only grow."""

from collections import Counter
from typing import TypeVar

import msgspec

from communicator.router.vocabulary.events import LinkKind
from communicator.router.vocabulary.named_counts import OTHER, NamedCounts

S = TypeVar("S", bound=msgspec.Struct)

DROP_REASONS = (
    "unroutable",
    "expired",
    "duplicate",
    "hops",
    "slow_consumer",
    "cache_full",
    "acl",
    "invalid",
    "faulty",
    "too_long",
    "overload",
    "unacknowledged",
)
ROUTES = ("local", "next_hop", "any", "all", "broadcast", "self")
REFUSALS = ("credentials", "name", "ending")
"""Why another router is not taken: it does not show who it is, its name is taken, or we are about to end."""


class Statistics:
    """The counters of one life of the router; ROUTER_STATS tells each one under its name and ``_total``."""

    def __init__(self) -> None:
        kinds = list(LinkKind)
        self.connections_opened: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.closed: Counter[tuple[str, str]] = Counter()
        self.messages_received: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.messages_sent: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.received_bytes: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.sent_bytes: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.routed: Counter[str] = Counter(dict.fromkeys(ROUTES, 0))
        self.dropped: Counter[str] = Counter(dict.fromkeys(DROP_REASONS, 0))
        self.commands: Counter[str] = Counter({OTHER: 0})
        self.slow_consumers = NamedCounts()
        self.handler_exceptions: Counter[str] = Counter()
        self.acl_denied = 0
        self.faulty_messages = 0
        self.auth_failures: Counter[str] = Counter(dict.fromkeys((LinkKind.REMOTE, LinkKind.SECURE), 0))
        self.peers_refused: Counter[str] = Counter(dict.fromkeys(REFUSALS, 0))
        self.topology_changes = 0
        self.records_refused = 0


def fill(shape: type[S], *sources: object, **known: object) -> S:
    """A part of the answer, each of its fields as it is known, or as a source has it under its name, with ``_total`` or without.

    So a statistic is a counter and a field of the answer, and nothing in between can be forgotten.

    Args:
        shape: What is to be filled.
        sources: What has counted, in the order in which they are asked.
        known: Fields that no source has under their name.

    Raises:
        LookupError: Nobody knows a field: a bug of ours, which every test that asks for statistics meets.
    """
    return shape(**{name: known[name] if name in known else _find(name, sources) for name in shape.__struct_fields__})


def _find(name: str, sources: tuple[object, ...]) -> object:
    for source in sources:
        for attribute in (name, name.removesuffix("_total")):
            if hasattr(source, attribute):
                return getattr(source, attribute)
    raise LookupError(f"nothing counts {name!r} of ROUTER_STATS: add it to Statistics, to Measured or to what fills it")
