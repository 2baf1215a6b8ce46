"""Pages for those who ask: one after the other, the latest question of each, and nobody's flood keeps others waiting."""

import asyncio

import pytest

from canary.feature import questions as questions_module
from canary.feature.questions import Questions
from communicator.errors import MessageRefusedError
from communicator.protocol import Message
from tests.conftest import EVENTUALLY_S


def asked(name, serial="1"):
    return Message("FEATURE_GET_FLAGS", {"serial": serial}, sent_from_server="alpha", sent_from_service=name)


class Link:
    """Where answers go."""

    def __init__(self):
        self.sent = asyncio.Queue()

    async def send(self, message):
        self.sent.put_nowait((message.destination, message.get("serial")))


async def answers(link, questions, number):
    running = asyncio.get_running_loop().create_task(questions.run())
    async with asyncio.timeout(EVENTUALLY_S):
        found = [await link.sent.get() for _ in range(number)]
    running.cancel()
    return found, link.sent.empty()


def page(question):
    return Message("FEATURE_CURRENT_FLAGS", {"serial": question.get("serial")})


async def test_who_asks_again_and_again_is_answered_once_and_keeps_nobody_waiting():
    link = Link()
    questions = Questions(page, link.send)
    for serial in range(1_000):
        questions.ask(asked("flood", str(serial)))
    questions.ask(asked("shop"))
    assert await answers(link, questions, 2) == ([("alpha:flood", "999"), ("alpha:shop", "1")], True)
    questions.ask(asked("shop", "2"))
    assert await answers(link, questions, 1) == ([("alpha:shop", "2")], True)


async def test_when_too_many_wait_others_are_refused_and_those_are_answered(monkeypatch):
    monkeypatch.setattr(questions_module, "ASKERS", 1)
    link = Link()
    questions = Questions(page, link.send)
    questions.ask(asked("shop"))
    with pytest.raises(MessageRefusedError, match="1 services wait for flags"):
        questions.ask(asked("another"))
    questions.ask(asked("shop", "2"))
    assert await answers(link, questions, 1) == ([("alpha:shop", "2")], True)
