"""Links and the services registered on them: who is there, under which name and role; it sends nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from communicator.router.events import LinkKind, User


class Role(StrEnum):
    """What a registration is there for."""

    LIVE = "live"
    STANDBY = "standby"
    SHADOW = "shadow"
    PROBE = "probe"

    @property
    def hears_broadcasts(self) -> bool:
        """Whether broadcasts of other services reach it: a shadow or a probe must not act on them."""
        return self in (Role.LIVE, Role.STANDBY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One life of one service on one link."""

    service: str
    role: Role
    run_id: str
    up_since_s: int
    """Seconds since the epoch."""
    version: str = ""
    build: str = ""
    config_hash: str = ""
    pid: int | None = None
    metrics_port: int | None = None
    probe_port: int | None = None


@dataclass(slots=True, eq=False)
class Link:
    """One peer, as far as the router cares."""

    id: int
    kind: LinkKind
    address: str
    user: User | None = None
    user_known: bool = False
    registration: Registration | None = None
    prefix: bytes = b""
    """What is written in front of each line it sends: ``<server:service `` once it has registered."""
    commands: set[str] = field(default_factory=set)
    commands_known: bool = False
    """It has listed its commands at least once."""
    is_parked: bool = False
    """Something was asked of the shell, and nothing else of this link is dealt with before the answer."""
    parked: bytes = b""
    """Lines that wait for that answer."""
    held: bool = False
    """The shell holds it up: what it does not answer now is not its fault."""
    ended: bool = False
    """The peer will write no more."""
    line_limit_bytes: int = 0
    """The limit that its next line has passed; 0 while none has."""
    closing: bool = False
    refusals: int = 0
    """How many of its messages were refused."""

    @property
    def name(self) -> str:
        """How logs and statistics call it: the service, or the door and the peer's address."""
        if self.registration is None:
            return f"{self.kind}:{self.address}"
        role = self.registration.role
        return self.registration.service if role is Role.LIVE else f"{self.registration.service}({role})"

    def accepts(self, command: str) -> bool:
        """Whether the router's own broadcast of this command goes there."""
        return self.registration is not None and command in self.commands

    def may_take_answer(self, command: str) -> bool:
        """Whether an answer that the ancestor keeps from those who listed their commands without it may go there."""
        return not self.commands_known or command in self.commands


class Registry:
    """Every link by number, and every registration by name and role."""

    def __init__(self) -> None:
        self.links: dict[int, Link] = {}
        self._live: dict[str, Link] = {}
        self._beside: dict[str, dict[int, Link]] = {}
        self._registered = 0

    def __len__(self) -> int:
        """How many registrations there are, whatever their role."""
        return self._registered

    def live(self, service: str) -> Link | None:
        """The one live registration of a service on this host."""
        return self._live.get(service)

    def add(self, link: Link, registration: Registration) -> None:
        """Enter a registration; the link must have none, and the name must be free when the role is live.

        Raises:
            ValueError: Otherwise; nothing was changed.
        """
        if link.registration is not None or (registration.role is Role.LIVE and registration.service in self._live):
            raise ValueError(f"{registration.service!r} cannot be registered: the link or the name is taken")
        link.registration = registration
        self._registered += 1
        if registration.role is Role.LIVE:
            self._live[registration.service] = link
        else:
            self._beside.setdefault(registration.service, {})[link.id] = link

    def remove(self, link: Link) -> None:
        """Take the registration of a link out; the link itself stays."""
        registration = link.registration
        if registration is None:
            return
        if registration.role is Role.LIVE:
            del self._live[registration.service]
        else:
            beside = self._beside[registration.service]
            del beside[link.id]
            if not beside:
                del self._beside[registration.service]
        link.registration = None
        link.prefix = b""
        self._registered -= 1

    def registered(self) -> Iterator[Link]:
        """Every link that holds a registration."""
        yield from self._live.values()
        for beside in self._beside.values():
            yield from beside.values()

    def listeners(self, command: str) -> tuple[Link, ...]:
        """The links a broadcast of a service goes to."""
        return tuple(
            link
            for link in self.registered()
            if link.registration and link.registration.role.hears_broadcasts and command in link.commands
        )
