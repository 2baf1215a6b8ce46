"""PURE: which requests the primary is asked again, so that its own noise is known; it asks nobody.

A share of the compared requests is chosen, by a hash of the conversation, and not by whether the replies differ: so the shadow and
the second reply are judged alike. Where a command differs in a place that nothing explains, all of its requests are chosen from
then on, until that is explained or the evidence is clear: from a share of 1 % alone, two thousand replies would tell nothing of a
difference in one of a hundred. Whoever asks does so one after the other and not too often; what does not fit is not asked.
"""

from collections import deque
from hashlib import blake2b
from typing import NamedTuple

from canary.shadow.reply import Reply
from communicator.protocol import Message

WAITING = 64
"""Requests that wait to be asked again; further ones are not."""
HASH_BYTES = 8
_RANGE = 1 << (8 * HASH_BYTES)


class Replay(NamedTuple):
    """A request to ask again."""

    request: Message
    """As it was asked."""
    answers: frozenset[str]
    """The commands that answer it, as far as they are known."""
    primary: Reply
    """What the primary has answered then."""
    differing: frozenset[str]
    """Where the shadow's reply differs from that."""


class Replays:
    """The requests that wait to be asked again.

    Args:
        share: Of the requests that may be.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._waiting: deque[Replay] = deque()

    def is_chosen(self, conversation: str, number: int, *, is_unexplained: bool) -> bool:
        """Whether a request is asked again.

        Args:
            conversation: Its conversation;
            number: and its number in that.
            is_unexplained: Whether replies to such requests have differed before, and nothing explains it.
        """
        if len(self._waiting) >= WAITING:
            return False
        if is_unexplained:
            return True
        digest = blake2b(f"{conversation} {number}".encode(errors="surrogatepass"), digest_size=HASH_BYTES).digest()
        return int.from_bytes(digest) < self._share * _RANGE

    def add(self, replay: Replay) -> None:
        """Have a request asked again that was chosen."""
        self._waiting.append(replay)

    def take(self) -> Replay | None:
        """The next one to ask; None: there is none."""
        return self._waiting.popleft() if self._waiting else None
