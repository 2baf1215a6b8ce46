"""Copies on their way to one shadow: what waits, what is unconfirmed, and whether it is busy; it sends nothing."""

from collections import Counter, deque
from collections.abc import Mapping
from itertools import takewhile

import msgspec

from communicator.answers.policy import Shadow
from communicator.answers.shadows import Step
from communicator.router.cores.steps import STEPS_AT_ONCE, Steps
from communicator.router.vocabulary.copies import Copy, CopyWriter, Taken, Which, which

QUEUE_MESSAGES = 1_000
"""What may wait for a shadow: some seconds of a busy service;"""
QUEUE_BYTES = 16 * 1024 * 1024
"""and their bytes: what the router of the primary lends to each shadow of its memory."""
WINDOW_BYTES = 16 * 1024
"""What may be under way unconfirmed, or one larger message alone: an eighth of a second of 1 Mbit/s, which others share."""
COPIES_AT_ONCE = 64
"""Written in one go: a tenth of a millisecond of work."""
UNCONFIRMED_S = 30.0
"""After so long without a word about what is under way, it is given up: a link on the way has gone, or the shadow is stuck."""
LOAD_HOLDS_S = 30.0
"""So long a load that was told is believed: it is told with copies, and a busy shadow gets none."""
TELL_S = 0.1
"""How long steps wait for others that are told together with them: each message to the comparator costs as much as ten of them."""
BUSY_S = 5.0
"""A shadow that is busy stays so for as long: each conversation that begins takes a while to show."""
CONCLUDED_KEPT = 100
"""Conversations that were told as whole: what the shadow says in one of these is late. Of others nobody counts it."""
REFUSED_S = 1.0
"""No conversation begins for so long after a copy was refused."""
_MARKS = {"queue": (0.5, 0.25), "unanswered": (200, 100), "load": (0.8, 0.6)}
"""Beyond the first a shadow is busy, below the second no more: part of the queue, replies, load by processor."""


class Conversation(msgspec.Struct, eq=False):
    """What one key has asked, as long as it is copied."""

    key: bytes
    drawn: float
    """0 to 1: shadows with a larger share get it."""
    identity: str = ""
    """Empty until its first message is copied."""
    senders: set[tuple[bytes, ...]] = set()
    """Who asks, each under all names that replies may be addressed to."""
    followers: "dict[Mirror, Follower]" = {}
    """By shadow that gets it."""
    asked: int = 0
    answered: int = 0
    others: int = 0
    """Replies to its sender that were of another one."""
    is_behind: bool = False
    """Its sender has begun another one since: a reply that names no message is not of it."""
    last_s: float = 0.0
    """When somebody asked last; once it is over, when that was found; 0 while nothing of it was looked at."""
    places: set[tuple[bytes, str]] = set()
    """Who has asked with which correlation_id."""

    def cut(self, reason: str) -> None:
        """No shadow gets any more of it, which is not whole and never compared."""
        for mirror in tuple(self.followers):
            mirror.cut(self, reason)


def first_silent(
    table: Mapping[bytes, Conversation] | Mapping[str, Conversation], now_s: float, for_s: float
) -> list[Conversation]:
    """The first ones of a table in which nobody has asked anything for so long; what was not looked at yet comes last."""
    return list(takewhile(lambda one: one.last_s and now_s >= one.last_s + for_s, table.values()))


class Follower(msgspec.Struct, eq=False):
    """One conversation as far as one shadow gets it; while it is not cut."""

    conversation: Conversation
    ahead: int = 0
    """How many replies more the primary has given than the shadow; negative: fewer."""
    unconfirmed: int = 0
    """Its copies that wait or are under way."""


