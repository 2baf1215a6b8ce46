"""PURE: how a deployment begins: which servers, in which order, beside what, or why not; nothing moves it on."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from statistics import median_low
from typing import NamedTuple

import msgspec

from canary.deployment.sight import Instance
from canary.deployment.spec import Spec, Step
from canary.records import ALL
from canary.records.deployments import Before, Deploying, DeploymentMoved, matches

TRAIL = 3
"""The rollback window: so many versions that were deployed before are gone back to without steps, where they are good."""


RECORD_BYTES = 24 * 1024
"""What a deployment takes in the book at most, its quotation marks escaped: what is proposed and what is in effect share a line."""


class RefusedError(ValueError):
    """A deployment cannot begin, or cannot do what is wanted; the text says why."""


class Word(NamedTuple):
    """What was said."""

    command: str
    by: str
    """Such as ``root@alpha``."""
    reason: str = ""
    full: bool = False

    @property
    def text(self) -> str:
        """For people."""
        return f"{self.command} by {self.by}" + (f": {self.reason}" if self.reason else "")


class Ground(NamedTuple):
    """What a deployment begins on."""

    instances: Mapping[str, tuple[Instance, ...]]
    """The versions of the service, by server."""
    members: AbstractSet[str]
    """The servers that have a canary."""
    exposed_s: Mapping[str, float] = {}
    """How long the service has run on each server lately."""
    canary_hosts: Sequence[str] = ()
    held: str = ""
    """Why the version is held in the whole cluster; empty: it is not."""


def begin(spec: Spec, name: str, word: Word, ground: Ground, known: Deploying | None) -> DeploymentMoved:
    """Begin a deployment; one of the same service that is under way ends by that.

    Args:
        spec: What it is to do.
        name: Its identifier.
        word: Who starts it, and why.
        ground: What it begins on.
        known: The last deployment of the service, ended or not.

    Raises:
        RefusedError: It cannot.
    """
    active = None if known is None or known.at.is_over else known.at
    _require_free(spec, ground, active)
    servers = _servers(spec, ground, known, active)
    if not servers:
        raise RefusedError(f"nobody runs {spec.service!r}, so the deployment has to name its servers")
    unknown = [one.server for one in servers if one.server not in ground.members]
    if unknown:
        raise RefusedError(f"no canary is known on {', '.join(unknown)}")
    running = [
        one for one in servers if one.version and not matches((spec.version, spec.build), one.version, one.build)
    ]
    if not running and all(one.version for one in servers):
        raise RefusedError(f"{spec.service} {spec.version} runs on all of its servers already")
    before = _most(running)
    _require_shadow(spec, ground, before[0], active)
    last = None if known is None else known.at
    reason = word.text if active is None else f"{word.text}, in place of {active.spec.version}"
    if is_fast(spec, servers, ground, last):
        spec = msgspec.structs.replace(spec, steps=(Step(),), equal_age=False, shadow=None)
    return _fitting(
        DeploymentMoved(
            id=name,
            spec=spec,
            by=word.by,
            said_by=word.by,
            phase="pending",
            servers=servers,
            from_version=before[0],
            from_build=before[1],
            colour=_colour(spec, last),
            trail=_trail(last),
            supersedes="" if active is None else active.id,
            reason=reason[:256],
        )
    )


def undoing(deploying: Deploying, *, full: bool) -> Spec:
    """What goes back to what was there before.

    Args:
        deploying: The newest deployment of the service.
        full: Whether it takes all steps, also where what was there before is good.

    Raises:
        RefusedError: It has changed nothing, or is not over.
    """
    at = deploying.at
    if at.spec.strategy == "shadow":
        raise RefusedError(f"there is nothing to undo: a shadow leaves the service as it is{_advice(at)}")
    if at.phase != "done" or not at.from_version:
        raise RefusedError(f"there is nothing to undo: it is {at.phase}; abort ends what is under way")
    back = {"version": at.from_version, "build": at.from_build or "*", "first": ""}
    return (
        msgspec.structs.replace(at.spec, **back)
        if full
        else msgspec.structs.replace(at.spec, **back, steps=(), equal_age=False, shadow=None)
    )


def _advice(at: DeploymentMoved) -> str:
    """How to undo what was deployed before a shadow: the book holds the newest deployment of a service alone."""
    before = next((version for version, _ in at.trail if version != at.from_version), "")
    return f"; to go back from {at.from_version} to {before}, deploy {before}" if before else ""


def _require_free(spec: Spec, ground: Ground, active: DeploymentMoved | None) -> None:
    """Neither is it under way, nor is the version held, nor has another one got so far that this one would cut its way back."""
    if active is not None and active.trial == (spec.version, spec.build):
        raise RefusedError(f"{spec.service} {spec.version} is being deployed already: {active.id}, {active.phase}")
    if active is not None and active.is_switched:
        raise RefusedError(
            f"{spec.service} {active.spec.version} gets the traffic already: promote or abort {active.id} first"
        )
    if ground.held:
        raise RefusedError(f"{spec.service} {spec.version} is held: {ground.held}; pardon it first")


def _require_shadow(spec: Spec, ground: Ground, from_version: str, active: DeploymentMoved | None) -> None:
    """The fence on a host is about a version: what does its work there must not be behind it."""
    shadow, service = spec.shadow, spec.service
    if shadow is None:
        return
    if shadow.server not in ground.members:
        raise RefusedError(f"shadow.server: no canary is known on {shadow.server}")
    if not from_version:
        raise RefusedError(f"shadow: no other version of {service} runs, so there is nothing to copy")
    live = {one.version for one in ground.instances.get(shadow.server, ()) if one.is_running}
    if spec.version in live:
        raise RefusedError(
            f"shadow.server: {service} {spec.version} does its work on {shadow.server} already: name another server"
        )
    if shadow.noise == "second" and from_version in live:
        raise RefusedError(
            f"shadow.noise: {service} {from_version} does its work on {shadow.server}, so it cannot be the reference "
            "there: name another server"
        )
    if shadow.primary != ALL and shadow.primary not in _running(ground):
        raise RefusedError(f"shadow.primary: {service} does not run on {shadow.primary}")
    if spec.strategy == "shadow" and active is not None and _may_have_placed(active):
        raise RefusedError(f"{service} {active.version} may be on some servers: promote or abort {active.id} first")


def _may_have_placed(active: DeploymentMoved) -> bool:
    """Whether it has put its version somewhere, or one that it has taken the place of may have; what is a shadow alone did not."""
    return active.spec.strategy != "shadow" and bool(active.placed or active.supersedes)


def _fitting(moved: DeploymentMoved) -> DeploymentMoved:
    """A deployment, if the book can tell it."""
    text = msgspec.json.encode(moved)
    size = len(text) + text.count(b'"') + text.count(b"\\")
    if size > RECORD_BYTES:
        raise RefusedError(
            f"its {len(moved.servers)} servers and its file take {size} bytes, more than {RECORD_BYTES}: name fewer of both"
        )
    return moved


def _colour(spec: Spec, last: DeploymentMoved | None) -> int:
    """A service that had colours and is deployed by steps has none any more, and that is a newer one too."""
    known = 0 if last is None else last.colour
    if spec.strategy == "shadow":
        return known
    had = last is not None and (last.spec.strategy == "blue-green" or (known > 0 and last.spec.strategy == "shadow"))
    return known + (had or spec.strategy == "blue-green")


def is_fast(spec: Spec, servers: Sequence[Before], ground: Ground, last: DeploymentMoved | None) -> bool:
    """Whether it goes back to a version that is good on its servers, which takes no steps."""
    wanted = (spec.version, spec.build)
    if last is None or spec.strategy != "canary" or not any(matches(wanted, *known) for known in _trail(last)):
        return False
    found = [_find(ground, one.server, wanted) for one in servers]
    return all(one is not None and one.was_good for one in found)


def _trail(last: DeploymentMoved | None) -> tuple[tuple[str, str], ...]:
    """What was deployed before, the newest first: of one that went back, what it went back to."""
    if last is None:
        return ()
    newest = [last.trial] if last.phase == "done" and last.spec.strategy != "shadow" else []
    old = [(last.from_version, last.from_build)] if last.from_version else []
    return tuple(dict.fromkeys([*newest, *old, *last.trail]))[: TRAIL + 1]


def _find(ground: Ground, server: str, wanted: tuple[str, str]) -> Instance | None:
    return next((one for one in ground.instances.get(server, ()) if matches(wanted, one.version, one.build)), None)


def _servers(spec: Spec, ground: Ground, known: Deploying | None, active: DeploymentMoved | None) -> tuple[Before, ...]:
    """In their order: the first one, then the others by name, or as they are named. Where nobody runs it, those of last time."""
    old = {one.server: one for one in active.servers} if active is not None else {}
    last = [] if known is None else [one.server for one in known.at.servers if one.server in ground.members]
    names = list(spec.servers) or sorted({*_running(ground), *old}) or last
    first = _first(spec, ground, names)
    ordered = sorted(names, key=lambda name: name != first) if first else names
    return tuple(old.get(name) or _on(ground, name) for name in ordered)


def _running(ground: Ground) -> list[str]:
    return [server for server, instances in ground.instances.items() if any(one.is_running for one in instances)]


def _on(ground: Ground, server: str) -> Before:
    running = [one for one in ground.instances.get(server, ()) if one.is_running]
    found = max(running, key=lambda one: one.has_passed, default=None)
    return Before(server) if found is None else Before(server, found.version, found.build)


def _first(spec: Spec, ground: Ground, names: Sequence[str]) -> str:
    """Who gets it first: who is named; a canary host; who has the median exposure, neither idle nor the busiest one."""
    wanted = [spec.first] if spec.first else [] if spec.servers else list(ground.canary_hosts)
    found = [name for name in wanted if name in names]
    if spec.first and not found:
        raise RefusedError(f"first: {spec.first!r} is none of the servers of {spec.service}: {', '.join(names)}")
    if found or spec.servers or not names:
        return found[0] if found else ""
    middle_s = median_low([ground.exposed_s.get(name, 0.0) for name in names])
    return next(name for name in names if ground.exposed_s.get(name, 0.0) == middle_s)


def _most(servers: Sequence[Before]) -> tuple[str, str]:
    """The version that most of them have; of the same number, the one of the first."""
    versions = [(one.version, one.build) for one in servers]
    return max(versions, key=versions.count, default=("", ALL))
