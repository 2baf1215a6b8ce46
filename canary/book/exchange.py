"""PURE: how canaries bring their books to the same: digests every 5 s, then lists of what differs, then what one lacks.

Whoever hears digests that are not its own says what it holds in the buckets that differ, and is told what it lacks there. So each
brings itself up to date, by whom it heard last, and nobody needs to know who has what. A new order is told to all at once.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from canary.book.book import BUCKETS, DIGESTS_BYTES, Book, bucket_of
from canary.book.decision import TERM_MAX, Name
from canary.book.order import Id
from canary.book.told import BookEntry, read_told
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.limits import LINE_BYTES

CANARY = "canary"
EVERY_S = 5.0
"""How often each tells its digests."""
CHANGED_S = 1.0
"""How soon after the last time they are told again, if the book has changed."""
MANY = 1_000
"""After so many changes they are told once no more come: whoever tells them keeps the book first, which costs a tenth of a second
where it is full, and whoever hears them asks for what is on its way."""
LULL_S = 1.0
"""No more come where none has come for so long."""
PATIENCE_S = 2.0
"""So long an answer is waited for before somebody else is asked."""
WAITING = 16
"""Others who are asked behind each other at most; all are heard again within 5 s."""
LATELY_S = 12.0
"""A canary that was silent for so long is away: each speaks every 5 s, and one message may be lost."""
MEMBERS = 1_024
"""Servers with a canary that are remembered: more than a router remembers."""
LINE = LINE_BYTES - 8_192
"""What an answer may take of a line; the rest is for addresses and what stands around it."""
_MARK_LINE_BYTES = 64
"""What one order takes in a list, its quotation marks escaped."""


class Digests(msgspec.Struct, frozen=True, kw_only=True, tag="digests", tag_field="what"):
    """What one holds, in short."""

    buckets: Annotated[str, Meta(max_length=4_096)]
    """In base64."""
    members: Annotated[list[Name], Meta(max_length=MEMBERS)] = []
    """The servers that are known to have, or to have had, a canary."""
    obeys: Annotated[str, Meta(max_length=16)] = ""
    """The generation of what is about versions in the book that its router obeys; empty: none yet."""
    answer: bool = True
    """Whether who holds something else is to tell its digests too."""


class Lacking(msgspec.Struct, frozen=True, kw_only=True, tag="lacking", tag_field="what"):
    """What one holds where books differ: asks for the rest."""

    marks: dict[Annotated[int, Meta(ge=0, lt=BUCKETS)], dict[Id, Annotated[str, Meta(max_length=16)]]]


class Entries(msgspec.Struct, frozen=True, kw_only=True, tag="entries", tag_field="what"):
    """Orders and what has become of them, decisions, and flags."""

    entries: list[msgspec.Raw]
    more: bool = False
    """There are others, for who asks again."""


_READER: msgspec.json.Decoder[Digests | Lacking | Entries] = msgspec.json.Decoder(Digests | Lacking | Entries)


class Heard(NamedTuple):
    """What follows from a message."""

    answers: tuple[Message, ...] = ()
    refused: tuple[str, ...] = ()
    """Why entries of it were not taken."""


class _Peer(NamedTuple):
    """What another canary has told last."""

    obeys: str
    """The generation of the book that its router obeys."""
    digests: bytes
    at_s: float


class _Asked(NamedTuple):
    """What was asked last, and is not answered yet."""

    peer: str
    at_s: float
    digests: bytes
    """That the peer has told."""
    first: int
    """From which bucket on"""
    last: int
    """to which."""


class Exchange:
    """The talk of one canary with the others.

    Args:
        server: Its own.
        book: What it holds.
        members: The servers that were known to have a canary.
        now_s: On the clock of this host.
    """

    def __init__(self, server: str, book: Book, members: Iterable[str], now_s: float) -> None:
        self._server = server
        self._book = book
        self._members = dict.fromkeys((server, *members))
        self._told_s = now_s - EVERY_S
        """When the digests were told last,"""
        self._told_revision = book.revision
        """and of which revision of the book."""
        self._changed_s = now_s
        """When we told of a change last, or were told of one."""
        self._asked: _Asked | None = None
        self._waiting: dict[str, bytes] = {}
        """The digests of others that differed meanwhile, to be asked next."""
        self._obeys = ""
        self._peers: dict[str, _Peer] = {}
        """By server."""
        self._known: frozenset[str] | None = None
        """The servers of the cluster; None: nobody has said yet."""
        self._votes = 0
        """Grows whenever another canary tells other digests than before."""
        self._settled = (-1, 0, 0)
        """The revision, the votes and the members of which it was seen what most hold."""
        self.highest_term = TERM_MAX
        """Decisions of a later term are refused."""

    @property
    def members(self) -> frozenset[str]:
        """The servers that have announced a canary, this one included."""
        return frozenset(self._members)

    @property
    def next_deadline_s(self) -> float:
        """When `announce` has something to say."""
        changes = self._book.revision - self._told_revision
        due_s = self._told_s + (CHANGED_S if changes else EVERY_S)
        if changes > MANY:
            due_s = max(due_s, min(self._changed_s + LULL_S, self._told_s + EVERY_S))
        return due_s if self._asked is None else min(due_s, self._asked.at_s + PATIENCE_S)

    def obey(self, generation: str) -> None:
        """Our router has acknowledged the policy that was made of a generation of the book; the others are told."""
        if generation != self._obeys:
            self._obeys = generation
            self.announce_soon()

    def behind(self, now_s: float) -> tuple[str, ...]:
        """The members that were heard lately, and whose routers obey another book than this one."""
        if not self._book:
            return ()
        wanted = self._book.generation_of_rules()
        told = {name: peer.obeys for name, peer in self._peers.items() if now_s - peer.at_s < LATELY_S}
        told[self._server] = self._obeys
        return tuple(sorted(name for name, generation in told.items() if generation != wanted))

    def silent(self, now_s: float) -> tuple[str, ...]:
        """The other members that were not heard lately, or not at all since this one has started."""
        heard = {name for name, peer in self._peers.items() if now_s - peer.at_s < LATELY_S}
        return tuple(sorted(self.members - heard - {self._server}))

    def keep(self, known: frozenset[str]) -> None:
        """Forget the members that do not belong to the cluster any more, and take no others from now on.

        Args:
            known: The servers of the cluster, in reach or not.
        """
        self._known = known
        self._members = {name: None for name in self._members if name in known or name == self._server}
        self._peers = {name: peer for name, peer in self._peers.items() if name in self._members}

    @property
    def is_current(self) -> bool:
        """Whether some other member holds the very same."""
        return any(not self._book.differing(peer.digests) for peer in self._peers.values())

    def settle(self) -> list[str]:
        """Commit what a majority of the members holds.

        Returns:
            The identifiers of what took effect by that.
        """
        seen = self._book.revision, self._votes, len(self._members)
        proposed = self._book.proposed
        if seen == self._settled or not proposed:
            return []
        alike = self._held_by_most({bucket_of(entry_id) for entry_id in proposed})
        settled = [entry_id for entry_id in proposed if bucket_of(entry_id) in alike]
        for entry_id in settled:
            self._book.commit(entry_id)
        self._settled = seen if not settled else (-1, 0, 0)
        return settled

    def _held_by_most(self, buckets: Iterable[int]) -> set[int]:
        """The buckets of which a majority of the members holds the same as we do."""
        own = self._book.digests()
        others = [peer.digests for peer in self._peers.values() if peer.digests != own]
        same = 1 + len(self._peers) - len(others)
        if 2 * same > len(self._members):
            return set(buckets)
        return {
            bucket
            for bucket in buckets
            if 2 * (same + sum(self._book.is_alike(bucket, each) for each in others)) > len(self._members)
        }

    def announce_soon(self) -> None:
        """Somebody has come into reach: tell the digests at once."""
        self._told_s = -EVERY_S

    def announce(self, now_s: float) -> list[Message]:
        """What is to be told to all others now; and whoever does not answer is left for the next one."""
        messages: list[Message] = []
        if self._asked is not None and now_s >= self._asked.at_s + PATIENCE_S:
            self._asked = None
            messages += self._ask_next(now_s)
        if now_s >= self.next_deadline_s:
            self._told_s, self._told_revision = now_s, self._book.revision
            messages.append(self._message(self._tell_digests(answer=True)))
        return messages

    def push(self, entry_ids: Iterable[str], now_s: float) -> list[Message]:
        """Tell all others what has become of some orders, decisions or flags, without being asked."""
        found = self._book.find(entry_ids)
        messages, told = [], 0
        if found:
            self._changed_s = now_s
        while told < len(found):
            batch = _fill(found[told:], now_s)
            messages.append(self._message(batch))
            told += len(batch.entries)
        return messages

    def hear(self, message: Message, now_s: float) -> Heard:
        """CANARY_BOOK: another canary tells what it holds.

        Args:
            message: As it came; its sender is what the router says it is.
            now_s: On the clock of this host.

        Raises:
            RemoteProtocolError: It makes no sense.
        """
        told, peer = _read(message), message.sent_from_server
        if not peer or peer == self._server:
            raise RemoteProtocolError(f"parameter book: it comes from {peer!r}, and speaks to other servers")
        self._meet((peer, *told.members) if isinstance(told, Digests) else (peer,))
        match told:
            case Digests():
                return self._compare(peer, told, now_s)
            case Lacking():
                return Heard((self._message(_fill(self._book.beyond(told.marks), now_s), peer),))
            case Entries():
                return self._merge(peer, told, now_s)

    def _meet(self, names: Iterable[str]) -> None:
        """An invented member would have no voice, and while it counts no majority could be reached."""
        for name in names:
            if len(self._members) < MEMBERS and (self._known is None or name in self._known):
                self._members[name] = None

    def _tell_digests(self, *, answer: bool) -> Digests:
        buckets = b64encode(self._book.digests()).decode()
        return Digests(buckets=buckets, members=sorted(self._members), obeys=self._obeys, answer=answer)

    def _compare(self, peer: str, told: Digests, now_s: float) -> Heard:
        digests = _decode_digests(told.buckets)
        if peer in self._members:
            before = self._peers.get(peer)
            self._votes += before is None or before.digests != digests
            self._peers[peer] = _Peer(told.obeys, digests, now_s)
        if not self._book.differing(digests):
            return Heard()
        answers = [self._message(self._tell_digests(answer=False), peer)] if told.answer else []
        if self._asked is None:
            self._waiting.pop(peer, None)
            answers += self._ask(peer, digests, 0, now_s)
        elif peer in self._waiting or len(self._waiting) < WAITING:
            self._waiting[peer] = digests  # in its old place: who speaks often is not asked more often
        return Heard(tuple(answers))

    def _ask_next(self, now_s: float) -> list[Message]:
        """Ask the next one who holds something else, now that one has told all: it may have been the one that knew least."""
        while self._waiting:
            peer = next(iter(self._waiting))
            digests = self._waiting.pop(peer)
            asked = self._ask(peer, digests, 0, now_s)
            if asked:
                return asked
        return []

    def _ask(self, peer: str, digests: bytes, first: int, now_s: float) -> list[Message]:
        """Ask for what differs from a bucket on, as much as fits into a line; nothing where no more does."""
        differing = [each for each in self._book.differing(digests) if each >= first]
        marks = _fitting((bucket, self._book.marks(bucket)) for bucket in differing)
        self._asked = _Asked(peer, now_s, digests, first, max(marks)) if marks else None
        return [self._message(Lacking(marks=marks), peer)] if marks else []

    def _merge(self, peer: str, told: Entries, now_s: float) -> Heard:
        refused, before = [], self._book.revision
        for each in told.entries:
            try:
                entry = read_told(each, now_s)
                self._book.require_near(entry, self.highest_term)
            except ValueError as error:
                refused.append(str(error))
            else:
                if not self._book.merge(entry) and entry.id not in self._book:
                    refused.append("the book is full")
        if self._book.revision > before:
            self._changed_s = now_s
        asked = self._asked
        if asked is None or asked.peer != peer:
            return Heard((), tuple(refused))
        is_same = told.more and self._book.revision > before
        answers = self._ask(peer, asked.digests, asked.first if is_same else asked.last + 1, now_s)
        return Heard(tuple(answers or self._ask_next(now_s)), tuple(refused))

    def _message(self, told: Digests | Lacking | Entries, to: str = "") -> Message:
        how = {} if to else {"deliver": "all"}
        return Message("CANARY_BOOK", {"book": msgspec.json.encode(told).decode(), **how}, CANARY, to)


def _read(message: Message) -> Digests | Lacking | Entries:
    text = message.get("book")
    if len(text) > LINE_BYTES:
        raise RemoteProtocolError(f"parameter book: {len(text)} characters, more than {LINE_BYTES}")
    try:
        return _READER.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RemoteProtocolError(f"parameter book: {error}") from None


def _decode_digests(text: str) -> bytes:
    try:
        digests = b64decode(text, validate=True)
    except ValueError as error:
        raise RemoteProtocolError(f"parameter book: the digests are not in base64: {error}") from None
    if len(digests) != DIGESTS_BYTES:
        raise RemoteProtocolError(f"parameter book: {len(digests)} bytes of digests instead of {DIGESTS_BYTES}")
    return digests


def _fitting(marks: Iterable[tuple[int, dict[str, str]]]) -> dict[int, dict[str, str]]:
    """As many buckets as fit into a line, at least one; the others are asked for later, and not looked at before."""
    found: dict[int, dict[str, str]] = {}
    left = LINE
    for bucket, held in marks:
        left -= (1 + len(held)) * _MARK_LINE_BYTES
        if left < 0 and found:
            break
        found[bucket] = held
    return found


def _fill(entries: Iterable[BookEntry], now_s: float) -> Entries:
    """As many entries as fit into a line, at least one."""
    told: list[msgspec.Raw] = []
    left = LINE
    for entry in entries:
        text = msgspec.json.encode(entry.tell(now_s))
        left -= len(text) + text.count(b'"') + text.count(b"\\") + 1
        if left < 0 and told:
            return Entries(entries=told, more=True)
        told.append(msgspec.Raw(text))
    return Entries(entries=told)
