"""Talking to a real router as a passing service."""

import asyncio
import os
from types import SimpleNamespace

import pytest

from bellwether import conversation
from communicator.client import Client, Service
from communicator.errors import MessageRefusedError, NoReceiverError, NotConnectedError, ReplyTimeoutError
from communicator.protocol import Message
from communicator.testing import run_router


@pytest.fixture(scope="module")
def router():
    with run_router() as running:
        yield running


@pytest.mark.parametrize(
    ("question", "candidate", "may"),
    [
        (Message("ASK", service="printer"), Message("DONE", sent_from_service="printer"), True),
        (Message("ASK", service="printer"), Message("DONE", sent_from_service="scanner"), False),
        (Message("ASK", service="printer"), Message("DONE"), False),
        (Message("ASK"), Message("DONE", sent_from_service="communicatord"), True),
        (Message("ASK"), Message("DONE", sent_from_service="printer"), False),
        (Message("ASK", service="*"), Message("DONE", sent_from_service="printer"), True),
        (Message("ASK", service="*"), Message("DONE", sent_from_service="communicatord"), False),
    ],
)
def test_an_answer_comes_from_whom_was_asked(question, candidate, may):
    assert conversation.may_answer(question, candidate) is may


@pytest.mark.parametrize(
    ("message", "ends"),
    [
        (Message("STOP"), True),
        (Message("RESTART", service="communicatord"), True),
        (Message("STOP", service="printer"), False),
        (Message("ALIVE"), False),
    ],
)
def test_what_ends_a_router(message, ends):
    assert conversation.ends_router(message) is ends


async def value(of):
    return of


async def failure():
    raise NoReceiverError("printer", "PRINT")


async def never():
    await asyncio.Event().wait()


async def test_the_first_to_end_decides():
    assert await conversation.first_of(never(), value(1)) == 1
    assert await conversation.first_of(value(1), value(2)) == 1
    with pytest.raises(NoReceiverError):
        await conversation.first_of(failure(), value(1))


async def test_the_others_are_given_up():
    given_up = asyncio.Event()

    async def patient():
        try:
            await never()
        finally:
            given_up.set()

    await conversation.first_of(patient(), value(1))
    assert given_up.is_set()


async def test_we_register_under_a_name_of_our_own(router):
    async with conversation.connected(router.unix) as client, Client(router.unix, "asker") as asker:
        told = await asker.request(Message("LIST_SERVICES"), "SERVICES")
        assert f"bellwether_{os.getpid()}" in told.get("list").split(",")
        assert client.server_name == "alpha"
        assert client.cluster_status.is_up


async def test_no_router_is_an_error(tmp_path):
    with pytest.raises(NotConnectedError, match=r"nobody\.sock"):
        async with conversation.connected(f"cd://{tmp_path}/nobody.sock"):
            pass


async def test_services_are_listed_without_us(router):
    async with conversation.connected(router.unix) as client, Client(router.unix, "asker"):
        names = {instance.service for instance in await conversation.services(client)}
    assert names == {"asker"}


async def test_a_delivered_message_has_arrived(router):
    async with conversation.connected(router.unix) as client, Client(router.unix, "printer") as printer:
        await conversation.deliver(client, Message("PRINT", {"file": "a b"}, "printer"))
        message = await anext(aiter(printer.messages()))
    assert (message.command, message.get("file")) == ("PRINT", "a b")


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (Message("PRINT", service="nobody"), NoReceiverError),
        (Message("PRINT", service="printer", server="elsewhere"), NoReceiverError),
        (Message("NONSENSE"), MessageRefusedError),
        (Message("POLICY_SET", {"policy": "{}"}), MessageRefusedError),
    ],
    ids=["no-service", "no-server", "unknown", "not-allowed"],
)
@pytest.mark.parametrize("say", [conversation.deliver, conversation.ask], ids=["deliver", "ask"])
async def test_what_cannot_be_delivered_is_known_at_once(router, say, message, error):
    async with asyncio.timeout(40), conversation.connected(router.unix) as client:
        with pytest.raises(error):
            await say(client, message, timeout_s=60)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("CLUSTER_GET_STATUS", "CLUSTER_CURRENT_STATUS"),
        ("CLOCK_STATUS", "CLOCK_UNSTABLE"),
        ("LIST_SERVICES", "SERVICES"),
        ("ROUTER_GET_STATS", "ROUTER_STATS"),
        ("ALIVE", "ABSOLUTELY"),
        ("HELP", "COMMANDS"),
    ],
)
async def test_the_router_answers_what_it_is_asked(router, question, answer):
    async with conversation.connected(router.unix) as client:
        assert (await conversation.ask(client, Message(question))).command == answer


async def test_what_the_router_says_unasked_is_no_answer():
    """Such as CLOCK_UNSTABLE, which comes to everybody when it happens."""
    awaited = []

    async def request(_message, *replies, timeout_s):
        awaited.extend((*replies, timeout_s))

    await conversation.ask(SimpleNamespace(request=request), Message("ROUTER_GET_STATS"), 7.0)
    assert awaited == ["ROUTER_STATS", 7.0]


async def test_the_answer_of_a_service_is_whatever_it_says(router):
    service = Service(router.unix, "printer")

    @service.on("PRINT")
    async def print_it(message):
        return Message("PRINTED", {"file": message.get("file")})

    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        async with conversation.connected(router.unix) as client:
            reply = await conversation.ask(client, Message("PRINT", {"file": "a"}, "printer"))
        service.stop()
    assert (reply.command, reply.get("file")) == ("PRINTED", "a")


async def test_silence_ends_at_the_deadline(router):
    async with conversation.connected(router.unix) as client, Client(router.unix, "printer"):
        with pytest.raises(ReplyTimeoutError, match=r"no reply to PRINT within 0\.05 s"):
            await conversation.ask(client, Message("PRINT", service="printer"), timeout_s=0.05)


@pytest.mark.parametrize(
    ("question", "reply", "there"),
    [
        (Message("LIST_SERVICES"), "SERVICES", True),
        (Message("NONSENSE"), "ANSWER", False),
        (Message("CLOCK_GET_REPORT", service="timekeeper"), "CLOCK_CURRENT_REPORT", False),
    ],
)
async def test_what_may_be_missing_is_none(router, question, reply, there):
    async with conversation.connected(router.unix) as client:
        found = await conversation.request_or_none(client, question, reply)
    assert (found is not None) is there


async def test_missing_services_are_named(router, eventually):
    async with conversation.connected(router.unix) as client, Client(router.unix, "printer"):
        assert await conversation.missing(client, frozenset(("printer",)), 40) == frozenset()
        wanted = frozenset(("printer", "scanner"))

        async def missing():  # in so short a time a busy router may not even answer: then both are
            return await conversation.missing(client, wanted, 0.05)

        await eventually(missing, {"scanner"}.__eq__)


async def test_what_passes_is_seen(router):
    async with conversation.connected(router.unix) as client:
        await conversation.deliver(client, Message("TAP"))
        watched = conversation.tapped(client)
        seen = asyncio.get_running_loop().create_task(anext(watched))
        async with Client(router.local, "printer"):
            line = (await seen).get("line")
        await watched.aclose()
    assert line.startswith("REGISTER ")
