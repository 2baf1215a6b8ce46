"""One life of a router core: events go in one at a time, it is woken at its deadlines, and it must not spin, flood or raise."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

from communicator.router.vocabulary.effects import Effect, Send
from communicator.router.vocabulary.events import DeadlineReached, Event, Instant
from simulation.agenda import Stage, ViolationError

SHELL_S = 0.001
"""How long the shell takes to answer a question that gives others a turn."""
EFFECTS_AT_ONCE = 20_000
BYTES_AT_ONCE = 16 * 1024 * 1024
"""What one event may ask for: more is a queue that grows in the core."""
DEADLINES_STILL = 50
"""So many deadlines in a row that are due at once again are a busy loop."""
DEADLINES_PER_WINDOW = 2_000
WINDOW_S = 10.0
"""A router that wakes more often than 200 times a second, over this time, is busy with nothing."""
EPOCH_S = 1_795_500_000.0


class Core(Protocol):
    """What a simulated router has to be able to do."""

    def handle(self, event: Event, now: Instant) -> list[Effect]: ...
    def next_deadline(self) -> float | None: ...


def handle(core: Core, name: str, event: Event, now: Instant) -> list[Effect]:
    """Let a core handle an event.

    Raises:
        ViolationError: The core has raised, whatever that is: it names the machine and the event.
    """
    try:
        return core.handle(event, now)
    except Exception as error:
        raise ViolationError(f"{name}: {event!r:.400} raised {error!r}") from error


class Clocks:
    """The two clocks of a machine.

    Args:
        stage: For the true time.
        monotonic_offset_s: By how much the one that never steps is ahead.
        wall_skew_s: By how much the one people read is wrong; may be changed at any moment.
    """

    def __init__(self, stage: Stage, monotonic_offset_s: float, wall_skew_s: float) -> None:
        self._stage = stage
        self.offset_s = monotonic_offset_s
        self.wall_skew_s = wall_skew_s
        self._latest_s = 0.0

    def read(self, not_before_s: float = 0.0) -> Instant:
        """What they show; `not_before_s` makes up for what is lost in adding an offset."""
        now_s = self._stage.agenda.now_s
        self._latest_s = max(self._latest_s, now_s + self.offset_s, not_before_s)
        return Instant(self._latest_s, int((EPOCH_S + now_s + self.wall_skew_s) * 1e9))


class Life:
    """What runs a core from its start to its end.

    Args:
        stage: Time, chance and journal.
        name: The machine's.
        clocks: The machine's.
        do: Does what the core asks for.
        exact_timer: Whether deadlines are met to the microsecond, or up to a few milliseconds late.
    """

    def __init__(
        self, stage: Stage, name: str, clocks: Clocks, do: Callable[[Effect], None], *, exact_timer: bool
    ) -> None:
        self._stage, self._name, self._clocks, self._do, self._exact_timer = stage, name, clocks, do, exact_timer
        self.core: Core | None = None
        self.frozen = False
        self._inbox: deque[Event] = deque()
        self._paused: dict[int, list[Event]] = {}
        self._working = False
        self._armed_s = float("inf")
        self._still = 0
        self._wakes: deque[float] = deque(maxlen=DEADLINES_PER_WINDOW)

    def begin(self, core: Core) -> None:
        """From now on the core is woken at its deadlines."""
        self.core = core
        self._arm()

    def end(self) -> None:
        """The core hears nothing more."""
        self.core = None

    def tell(self, event: Event) -> None:
        """Hand an event to the core, after those that came before it."""
        self._inbox.append(event)
        self._work()

    def answer(self, event: Event) -> None:
        """Answer a question of the core before anything else is told."""
        self._inbox.appendleft(event)

    def answer_later(self, link: int, event: Event) -> None:
        """Answer a question in a moment; nothing else of its link is told before."""
        self._paused.setdefault(link, [])
        self._stage.agenda.after(SHELL_S, partial(self._resume, link, event))

    def freeze(self, lasts_s: float) -> None:
        """Stop the process for a while; what comes meanwhile is dealt with afterwards."""
        self.frozen = True
        self._stage.agenda.after(lasts_s, self._thaw)

    def _thaw(self) -> None:
        self.frozen = False
        self._work()

    def _resume(self, link: int, event: Event) -> None:
        self._inbox.extendleft(reversed((event, *self._paused.pop(link, ()))))
        self._work()

    def _work(self) -> None:
        if self._working:
            return
        self._working = True
        while self._inbox and self.core is not None and not self.frozen:
            event = self._inbox.popleft()
            paused = self._paused.get(getattr(event, "link", -1))
            if paused is not None:
                paused.append(event)
            else:
                self._handle(self.core, event)
        self._working = False

    def _handle(self, core: Core, event: Event) -> None:
        self._stage.journal.note(self._name, "->", event)
        effects = handle(core, self._name, event, self._clocks.read())
        size = sum([len(effect.data) for effect in effects if type(effect) is Send])
        if len(effects) > EFFECTS_AT_ONCE or size > BYTES_AT_ONCE:
            raise ViolationError(f"{self._name}: {event!r:.100} asked for {len(effects)} effects, {size} bytes")
        for effect in effects:
            self._do(effect)
        self._arm()

    def _arm(self) -> None:
        """See to it that the core is woken at its next deadline."""
        due_s = self.core.next_deadline() if self.core is not None else None
        if due_s is None:
            return
        due_s = max(due_s - self._clocks.offset_s, self._stage.agenda.now_s)
        if due_s < self._armed_s:
            self._armed_s = due_s
            late_s = 0.0 if self._exact_timer else self._stage.random.uniform(0, 0.003)
            self._stage.agenda.at(due_s + late_s, partial(self._wake, due_s))

    def _wake(self, armed_s: float) -> None:
        if self.core is None or armed_s != self._armed_s:
            return
        self._armed_s = float("inf")
        if self.frozen:
            self._inbox.append(DeadlineReached())
            return
        due_s = self.core.next_deadline()
        if due_s is not None and due_s - self._clocks.offset_s <= self._stage.agenda.now_s + 1e-6:
            self._check_wakes()
            self._clocks.read(due_s)
            self.tell(DeadlineReached())
        else:
            self._arm()

    def _check_wakes(self) -> None:
        now_s = self._stage.agenda.now_s
        self._still = self._still + 1 if self._wakes and self._wakes[-1] == now_s else 0
        self._wakes.append(now_s)
        is_full = len(self._wakes) == DEADLINES_PER_WINDOW
        if self._still > DEADLINES_STILL or (is_full and now_s - self._wakes[0] < WINDOW_S):
            raise ViolationError(f"{self._name}: next_deadline makes a busy loop")
