"""SHELL: the book of the cluster on this host: takes orders and decisions, keeps and tells them; it enforces nothing."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
from structlog.typing import FilteringBoundLogger

from canary import ordered
from canary.book.book import Book
from canary.book.decision import TERM_MAX, Body
from canary.book.entry import TOMBSTONE_S
from canary.book.exchange import Exchange
from canary.book.kept import Kept, Moment, put, read_kept, write_kept
from canary.feature.audit import Lull, untold
from canary.given import Command, Entered, Stamp
from canary.judge.state import State
from canary.leadership import STEP
from canary.orders import enter, read_order
from canary.records import OfLeader, Record
from communicator.answers.orders import Orders, OrderStanding, Taken
from communicator.client import Service
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from communicator.runtime.boot import read_boot_id
from communicator.runtime.kept_file import read_file, reason_of, write_file

FILE = "book.json"
FILE_BYTES = 80 * 1024 * 1024
"""What is read of the file at most: 12,000 orders with texts as long as they may be, and all that flags may take."""
RENEW_S = 600.0
"""How often what is left of spans is kept anew, so that no order lasts much longer for a host that was off."""
RETRY_S = 5.0
"""How often a file that cannot be written is tried again."""
LOOK_S = 1.0
"""How often it is looked at who is in reach."""
PATIENCE_S = 0.5
"""How long an order waits for the disk until it is answered."""


class Replica:
    """What this host holds of the book.

    Args:
        service: The link to the router.
        directory: Where its file lies.
        now_s: The clock of this host, in seconds, which never goes back.
        log: Where it is told what is refused, and what cannot be kept.
    """

    def __init__(
        self, service: Service, directory: Path, now_s: Callable[[], float], log: FilteringBoundLogger
    ) -> None:
        self.book = Book()
        self.fault = ""
        """Why orders are not kept on disk; empty when they are."""
        self._service = service
        self._path = directory / FILE
        self.now_s = now_s
        """The clock of this host, in seconds."""
        self._log = log
        self._boot_id = read_boot_id()
        self._kept = _read(self._path, self._moment(), now_s())
        put(self.book, self._kept)
        for fault in self._kept.faults:
            log.error("book_unreadable", path=str(self._path), reason=fault)
        self._saved: tuple[int, frozenset[str]] = (self.book.revision, frozenset(self._kept.members))
        self._saved_at_s = now_s()
        self._retry_at_s = 0.0
        self._alone_since_s = now_s() - self._kept.alone_s
        self._live: frozenset[str] = frozenset()
        self._told = (-1, 0)
        """The revision of the book, and the entry of the ledger, when there was nothing to be told."""
        self._flags_told = -1
        """The revision of the book: the ledger has all that changed about flags until then."""
        self._lull = Lull()
        self._saving = asyncio.Lock()
        self._writer = ThreadPoolExecutor(1, "book")
        """Its own: whoever has the ledger read keeps the threads that all share busy for seconds."""
        self._late: set[asyncio.Task[None]] = set()
        """What is being kept, perhaps while nobody waits for it any more."""
        self._changed: Callable[[], Awaitable[None]] = _nothing
        self._is_due = asyncio.Event()
        self._refused: dict[str, tuple[str, ...]] = {}
        self._exchange: Exchange | None = None
        """None until the router has told us who we are."""

    def on_change(self, tell: Callable[[], Awaitable[None]]) -> None:
        """Have somebody told at once whenever the book may have changed, before it is kept and before others are told.

        Args:
            tell: Must not wait for anything slow.
        """
        self._changed = tell

    @property
    def members(self) -> frozenset[str]:
        """The servers of the cluster that have announced a canary, in reach or not."""
        return frozenset() if self._exchange is None else self._exchange.members

    @property
    def next_deadline_s(self) -> float:
        """When `tell` has something to do."""
        deadlines = [self.now_s() + RENEW_S if self._exchange is None else self._exchange.next_deadline_s]
        end_s = self.book.next_deadline_s()
        return min([*deadlines, *([] if end_s is None else [end_s])])

    @property
    def proposed(self) -> int:
        """How many decisions wait for a majority of the members."""
        return len(self.book.proposed)

    @property
    def is_current(self) -> bool:
        """Whether this is what others hold too: one of them, or there are none in reach."""
        if self._exchange is None or self._service.cluster_status is None:
            return False
        others = frozenset(self._service.cluster_status.servers) - {self._service.server_name}
        return not others or self._exchange.is_current

    def believe(self, term: int) -> None:
        """Decisions of a later term than that are refused."""
        if self._exchange is not None:
            self._exchange.highest_term = term

    def begin(self, server: str, state: State) -> None:
        """The router has told us who we are.

        Args:
            server: That.
            state: What the ledger holds, perhaps of a release that had no book.
        """
        self._exchange = Exchange(server, self.book, self._kept.members, self.now_s())
        self._is_due.set()
        self.believe(min(max(state.term, self.book.latest[0]) + STEP, TERM_MAX))
        ordered.adopt(self.book, state, server)

    def news(self, state: State) -> list[Record]:
        """What the ledger is to be told, so that what it comes to is what the book says.

        Args:
            state: What the ledger comes to until now.
        """
        seen = self.book.revision, state.seq
        if seen == self._told:
            return []
        records = ordered.records_of(self.book, state, self._service.server_name, self.now_s(), self._told[0])
        if not self._lull.is_there(self.book, self._flags_told, self.now_s()):
            return records
        flags, self._flags_told = untold(self.book, state.flags_told, self._flags_told)
        records += flags
        if not records:  # else it may be that they cannot be kept
            self._told = seen
        return records

    async def order(self, message: Message) -> Message:
        """CANARY_COMMAND: take an order, and tell all others of it.

        Returns:
            CANARY_RESULT.

        Raises:
            RemoteProtocolError: It is no order, or lacks something.
        """
        command = read_order(message)
        told = {"command": command.name}
        try:
            entered = await self._give(command)
        except RemoteProtocolError as error:
            return Message("CANARY_RESULT", {**told, "status": "refused", "message": str(error)})
        actor, about = command.actor, {"feature": command.feature} if command.feature else {}
        self._log.info(
            "ordered", order=command.name, user=actor.user, server=actor.server, reason=command.reason, **about
        )
        result = msgspec.json.encode(Taken(entered.concerned, await self.keep())).decode()
        note = {"message": entered.note} if entered.note else {}
        return Message("CANARY_RESULT", {**told, "status": "done", "result": result, **note})

    async def _give(self, command: Command) -> Entered:
        """Enter an order, and tell this host and the others."""
        entered = enter(command, self.book, self.stamp(), self.now_s())
        await self.spread(entered.concerned)
        return entered

    def stamp(self) -> Stamp:
        """What makes an order that is taken here and now this one."""
        return Stamp(self._service.server_name, secrets.token_hex(8), time.time())

    async def spread(self, entry_ids: Sequence[str]) -> None:
        """Tell of entries that are new, or have changed here: this host first, then the others.

        Args:
            entry_ids: By identifier.
        """
        await self._changed()
        if self._exchange is not None:
            await self._send(self._exchange.push(entry_ids, self.now_s()))
        self._is_due.set()

    async def keep(self) -> str:
        """Keep what is known now; returns why it is not kept, or nothing. A disk that hangs is not waited for."""
        self._retry_at_s = 0.0
        keeping = asyncio.get_running_loop().create_task(self._save())
        self._late.add(keeping)
        keeping.add_done_callback(self._late.discard)
        done, _ = await asyncio.wait((keeping,), timeout=PATIENCE_S)
        return self.fault if done else self.fault or f"the disk has not answered within {PATIENCE_S:g} s"

    async def propose(self, bodies: Sequence[Body], term: int) -> None:
        """Note what we have decided for the cluster, and tell all others; what is proposed already is not again.

        Args:
            bodies: What was decided.
            term: In which we lead.
        """
        if self._exchange is None:
            return
        now_s, me = self.now_s(), self._service.server_name
        self._is_due.set()
        proposed = [self.book.propose(body, me, term, now_s, time.time()) for body in bodies]
        await self._send(self._exchange.push([*filter(None, proposed), *self._exchange.settle()], now_s))

    def has_newer(self, record: OfLeader) -> bool:
        """Whether the book has something newer about its subject, in effect or not: what the ledger has is not all then."""
        newest = self.book.newest(record)
        return newest is not None and newest > (record.term, record.leader, record.number)

    def describe(self, orders: tuple[OrderStanding, ...]) -> Orders:
        """What is told of the book.

        Args:
            orders: How far the wanted ones are.
        """
        server, members = self._service.server_name, tuple(sorted(self.members))
        return Orders(server, self.book.generation(), members, self.fault, orders)

    async def hear(self, message: Message) -> bool:
        """CANARY_BOOK: what another canary holds.

        Returns:
            Whether anything of it was news.

        Raises:
            RemoteProtocolError: It makes no sense.
        """
        if self._exchange is None:
            return False  # it will be told again
        before = self.book.revision
        heard = self._exchange.hear(message, self.now_s())
        self._is_due.set()
        await self._changed()
        self._note_refused(message.sent_from_server, heard.refused)
        await self._send((*heard.answers, *self._settle(self._exchange, self.now_s())))
        return self.book.revision != before

    @property
    def behind(self) -> tuple[str, ...]:
        """The members in reach whose routers obey another book than this one."""
        return () if self._exchange is None else self._exchange.behind(self.now_s())

    @property
    def unacknowledged(self) -> frozenset[str]:
        """The members whose routers are not known to obey this book: they obey another one, or are silent."""
        if self._exchange is None:
            return frozenset()
        now_s = self.now_s()
        return frozenset((*self._exchange.behind(now_s), *self._exchange.silent(now_s)))

    def obey(self, generation: str) -> None:
        """Our router has acknowledged a policy.

        Args:
            generation: Of the book that it was made of.
        """
        if self._exchange is not None:
            self._exchange.obey(generation)
            self._is_due.set()

    async def run(self, changed: Callable[[], None]) -> None:
        """Let time pass, again and again until cancelled; nothing that is slow in the canary is waited for.

        Args:
            changed: Called when something has come into effect, or is over.
        """
        try:
            while True:
                self._is_due.clear()
                if await self.tell():
                    changed()
                left_s = self.next_deadline_s - self.now_s() if self._service.connected else LOOK_S
                with suppress(TimeoutError):  # the usual end of the wait
                    async with asyncio.timeout(min(LOOK_S, max(0.0, left_s))):
                        await self._is_due.wait()
        finally:
            await self.keep()

    async def tell(self) -> bool:
        """Let time pass, tell the others what is due, and keep what has changed.

        Returns:
            Whether something has come into effect, or is over.
        """
        now_s, before = self.now_s(), self.book.revision
        self.book.advance(now_s)
        settled: list[Message] = []
        if self._exchange is not None:
            self._look_around(self._exchange, now_s)
            settled = self._settle(self._exchange, now_s)  # of those who are left most may hold it
        await self._changed()
        is_told = self._exchange is not None and not settled and now_s < self._exchange.next_deadline_s
        if not is_told or now_s - self._saved_at_s >= RENEW_S:
            await self._save()  # first: whom we tell that we hold it may take it for kept
        if self._exchange is not None and self._service.connected:
            await self._send((*settled, *self._exchange.announce(now_s)))
        return self.book.revision != before

    def _settle(self, exchange: Exchange, now_s: float) -> list[Message]:
        """Commit what a majority of the members holds; what all others are told of it."""
        return exchange.push(exchange.settle(), now_s)

    def _look_around(self, exchange: Exchange, now_s: float) -> None:
        """Who is in reach, and who belongs to the cluster."""
        status = self._service.cluster_status
        if status is None:
            return
        live = frozenset(status.servers)
        if live - self._live:
            exchange.announce_soon()
        self._live = live
        exchange.keep((live | frozenset(status.missing)) - frozenset(status.uncounted))
        members = exchange.members
        if 2 * len(members & (live | {self._service.server_name})) <= len(members):
            return
        if now_s - self._alone_since_s > TOMBSTONE_S and len(members) > 1:
            self._log.warning(
                "book_taken_anew", reason="no majority was in reach for longer than orders are remembered"
            )
            self.book.clear()
        self._alone_since_s = now_s

    async def _send(self, messages: Sequence[Message]) -> None:
        for message in messages:
            await self._service.send(message)

    def _note_refused(self, server: str, refused: tuple[str, ...]) -> None:
        """Once for each fault, although it is told again and again."""
        if refused and self._refused.get(server) != refused:
            self._log.warning("book_entries_refused", server=server, entries=len(refused), reason=refused[0])
        self._refused[server] = refused

    async def _save(self) -> None:
        async with self._saving:
            now_s = self.now_s()
            is_due = now_s - self._saved_at_s >= RENEW_S and len(self.book) > 0
            saved = self.book.revision, self.members
            if now_s >= self._retry_at_s and (saved != self._saved or is_due):
                entries, moment = [entry for _, entry in self.book.entries()], self._moment()
                alone_s = now_s - self._alone_since_s
                make = partial(write_kept, entries, self.members, alone_s, moment, now_s)
                writing = asyncio.get_running_loop().run_in_executor(self._writer, _write, self._path, make)
                self._settle_fault(await writing, now_s)
                self._saved, self._saved_at_s = (self._saved if self.fault else saved), now_s

    def _settle_fault(self, fault: str, now_s: float) -> None:
        if fault and not self.fault:
            self._log.error("book_not_kept", path=str(self._path), reason=fault)
        elif self.fault and not fault:
            self._log.info("book_kept_again", path=str(self._path))
        self.fault, self._retry_at_s = fault, now_s + (RETRY_S if fault else 0.0)

    def _moment(self) -> Moment:
        return Moment(self._boot_id, time.monotonic(), time.time())


def _read(path: Path, moment: Moment, now_s: float) -> Kept:
    try:
        return read_kept(read_file(path, FILE_BYTES), moment, now_s)
    except (OSError, ValueError) as error:
        return Kept(faults=(reason_of(error),))


async def _nothing() -> None:
    """Nobody is told."""


def _write(path: Path, make: Callable[[], str]) -> str:
    """Write the file; returns why it could not be, or nothing."""
    try:
        write_file(path, make())
    except OSError as error:
        return reason_of(error)
    return ""
