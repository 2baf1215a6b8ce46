"""PURE: the questions we have asked, and which answer to one becomes an exchange; it sends nothing and reads no clock."""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from timekeeper.pairs import Exchange, RealtimeReading
from timekeeper.probes.kernel_stamp import Stamp
from timekeeper.probes.packet import Reply
from timekeeper.probes.result import ProbeResult

REMEMBERED = 16
"""Questions a peer: those of two bursts, so that an answer that is late or comes twice is known as such."""
_OLDEST_READING_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, of whom and when."""

    peer: str
    nonce: bytes
    seq: int
    t1_ns: int
    epoch: int
    """Of our raw clock, when it was asked."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """When an answer came, and what our clock showed."""

    stamp: Stamp
    ours: RealtimeReading
    epoch: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Whom an answer is from, and what it is: an exchange, or why there is none."""

    peer: str
    """Empty when it answers nothing we remember."""
    result: Exchange | ProbeResult


class _Fate(Enum):
    OPEN = auto()
    ANSWERED = auto()
    GIVEN_UP = auto()


@dataclass(slots=True)
class _Asked:
    question: Question
    fate: _Fate = _Fate.OPEN


class Questions:
    """Remembers a bounded number of questions a peer."""

    def __init__(self) -> None:
        self._asked: dict[bytes, _Asked] = {}
        self._of_peer: dict[str, deque[bytes]] = {}

    def __len__(self) -> int:
        return len(self._asked)

    def ask(self, question: Question) -> None:
        """Remember a question that is about to be sent, and forget this peer's oldest one when there are too many."""
        nonces = self._of_peer.setdefault(question.peer, deque())
        if len(nonces) == REMEMBERED:
            del self._asked[nonces.popleft()]
        nonces.append(question.nonce)
        self._asked[question.nonce] = _Asked(question)

    def give_up(self, peer: str) -> int:
        """Await no more answers to what this peer was asked.

        Returns:
            How many are missing.
        """
        missing = [asked for asked in self._of(peer) if asked.fate is _Fate.OPEN]
        for asked in missing:
            asked.fate = _Fate.GIVEN_UP
        return len(missing)

    def forget(self, peer: str) -> None:
        """Remember nothing of this peer any more."""
        for nonce in self._of_peer.pop(peer, ()):
            del self._asked[nonce]

    def settle(self, reply: Reply, arrival: Arrival) -> Answer:
        """Find the question that a reply answers.

        A reply of another host than the one asked does not use up the question; every other first answer does.

        Args:
            reply: The reply, its seal proven.
            arrival: When and in which circumstances it came.

        Returns:
            The exchange; or why it is none: UNASKED, PEER, DUPLICATE, LATE, or what `judge` says.
        """
        asked = self._asked.get(reply.nonce)
        if asked is None or asked.question.seq != reply.seq:
            return Answer("", ProbeResult.UNASKED)
        question, fate = asked.question, asked.fate
        if question.peer != reply.sender:
            return Answer(question.peer, ProbeResult.PEER)
        asked.fate = _Fate.ANSWERED
        if fate is _Fate.ANSWERED:
            return Answer(question.peer, ProbeResult.DUPLICATE)
        if fate is _Fate.GIVEN_UP:
            return Answer(question.peer, ProbeResult.LATE)
        return Answer(question.peer, judge(question, reply, arrival))

    def _of(self, peer: str) -> list[_Asked]:
        return [self._asked[nonce] for nonce in self._of_peer.get(peer, ())]


def judge(question: Question, reply: Reply, arrival: Arrival) -> Exchange | ProbeResult:
    """Make an exchange of a question and its answer.

    Args:
        question: What was asked.
        reply: The answer to it.
        arrival: When and in which circumstances that came.

    Returns:
        The exchange; or FUTURE, STALE, EPOCH or NEGATIVE_DELAY, when it cannot have been as the stamps say.
    """
    if reply.t2_ns > reply.t3_ns or reply.reading.raw_ns > reply.t3_ns:
        return ProbeResult.FUTURE
    if reply.reading.raw_ns < reply.t2_ns - _OLDEST_READING_NS:
        return ProbeResult.STALE
    if arrival.epoch != question.epoch:
        return ProbeResult.EPOCH
    exchange = Exchange(
        t1_ns=question.t1_ns,
        t2_ns=reply.t2_ns,
        t3_ns=reply.t3_ns,
        t4_ns=arrival.stamp.raw_ns,
        stamp_error_ns=reply.t2_error_ns + arrival.stamp.error_ns,
        ours=arrival.ours,
        theirs=reply.reading,
        peer_boot_id=reply.boot_id,
        our_epoch=arrival.epoch,
        peer_epoch=reply.epoch,
    )
    return ProbeResult.NEGATIVE_DELAY if exchange.delay_ns < 0 else exchange
