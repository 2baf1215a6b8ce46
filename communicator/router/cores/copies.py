"""What shadows of this host have got copies of: with whom each conversation is, and which one an answer is of; it sends nothing."""

from collections import defaultdict
from typing import NamedTuple

import msgspec

from communicator.protocol.message import Message
from communicator.protocol.names import CORRELATION_ID, SHADOW_ID
from communicator.router.cores.steps import Steps
from communicator.router.vocabulary.copies import Copy, Which
from communicator.router.vocabulary.registry import Party

CONVERSATIONS_KEPT = 10_000
"""The one that was silent for longest goes,"""
MESSAGES_KEPT = 50_000
"""also where all of them together have more messages."""
KEPT_S = 60.0
"""How long an answer may come after the last copy."""
ANSWERS_PER_COPY = 16
"""A stream of answers to one message; a shadow that says more floods."""
COPIES_KEPT = 400
"""Of one conversation. One with more messages, and a reply of both to each, is longer than the comparator takes."""
ID_CHARACTERS = 256
"""A longer correlation_id is not remembered."""
_ANY = ""


class Asked(NamedTuple):
    """One message that was copied."""

    party: Party
    """Who speaks to the service."""
    at_s: float
    """When it was handed to the shadow."""
    correlation_id: str


class Copied(msgspec.Struct):
    """One conversation that a shadow has got copies of; of several parties where a parameter tells conversations apart."""

    conversation: str
    link: int
    """Of the shadow."""
    shadow: Which
    """As it is named by whoever copies."""
    primary: str
    """The server whose router that is."""
    last_s: float
    key: str = ""
    """Where the value of a parameter makes a conversation: that; empty: its sender does."""
    asked: dict[int, Asked] = {}
    """By number, its messages."""
    answers: int = 0
    """How many of the shadow were passed on."""
    is_lost: bool = False
    """Whether one could not be: no further one is."""

    @property
    def is_spent(self) -> bool:
        """Whether the shadow has answered more than it was asked for."""
        return self.answers >= ANSWERS_PER_COPY * len(self.asked)


class Belonging(NamedTuple):
    """What an answer belongs to."""

    copied: Copied
    number: int
    """Of the message that it answers; -1: not known."""


_Place = tuple[int, str, str]
"""A shadow, and a service that speaks on a server; the server may be empty: on any."""
_Turn = tuple[_Place, str]
"""Where order alone says what an answer is of; and the value of the parameter, where one makes a conversation."""


