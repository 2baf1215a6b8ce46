"""What is still to be told to the comparator of one shadow, in order and within bounds; it sends nothing."""

from collections import deque

from communicator.answers.shadows import Step

STEPS_KEPT = 2_000
"""Two for each message that may wait for the shadow."""
STEPS_BYTES = 16 * 1024 * 1024
"""Their lines: as much as may wait for the shadow."""
STEP_BYTES = 32 * 1024
"""A longer line is not told: each of its signs may take seven bytes, and all of them have to fit into one line of ours."""
STEPS_AT_ONCE = 100
"""A quarter of a millisecond of work;"""
STEPS_AT_ONCE_BYTES = 64 * 1024
"""and so are these."""


class Steps:
    """The steps of one shadow that wait."""

    def __init__(self) -> None:
        self._waiting: deque[Step] = deque()
        self._bytes = 0
        self.told: tuple[Step, ...] = ()
        """What was taken last, until it is known whether it has left."""

    def __len__(self) -> int:
        """How many wait, those included that have not left."""
        return len(self._waiting) + len(self.told)

    @property
    def is_half_full(self) -> bool:
        """Whether no further conversation is to begin: the ends of those that have begun must have room."""
        return len(self) > STEPS_KEPT // 2 or self._bytes > STEPS_BYTES // 2

    def put(self, step: Step) -> bool:
        """Let one wait; False where there is no room for it."""
        size = len(step.line)
        if size > STEP_BYTES or len(self._waiting) >= STEPS_KEPT or self._bytes + size > STEPS_BYTES:
            return False
        self.add(step)
        return True

    def add(self, step: Step) -> None:
        """Let one wait in any case."""
        self._waiting.append(step)
        self._bytes += len(step.line)

    def end(self, conversation: str, cut: str) -> None:
        """Tell that a conversation is over; each has one end, so that there is always room for it.

        Args:
            conversation: Its identifier.
            cut: Why it is not whole; empty: it is.
        """
        self.add(Step(conversation=conversation, what="ended", cut=cut))

    def take(self) -> tuple[Step, ...]:
        """What is to be told now: what was taken before and has not left, or the next ones."""
        if not self.told:
            size, taken = 0, list[Step]()
            while self._waiting and len(taken) < STEPS_AT_ONCE and size < STEPS_AT_ONCE_BYTES:
                step = self._waiting.popleft()
                size += len(step.line)
                taken.append(step)
            self._bytes -= size
            self.told = tuple(taken)
        return self.told

    def have_left(self) -> None:
        """What was taken has left."""
        self.told = ()

    def drop(self) -> None:
        """Nobody listens who has heard what came before: what waits is worth nothing."""
        self._waiting.clear()
        self._bytes = 0
        self.told = ()
