"""PURE: facts on their way between canaries: told in batches, numbered without a gap, asked for again; nothing is judged.

Each canary numbers the facts of its own server as its ledger does, so the numbers have gaps, and a batch says behind which number
it goes on. Who has not heard all up to there asks for what is missing; who has heard more skips it. A canary that is silent
otherwise says every 10 s how far it is. A new ledger begins anew, and so does whoever listens.

A fact may be heard long after it happened, so it says when that was, by the clock of its own ledger; what a batch says of that
clock makes it a time of ours.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

import msgspec

from canary.records import (
    AnyRecord,
    CellMoved,
    Entry,
    GaveUp,
    LedgerMet,
    ProbeGranted,
    RunBegan,
    RunEnded,
    RunExcused,
    RunPassed,
    ServerBooted,
    ShadowCompared,
    TaskBegun,
    TaskEnded,
    decode_record,
    encode_record,
)
from canary.records.soundness import LARGEST, LONGEST_S, is_plausible, is_sound
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.limits import LINE_BYTES
from communicator.protocol.values import parse_integer

CANARY = "canary"
SERVERS = 1_024
"""Servers that are listened to at once: more than a router remembers."""
FACTS = 10_000
"""Facts kept at least for who asks; older ones are no news to anyone."""
BATCH_BYTES = LINE_BYTES - 4096
"""What the facts of a batch may take of a line; the rest is for addresses and what else the batch says."""
KEEP_ALIVE_S = 10.0
ASK_AGAIN_S = 5.0
"""An answer takes far less, unless it or the question was lost."""

LATE_S = 30.0
"""So late may a fact be in its ledger, and a run may have lasted so much longer than we know of it: where a disk is slow."""
Told = (
    RunBegan
    | RunPassed
    | RunEnded
    | GaveUp
    | ServerBooted
    | RunExcused
    | CellMoved
    | ProbeGranted
    | TaskBegun
    | TaskEnded
    | ShadowCompared
)
"""What a canary tells of its own server: what happened there, and what it has decided for itself."""
Number = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]


class NumberedFact(msgspec.Struct, frozen=True):
    """A fact, with its number in the ledger of its server."""

    seq: Number
    record: msgspec.Raw
    at_s: float | None = None
    """When it happened, by the clock of that ledger; None when an older canary tells it, which does not say."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """CANARY_EVIDENCE: what one canary tells at once."""

    server: str
    ledger: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    now_s: Annotated[float, msgspec.Meta(ge=-LONGEST_S, le=LONGEST_S)]
    """The clock of that ledger, by which the times in its facts are to be understood."""
    after: Number
    """The first fact of these is the first one behind this number."""
    newest: Number
    """Beyond the last one of these: there are more, for who asks."""
    facts: list[NumberedFact] = []

    @property
    def last(self) -> int:
        """Up to which number these are all."""
        return self.facts[-1].seq if self.facts else self.after


class Outbox:
    """The facts of this server, for the other canaries.

    Args:
        server: This one.
        ledger: What this server's ledger is called; another ledger has another name.
        now_s: A clock that never goes back, in seconds.
    """

    def __init__(self, server: str, ledger: str, now_s: float) -> None:
        self._server = server
        self._ledger = ledger
        self._facts: list[NumberedFact] = []
        self._sent = 0
        self._sent_s = now_s

    def add(self, entry: Entry) -> None:
        """Have an entry of the ledger told, if it is a fact of this server.

        Args:
            entry: Each in its order.
        """
        record = entry.record
        if not isinstance(record, Told) or record.server != self._server or record.origin_seq:
            return
        self._facts.append(NumberedFact(entry.seq, msgspec.Raw(encode_record(record)), entry.at_s))
        if len(self._facts) >= 2 * FACTS:
            del self._facts[:FACTS]

    def recall(self, entry: Entry) -> None:
        """Take an entry that is in the ledger from another life: others have heard of it, or will ask."""
        self.add(entry)
        self._sent = self._newest

    def take(self, now_s: float) -> list[Message]:
        """What is to be told to all others now.

        Args:
            now_s: The clock.
        """
        batches = []
        while self._sent < self._newest:
            batch = self._fill(self._sent, now_s)
            self._sent = batch.last
            batches.append(msgspec.structs.replace(batch, newest=batch.last))
        if not batches and now_s >= self._sent_s + KEEP_ALIVE_S:
            batches.append(self._fill(self._sent, now_s))
        if batches:
            self._sent_s = now_s
        return [_message(batch, {"deliver": "all"}) for batch in batches]

    def answer(self, message: Message, now_s: float) -> Message:
        """Answer CANARY_GET_EVIDENCE with as much as fits into one line.

        Args:
            message: As it came.
            now_s: The clock.

        Raises:
            RemoteProtocolError: It does not say behind which number.
        """
        after = parse_integer(message.get("after"))
        if after < 0:
            raise RemoteProtocolError(f"parameter after: {after} is negative")
        return _message(self._fill(after, now_s), {}, message.sent_from_server)

    def speak_soon(self) -> None:
        """Somebody has come who has not heard of us: say how far we are at once."""
        self._sent_s -= KEEP_ALIVE_S

    @property
    def next_deadline_s(self) -> float:
        """When `take` has something; not in the future while facts are waiting."""
        return self._sent_s + (0.0 if self._sent < self._newest else KEEP_ALIVE_S)

    @property
    def _newest(self) -> int:
        return self._facts[-1].seq if self._facts else 0

    def _fill(self, after: int, now_s: float) -> Batch:
        start = bisect_right(self._facts, after, key=lambda fact: fact.seq)
        facts: list[NumberedFact] = []
        size = 0
        for fact in self._facts[start : start + FACTS]:
            size += _wire_bytes(fact)
            if size > BATCH_BYTES:
                break
            facts.append(fact)
        return Batch(
            server=self._server,
            ledger=self._ledger,
            now_s=now_s,
            after=after,
            newest=max(after, self._newest),
            facts=facts,
        )


class Heard(NamedTuple):
    """What follows from a batch."""

    records: Sequence[AnyRecord] = ()
    """For the ledger, in their order."""
    question: Message | None = None
    """For the canary that sent it."""


@dataclass(slots=True)
class Peer:
    """How far another canary was heard."""

    ledger: str
    last: int = 0
    asked_s: float | None = None
    told_all_s: float = -math.inf
    """By its ledger's clock, when it had told us all: what it tells later has happened since."""
    began_s: dict[str, float] = field(default_factory=dict)
    """When the runs began of which we have heard, by that clock; the oldest first."""

    def could_happen(self, record: Told, at_s: float) -> bool:
        """Whether a fact fits what was told before; whoever invents lives has to wait until they could have been lived.

        Args:
            record: The fact.
            at_s: When it happened, as it is told, by the clock of its ledger.
        """
        if at_s < self.told_all_s - LATE_S:
            return False
        if isinstance(record, RunBegan):
            self.began_s[record.run_id] = at_s
            while len(self.began_s) > FACTS:
                del self.began_s[next(iter(self.began_s))]
        lasted_s = record.lasted_s if isinstance(record, RunPassed | RunEnded) else 0.0
        run_id = record.run_id if isinstance(record, RunPassed | RunEnded) else ""
        return lasted_s <= at_s - self.began_s.get(run_id, -math.inf) + LATE_S


