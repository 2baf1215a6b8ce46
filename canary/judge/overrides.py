"""PURE: what operators have ordered about a version, which wins over every rule, and when it ends; it knows no rule."""

from collections.abc import Iterator

from canary.judge.state import State
from canary.records import ALL, CellKey, Overridden, OverrideEnded, Pardoned, Record, Version, VersionJudged

KEPT_BACK = ("allow", "pin")
"""The overrides under which no rule acts against a version."""


def covers(order: Overridden | Pardoned, key: CellKey) -> bool:
    """Whether an order speaks of a version on a server."""
    return order.server in (ALL, key.server) and covers_version(order, key.of)


def covers_version(order: Overridden | Pardoned, version: Version) -> bool:
    """Whether an order speaks of a version, wherever."""
    same = (order.service, order.version) == (version.service, version.version)
    return same and order.build in (ALL, version.build)


def override_of(state: State, key: CellKey, now_s: float) -> Overridden | None:
    """The operators' word on a version on a server: of several the safer one, and then on each host the same.

    A block is safer than what lets the version run, unless that was ordered in sight of the block.
    """
    if not state.overrides:
        return None
    orders = [order for order in state.overrides.values() if order.until_at_s > now_s and covers(order, key)]
    over = {block for order in orders if order.action in KEPT_BACK for block in order.over}
    standing = (order for order in orders if order.action != "block" or not order.order or order.order not in over)
    return max(standing, key=lambda order: (order.action == "block", order.order, order.number), default=None)


def is_kept_back(state: State, key: CellKey, now_s: float) -> bool:
    """Whether rules may not act against a version on a server."""
    order = override_of(state, key, now_s)
    return order is not None and order.action in KEPT_BACK


def is_pinned(state: State, version: Version, now_s: float) -> bool:
    """Whether an operator has named a version the one to keep, at least somewhere."""
    return any(
        order.action == "pin" and order.until_at_s > now_s and covers_version(order, version)
        for order in state.overrides.values()
    )


def ended(state: State, now_s: float) -> list[Record]:
    """The orders whose time is over."""
    return [
        OverrideEnded(number=number, cause="expired")
        for number, order in state.overrides.items()
        if order.until_at_s <= now_s
    ]


def let_go(state: State) -> Iterator[VersionJudged]:
    """What a leader says of the versions that were pardoned: nothing is held against them any more."""
    for service, version, build in state.pardoned:
        yield VersionJudged(
            service=service, version=version, build=build, state="ok", rule="operator", reason="pardoned"
        )


def deadlines(state: State) -> Iterator[float]:
    """When each order ends."""
    yield from (order.until_at_s for order in state.overrides.values())
