"""PURE: which instances of a service may get messages, and which version of it is the last good one; it decides nothing."""

from collections.abc import Iterator

from canary.judge.overrides import is_pinned, override_of
from canary.judge.state import Cell, State
from canary.records import CellKey, Version

BARRED = ("blocked", "probation")


def last_good(state: State, service: str) -> Version | None:
    """The version to fall back to: of those good on any server, the one that is so on most of them, then the older one.

    So a version that has become good on the first server of a roll-out does not take the place of the one it is to replace.
    Where none is good any more, it is the one that was so last.
    """
    cells = state.cells
    # of each its version, in a tenth of the time that `of` takes: this is asked at every failure
    good = [key[1:] for key in state.installed.get(service, {}).values() if cells[key].state == "good"]
    if good:
        versions = [Version(*of) for of in dict.fromkeys(good)]
        return max(versions, key=lambda version: (good.count(version), -state.releases[version].first_seen_at_s))
    releases = (state.releases[version] for version in state.versions.get(service, ()))
    were_good = (
        (release.last_good_at_s, release.version) for release in releases if release.last_good_at_s is not None
    )
    return max(were_good, default=(None, None))[1]


def is_kept(state: State, version: Version, now_s: float) -> bool:
    """Whether a version may not be taken from the whole cluster: it is the last good one, or an operator has pinned it."""
    return is_pinned(state, version, now_s) or last_good(state, version.service) == version


def is_unproven(state: State, version: Version) -> bool:
    """Whether a version has worked nowhere so far, while another one of its service has."""
    return not has_worked(state, version) and any(
        has_worked(state, other) for other in state.versions.get(version.service, ()) if other != version
    )


def has_worked(state: State, version: Version) -> bool:
    """Whether a run of a version has lasted long enough, on any server."""
    servers = state.releases[version].servers
    return any(state.cells[CellKey(server, *version)].ever_passed for server in servers)


def is_barred(state: State, cell: Cell, now_s: float) -> bool:
    """Whether the policy keeps messages from a version on a server."""
    order = override_of(state, cell.key, now_s)
    if order is not None:
        return order.action == "block"
    is_ejected = cell.state == "suspect" and cell.until_at_s is not None
    return cell.state in BARRED or is_ejected or is_held(state, cell, now_s)


def is_held(state: State, cell: Cell, now_s: float) -> bool:
    """Whether a version is kept from the cluster, also from this server, where it has never worked."""
    if cell.ever_passed or not state.held or (version := cell.key.of) not in state.held:
        return False
    return (state.releases[version].until_at_s or 0.0) > now_s


def is_there(state: State, key: CellKey) -> bool:
    """Whether an instance runs within reach, or will as soon as its supervisor has started it again."""
    return state.servers[key.server].lost_at_s is None and not state.cells[key].is_stopped


def routable(state: State, service: str, now_s: float) -> Iterator[CellKey]:
    """The instances that get messages, or will as soon as their supervisor has started them again."""
    for key in state.installed.get(service, {}).values():
        if is_there(state, key) and not is_barred(state, state.cells[key], now_s):
            yield key
