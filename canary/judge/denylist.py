"""PURE: which versions routers are to deny where, and which get no traffic, from what the judge knows; it decides nothing.

A router obeys any entry that speaks of a version. So where an operator allows, or the version works, what a hold says is
told server by server, those left out.
"""

from collections.abc import Iterator

from canary.judge.overrides import KEPT_BACK, covers_version, is_kept_back
from canary.judge.releases import BARRED
from canary.judge.sentence import reason_of
from canary.judge.state import Cell, Release, State
from canary.policy import Denial, Wanted
from canary.records import ALL, CellKey, Overridden
from communicator.answers.policy import Weight

PROLONGED_S = 3_600.0
"""In whole portions of this, so that the policy is not another one each time it is looked at."""
HANDOVER_S = 5.0
"""An entry outlives its block by so much: until the policy with the probe is there, nothing is let in."""


def entries(state: State, me: str, now_s: float) -> Wanted:
    """What is to be in force at the router of a server.

    Args:
        state: What is known.
        me: The server.
        now_s: By the ledger's clock.
    """
    denials = (*_of_operators(state, me, now_s), *_of_cells(state, me, now_s), *held(state, me, now_s))
    found = {denial.scope: denial for denial in sorted(denials, key=lambda denial: denial.until_at_s)}
    return Wanted(tuple(found[scope] for scope in sorted(found)), tuple(_weights(state, me, now_s)))


def held(state: State, me: str, now_s: float) -> Iterator[Denial]:
    """The versions that are held in the cluster, except where they work or are allowed.

    Args:
        state: What is known.
        me: This server, which may not have tried any of them yet.
        now_s: By the ledger's clock.
    """
    for version in state.held:
        release = state.releases[version]
        until_at_s = release.until_at_s
        if until_at_s is None or until_at_s <= now_s:
            continue
        for server in _servers_to_hold(state, release, me, now_s):
            yield Denial(
                service=version.service,
                version=version.version,
                build=version.build,
                server=server,
                until_at_s=until_at_s + HANDOVER_S,
                reason=release.reason,
                probe_allowed=False,
            )


def _servers_to_hold(state: State, release: Release, me: str, now_s: float) -> list[str]:
    known = {*state.servers, me}
    keys = {server: CellKey(server, *release.version) for server in known}
    left_out = {server for server, key in keys.items() if _works(state, key) or is_kept_back(state, key, now_s)}
    has_orders = any(covers_version(order, release.version) for order in state.overrides.values())
    return sorted(known - left_out) if left_out or has_orders else [ALL]


def _works(state: State, key: CellKey) -> bool:
    cell = state.cells.get(key)
    return cell is not None and cell.ever_passed


def _of_cells(state: State, me: str, now_s: float) -> Iterator[Denial]:
    for key in state.timed:
        cell = state.cells[key]
        if cell.state not in BARRED or _is_let_in(cell) or is_kept_back(state, key, now_s):
            continue
        if not _is_ours_to_tell(cell, me, now_s):
            continue
        yield Denial(
            service=key.service,
            version=key.version,
            build=key.build,
            server=key.server,
            until_at_s=_end_s(cell, now_s),
            reason=reason_of(cell),
            probe_allowed=cell.state == "probation",
        )


def _is_ours_to_tell(cell: Cell, me: str, now_s: float) -> bool:
    """Not what is over on another server: that one's canary would have said what comes next, and may be gone for good."""
    return cell.key.server == me or now_s < (cell.until_at_s or 0.0) + HANDOVER_S


def _is_let_in(cell: Cell) -> bool:
    return cell.state == "probation" and cell.probe_is_live


def _end_s(cell: Cell, now_s: float) -> float:
    """When an entry ends. A probe that has no outcome when its grant is over does not open the door: it is prolonged by hours."""
    end_s = (cell.until_at_s or now_s) + HANDOVER_S
    return end_s if end_s > now_s else (now_s // PROLONGED_S + 2) * PROLONGED_S


def _of_operators(state: State, me: str, now_s: float) -> Iterator[Denial]:
    for order in state.overrides.values():
        if order.action != "block" or order.until_at_s <= now_s:
            continue
        for server, build in _scopes(state, order, me, now_s):
            yield Denial(
                service=order.service,
                version=order.version,
                build=build,
                server=server,
                until_at_s=order.until_at_s,
                reason=f"blocked by {order.actor.user}@{order.actor.server}: {order.reason}",
                probe_allowed=False,
            )


def _scopes(state: State, order: Overridden, me: str, now_s: float) -> Iterator[tuple[str, str]]:
    """Where an order to block holds: as it stands; or, where another one allows a part of it in its sight, server by server.

    Where that part is some of the builds, what is known of the others is named.
    """
    above = [other for other in state.overrides.values() if _allows_a_part(other, order, now_s)]
    if not above:
        yield order.server, order.build
        return
    for server in sorted({*state.servers, me} if order.server == ALL else {order.server}):
        builds = {other.build for other in above if other.server in (ALL, server)}
        if not builds:
            yield server, order.build
        elif ALL not in builds:
            known = {
                version.build for version in state.versions.get(order.service, ()) if version.version == order.version
            }
            for build in sorted((known if order.build == ALL else {order.build}) - builds):
                yield server, build


def _allows_a_part(other: Overridden, order: Overridden, now_s: float) -> bool:
    is_above = order.order in other.over and other.action in KEPT_BACK and other.until_at_s > now_s
    return is_above and (other.service, other.version) == (order.service, order.version)


def _weights(state: State, me: str, now_s: float) -> Iterator[Weight]:
    """No traffic for what is ejected, nor for what is let in as itself to be its own probe."""
    for key in sorted(state.timed):
        cell = state.cells[key]
        is_weighed = (cell.state == "suspect" or _is_let_in(cell)) and _is_ours_to_tell(cell, me, now_s)
        if is_weighed and not is_kept_back(state, key, now_s):
            yield Weight(key.service, key.version, key.build, key.server, 0.0)
