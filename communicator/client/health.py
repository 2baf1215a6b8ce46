"""What a service says of its own health when the canary asks whether it lives; it knows no link."""

import inspect
import logging
import time
from collections.abc import Awaitable, Callable

from communicator.client.event_log import Repeats
from communicator.client.session import answer_to_alive
from communicator.protocol.line_form import representable
from communicator.protocol.message import Message

REASON_CHARACTERS = 256
"""How much of a reason is told: as much as the canary keeps."""

HealthCheck = Callable[[], Awaitable[str | None]]
"""Returns what is wrong, for people; None or an empty text: nothing is."""


class Health:
    """The check of one service, once it is named."""

    def __init__(self) -> None:
        self._check: HealthCheck | None = None
        self._is_checking = False
        self._repeats = Repeats()

    @property
    def is_checked(self) -> bool:
        """Whether there is a check."""
        return self._check is not None

    def name(self, check: HealthCheck) -> HealthCheck:
        """Name the check.

        Raises:
            TypeError: It is not an ``async def``.
            ValueError: There is one already.
        """
        if not inspect.iscoroutinefunction(check):
            raise TypeError(f"a health check must be an 'async def', not {check!r}")
        if self._check is not None:
            raise ValueError(f"there is a health check already: {self._check!r}")
        self._check = check
        return check

    async def answer(self, alive: Message) -> Message | None:
        """Check, and say what came of it.

        Args:
            alive: The question.

        Returns:
            The answer; None while the check that the question before it began goes on: a check that hangs is no answer.
        """
        if self._check is None or self._is_checking:
            return None
        self._is_checking = True
        try:
            reason = await self._check() or ""
        except Exception as error:  # noqa: BLE001 - whatever a check raises is what is wrong
            reason = f"the health check failed: {type(error).__name__}: {error}"
            self._repeats.log(logging.ERROR, "health_check_failed", kind=type(error).__name__, exc_info=True)
        finally:
            self._is_checking = False
        told = {"health": representable(reason, REASON_CHARACTERS)} if reason else {}
        return answer_to_alive(alive, time.time_ns(), told)
