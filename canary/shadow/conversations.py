"""PURE: the conversations of one shadow until they are over: gathered whole within bounds, or dropped and counted.

A conversation is compared only if all of it was heard: it ended without being cut, and every message from the first one to the last
one was told. What is beyond a bound is dropped whole. What is told of a conversation afterwards changes nothing, whatever it is.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from communicator.answers.shadows import Step

CONVERSATIONS = 5_000
"""Of one shadow, that go on at once."""
STEPS = 1_000
"""Of one conversation;"""
CONVERSATION_BYTES = 1 << 19
"""and what was said in it: comparing it takes 30 ms at the worst."""
BYTES = 64 << 20
"""What was said in all conversations of all shadows: so much memory they take."""
GRACE_S = 1.0
"""After its end, for what is on its way. The router itself waits for 30 s before it tells the end."""
SILENT_S = 180.0
"""Longer than a router lets a conversation go on in silence: its end was lost."""
SETTLED = 10_000
"""Conversations that are over, and remembered."""
REASONS = 32
"""Reasons that are told apart."""
STEP_BYTES = 200
"""What a step takes besides its line."""

BOUND, GAP, UNENDED = "comparator", "gap", "unended"
"""Why the comparator does not compare: it has no room; some of it was not told; its end was not."""
COMPARED = ""


class Whole(NamedTuple):
    """A conversation that is over, with all that was said in it."""

    id: str
    asked: tuple[str, ...]
    """What was asked, by number."""
    primary: tuple[Step, ...]
    shadow: tuple[Step, ...]


@dataclass(slots=True)
class _Open:
    asked: dict[int, str] = field(default_factory=dict)
    primary: list[Step] = field(default_factory=list)
    shadow: list[Step] = field(default_factory=list)
    steps: int = 0
    bytes: int = 0
    touched_s: float = 0.0
    ended_s: float | None = None


@dataclass(slots=True)
class Room:
    """What all conversations of a host take."""

    bytes: int = 0


class Conversations:
    """The conversations of one shadow.

    Args:
        room: That they share with those of other shadows.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self.incomplete: Counter[str] = Counter()
        self.late = 0
        """Replies of the shadow that came when their conversation had been compared."""
        self._open: OrderedDict[str, _Open] = OrderedDict()
        """The one that was silent for longest first."""
        self._ended: OrderedDict[str, float] = OrderedDict()
        self._settled: OrderedDict[str, str] = OrderedDict()
        """What became of those that are over: compared, or why not."""

    def __len__(self) -> int:
        """How many are not over."""
        return len(self._open)

    def hear(self, steps: Iterable[Step], now_s: float) -> None:
        """Take what the router tells, in any order."""
        for step in steps:
            if step.conversation in self._settled:
                is_late = step.what == "shadow" and self._settled[step.conversation] == COMPARED
                self.late += is_late
            else:
                self._take(step, now_s)

    def _take(self, step: Step, now_s: float) -> None:
        at = self._open.get(step.conversation)
        if step.cut:
            self._drop(step.conversation, step.cut)
            return
        if at is None:
            if len(self._open) >= CONVERSATIONS:
                self._drop(step.conversation, BOUND)
                return
            at = self._open[step.conversation] = _Open()
        at.touched_s = now_s
        self._open.move_to_end(step.conversation)
        if step.what == "ended":
            at.ended_s = now_s if at.ended_s is None else at.ended_s
            self._ended.setdefault(step.conversation, now_s)
            return
        self._keep(at, step)
        if at.steps > STEPS or at.bytes > CONVERSATION_BYTES or self._room.bytes > BYTES:
            self._drop(step.conversation, BOUND)

    def _keep(self, at: _Open, step: Step) -> None:
        size = len(step.line) + STEP_BYTES
        at.steps += 1
        at.bytes += size
        self._room.bytes += size
        if step.what == "asked":
            at.asked[step.number] = step.line
        elif step.what == "primary":
            at.primary.append(step)
        else:
            at.shadow.append(step)

    def take_over(self, now_s: float) -> Iterator[Whole]:
        """Those that are over, each once, as long as the caller wants more."""
        self._forget_silent(now_s)
        while self._ended and next(iter(self._ended.values())) + GRACE_S <= now_s:
            name = next(iter(self._ended))
            at = self._open[name]
            asked = tuple(at.asked[number] for number in range(len(at.asked)) if number in at.asked)
            if not asked or len(asked) < len(at.asked):
                self._drop(name, GAP)
                continue
            self._settle(name, COMPARED)
            yield Whole(name, asked, tuple(at.primary), tuple(at.shadow))

    def refuse(self, whole: Whole, reason: str) -> None:
        """Count one that was taken, and could not be compared."""
        self._settled[whole.id] = reason
        self._count(reason)

    def close(self) -> None:
        """Forget all that go on."""
        for name in list(self._open):
            self._settle(name, UNENDED)

    @property
    def next_deadline_s(self) -> float | None:
        """When one is over; None: none is at an end."""
        ended_s = next(iter(self._ended.values()), None)
        return None if ended_s is None else ended_s + GRACE_S

    def _forget_silent(self, now_s: float) -> None:
        while self._open and next(iter(self._open.values())).touched_s + SILENT_S <= now_s:
            name, at = next(iter(self._open.items()))
            if at.ended_s is not None:
                break  # it is due, and waits for its turn
            self._drop(name, UNENDED)

    def _drop(self, name: str, reason: str) -> None:
        self._settle(name, reason)
        self._count(reason)

    def _count(self, reason: str) -> None:
        is_known = reason in self.incomplete or len(self.incomplete) < REASONS
        self.incomplete[reason if is_known else BOUND] += 1

    def _settle(self, name: str, what: str) -> None:
        at = self._open.pop(name, None)
        self._ended.pop(name, None)
        self._room.bytes -= 0 if at is None else at.bytes
        self._settled[name] = what
        while len(self._settled) > SETTLED:
            self._settled.popitem(last=False)
