"""Which conversations of one service are copied: what is noted of its messages and replies, drawn, and over; it sends nothing.

What goes to the service and comes from it is noted as it is, and looked at later, many messages together: then one that nobody
wants costs a look into a table.
"""

import re
from collections import deque
from collections.abc import Iterator
from hashlib import blake2b

import msgspec

from communicator.router.cores.mirror import Conversation, Mirror, first_silent
from communicator.router.cores.parties import NOT_COPIED_SENDERS, TO_BE_READ, lines_of, names_of, party_of
from communicator.router.vocabulary.registry import Link

SILENCE_S = 30.0
"""A conversation in which nobody asked anything for so long is over; replies of it are awaited as long again."""
LENGTH_MESSAGES = 100
"""It is also over after so many, at the next moment when the primary owes no reply;"""
LONGEST_MESSAGES = 200
"""and then in any case."""
CONVERSATIONS_KEPT = 10_000
"""Those that are copied and not over for good."""
SENDERS_KEPT = 65_536
"""Of whom is remembered that their conversation is not copied; twice as many at times."""
NOTES_KEPT = 4_000
"""Reads since notes were looked at last, and what was left then: beyond it conversations are cut;"""
NOTED_BYTES = 4 * 1024 * 1024
"""and their bytes."""
SMALL_BYTES = 1024
"""What is no longer need not be added up: all that may be noted of it are 4 MiB more."""
NOTES_AT_ONCE = 500
"""Passed over in one go: a tenth of a millisecond of work."""
KEY_BYTES = 256
"""Of a longer key these count."""
NUMBERS_KEPT = 50_000
"""Messages whose correlation_id is remembered: beyond it, whatever a reply to others belonged to would be a guess."""
_DRAWN = float(2**64)
_MIXED, _SAID = 0, -1
"""Lines whose senders may differ; lines that the primary has said."""


class Note(msgspec.Struct):
    """Lines that are to be looked at."""

    lines: Iterator[bytes]
    at_s: float
    """When they were noted."""
    key: bytes = b""
    """The sender of all of them; empty where each has its own."""
    is_said: bool = False
    """The primary has said them."""
    conversation: Conversation | None = None
    """Of all of them, once it is known."""


