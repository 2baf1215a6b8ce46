"""Who speaks with which instance of a service that has colours, so that it may finish there after a switch; it sends nothing."""

from typing import NamedTuple

from communicator.answers.policy import Colour
from communicator.router.vocabulary.registry import Link, Party

SILENCE_S = 30.0
"""Who has said nothing for so long begins anew."""
CONVERSATIONS_KEPT = 10_000
"""The one that was silent for longest goes: its next message is a new conversation."""

Sender = int | Party
"""A link of this host by number, or a service elsewhere."""


class Conversation(NamedTuple):
    """What a sender said last to a service."""

    target: Link | str
    """An instance of this host, or the server that was chosen."""
    colour: Colour
    """In force when it was chosen."""
    last_s: float


class Conversations:
    """By sender and service, whoever spoke last at the end; all times are of the monotonic clock."""

    def __init__(self) -> None:
        self._known: dict[tuple[Sender, str], Conversation] = {}
        self._drained_s: dict[tuple[str, str, str], float] = {}
        """By service, version and build: until when conversations with what was active may go on."""

    def note(self, sender: Sender, colour: Colour, target: Link | str, now_s: float) -> None:
        """A message of a sender goes to an instance of the active version, or of the one that its conversation is with."""
        key = sender, colour.service
        self._known.pop(key, None)
        self._known[key] = Conversation(target, colour, now_s)
        if len(self._known) > CONVERSATIONS_KEPT:
            del self._known[next(iter(self._known))]

    def find_old(self, sender: Sender, colour: Colour, now_s: float) -> Conversation | None:
        """The conversation with what was active before, as long as it may go on.

        Args:
            sender: Who speaks.
            colour: What is in force now.
            now_s: The time.
        """
        known = self._known.get((sender, colour.service))
        if known is None or _key(known.colour) == _key(colour) or now_s >= known.last_s + SILENCE_S:
            return None
        return known if now_s < self._drained_s.get(_key(known.colour), now_s) else None

    def switch(self, before: Colour, after: Colour, now_s: float) -> None:
        """Another version of a service is active."""
        self._drained_s = {key: until_s for key, until_s in self._drained_s.items() if until_s > now_s}
        self._drained_s[_key(before)] = now_s + after.drain_s
        self._drained_s.pop(_key(after), None)


def _key(colour: Colour) -> tuple[str, str, str]:
    return colour.service, colour.active, colour.active_build
