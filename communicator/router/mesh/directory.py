"""Which services run on the other servers that can be reached now; which of them gets a message is decided elsewhere."""

from collections.abc import Mapping

import msgspec

from communicator.answers.services import Instance
from communicator.router.mesh.link_state import Database
from communicator.router.mesh.unlisted import Unlisted
from communicator.router.vocabulary.carrier import Carrier

_NOBODY: frozenset[str] = frozenset()


class _Index(msgspec.Struct, frozen=True):
    """Answers to all questions, for one state of what is told and of who is reached."""

    all: tuple[Instance, ...] = ()
    leaves: frozenset[str] = frozenset()
    by_service: Mapping[str, tuple[Instance, ...]] = {}
    servers_accepting: Mapping[str, frozenset[str]] = {}
    """By command."""


class Directory:
    """Looks instances up; worked out anew when someone asks after a change, else a look into a table.

    Args:
        database: What every router said of its services.
        carrier: Who can be reached.
        unlisted: Where services of leaves were heard that are in no list.
    """

    def __init__(self, database: Database, carrier: Carrier, unlisted: Unlisted) -> None:
        self._database = database
        self._carrier = carrier
        self._unlisted = unlisted
        self._seen: tuple[int, int] | None = None
        self._known = _Index()

    def instances(self, service: str) -> tuple[Instance, ...]:
        """Every instance of a service, whatever its role and state, by server; if none is told of, where it was heard lately."""
        return self._index.by_service.get(service) or self._heard(service)

    def is_listed(self, service: str) -> bool:
        """Whether some router tells of a service."""
        return service in self._index.by_service

    def _heard(self, service: str) -> tuple[Instance, ...]:
        server = self._unlisted.server_of(service)
        leaf = None if server is None else self._carrier.leaf(server)
        if server is None or leaf is None:
            return ()
        return (Instance(server=server, service=service, address=leaf.address),)

    def servers_accepting(self, command: str) -> frozenset[str]:
        """The servers with an instance that lists a command and hears broadcasts; no leaf is among them, they do not tell."""
        return self._index.servers_accepting.get(command, _NOBODY)

    def leaves(self) -> frozenset[str]:
        """The leaves that can be reached."""
        return self._index.leaves

    def all(self) -> tuple[Instance, ...]:
        """Every instance, by server."""
        return self._index.all

    @property
    def _index(self) -> _Index:
        now = (self._database.services_generation, self._carrier.generation)
        if now != self._seen:
            self._known = self._work_out()
            self._seen = now
        return self._known

    def _work_out(self) -> _Index:
        found: list[Instance] = []
        leaves = set()
        for server in sorted(self._carrier.reachable()):
            leaf = self._carrier.leaf(server)
            if leaf is None:
                found += self._database.instances(server)
            else:
                leaves.add(server)
                found += [Instance(server=server, service=each, address=leaf.address) for each in leaf.services]
        by_service: dict[str, list[Instance]] = {}
        servers_accepting: dict[str, set[str]] = {}
        for instance in found:
            by_service.setdefault(instance.service, []).append(instance)
            for command in instance.commands if instance.hears_broadcasts else ():
                servers_accepting.setdefault(command, set()).add(instance.server)
        return _Index(
            all=tuple(found),
            leaves=frozenset(leaves),
            by_service={service: tuple(instances) for service, instances in by_service.items()},
            servers_accepting={command: frozenset(servers) for command, servers in servers_accepting.items()},
        )
