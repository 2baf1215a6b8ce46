"""SHELL: answers what is asked of the ledger, in a thread, since that takes its time; how an answer looks is told elsewhere."""

import asyncio
from functools import partial

from canary.book.book import Book
from canary.history import EVENTS, history
from canary.judge.apply import apply
from canary.judge.speakers import is_stranger
from canary.judge.state import Cell, State
from canary.ledger.retention import restore
from canary.ledger.snapshot import encode_state
from canary.ledger.store import Ledger
from canary.mind import Mind
from canary.records import Entry
from canary.views import Question, answer_events, answer_explain, answer_history, answer_verify, compare
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message


class LedgerViews:
    """Answers from one ledger; a question that takes its time is asked once at a time, so that nobody keeps the canary busy.

    Args:
        ledger: Where everything is kept.
        mind: What is known.
        book: What operators have ordered.
    """

    def __init__(self, ledger: Ledger, mind: Mind, book: Book) -> None:
        self._ledger = ledger
        self._mind = mind
        self._book = book
        self._is_verifying = False
        self.undisturbed = asyncio.Lock()
        """Held while the ledger is verified, and to be held while it is shortened: else entries would go from under the reader."""

    async def answer(self, question: Question) -> Message:
        """Any view but the report.

        Args:
            question: What is asked.

        Raises:
            LedgerError: The ledger cannot be read.
            RemoteProtocolError: It is being verified for somebody else.
        """
        if question.view == "explain":
            entries = await asyncio.to_thread(self._ledger.entries_of, question.cell)
            state = self._mind.state
            cell = state.cells.get(question.cell, Cell(question.cell))
            return answer_explain(entries, self._mind.rules, cell, self._ledger.now_s(), partial(is_stranger, state))
        if question.view == "history":
            entries = await asyncio.to_thread(self._newest)
            return answer_history(history(self._book, entries, question.cell.service), self._mind.me)
        if question.view == "events":
            return await asyncio.to_thread(_read_events, question, self._ledger)
        if self._is_verifying:
            raise RemoteProtocolError("the ledger is being verified for somebody else; ask again later")
        self._is_verifying = True
        try:
            async with self.undisturbed:
                state = self._mind.state
                return await asyncio.to_thread(_verify, self._ledger, state.seq, encode_state(state))
        finally:
            self._is_verifying = False

    def _newest(self) -> list[Entry]:
        return list(self._ledger.entries(max(0, self._ledger.last.seq - EVENTS)))


def _read_events(question: Question, ledger: Ledger) -> Message:
    last_seq = ledger.last.seq
    return answer_events(ledger.entries(question.after), last_seq, question.limit)


def _verify(ledger: Ledger, seq: int, known: str) -> Message:
    """Check the chain, and whether what was known at one entry is what the ledger comes to there."""

    def fold(state: State, entry: Entry) -> None:
        if entry.seq <= seq:
            apply(state, entry)

    return answer_verify(ledger.verify(), compare(known, encode_state(restore(ledger, fold))))