class Inbox:
    """The facts of other servers, each once.

    Of too many servers the one that was silent for longest is forgotten. Should it be back, it is met as a new one.

    Args:
        server: This one, which is not listened to.
        limit: How many servers are.
    """

    def __init__(self, server: str, limit: int = SERVERS) -> None:
        self._server = server
        self._limit = limit
        self._peers: dict[str, Peer] = {}
        """By server, the one that was silent for longest first."""
        self.skipped = 0
        """Facts that could not be read, were none of their server, or cannot have happened."""

    def recall(self, server: str, ledger: str, last: int) -> None:
        """Take what was heard in another life.

        Args:
            server: Of whom.
            ledger: What its ledger is called.
            last: The number of its last fact that our ledger has.
        """
        self._peers[server] = Peer(ledger, last)

    def hear(self, message: Message, now_s: float) -> Heard:
        """Take CANARY_EVIDENCE.

        Args:
            message: As it came; its sender is what the router says it is.
            now_s: A clock that never goes back, in seconds.

        Returns:
            What is new, and what is to be asked.

        Raises:
            RemoteProtocolError: It is no batch, or it is not of its sender.
        """
        batch = _read(message)
        server = message.sent_from_server
        if not server or batch.server != server or server == self._server:
            raise RemoteProtocolError(f"parameter report: it is of {batch.server!r}, and comes from {server!r}")
        records: list[AnyRecord] = []
        peer = self._peers.pop(server, None)
        if peer is None or peer.ledger != batch.ledger:
            peer = Peer(batch.ledger)
            records.append(LedgerMet(server=server, ledger=batch.ledger, in_place_of=self._make_room()))
        self._peers[server] = peer
        before = peer.last
        if batch.after <= peer.last:
            records += self._take(peer, batch, now_s)
            if peer.last == batch.newest:
                peer.told_all_s = max(peer.told_all_s, batch.now_s)
        is_behind = peer.last < max(batch.after, batch.newest)
        return Heard(records, _ask(peer, server, now_s) if is_behind and _may_ask(peer, before, now_s) else None)

    def _make_room(self) -> str:
        """Forget the server that was silent for longest, if there is no room for another one; returns which."""
        if len(self._peers) < self._limit:
            return ""
        silent = next(iter(self._peers))
        del self._peers[silent]
        return silent

    def _take(self, peer: Peer, batch: Batch, now_s: float) -> list[AnyRecord]:
        records: list[AnyRecord] = []
        for fact in batch.facts:
            if fact.seq <= peer.last:
                continue
            peer.last = fact.seq
            record = _sound_fact(fact, batch, now_s)
            if record is None or not peer.could_happen(record, batch.now_s if fact.at_s is None else fact.at_s):
                self.skipped += 1
            else:
                records.append(record)
        return records


