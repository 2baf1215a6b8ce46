"""SHELL: answers what is asked of the ledger, in a thread, since that takes its time; how an answer looks is told elsewhere."""

import asyncio
from functools import partial

from msgspec import structs

from canary.book.book import Book
from canary.history import EVENTS, changes, history
from canary.judge.explain import explain
from canary.judge.speakers import is_stranger
from canary.judge.state import Cell
from canary.ledger.integrity import Verification
from canary.ledger.store import Ledger
from canary.mind import Mind
from canary.records import Entry
from canary.unheard import ask_unheard
from canary.views import Question, answer_changes, answer_events, answer_explain, answer_history, answer_verify
from communicator.client import Service
from communicator.client.dispatcher import HANDLERS
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message

ASKED = HANDLERS // 2
"""Questions answered at once: they take long, and must leave handlers for orders."""


class LedgerViews:
    """Answers from one ledger; what takes its time is done once at a time, so that nobody keeps the canary busy.

    Args:
        ledger: Where everything is kept.
        mind: What is known.
        book: What operators have ordered.
        service: The link to the router.
    """

    def __init__(self, ledger: Ledger, mind: Mind, book: Book, service: Service) -> None:
        self._ledger = ledger
        self._mind = mind
        self._book = book
        self._service = service
        self._verification: asyncio.Task[Verification] | None = None
        self._asked = 0
        """Questions that are being answered."""

    async def answer(self, question: Question) -> Message:
        """Any view of the ledger.

        Args:
            question: What is asked.

        Raises:
            LedgerError: The ledger cannot be read.
            RemoteProtocolError: Too many ask at once.
        """
        if self._asked >= ASKED:
            raise RemoteProtocolError(f"{ASKED} questions about the ledger are being answered; ask again in a while")
        self._asked += 1
        try:
            return await self._answer(question)
        finally:
            self._asked -= 1

    async def _answer(self, question: Question) -> Message:
        if question.view == "explain":
            entries = await asyncio.to_thread(self._ledger.entries_of, question.cell)
            state = self._mind.state
            cell = state.cells.get(question.cell, Cell(question.cell))
            known, compared = partial(is_stranger, state), state.compared.get(question.cell.service)
            found = explain(entries, self._mind.rules, cell, self._ledger.now_s(), known, compared)
            unheard = await ask_unheard(self._service, self._mind, question.cell)
            return answer_explain(structs.replace(found, unheard=unheard.get(question.cell.service, ())))
        if question.view == "history":
            entries = await asyncio.to_thread(self._newest)
            return answer_history(history(self._book, entries, question.cell.service, question.feature), self._mind.me)
        if question.view == "deployment_history":
            entries = await asyncio.to_thread(self._newest)
            return answer_changes(changes(entries, question.cell.service), self._mind.me)
        if question.view == "events":
            return await asyncio.to_thread(_read_events, question, self._ledger)
        return answer_verify(await self._verify())

    async def _verify(self) -> Verification:
        """Whoever asks while the ledger is being verified gets what comes of that."""
        if self._verification is None or self._verification.done():
            work = asyncio.to_thread(self._ledger.verify)
            self._verification = asyncio.get_running_loop().create_task(work)
        return await asyncio.shield(self._verification)

    def _newest(self) -> list[Entry]:
        return list(self._ledger.entries(max(0, self._ledger.last_seq - EVENTS)))


def _read_events(question: Question, ledger: Ledger) -> Message:
    last_seq = ledger.last_seq
    return answer_events(ledger.entries(question.after), last_seq, question.limit)