class Sampler:
    """What is copied of one service by one key.

    Args:
        service: The service.
        parameter: Whose value is the key; empty: the sender is.
        server: The name of this router.
        secret: With it all draws are other ones.
    """

    def __init__(self, service: str, parameter: str, server: str, secret: bytes) -> None:
        self.service = service
        self.parameter = parameter
        self.server = server.encode()
        self.mirrors: list[Mirror] = []
        """Whose shadows get copies."""
        self.link: Link | None = None
        """The live instance."""
        self.address = re.compile(rb"(?:(<[^ ]+) )?(?:[^ :/]+:)?" + re.escape(service.encode()) + rb"/([^ ]+)(?: |\Z)")
        """Matches a message to the service: its sender and its command."""
        self.parties: dict[bytes, dict[bytes, Conversation]] = {}
        """By what replies are addressed to: the newest conversation there of each key, as far as it is copied."""
        self._by_id: dict[tuple[bytes, str], tuple[Conversation, int, float]] = {}
        """By who asks and correlation_id, in which conversation that was, the number of the message, and when it came."""
        self._secret = secret
        self._draws = 0
        self._left: dict[bytes, int] = {}
        """Of conversations that are not copied: how many messages they have left."""
        self._left_before: dict[bytes, int] = {}
        """The same, of those that were silent since `turn`."""
        self._turn_s = 0.0
        self._open: dict[bytes, Conversation] = {}
        """By key, those that are copied, whoever asked last at the end."""
        self._over: dict[str, Conversation] = {}
        """By identifier, those of which late replies are awaited."""
        self._notes: deque[tuple[bytes, int, float]] = deque()
        """Lines; how many they are if all of them have one sender, else `_MIXED` or `_SAID`; and when."""
        self._first: Note | None = None
        """The first of them, once it is looked at."""
        self._noted_bytes = 0
        self._has_missed = False
        """Something could not be noted."""

    def __len__(self) -> int:
        """How many conversations are copied or not over for good."""
        return len(self._open) + len(self._over)

    @property
    def share(self) -> float:
        """The largest of those of its shadows."""
        return max((mirror.shadow.share for mirror in self.mirrors), default=0.0)

    @property
    def has_notes(self) -> bool:
        """Whether something is to be looked at."""
        return bool(self._notes) or self._has_missed

    @property
    def due_s(self) -> float:
        """When a conversation is over, or over for good, or those of silent senders are forgotten."""
        firsts = [next(iter(table.values())).last_s for table in (self._open, self._over) if table]
        return min((self._turn_s, *(at_s for at_s in firsts if at_s))) + SILENCE_S

    def note_asked(self, data: bytes, messages: int, at_s: float, *, is_mixed: bool) -> bool:
        """See `Copied`. This is all that copying costs before a message is written: here each operation counts."""
        if len(data) <= SMALL_BYTES and len(self._notes) < NOTES_KEPT:
            self._notes.append((data, _MIXED if is_mixed else messages, at_s))
        else:
            self._note(data, _MIXED if is_mixed else messages, at_s)
        return True

    def note_said(self, front: bytes, lines: bytes, at_s: float, *, is_mixed: bool) -> bool:
        """See `Copied`. What answers something that was not looked at yet may belong to any conversation."""
        if not self._notes and not (self.parties and (is_mixed or self._may_want(front))):
            return False
        self._note(lines, _SAID, at_s)
        return True

    def _may_want(self, said: bytes) -> bool:
        """Whether a line of the primary, or its front, may go to somebody whose conversation is copied."""
        return said[: said.find(b"/")] in self.parties or said[:1] in TO_BE_READ

    def _note(self, data: bytes, kind: int, at_s: float) -> None:
        """Note lines if there is room, also for their bytes."""
        size = len(data) if len(data) > SMALL_BYTES else 0
        if len(self._notes) < NOTES_KEPT and self._noted_bytes + size <= NOTED_BYTES:
            self._notes.append((data, kind, at_s))
            self._noted_bytes += size
        else:
            self._has_missed = True

    def cut_missed(self) -> None:
        """Cut the conversations of which something may not have been noted, before anything else is looked at.

        It may have been of any, also of one that would begin with what was noted before.
        """
        if self._has_missed:
            self._drop_notes()
            for conversation in self._everything():
                self.cut(conversation, "queue")

    def _drop_notes(self) -> None:
        self._notes.clear()
        self._first = None
        self._noted_bytes = 0
        self._has_missed = False

    def take_note(self) -> Note | None:
        """What is to be looked at next, if there is anything that may belong to a conversation that is copied."""
        for _ in range(NOTES_AT_ONCE):
            if self._first is not None or not self._notes:
                break
            data, kind, at_s = self._notes[0]
            if kind == _SAID and not self.parties:
                self.done()  # nobody awaits a reply
            elif self.parameter or kind <= 0:
                lines = lines_of(data) if self.parameter else self._wanted(data, is_said=kind == _SAID)
                self._first = Note(lines, at_s, is_said=kind == _SAID)
            elif self._is_wanted(sender := data[: data.find(b" ")], kind):
                self._first = Note(lines_of(data), at_s, sender)
            else:
                self.done()
        return self._first

    def _is_wanted(self, key: bytes, messages: int) -> bool:
        """Whether messages with one key may belong to a conversation that is copied; else they are counted."""
        left = self._left.get(key, 0)
        if left > 0:
            self._left[key] = left - messages
            return False
        return key in self._open or self._is_drawn(key, messages)

    def _wanted(self, data: bytes, *, is_said: bool) -> Iterator[bytes]:
        """Of lines of several senders, or to several, those that may belong to a conversation that is copied."""
        for line in lines_of(data):
            if is_said:
                if self._may_want(line):
                    yield line
                continue
            sender = line[: line.find(b" ")]
            if self._left.get(sender, 0) > 0:
                self._left[sender] -= 1
            else:
                yield line

    def done(self) -> None:
        """The first note was dealt with."""
        self._notes.popleft()
        self._first = None
        if not self._notes:
            self._noted_bytes = 0  # memory counts as held until all are gone, so that nothing has to be added up

    def find(self, key: bytes, messages: int, now_s: float) -> Conversation | None:
        """The conversation of a key that goes on, or a new one if it is drawn; None where it is not copied.

        Args:
            key: Whose.
            messages: How many messages it is asked for.
            now_s: The time.
        """
        known = self._open.get(key)
        if known is not None and self._is_over(known, now_s):
            self.end(known, now_s)
            known = None
        if known is None:
            if not self._is_wanted(key, messages):
                return None
            known = self._open[key]
        if not known.last_s:
            known.last_s = now_s  # once: it stays in its place, so that it would hold up the end of those behind it
        return known

    def _is_drawn(self, key: bytes, messages: int) -> bool:
        """Draw whether a conversation that begins is copied; else it is remembered as one that is not."""
        left = self._left_before.pop(key, 0)
        if left <= 0:
            if not self.parameter and (not key.startswith(b"<") or key.endswith(NOT_COPIED_SENDERS)):
                return False  # nobody whom a reply could reach, or one of ours
            self._draws += 1
            if self._draw(key):
                return True
            left = LENGTH_MESSAGES
        self._leave_out(key, left - messages)
        return False

    def _draw(self, key: bytes) -> bool:
        what = b"%b %d %b" % (self.service.encode(), self._draws, key)
        drawn = int.from_bytes(blake2b(what, digest_size=8, key=self._secret).digest()) / _DRAWN
        if drawn >= self.share:
            return False
        if len(self) >= CONVERSATIONS_KEPT or len(key) > KEY_BYTES:
            for mirror in self.mirrors:
                mirror.totals["queue"] += drawn < mirror.shadow.share
            return False
        self._open[key] = Conversation(key, drawn)
        return True

    def _leave_out(self, key: bytes, left: int) -> None:
        """The conversation that a key has now is not copied; so replies that name none are to one of those."""
        if len(self._left) >= SENDERS_KEPT:
            self._left_before, self._left = self._left, {}
        if len(key) <= KEY_BYTES:
            self._left[key] = left
        if not self.parameter:
            for name in names_of(key, self.server):
                for conversation in tuple(self.parties.get(name, {}).values()):
                    conversation.is_behind = True
                    self._let_go(conversation)

    def cut(self, conversation: Conversation, reason: str) -> None:
        """No shadow gets any more of a conversation."""
        conversation.cut(reason)
        self.skip(conversation)

    def skip(self, conversation: Conversation) -> None:
        """Where nobody gets it, or nobody any more, what is left of it costs no more than one that was not drawn."""
        if conversation.followers:
            return
        if self._open.get(conversation.key) is conversation:
            del self._open[conversation.key]
            self._leave_out(conversation.key, max(1, LENGTH_MESSAGES - conversation.asked))
        self._forget(conversation)

    def asked(self, conversation: Conversation, sender: bytes, now_s: float) -> int:
        """Somebody asks something in a conversation; returns the number of the message."""
        self._open.pop(conversation.key, None)
        self._open[conversation.key] = conversation
        conversation.last_s = now_s
        if self.parameter or not conversation.asked:
            names = names_of(sender, self.server)
            conversation.senders.add(names)
            for name in names:
                self.parties.setdefault(name, {})[conversation.key] = conversation
        conversation.asked += 1
        return conversation.asked - 1

    def remember(
        self, conversation: Conversation, sender: bytes, correlation_id: str, number: int, now_s: float
    ) -> bool:
        """A message has an identifier, which its reply repeats; whether there is room to remember it."""
        if len(self._by_id) >= NUMBERS_KEPT or len(correlation_id) > KEY_BYTES:
            return False
        place = sender[1:], correlation_id
        before = self._by_id.get(place)
        if before is not None:
            before[0].places.discard(place)
        self._by_id[place] = conversation, number, now_s
        conversation.places.add(place)
        return True

    def find_reply(self, to: bytes, correlation_id: str, key: bytes) -> tuple[Conversation | None, int, float]:
        """The conversation that a reply belongs to; None: to none that is copied.

        Args:
            to: Whom it is addressed to.
            correlation_id: Of the message that it answers; empty: it does not say.
            key: What it says itself of the key, where a parameter is the key.

        Returns:
            The conversation, the number of the message and when that was asked; -1 where it is not known.
        """
        if correlation_id:
            place = party_of(to, self.server), correlation_id
            return self._by_id.get(place, (None, -1, 0.0))
        known = self.parties.get(to, {})
        found = known.get(key) if self.parameter else next(iter(known.values()), None)
        return None if found is None or found.is_behind else found, -1, 0.0

    def answered(self, to: bytes, conversation: Conversation | None) -> None:
        """A reply has come, of a conversation or of none that is copied.

        Of one whose sender has begun anew no more are awaited once there are none, since each reply to it costs a look.
        """
        if conversation is not None:
            conversation.answered += 1
        for known in () if self.parameter else tuple(self.parties.get(to, {}).values()):
            known.others += known is not conversation
            self._let_go(known)

    def _let_go(self, conversation: Conversation) -> None:
        is_answered = conversation.answered >= conversation.asked or conversation.others >= LENGTH_MESSAGES
        if conversation.is_behind and is_answered:
            self._unlist(conversation)

    def _is_over(self, conversation: Conversation, now_s: float) -> bool:
        if not conversation.identity:
            return False
        if now_s >= conversation.last_s + SILENCE_S or conversation.asked >= LONGEST_MESSAGES:
            return True
        return conversation.asked >= LENGTH_MESSAGES and conversation.answered >= conversation.asked

    def goes_on(self, conversation: Conversation) -> bool:
        """Whether it is the one that its key has now, and is copied."""
        return self._open.get(conversation.key) is conversation

    def end(self, conversation: Conversation, now_s: float) -> None:
        """Nothing more is asked in it; late replies are awaited, and those that name no message until the key begins anew."""
        del self._open[conversation.key]
        conversation.last_s = now_s
        if conversation.identity:
            self._over[conversation.identity] = conversation

    def turn(self, now_s: float) -> list[Conversation]:
        """End what is over, and forget senders who were silent; returns what is over for good."""
        if now_s >= self._turn_s + SILENCE_S:
            self._left_before, self._left, self._turn_s = self._left, {}, now_s
        for conversation in first_silent(self._open, now_s, SILENCE_S):
            self.end(conversation, now_s)
        final = first_silent(self._over, now_s, SILENCE_S)
        for conversation in final:
            self._forget(conversation)
        return final

    def _everything(self) -> list[Conversation]:
        """All conversations that are not over for good."""
        return [*self._open.values(), *self._over.values()]

    def clear(self) -> None:
        """Begin anew: the primary is another one, or is gone."""
        for conversation in self._everything():
            conversation.cut("primary")
            self._forget(conversation)
        self._open.clear()
        self._drop_notes()

    def _forget(self, conversation: Conversation) -> None:
        self._over.pop(conversation.identity, None)
        for place in conversation.places:
            del self._by_id[place]
        conversation.places.clear()
        self._unlist(conversation)

    def _unlist(self, conversation: Conversation) -> None:
        for name in (name for names in conversation.senders for name in names):
            known = self.parties.get(name, {})
            if known.get(conversation.key) is conversation:
                del known[conversation.key]
                if not known:
                    del self.parties[name]
        conversation.senders.clear()