class Mirror:
    """One shadow that gets copies.

    Args:
        shadow: As the policy has it.
    """

    def __init__(self, shadow: Shadow) -> None:
        self.shadow = shadow
        self.which: Which = which(shadow)
        self.writer: CopyWriter | None = None
        """What writes its copies, once there was one."""
        self.steps = Steps()
        self.comparator: int | None = None
        """The link to which steps are told."""
        self.following: dict[str, Follower] = {}
        """By identifier, the conversations of which it gets copies and that are not over for good."""
        self.totals: Counter[str] = Counter()
        """Conversations by what became of them."""
        self.copied = 0
        """Messages that were handed to the shadow."""
        self.batch: tuple[Copy, ...] = ()
        """What was taken last, until it is known whether it has left."""
        self.retry_s: float | None = None
        """When what could not leave is tried again."""
        self.tell_s: float | None = None
        """When the comparator is told what waits for it."""
        self.is_offering = self.is_telling = False
        """Whether an answer about copies, or about steps, is awaited."""
        self.is_withdrawn = False
        """It gets no copies any more."""
        self.queue_bytes = self.unconfirmed_bytes = 0
        self.busy = ""
        """Why it is busy; empty: it is not."""
        self.unanswered = 0
        """Replies that the primary has given and the shadow has not."""
        self._busy_since_s = 0.0
        self._queue: deque[Copy] = deque()
        self._unconfirmed: deque[Copy] = deque()
        self._heard_s = 0.0
        """When there was word of what is under way, or it set out."""
        self._load: tuple[float, float] = (0.0, 0.0)
        """What was told last, and until when it holds."""
        self._concluded: deque[str] = deque(maxlen=CONCLUDED_KEPT)
        self._refused: tuple[str, float] = ("", 0.0)
        """Why a copy was refused, and until when that counts."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing goes on, waits, or is awaited."""
        awaits = self.is_offering or self.is_telling or self._unconfirmed
        return not (awaits or self.following or self._queue or len(self.steps))

    @property
    def queue_messages(self) -> int:
        """How many copies wait."""
        return len(self._queue)

    @property
    def overdue_s(self) -> float | None:
        """When what is under way is given up."""
        return self._heard_s + UNCONFIRMED_S if self._unconfirmed else None

    def hindrance(self, now_s: float) -> str:
        """Why no conversation begins now, as it is counted; empty: one may."""
        self._look(now_s)
        if self.busy:
            return f"busy_{self.busy}"
        refused, until_s = self._refused
        if now_s < until_s:
            return refused
        if len(self._queue) >= QUEUE_MESSAGES or self.queue_bytes >= QUEUE_BYTES:
            return "queue"
        return "comparator" if self.steps.is_half_full else ""

    def follow(self, conversation: Conversation) -> None:
        """A conversation begins that it gets copies of."""
        self.following[conversation.identity] = conversation.followers[self] = Follower(conversation)

    def cut(self, conversation: Conversation, reason: str) -> None:
        """It gets no more of a conversation, which is not whole and never compared; nothing happens where that is so already."""
        self._end(conversation, f"cut_{reason}", reason)

    def conclude(self, conversation: Conversation) -> None:
        """A conversation is over for good."""
        follower = conversation.followers.get(self)
        if follower is not None and follower.unconfirmed:
            self.cut(conversation, "unconfirmed")
        elif follower is not None:
            self._concluded.append(conversation.identity)
            self._end(conversation, "whole", "")

    def tell_late(self, step: Step) -> bool:
        """It has answered in a conversation that is not known; whether one that was told as whole, so that this is told too."""
        return step.conversation in self._concluded and self.steps.put(step)

    def _end(self, conversation: Conversation, what: str, reason: str) -> None:
        follower = conversation.followers.pop(self, None)
        if follower is not None:
            del self.following[conversation.identity]
            self.unanswered -= max(0, follower.ahead)
            self.totals[what] += 1
            self.steps.end(conversation.identity, reason)

    def put(self, follower: Follower, copy: Copy, step: Step) -> None:
        """Let a copy wait, and have the comparator told of it; where there is no room its conversation is cut."""
        size = len(copy.line)
        if len(self._queue) >= QUEUE_MESSAGES or self.queue_bytes + size > QUEUE_BYTES:
            self.cut(follower.conversation, "queue")
            return
        self._queue.append(copy)
        self.queue_bytes += size
        follower.unconfirmed += 1
        self.tell(follower, step)

    def tell(self, follower: Follower, step: Step) -> None:
        """Have the comparator told of a step; where there is no room its conversation is cut."""
        if not self.steps.put(step):
            self.cut(follower.conversation, "comparator")

    def wants_to_tell(self, now_s: float) -> bool:
        """Whether the comparator is to be told now: much waits for it, or something long enough."""
        if self.is_telling or not len(self.steps):
            return False
        if self.tell_s is None:
            self.tell_s = now_s + TELL_S
        return len(self.steps) >= STEPS_AT_ONCE or now_s >= self.tell_s

    def replied(self, follower: Follower, by: int) -> None:
        """The primary (1) or the shadow (-1) has said something in a conversation."""
        before, follower.ahead = follower.ahead, follower.ahead + by
        self.unanswered += max(0, follower.ahead) - max(0, before)

    def take_batch(self, now_s: float) -> tuple[Copy, ...]:
        """What may set out now: what was taken before and has not left, or the next ones within the window."""
        if not self.batch:
            taken: list[Copy] = []
            while self._queue and len(taken) < COPIES_AT_ONCE and self._has_room(len(self._queue[0].line)):
                copy = self._queue.popleft()
                self.queue_bytes -= len(copy.line)
                self.unconfirmed_bytes += len(copy.line)
                if not self._unconfirmed:
                    self._heard_s = now_s
                self._unconfirmed.append(copy)
                taken.append(copy)
            self.batch = tuple(taken)
        return self.batch

    def _has_room(self, size: int) -> bool:
        return not self._unconfirmed or self.unconfirmed_bytes + size <= WINDOW_BYTES

    def take(self, taken: Taken, now_s: float) -> None:
        """There is word of copies. Those that set out before them, and of which there was no word, are lost.

        So are all of them where not as many have come as had set out: which ones is not known.
        """
        if taken.load is not None:
            self._load = taken.load, now_s + LOAD_HOLDS_S
        first, found = taken.first or taken.ticket, list[Copy]()
        while self._unconfirmed and self._unconfirmed[0].ticket <= taken.ticket:
            self._heard_s = now_s
            copy = self._unconfirmed.popleft()
            if copy.ticket < first:
                self.settle(copy, "lost")
            else:
                found.append(copy)
        if found and taken.refused:
            self._refused = "absent" if taken.refused == "absent" else "busy_queue", now_s + REFUSED_S
        reason = _reason_of(taken.refused) or ("" if len(found) == taken.messages else "lost")
        for copy in found:
            self.settle(copy, reason)

    def give_up(self, now_s: float) -> None:
        """What is under way for too long is lost."""
        if self.overdue_s is not None and self.overdue_s <= now_s:
            self.batch = ()
            while self._unconfirmed:
                self.settle(self._unconfirmed.popleft(), "unconfirmed")

    def settle(self, copy: Copy, refused: str) -> None:
        """What became of one copy that had set out is known."""
        self.unconfirmed_bytes -= len(copy.line)
        follower = self.following.get(copy.conversation)
        if not refused:
            self.copied += 1
        if follower is None:
            return
        follower.unconfirmed -= 1
        if refused:
            self.cut(follower.conversation, refused)

    def refuse(self, copy: Copy, reason: str) -> None:
        """A copy that was to set out cannot."""
        self.batch = tuple(one for one in self.batch if one is not copy)
        self._unconfirmed.remove(copy)
        self.settle(copy, reason)

    def _look(self, now_s: float) -> None:
        """Is it busy from now on, or no more?"""
        load, until_s = self._load
        values = {
            "queue": max(len(self._queue) / QUEUE_MESSAGES, self.queue_bytes / QUEUE_BYTES),
            "unanswered": self.unanswered,
            "load": load if now_s < until_s else 0.0,
        }
        is_calm = all(value < _MARKS[name][1] for name, value in values.items())
        if is_calm and now_s >= self._busy_since_s + BUSY_S:
            self.busy = ""
        if not self.busy:
            self.busy = next((name for name, value in values.items() if value > _MARKS[name][0]), "")
            self._busy_since_s = now_s


def _reason_of(refused: str) -> str:
    """What is counted of what another router says: it is to fill no table."""
    return refused if refused in ("", "absent", "behind") else "refused"
