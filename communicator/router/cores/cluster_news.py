"""PURE: what was said of the state of the cluster, to all who listen and to those who asked; it does not know what a state is."""

import msgspec

_DIFFERENT = 2
"""Answers remembered: of two that differ one is not what all are told in the end."""

State = dict[str, str]


class ClusterNews(msgspec.Struct):
    """Changes are told a moment later, all at once; who asks hears of them before, and is not to be left with what did not last."""

    told: State = {}
    """What all were told last; empty: nothing yet."""
    _answered: tuple[State, ...] = ()

    def answer(self, state: State) -> None:
        """Take note of an answer to one who asked."""
        if state != self.told and state not in self._answered:
            self._answered = (*self._answered, state)[:_DIFFERENT]

    def settle(self, state: State) -> list[State]:
        """Take note of what all are told now, where it is news to somebody.

        Returns:
            What some believed until now, and is not so.
        """
        believed = [one for one in (self.told, *self._answered) if one and one != state]
        self.told, self._answered = state, ()
        return believed
