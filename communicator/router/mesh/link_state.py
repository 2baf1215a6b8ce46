"""What each router of the cluster last said of its links and services, and which of two words is the later; it sends nothing.

Of two records the later is the one with the larger (started, boot_id, sequence): the first two tell one life of a router from
the next, and a new life makes all that was said in older ones void. `started` is what a clock said, which may be wrong, and both
numbers are whatever was told. So they decide only where nobody knows better: over which link a word is certain, whatever its
numbers are, `Mesh.weigh` says.
"""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from types import MappingProxyType

import msgspec

from communicator.answers.services import Instance
from communicator.router.vocabulary.records import (
    COUNT_MAX,
    LINKS,
    PARTS,
    LinksState,
    Rank,
    Record,
    ServicesState,
    decode_digests,
    decode_summary,
    digest_of,
)

_BEFORE_ALL = (-1, "")
_SUMMARY_SHARE = 2
"""A summary may tell of so many times the servers that we remember: others may be set to remember more."""


class Outcome(StrEnum):
    """What became of a record."""

    NEW = "new"
    """Stored: to be passed on."""
    SAME = "same"
    """Known already."""
    OLDER = "older"
    """We know better: the other side gets `Database.records_of`."""
    OWN = "own"
    """A former life of ours, or someone who bears our name, is taken for later than we: send `Database.republish`."""
    FULL = "full"
    """There are as many servers as may be."""