class Copies:
    """Conversations by shadow and identifier, the one that was silent for longest first.

    Each answer takes a look into a table, however many conversations there are: a shadow that says much is to cost no more.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], Copied] = {}
        self._with: dict[_Place, dict[str, dict[str, None]]] = {}
        """By who speaks, and the value of the parameter: which conversations an answer may be of that names no message."""
        self._doubtful: set[_Turn] = set()
        """Where one came that may have been of several; whatever server it named, further ones are not put into their order."""
        self._parameters: dict[int, str] = {}
        """By shadow, whose value says to which conversation a message belongs."""
        self._by_id: dict[tuple[_Place, str], tuple[str, int]] = {}
        """By correlation_id, in which conversation it was used last, and for which message."""
        self._messages = 0
        self.batches: defaultdict[tuple[Which, str], list[tuple[Copy, str]]] = defaultdict(list)
        """By shadow and whoever copies for it: what has come in this turn of the loop, each with its command."""
        self.said: defaultdict[tuple[int, Which, str], Steps] = defaultdict(Steps)
        """By link of a shadow, shadow and whoever copies for it: what it has said that is not told yet."""

    def note(self, link: int, copy: Copy, message: Message, parameter: str, now_s: float) -> None:
        """A copy goes to a shadow.

        Args:
            link: Of the shadow.
            copy: It.
            message: What its line says.
            parameter: Whose value says to which conversation a message belongs; empty: its sender does.
            now_s: The time, on the monotonic clock.
        """
        party, correlation_id = Party(message.sent_from_server, message.sent_from_service), message.get(CORRELATION_ID)
        self._forget_old(now_s)
        key = link, copy.conversation
        known = self._known.get(key)
        if known is not None and known.primary != copy.primary:
            self._remove(key)
        self._parameters[link] = parameter
        copied = self._known.pop(key, None)
        if copied is None:
            value = message.get(parameter) if parameter else ""
            copied = Copied(copy.conversation, link, copy.shadow, copy.primary, now_s, value)
        self._known[key] = copied
        copied.last_s = now_s
        if len(copied.asked) < COPIES_KEPT and copy.number not in copied.asked:
            self._enter(copied, copy.number, Asked(party, now_s, correlation_id[: ID_CHARACTERS + 1]))
        while len(self._known) > CONVERSATIONS_KEPT or self._messages > MESSAGES_KEPT:
            self._remove(next(iter(self._known)))

    def _enter(self, copied: Copied, number: int, asked: Asked) -> None:
        copied.asked[number] = asked
        self._messages += 1
        for place in _places(copied.link, asked.party):
            self._with.setdefault(place, {}).setdefault(copied.key, {})[copied.conversation] = None
            if 0 < len(asked.correlation_id) <= ID_CHARACTERS:
                self._by_id[place, asked.correlation_id] = copied.conversation, number

    def of(self, link: int, conversation: str) -> Copied | None:
        """What is known of a conversation."""
        return self._known.get((link, conversation))

    def may_concern(self, link: int, service: str) -> bool:
        """Whether a shadow has got copies of what this service has said, so that what it says to that is looked at."""
        return (link, service, _ANY) in self._with

    def find(self, link: int, message: Message, now_s: float) -> Belonging | None:
        """What it belongs to that a shadow says to somebody: one of the conversations with that one, or none.

        Args:
            link: Of the shadow.
            message: What it says.
            now_s: The time, on the monotonic clock.
        """
        self._forget_old(now_s)
        place = link, message.service, message.server
        told, correlated = message.get(SHADOW_ID), message.get(CORRELATION_ID)
        if told:
            conversation, _, number = told.rpartition("-")
            copied = self._known.get((link, conversation))
            asked = None if copied is None else copied.asked.get(_number_of(number))
            if copied is None or asked is None or place not in _places(link, asked.party):
                return None
            return Belonging(copied, _number_of(number))
        found = self._by_id.get((place, correlated)) if correlated else None
        if found is not None:
            return Belonging(self._known[link, found[0]], found[1])
        parameter = self._parameters.get(link, "")
        return self._by_order((place, message.get(parameter) if parameter else ""))

    def _by_order(self, turn: _Turn) -> Belonging | None:
        """The one conversation that an answer without a name may be of; of several the order says nothing any more."""
        place, value = turn
        link, service, _ = place
        doubt = (link, service, _ANY), value
        named = self._with.get(place, {}).get(value, {})
        if len(named) > 1:
            self._doubtful.add(doubt)
        if len(named) != 1 or doubt in self._doubtful:
            return None
        return Belonging(self._known[link, next(iter(named))], -1)

    def forget_link(self, link: int) -> None:
        """A shadow is gone."""
        for key in [key for key in self._known if key[0] == link]:
            self._remove(key)
        self._parameters.pop(link, None)

    def _forget_old(self, now_s: float) -> None:
        while self._known:
            key, oldest = next(iter(self._known.items()))
            if oldest.last_s + KEPT_S > now_s:
                return
            self._remove(key)

    def _remove(self, key: tuple[int, str]) -> None:
        copied = self._known.pop(key)
        self._messages -= len(copied.asked)
        for asked in copied.asked.values():
            for place in _places(copied.link, asked.party):
                if self._by_id.get((place, asked.correlation_id), ("", 0))[0] == copied.conversation:
                    del self._by_id[place, asked.correlation_id]
                self._leave(place, copied.key, copied.conversation)

    def _leave(self, place: _Place, value: str, conversation: str) -> None:
        by_value = self._with.get(place, {})
        named = by_value.get(value, {})
        named.pop(conversation, None)
        if not named:
            by_value.pop(value, None)
            self._doubtful.discard((place, value))
        if not by_value:
            self._with.pop(place, None)


def _places(link: int, party: Party) -> tuple[_Place, ...]:
    """Under which a party is found."""
    return (link, party.service, _ANY), (link, party.service, party.server)


def _number_of(text: str) -> int:
    """A number as it was told to the shadow; -1, which no message has: it is none."""
    is_number = text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004 - far more than there are
    return int(text) if is_number else -1
