"""SHELL: answers services that ask for flags one after the other, so that nobody's questions keep an order waiting."""

import asyncio
from collections.abc import Awaitable, Callable

from communicator.errors import MessageRefusedError
from communicator.protocol import Message

ASKERS = 1_000
"""Services that wait for an answer at most."""


class Questions:
    """Where services of one host wait for a page.

    Args:
        page: Makes the answer to a question.
        send: Sends it.
    """

    def __init__(self, page: Callable[[Message], Message], send: Callable[[Message], Awaitable[None]]) -> None:
        self._page = page
        self._send = send
        self._waiting: dict[str, Message] = {}
        """The question of each: of one who asks again before the answer the last one, in the place of the first."""
        self._asked = asyncio.Event()

    def ask(self, question: Message) -> None:
        """Have a question answered when it is its turn.

        Raises:
            MessageRefusedError: Too many wait.
        """
        if len(self._waiting) >= ASKERS and question.sender not in self._waiting:
            raise MessageRefusedError(question.command, f"{ASKERS} services wait for flags; ask again in a while")
        self._waiting[question.sender] = question
        self._asked.set()

    async def run(self) -> None:
        """Answer until cancelled; while several wait half of the time is left to all else that the canary does."""
        loop = asyncio.get_running_loop()
        while True:
            await self._asked.wait()
            began_s = loop.time()
            question = self._waiting.pop(next(iter(self._waiting)))
            answer = self._page(question)
            await self._send(question.reply(answer.command, answer.parameters))
            if self._waiting:
                await asyncio.sleep(loop.time() - began_s)
            else:
                self._asked.clear()
