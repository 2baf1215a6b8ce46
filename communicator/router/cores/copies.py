"""What shadows of this host have got copies of: with whom each conversation is, and which one an answer is of; it sends nothing."""

from collections import defaultdict
from typing import NamedTuple

import msgspec

from communicator.protocol.message import Message
from communicator.router.cores.steps import Steps
from communicator.router.vocabulary.copies import Copy, Which
from communicator.router.vocabulary.registry import Party

CONVERSATIONS_KEPT = 10_000
"""The one that was silent for longest goes."""
KEPT_S = 60.0
"""How long an answer may come after the last copy."""
ANSWERS_PER_COPY = 16
"""A stream of answers to one message; a shadow that says more floods."""
COPIES_KEPT = 200
"""Of one conversation: twice as many as one has."""
SHADOW_ID = "shadow_id"


class Copied(msgspec.Struct):
    """One conversation that a shadow has got copies of."""

    conversation: str
    link: int
    """Of the shadow."""
    shadow: Which
    """As it is named by whoever copies."""
    primary: str
    """The server whose router that is."""
    party: Party
    """Who speaks to the service."""
    last_s: float
    at_s: dict[int, float] = {}
    """When each message was handed to the shadow, by number."""
    numbers: dict[str, int] = {}
    """By correlation_id."""
    answers: int = 0
    """How many of the shadow were passed on."""

    @property
    def is_spent(self) -> bool:
        """Whether the shadow has answered more than it was asked for."""
        return self.answers >= ANSWERS_PER_COPY * len(self.at_s)


class Belonging(NamedTuple):
    """What an answer belongs to."""

    copied: Copied
    number: int
    """Of the message that it answers; -1: not known."""


class Copies:
    """Conversations by shadow and identifier, the one that was silent for longest first."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], Copied] = {}
        self._with: dict[tuple[int, str], dict[str, None]] = {}
        """By shadow and the service that speaks, which conversations."""
        self._batches: dict[tuple[Which, str], tuple[list[Copy], set[str]]] = {}
        """By shadow and whoever copies for it: what has come in this turn of the loop, and the commands of that."""

        self.said: defaultdict[tuple[Which, str], Steps] = defaultdict(Steps)
        """By shadow and whoever copies for it: what it has said that is not told yet."""

    def put(self, copy: Copy, command: str) -> None:
        """Let a copy wait until the turn is over."""
        copies, commands = self._batches.setdefault((copy.shadow, copy.primary), ([], set()))
        copies.append(copy)
        commands.add(command)

    def take_batches(self) -> list[tuple[list[Copy], set[str]]]:
        """What waits, by shadow and whoever copies for it."""
        batches = list(self._batches.values())
        self._batches.clear()
        return batches

    def __len__(self) -> int:
        """How many are known."""
        return len(self._known)

    def note(self, link: int, copy: Copy, party: Party, correlation_id: str, now_s: float) -> None:
        """A copy goes to a shadow.

        Args:
            link: Of the shadow.
            copy: It.
            party: Who has said it.
            correlation_id: As it carries it; empty where it does not.
            now_s: The time, on the monotonic clock.
        """
        self._forget_old(now_s)
        key = link, copy.conversation
        copied = self._known.pop(key, None)
        if copied is None or copied.party != party:
            copied = Copied(copy.conversation, link, copy.shadow, copy.primary, party, now_s)
        self._known[key] = copied
        self._with.setdefault((link, party.service), {})[copy.conversation] = None
        copied.last_s = now_s
        if len(copied.at_s) < COPIES_KEPT:
            copied.at_s[copy.number] = now_s
            if correlation_id:
                copied.numbers[correlation_id] = copy.number
        if len(self._known) > CONVERSATIONS_KEPT:
            self._remove(next(iter(self._known)))

    def may_concern(self, link: int, service: str) -> bool:
        """Whether a shadow has got copies of what this service has said, so that what it says to that is looked at."""
        return (link, service) in self._with

    def find(self, link: int, message: Message, now_s: float) -> Belonging | None:
        """What it belongs to that a shadow says to somebody: one of the conversations with that one, or none.

        Args:
            link: Of the shadow.
            message: What it says.
            now_s: The time, on the monotonic clock.
        """
        self._forget_old(now_s)
        named = self._with.get((link, message.service), {})
        spoken_to = [self._known[link, conversation] for conversation in named]
        if message.server:
            spoken_to = [one for one in spoken_to if message.server == one.party.server]
        told, correlated = message.get(SHADOW_ID), message.get("correlation_id")
        if told:
            conversation, _, number = told.rpartition("-")
            exact = (Belonging(one, int(number)) for one in spoken_to if _has(one, conversation, number))
            return next(exact, None)
        if correlated:
            found = next((one for one in spoken_to if correlated in one.numbers), None)
            if found is not None:
                return Belonging(found, found.numbers[correlated])
        return Belonging(spoken_to[0], -1) if len(spoken_to) == 1 else None

    def forget_link(self, link: int) -> None:
        """A shadow is gone."""
        for key in [key for key in self._known if key[0] == link]:
            self._remove(key)

    def _forget_old(self, now_s: float) -> None:
        while self._known:
            key, oldest = next(iter(self._known.items()))
            if oldest.last_s + KEPT_S > now_s:
                return
            self._remove(key)

    def _remove(self, key: tuple[int, str]) -> None:
        copied = self._known.pop(key)
        about = copied.link, copied.party.service
        self._with[about].pop(copied.conversation, None)
        if not self._with[about]:
            del self._with[about]


def _has(copied: Copied, conversation: str, number: str) -> bool:
    is_number = number.isascii() and number.isdigit() and len(number) < 10  # noqa: PLR2004 - far more than there are
    return is_number and copied.conversation == conversation and int(number) in copied.at_s
