"""What is behind the fence of one host: which links, processes and units belong to shadows; it closes and discards nothing."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from communicator.answers.policy import ALL, Shadow
from communicator.answers.services import Role
from communicator.router.vocabulary.authority import OWNED_SERVICES
from communicator.router.vocabulary.copies import Which, which
from communicator.router.vocabulary.events import Process
from communicator.router.vocabulary.registry import Behind, Link, Registration

BY_POLICY, BY_ROLE, BY_UNIT, BY_PROCESS, UNTOLD = "policy", "role", "unit", "process", "untold"
"""Why a link is behind the fence: the policy has its version as a shadow, it says itself that it is one, it belongs to the unit or
to the process of one, or nobody can tell to which process it belongs."""
WAITING = Behind("waiting")
"""On a link whose process is yet to be told: what it says is neither heard nor discarded before."""
MARKS_KEPT = 1_000
"""Units, and processes remembered of shadows of the policy that come and go: of those that are gone the first one is forgotten."""
_USER_MANAGER = re.compile(r"user@\d+\.service")
"""The unit of all that one user runs, each in a unit of its own below."""


def unit_of(control_group: str) -> str:
    """The control group of the service that a process belongs to: what it is in at most makes groups below for itself.

    Args:
        control_group: Its own, such as ``/system.slice/billing.service/workers``.

    Returns:
        A part of that, such as ``/system.slice/billing.service``; empty where no service is in it.
    """
    parts = control_group.split("/")
    for at, part in enumerate(parts):
        if part.endswith(".service") and not _USER_MANAGER.fullmatch(part):
            return "/".join(parts[: at + 1])
    return ""


class Mark(NamedTuple):
    """By what a shadow that has registered is known."""

    service: str
    version: str
    build: str
    pid: int | None
    control_group: str
    """Its unit if it has one of its own, else the group that it shares with others."""
    by_unit: bool
    by_policy: bool
    """Else whoever runs it calls it a shadow, as anybody may: that puts no other process behind the fence."""


_Key = tuple[int | None, str, str, str]


class Fence:
    """Shadows of the policy, and those that are registered.

    Args:
        control_group: What the router's own process is in: its unit tells nobody apart.
    """

    def __init__(self, control_group: str) -> None:
        self._own = unit_of(control_group)
        self.shadows: dict[Which, Shadow] = {}
        """Those of the policy that are for this host."""
        self.is_told = False
        """Whether the shell tells of processes."""
        self._named: dict[str, Shadow] = {}
        """By the name of its unit, a shadow of the policy."""
        self._shared: dict[str, None] = {}
        """Units in which something else has registered, and runs: they are no shadow's own."""
        self._of_the_suite: set[str] = set()
        """Of these the ones of the suite's daemons: one that starts shadows itself is none of them, whatever the policy says."""
        self._registered: dict[int, Link] = {}
        self._marks: dict[_Key, Mark] = {}
        """By process, control group, service and version."""

    @property
    def is_up(self) -> bool:
        """Whether anything can be behind it."""
        return bool(self.shadows or self._registered)

    @property
    def has_shadows(self) -> bool:
        """Whether one is registered."""
        return bool(self._registered)

    def obey(self, shadows: tuple[Shadow, ...]) -> None:
        """These are the shadows of the policy on this host from now on."""
        self.shadows = {which(shadow): shadow for shadow in shadows}
        self._name_units()
        registered, self._registered = self._registered, {}
        for link in registered.values():
            self.enter(link)
        self._forget()

    def _name_units(self) -> None:
        others = {unit.rpartition("/")[2] for unit in (self._own, *self._of_the_suite)}
        named = {shadow.unit: shadow for shadow in self.shadows.values()}
        self._named = {
            unit: shadow for unit, shadow in named.items() if unit == unit_of(unit) and unit not in others | {""}
        }

    def note_live(self, link: Link) -> None:
        """What has registered, and is free, runs in a unit: no shadow has that for itself."""
        registration, process = link.registration, link.process
        unit = "" if process is None else unit_of(process.unit)
        if registration is None or not unit or not registration.role.hears_broadcasts or self._why(registration):
            return
        if registration.service in OWNED_SERVICES and registration.by_owner:
            self._of_the_suite.add(unit)
            self._name_units()
        self._shared[unit] = None
        if len(self._shared) > MARKS_KEPT:
            del self._shared[next(iter(self._shared))]
        for key, mark in self._marks.items():
            if mark.control_group == unit:
                self._marks[key] = mark._replace(by_unit=False, control_group=key[1])

    def fits(self, one: Registration | Mark) -> bool:
        """Whether the policy has this version as a shadow here."""
        return any(shadow.fits(one.service, one.version, one.build) for shadow in self.shadows.values())

    def _why(self, registration: Registration) -> str:
        """Why what has registered is a shadow by itself, and not only since it belongs to one; empty: it is none."""
        if self.fits(registration):
            return BY_POLICY
        return BY_ROLE if registration.role is Role.SHADOW and not registration.is_put_behind else ""

    def enter(self, link: Link) -> None:
        """A shadow has registered, or its process was told since: whoever belongs to it is known by that from now on."""
        registration, process = link.registration, link.process
        if registration is None or not self._why(registration):
            return
        self._registered[link.id] = link
        if process is None or (process.pid is None and not process.unit):
            return
        unit, by_policy = unit_of(process.unit), self.fits(registration)
        by_unit = by_policy and unit not in {"", self._own, *self._shared}
        named = registration.service, registration.version
        group = unit if by_unit else process.unit
        mark = Mark(*named, registration.build, process.pid, group, by_unit, by_policy)
        self._marks[process.pid, process.unit, *named] = mark
        if len(self._marks) > MARKS_KEPT:
            gone = next((key for key in self._marks if key not in self._living), None)
            if gone is not None:
                del self._marks[gone]

    def leave(self, link: Link) -> None:
        """A registration has ended. Of a shadow of the policy the process may live, and connect once more."""
        if self._registered.pop(link.id, None) is not None:
            self._forget()

    def _forget(self) -> None:
        """Forget the marks of what is a shadow no more."""
        if not self.is_up:
            self._shared, self._of_the_suite = {}, set()
        living = self._living
        self._marks = {
            key: mark for key, mark in self._marks.items() if key in living or (mark.by_policy and self.fits(mark))
        }

    @property
    def _living(self) -> set[_Key]:
        """The marks of what is registered."""
        return {
            (link.process.pid, link.process.unit, link.registration.service, link.registration.version)
            for link in self._registered.values()
            if link.process and link.registration
        }

    def find(self, link: Link) -> Behind | None:
        """Whether a link is behind it, and why; of those that have registered also by what they are."""
        registration = link.registration
        reason = "" if registration is None else self._why(registration)
        if registration is not None and reason:
            return Behind(reason, registration.service, registration.version)
        is_of_this_host = link.kind.is_local or link.process is not None
        return self.find_process(link.process) if is_of_this_host else None

    def find_process(self, process: Process | None) -> Behind | None:
        """Whether what a process says is behind it, and why.

        Args:
            process: Of this host; None: it was not told.
        """
        if not self.is_up:
            return None
        if process is None or (process.pid is None and not process.unit):
            return Behind(UNTOLD) if self.shadows else None
        for part in process.unit.split("/") if self._named else ():
            if part in self._named:
                return Behind(BY_UNIT, self._named[part].service, self._named[part].version)
        found = next(self._marked(process), None)
        if found is None and not process.unit and (self._named or any(mark.by_unit for mark in self._marks.values())):
            return Behind(UNTOLD)  # its unit is hidden, and may be that of a shadow
        return found

    def _marked(self, process: Process) -> Iterator[Behind]:
        for mark in self._marks.values():
            if mark.by_unit and (process.unit + "/").startswith(mark.control_group + "/"):
                yield Behind(BY_UNIT, mark.service, mark.version)
            elif process.pid is not None and process.pid == mark.pid:
                yield Behind(BY_PROCESS, mark.service, mark.version)
            elif process.pid is None and mark.by_policy and process.unit == mark.control_group:
                yield Behind(UNTOLD)  # the unit is not its own: it may be the shadow's, which nothing tells from others

    def can_tell(self, link: Link) -> bool:
        """Whether whoever registers over a link as a shadow is known again by another one: by its unit, or by its process."""
        process = link.process
        if link.kind.is_remote and process is None:
            return True  # on another host: of that the router there knows
        return process is not None and (
            process.pid is not None or unit_of(process.unit) not in {"", self._own, *self._shared}
        )

    def find_shadow(self, shadow: Which, primary: str) -> Link | None:
        """The link of a shadow; of several the one that registered first.

        Args:
            shadow: Which one.
            primary: The server that copies for it: the policy has to let that hand copies to it, and hear what it answers.
        """
        wanted = self.shadows.get(shadow)
        if wanted is None or wanted.primary not in (ALL, primary):
            return None
        for link in self._registered.values():
            one = link.registration
            if one is not None and not link.closing and wanted.fits(one.service, one.version, one.build):
                return link
        return None

    def by_unit(self, service: str, version: str) -> bool:
        """Whether a unit of its own tells who belongs to a shadow."""
        known: list[Shadow | Mark] = [*self._named.values(), *(mark for mark in self._marks.values() if mark.by_unit)]
        return any((one.service, one.version) == (service, version) for one in known)
