"""PURE: how many runs of users who are strangers to their services are taken note of; it says of nobody that he is one.

Such runs move nothing, and anybody can make them without end under names that he invents. The router bounds what it tells of each
service, but not of how many services it tells.
"""

from collections import OrderedDict
from collections.abc import Callable

from canary.evidence.words import HostWord, RunStartedWord, Word

BURST = 256
"""Runs of one user taken note of at once: four times as many as services that he may come to run there."""
PER_S = 0.1
"""Runs of one user taken note of in each second after that."""
USERS = 1_000
"""Users with an account; who was silent for longest begins anew."""
AWAY = 10_000
"""Runs turned away of which later words are known to be about them."""


class Crowd:
    """Turns away runs of strangers that come too often, and all that is told of them later."""

    def __init__(self) -> None:
        self.turned_away = 0
        """How many runs were."""
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By user, how many more there may be, and when that was so."""
        self._away: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, run_id: object) -> bool:
        """Whether a run was turned away."""
        return run_id in self._away

    def is_taken(self, word: Word, is_stranger: Callable[[RunStartedWord], bool]) -> bool:
        """Whether a word is taken note of.

        Args:
            word: The next one.
            is_stranger: Whether the user of a run that has begun is a stranger to its service.
        """
        if isinstance(word, HostWord):
            return True
        if word.run_id in self._away:
            return False
        if not isinstance(word, RunStartedWord) or not is_stranger(word) or self._has_room(word.user, word.at_s):
            return True
        self.turned_away += 1
        self._away[word.run_id] = None
        if len(self._away) > AWAY:
            self._away.popitem(last=False)
        return False

    def _has_room(self, user: str, now_s: float) -> bool:
        left, at_s = self._left.pop(user, (float(BURST), now_s))
        left = min(float(BURST), left + (now_s - at_s) * PER_S)
        has_room = left >= 1
        self._left[user] = (left - has_room, now_s)
        if len(self._left) > USERS:
            self._left.popitem(last=False)
        return has_room