def _may_ask(peer: Peer, before: int, now_s: float) -> bool:
    """An answer that brought something is asked on from at once; else the last question is given its time."""
    return peer.asked_s is None or peer.last > before or now_s >= peer.asked_s + ASK_AGAIN_S


def _ask(peer: Peer, server: str, now_s: float) -> Message:
    peer.asked_s = now_s
    return Message("CANARY_GET_EVIDENCE", {"after": str(peer.last)}, CANARY, server)


def _read(message: Message) -> Batch:
    text = message.get("report")
    if len(text) > LINE_BYTES:
        raise RemoteProtocolError(f"parameter report: {len(text)} characters, more than {LINE_BYTES}")
    try:
        return msgspec.json.decode(text, type=Batch)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise RemoteProtocolError(f"parameter report: {error}") from None


def _message(batch: Batch, how: dict[str, str], server: str = "") -> Message:
    report = msgspec.json.encode(batch).decode()
    return Message("CANARY_EVIDENCE", {"report": report, **how}, CANARY, server)


def _wire_bytes(fact: NumberedFact) -> int:
    """What a fact takes of a line at most: on the wire, quotation marks and backslashes of the value are escaped."""
    json = msgspec.json.encode(fact)
    return len(json) + json.count(b'"') + json.count(b"\\") + 1


def _sound_fact(fact: NumberedFact, batch: Batch, now_s: float) -> Told | None:
    """A fact as it may stand in our ledger; None for what a newer canary tells, or none may."""
    try:
        record = decode_record(bytes(fact.record))
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, Told) or record.server != batch.server or not is_sound(record):
        return None
    ahead_s = now_s - batch.now_s
    told_at_s = batch.now_s if fact.at_s is None else fact.at_s
    if not is_plausible(told_at_s):
        return None
    happened_at_s = min(now_s, told_at_s + ahead_s)
    told = msgspec.structs.replace(record, origin_seq=fact.seq, happened_at_s=happened_at_s)
    rebased = _rebase(told, ahead_s)
    return rebased if is_sound(rebased) else None


def _rebase(record: Told, ahead_s: float) -> Told:
    """The times that a record itself holds by our ledger's clock, which is so far ahead of that of its server."""
    match record:
        case CellMoved(until_at_s=float(until_at_s)):
            return msgspec.structs.replace(record, until_at_s=until_at_s + ahead_s)
        case RunExcused():
            return msgspec.structs.replace(record, failure_at_s=record.failure_at_s + ahead_s)
        case _:
            return record