class Database:
    """The latest record of every part of every router, our own among them.

    Args:
        server: Our own name.
        boot_id: Of this life of ours.
        started: When it began: seconds since the epoch.
        members_max: How many servers are remembered, ourselves included.
    """

    def __init__(self, server: str, boot_id: str, started: int, members_max: int) -> None:
        self.links_generation = 0
        """Grows whenever someone's neighbors change: the ways follow from them, and from nothing else that is told with them."""
        self.services_generation = 0
        """Grows whenever someone's services change."""
        self._server = server
        self._life = (started, boot_id)
        self._outdoes = started
        """What `started` has to be for our records to be taken for the later ones: said with all of them at once, or others would
        drop the rest."""
        self._members_max = members_max
        self._parts: dict[str, dict[str, Record]] = {server: {}}
        self._links: dict[str, LinksState] = {}
        self._digests: dict[str, str] = {}
        """By server, as far as they were asked for since its records changed."""

    @property
    def started(self) -> int:
        """What our records say of when this life began: later than the truth where that had to outdo another one."""
        return self._life[0]

    def publish(self, part: str, state: LinksState | ServicesState) -> Record | None:
        """Say something of ourselves.

        Args:
            part: `LINKS` or a bucket, see `bucket_of`.
            state: All there is to say about that part.

        Returns:
            What is to be sent to others; None when that is what we said last.
        """
        last = self._parts[self._server].get(part)
        if state == (ServicesState() if last is None else last.state):
            return None
        started, boot_id = self._life
        record = Record(self._server, boot_id, started, part, last.sequence + 1 if last else 1, state)
        self._store(record)
        return record

    def accept(self, record: Record) -> Outcome:
        """Take in what another router sent, be it its own word or someone else's."""
        if record.server not in self._parts and len(self._parts) >= self._members_max:
            return Outcome.FULL
        known = self._rank(record.server, record.part)
        if record.rank <= known:
            return Outcome.SAME if record.rank == known else Outcome.OLDER
        if record.server == self._server:
            return self._outdo(record)
        if not record.sequence:
            return Outcome.SAME  # the rest of that life is still to come
        if record.life != known[:2]:
            self.forget(record.server)
        self._store(record)
        return Outcome.NEW

    def _rank(self, server: str, part: str) -> Rank:
        """How late our word about a part is; number 0 where we have only others of that life."""
        parts = self._parts.get(server, {})
        if part in parts:
            return parts[part].rank
        life = self._life if server == self._server else next((each.life for each in parts.values()), _BEFORE_ALL)
        return (*life, 0)

    def _outdo(self, record: Record) -> Outcome:
        """Somebody says more of us than we have."""
        started = min(record.started + 1, COUNT_MAX)
        if started <= self._outdoes:
            return Outcome.SAME
        self._outdoes = started
        return Outcome.OWN

    def correct(self, record: Record) -> bool:
        """Take in what is certain of another server that is known, also where it is older by its numbers than what we have.

        Returns:
            Whether we had something else.
        """
        if self.holds(record):
            return False
        if not record.sequence:
            return self._drop(record)
        if record.life != self._rank(record.server, record.part)[:2]:
            self.forget(record.server)
        self._store(record)
        return True

    def _drop(self, unsaid: Record) -> bool:
        """Of this part nothing was said in the life that we know."""
        parts = self._parts[unsaid.server]
        if parts[unsaid.part].life != unsaid.life:
            return False
        del parts[unsaid.part]
        self._digests.pop(unsaid.server, None)
        self._changed(unsaid.part)
        return True

    def is_outdone(self, record: Record) -> bool:
        """Whether we have a word that is as late by its numbers, or later."""
        return record.rank <= self._rank(record.server, record.part)

    def has_later(self, record: Record) -> bool:
        """Whether we have a later word of the same life: whoever tells this one is behind, and is told it; nobody lies."""
        known = self._rank(record.server, record.part)
        return known[:2] == record.life and known > record.rank

    def holds(self, record: Record) -> bool:
        """Whether this very record is the one we have."""
        return self._parts.get(record.server, {}).get(record.part) == (record if record.sequence else None)

    def republish(self) -> list[Record]:
        """Everything we say of ourselves, for all others: due after `Outcome.OWN`."""
        own, self._life = self._parts[self._server], (self._outdoes, self._life[1])
        self._digests.pop(self._server, None)
        for part, ours in own.items():
            own[part] = msgspec.structs.replace(ours, started=self.started)
        return list(own.values())

    def records_of(self, server: str, part: str) -> list[Record]:
        """What answers an outdated record: the part as we know it, or all the others when a newer life has no such part."""
        parts = self._parts.get(server, {})
        return [parts[part]] if part in parts else list(parts.values())

    def instead_of(self, record: Record) -> list[Record]:
        """What answers a record that is not believed: the part as we know it; to one of another life all, which voids all."""
        parts = self._parts.get(record.server, {})
        ours = [ours for part, ours in parts.items() if part == record.part or ours.life != record.life]
        return ours or self._unsaid(record.server, record.life, {record.part})

    def _unsaid(self, server: str, life: tuple[int, str], parts: AbstractSet[str]) -> list[Record]:
        """That a server has said nothing of these parts, if this is the life that we know, and as far as it has not."""
        said = self._parts.get(server, {})
        if not any(record.life == life for record in said.values()):
            return []
        started, boot_id = life
        lacking = sorted(parts & PARTS - said.keys() - {LINKS})
        return [Record(server, boot_id, started, part, 0, ServicesState()) for part in lacking]

    def forget(self, server: str) -> None:
        """Drop all that another server said; it comes back as soon as someone sends it again."""
        if server == self._server:
            return
        for part in self._parts.pop(server, {}):
            self._changed(part)
        self._links.pop(server, None)
        self._digests.pop(server, None)

    def make_room(self, kept: AbstractSet[str]) -> None:
        """Where there are as many servers as may be, forget all but these: invented ones are not to keep others out for ever."""
        if len(self._parts) >= self._members_max:
            for server in self._parts.keys() - kept:
                self.forget(server)

    def boot_id(self, server: str) -> str | None:
        """Which life of a server is known; None when it has said nothing."""
        parts = self._parts.get(server)
        return next(iter(parts.values())).boot_id if parts else None

    def records(self) -> Iterator[Record]:
        """Every record, our own among them."""
        for parts in self._parts.values():
            yield from parts.values()

    def links(self) -> Mapping[str, LinksState]:
        """The links of each server, as it tells of them itself; what is returned follows all changes."""
        return MappingProxyType(self._links)

    def instances(self, server: str) -> tuple[Instance, ...]:
        """The services of a server."""
        parts = self._parts.get(server, {}).values()
        return tuple(
            instance
            for record in parts
            if isinstance(record.state, ServicesState)
            for instance in record.state.instances
        )

    def summary(self) -> str:
        """What we know, as JSON without the states: each server's ``[started, boot_id, {part: sequence}]``."""
        known = {
            server: (*next(iter(parts.values())).life, {part: record.sequence for part, record in parts.items()})
            for server, parts in self._parts.items()
            if parts
        }
        return msgspec.json.encode(known).decode()

    def digests(self) -> str:
        """Digests of what we know of each server, as JSON."""
        digests = {server: self._digest(server) for server, parts in self._parts.items() if parts}
        return msgspec.json.encode(digests).decode()

    def missing_from(self, summary: str, digests: str, is_certain: Callable[[str], bool]) -> list[Record]:
        """What another router has not, or has in an older version; of a server of which we are certain also in any other version.

        Args:
            summary: Its `summary`.
            digests: Its `digests`, which tell records apart that bear the same numbers; empty where it tells none.
            is_certain: Whether we know better than the other router what is true of a server.

        Raises:
            RemoteProtocolError: They are none, or of too many servers.
        """
        most = _SUMMARY_SHARE * self._members_max
        theirs, told_digests = decode_summary(summary, most), decode_digests(digests, most)
        missing = []
        for server, parts in self._parts.items():
            started, boot_id, sequences = theirs.get(server, (-1, "", {}))
            differs = server in told_digests and told_digests[server] != self._digest(server)
            for record in (*parts.values(), *self._unsaid(server, (started, boot_id), sequences.keys())):
                told, rank = (started, boot_id, sequences.get(record.part, 0)), record.rank
                if told < rank or ((told != rank or differs) and is_certain(server)):
                    missing.append(record)
        return missing

    def _digest(self, server: str) -> str:
        if server not in self._digests:
            self._digests[server] = digest_of(self._parts[server].values())
        return self._digests[server]

    def _store(self, record: Record) -> None:
        self._parts.setdefault(record.server, {})[record.part] = record
        self._digests.pop(record.server, None)
        if not isinstance(record.state, LinksState):
            self._changed(record.part)
            return
        before = self._links.get(record.server)
        self._links[record.server] = record.state
        if before is None or before.neighbors != record.state.neighbors:
            self._changed(record.part)

    def _changed(self, part: str) -> None:
        if part == LINKS:
            self.links_generation += 1
        else:
            self.services_generation += 1
