"""When each part of the router has something to do: a part announces its deadline when it changes; nothing is done here."""

from collections.abc import Callable


class Deadline:
    """When one part has something to do, or that it has nothing to do.

    Args:
        name: What it is the deadline of.
        changed: Called whenever it is another one.
    """

    __slots__ = ("_changed", "at_s", "name")

    def __init__(self, name: str, changed: Callable[[], None]) -> None:
        self.name = name
        self._changed = changed
        self.at_s: float | None = None
        """The time, on the monotonic clock; None while there is nothing to do. `set` changes it."""

    def set(self, at_s: float | None) -> None:
        """Announce another time; None when there is nothing to do any more."""
        if at_s != self.at_s:
            self.at_s = at_s
            self._changed()

    def is_due(self, now_s: float) -> bool:
        """Whether the time has come."""
        return self.at_s is not None and self.at_s <= now_s

    def is_ahead(self, now_s: float) -> bool:
        """Whether there is a time, and it has not come."""
        return self.at_s is not None and self.at_s > now_s


class Deadlines:
    """All deadlines of a router, and the earliest of them, which is looked for only after a change.

    Most events are lines that are passed on and change no deadline: then the earliest is known.
    """

    def __init__(self) -> None:
        self._announced: list[Deadline] = []
        self._watched: list[tuple[Deadline, Callable[[], float | None]]] = []
        self._earliest_s: float | None = None
        self._is_known = True

    @property
    def earliest_s(self) -> float | None:
        """The earliest, on the monotonic clock; None while no part has anything to do."""
        if not self._is_known:
            for deadline, read in self._watched:
                deadline.set(read())
            self._earliest_s = min((at_s for each in self._announced if (at_s := each.at_s) is not None), default=None)
            self._is_known = True
        return self._earliest_s

    def add(self, name: str) -> Deadline:
        """The deadline of one more part, which is to announce it."""
        deadline = Deadline(name, self.changed)
        self._announced.append(deadline)
        return deadline

    def watch(self, name: str, read: Callable[[], float | None]) -> None:
        """Take up a part that works out its deadline when it is asked.

        Args:
            name: What it is the deadline of.
            read: What it is now; read at the first question after each `changed`.
        """
        self._watched.append((self.add(name), read))
        self.changed()

    def changed(self) -> None:
        """A deadline is another one, or one that is watched may be."""
        self._is_known = False
