"""Answers that were worked out, for as long as nothing they depend on changes; it does not know what was asked."""

from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

QUESTIONS_MAX = 64
"""Questions remembered at once: the pages of some lists; beyond it all are forgotten."""

Answer = TypeVar("Answer")


class Remembered:
    """What was answered to questions that anybody may ask, as often as he likes, and that take long to work out."""

    def __init__(self) -> None:
        self._state: Hashable = None
        self._answers: dict[Hashable, Any] = {}

    def answer(self, question: Hashable, state: Hashable, work_out: Callable[[], Answer]) -> Answer:
        """The answer to a question.

        Args:
            question: What is asked, and how.
            state: Something that is another once the answer may be, the same for all questions.
            work_out: Called when the answer is not known.
        """
        if state != self._state or len(self._answers) >= QUESTIONS_MAX:
            self._state = state
            self._answers.clear()
        if question not in self._answers:
            self._answers[question] = work_out()
        found: Answer = self._answers[question]
        return found


class Recent(Generic[Answer]):
    """One answer that is never the same twice, and is told again for a while where it takes long to work out."""

    def __init__(self) -> None:
        self._until_s = float("-inf")
        self._answer: Answer | None = None

    def keep(self, answer: Answer, until_s: float) -> None:
        """This was worked out now, and may be told until then."""
        self._answer, self._until_s = answer, until_s

    def at(self, now_s: float) -> Answer | None:
        """What may still be told; what may not is forgotten."""
        if now_s >= self._until_s:
            self._answer = None
        return self._answer
