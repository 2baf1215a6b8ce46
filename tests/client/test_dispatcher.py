import asyncio

import pytest

from communicator.client.dispatcher import Dispatcher
from communicator.errors import MessageRefusedError
from communicator.protocol import Message


class Outlet:
    def __init__(self):
        self.sent = []

    async def send(self, message):
        self.sent.append(message)


def message(n):
    return Message("PING", {"n": str(n)}, "svc_a", sent_from_server="peer", sent_from_service="svc_b")


@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_handlers_that_do_not_wait_answer_in_the_order_of_their_messages(limit):
    outlet, relieved = Outlet(), []
    dispatcher = Dispatcher(outlet.send, limit, lambda: relieved.append(1))

    async def ping(message):
        return Message("PONG", {"n": message.get("n")})

    dispatcher.add("PING", ping)
    async with asyncio.TaskGroup() as group:
        for n in range(20):
            dispatcher.dispatch(message(n), group)
        await dispatcher.wait_idle()
    assert [answer.get("n") for answer in outlet.sent] == [str(n) for n in range(20)]
    assert len(relieved) == max(0, 20 - limit)


async def test_closing_cancels_what_runs_and_starts_nothing_more():
    begun = []
    dispatcher = Dispatcher(Outlet().send, 1, lambda: None)

    async def stuck(message):
        begun.append(message.get("n"))
        await asyncio.Event().wait()

    dispatcher.add("PING", stuck)
    async with asyncio.TaskGroup() as group:
        dispatcher.dispatch(message(1), group)
        dispatcher.dispatch(message(2), group)
        await asyncio.sleep(0)
        dispatcher.close()
        await dispatcher.wait_idle()
    assert begun == ["1"]


async def test_one_handler_that_is_cancelled_from_within_does_not_stop_the_rest():
    outlet = Outlet()
    dispatcher = Dispatcher(outlet.send, 1, lambda: None)

    async def ping(message):
        if message.get("n") == "1":
            raise asyncio.CancelledError
        return Message("PONG")

    dispatcher.add("PING", ping)
    async with asyncio.TaskGroup() as group:
        dispatcher.dispatch(message(1), group)
        dispatcher.dispatch(message(2), group)
        await dispatcher.wait_idle()
    assert [answer.command for answer in outlet.sent] == ["PONG"]


IDS = {"correlation_id": "7", "shadow_id": "k-1"}


async def refuse(_message):
    raise MessageRefusedError("PING", "no")


async def fail(_message):
    raise ZeroDivisionError


def answering(answer):
    async def ping(_message):
        return answer

    return ping


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (answering(Message("PONG")), ("PONG", IDS)),
        (answering(Message("PONG", {"correlation_id": "own"})), ("PONG", {**IDS, "correlation_id": "own"})),
        (answering(Message("PONG", service="svc_b", server="peer")), ("PONG", IDS)),
        (answering(Message("PONG", service="svc_b")), ("PONG", IDS)),
        (answering(Message("PONG", service="svc_b", server="other")), ("PONG", {})),
        (answering(Message("NEWS", service="svc_c")), ("NEWS", {})),
        (answering(Message("NEWS", service=".")), ("NEWS", {})),
        (refuse, ("INVALID", IDS)),
        (fail, ("INVALID", IDS)),
        (None, ("UNKNOWN", IDS)),
    ],
)
async def test_what_goes_to_the_sender_repeats_the_ids_of_its_message(handler, told):
    outlet = Outlet()
    dispatcher = Dispatcher(outlet.send, 1, lambda: None)
    if handler is not None:
        dispatcher.add("PING", handler)
    asked = Message("PING", {"n": "1", **IDS}, "svc_a", sent_from_server="peer", sent_from_service="svc_b")
    async with asyncio.TaskGroup() as group:
        dispatcher.dispatch(asked, group)
        await dispatcher.wait_idle()
    (answer,) = outlet.sent
    assert (answer.command, answer.ids) == told
