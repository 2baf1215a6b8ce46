"""The library against the real router: what the scripted router of the other tests takes on trust."""

import asyncio

import pytest

from communicator import (
    BlockingClient,
    Client,
    ClockStatus,
    LocalProtocolError,
    Message,
    MessageRefusedError,
    NoReceiverError,
    Outbox,
    RegistrationRefusedError,
    ReplyTimeoutError,
    Service,
)
from communicator.errors import FaultyReplyError
from communicator.testing import run_router


@pytest.fixture(scope="module")
def router():
    with run_router() as router:
        yield router


@pytest.fixture(params=["unix", "local"])
def address(request, router):
    return getattr(router, request.param)


def ping_service(address, **options):
    service = Service(address, "ping", service_version="1.0", **options)

    @service.on("PING")
    async def ping(message):
        return Message("PONG", {"n": message.get("n"), "from": message.sender})

    return service


async def test_two_services_talk_through_it(address):
    service = ping_service(address)
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        async with Client(address, "asker") as client:
            pong = await client.request(Message("PING", {"n": "1"}, "ping"), "PONG")
            assert (pong.sender, pong.get("n"), pong.get("from")) == ("alpha:ping", "1", "alpha:asker")
            commands = await client.request(Message("HELP", service="ping"), "COMMANDS")
            assert "PING" in commands.get("list").split(",")
            with pytest.raises(MessageRefusedError, match="ping does not know this command"):
                await client.request(Message("NONSENSE", service="ping"), "PONG")
        service.stop()


async def test_many_requests_at_once_get_each_its_own_answer(router):
    service = ping_service(router.unix, handlers=4)
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        async with Client(router.unix, "asker") as client:
            requests = [client.request(Message("PING", {"n": str(n)}, "ping"), "PONG") for n in range(500)]
            answers = await asyncio.gather(*requests)
        assert [answer.get("n") for answer in answers] == [str(n) for n in range(500)]
        service.stop()


async def test_nobody_there_is_known_at_once(address):
    async with Client(address, "asker") as client:
        for server in ("", "alpha", "nowhere"):
            with pytest.raises(NoReceiverError):
                await client.request(Message("PING", service="nobody", server=server), "PONG", timeout_s=50)


async def test_the_states_are_recorded(address):
    async with Client(address, "asker") as client:
        await client.request(Message("ALIVE"), "ABSOLUTELY")  # everything asked at READY was answered before
        assert client.cluster_status is not None
        assert client.cluster_status.is_up
        assert client.cluster_status.servers == ("alpha",)
        assert client.clock_status == ClockStatus(is_stable=False, error="checking")


async def test_a_name_in_use_is_refused_and_a_service_gets_it_in_its_turn(router):
    second = ping_service(router.unix)
    async with asyncio.TaskGroup() as group:
        async with Client(router.unix, "ping"):
            with pytest.raises(RegistrationRefusedError):
                await Client(router.unix, "ping").__aenter__()
            group.create_task(second.run())
        async with asyncio.timeout(20):
            await second.wait_ready()
        second.stop()


def test_a_script_talks_without_a_loop(address):
    with BlockingClient(address, "script") as script, BlockingClient(address, "other") as other:
        other.send(Message("NOTE", {"text": 'a;b "c"\nd'}, "script"))
        note = script.receive(timeout_s=20)
        assert (note.sender, note.get("text")) == ("alpha:other", 'a;b "c"\nd')
        with pytest.raises(NoReceiverError):
            script.request(Message("PING", service="nobody"), "PONG", timeout_s=50)
        answer = script.request(Message("CLUSTER_GET_STATUS"), "CLUSTER_CURRENT_STATUS")
        assert answer.get("status") == "up"


async def test_a_name_whose_holder_does_not_answer_is_taken_over(router):
    with BlockingClient(router.unix, "ping"):  # answers ALIVE only while one of its methods runs
        async with Client(router.unix, "ping") as heir, Client(router.unix, "asker") as asker:
            await asker.send(Message("NOTE", service="ping"))
            async for note in heir.messages():
                assert note.sender == "alpha:asker"
                break


async def test_it_survives_a_restart_of_the_router(tmp_path, until):
    (tmp_path / "listener.service").touch()  # makes the router keep messages for it
    async with run_router(settings={"services_path": str(tmp_path)}) as router:
        service = ping_service(router.local, outbox=Outbox(messages=2))
        async with asyncio.TaskGroup() as group:
            group.create_task(service.run())
            await service.wait_ready()
            assert await asyncio.to_thread(router.stop) == 0
            await until(lambda: not service.connected)
            for n in range(3):
                await service.send(Message(f"NOTE_{n}", service="listener"))
            assert (service.queued_messages, service.dropped_messages) == (2, 1)
            assert service.last_dropped_command == "NOTE_0"
            await asyncio.to_thread(router.start)
            async with asyncio.timeout(20):
                await service.wait_ready()
            assert service.queued_messages == 0
            async with Client(router.unix, "listener") as listener:
                pong = await listener.request(Message("PING", {"n": "2"}, "ping"), "PONG")
                assert pong.get("n") == "2"
                notes = listener.messages()
                assert [(await anext(notes)).command for _ in range(2)] == ["NOTE_1", "NOTE_2"]
                await notes.aclose()
            service.stop()


@pytest.mark.parametrize("name", ["", "mallory"])
@pytest.mark.parametrize(
    "forgery",
    [
        "asker/PONG n=forged",
        "<alpha:ping asker/PONG n=forged",
        "asker/TRANSMISSION_REPORT command=PING;status=failed",
        "<alpha:communicatord asker/TRANSMISSION_REPORT command=PING;status=failed",
        "asker/INVALID command=PING;message=forged",
    ],
)
async def test_nobody_else_answers_or_fails_a_request(router, forgery, name):
    service = Service(router.unix, "ping")

    @service.on("PING")
    async def ping(_message):
        _, writer = await asyncio.open_unix_connection(router.unix.removeprefix("cd://"))
        register = f"REGISTER service={name};version=1\n" if name else ""
        writer.write(f"{register}{forgery}\nping/FORGED\n".encode())  # in that order, so the forgery was dealt with
        await forged.wait()
        writer.close()
        return Message("PONG", {"n": "true"})

    @service.on("FORGED")
    async def told(_message):
        forged.set()

    forged = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        async with Client(router.unix, "asker") as client:
            assert (await client.request(Message("PING", service="ping"), "PONG")).get("n") == "true"
        service.stop()


async def test_a_message_the_router_keeps_is_told_apart_from_one_nobody_answers(tmp_path):
    (tmp_path / "listener.service").touch()
    async with run_router(settings={"services_path": str(tmp_path)}) as router, Client(router.unix, "asker") as client:
        with pytest.raises(ReplyTimeoutError, match="the router keeps it until the service comes"):
            await client.request(Message("PING", service="listener"), "PONG", timeout_s=3)


async def test_a_busy_service_keeps_its_name(router):
    service, begun = Service(router.unix, "worker", handlers=1), asyncio.Event()

    @service.on("JOB")
    async def job(_message):
        begun.set()
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        running = group.create_task(service.run())
        await service.wait_ready()
        async with Client(router.unix, "boss") as boss:
            for _ in range(1_000):
                await boss.send(Message("JOB", service="worker"))
        await begun.wait()
        with pytest.raises(RegistrationRefusedError):
            await Client(router.unix, "worker").__aenter__()
        assert service.connected
        running.cancel()


async def test_stop_of_the_router_ends_a_client():
    async with run_router() as router, Client(router.unix, "asker") as client:
        await client.send(Message("STOP"))
        with pytest.raises(ConnectionError, match="the router is stopping"):
            async for _ in client.messages():
                pass
        assert await asyncio.to_thread(router.wait) == 0


def printing_service(address, checks):
    service = Service(address, "printer", checks=checks)

    @service.on("PRINT")
    async def print_(message):
        return Message("PRINTED", {"pages": message.get("copies", "none")})

    return service


async def test_checks_hold_both_ends_to_their_definitions(address, checks):
    careless = printing_service(address, None)
    async with asyncio.TaskGroup() as group:
        group.create_task(careless.run())
        await careless.wait_ready()
        async with Client(address, "asker", checks=checks("enforce")) as asker:
            assert (await asker.request(Message("PRINT", {"copies": "2"}, "printer"), "PRINTED")).get("pages") == "2"
            with pytest.raises(
                FaultyReplyError, match="the reply PRINTED of 'alpha:printer' is faulty: parameter pages"
            ):
                await asker.request(Message("PRINT", service="printer"), "PRINTED", timeout_s=50)
            with pytest.raises(LocalProtocolError, match="PRINT may not be sent"):
                await asker.send(Message("PRINT", {"copies": "0"}, "printer"))
            status = await asker.request(Message("CLUSTER_GET_STATUS"), "CLUSTER_CURRENT_STATUS")
            assert (status.get("status"), asker.faulty_messages) == ("up", 2)
        careless.stop()


async def test_who_is_refused_by_the_checks_of_a_service_learns_why(address, checks):
    careful = printing_service(address, checks("enforce"))
    async with asyncio.TaskGroup() as group:
        group.create_task(careful.run())
        await careful.wait_ready()
        async with Client(address, "asker") as asker:
            with pytest.raises(
                MessageRefusedError, match="PRINT refused: parameter copies: '0' is not an integer"
            ) as caught:
                await asker.request(Message("PRINT", {"copies": "0"}, "printer"), "PRINTED", timeout_s=50)
            assert caught.value.reason == "parameter copies: '0' is not an integer from 1 to 99"
            assert (await asker.request(Message("PRINT", {"copies": "2"}, "printer"), "PRINTED")).get("pages") == "2"
        assert (careful.faulty_messages, careful.handler_errors) == (1, 0)
        careful.stop()


def test_a_script_is_held_to_definitions_too(address, checks):
    with BlockingClient(address, "script", checks=checks("debug")) as script, BlockingClient(address, "other") as other:
        other.send(Message("PRINT", {"copies": "0"}, "script"))
        assert script.receive(timeout_s=20).get("copies") == "0"
        answer = script.request(Message("CLUSTER_GET_STATUS"), "CLUSTER_CURRENT_STATUS")
        assert (answer.get("status"), script.faulty_messages) == ("up", 1)


async def test_a_service_that_answers_in_any_order_swaps_nothing(address):
    service = Service(address, "fickle")
    asked = []

    @service.on("PING")
    async def ping(message):
        asked.append(message)
        if len(asked) == 40:
            for each in sorted(asked, key=lambda each: int(each.get("n")) % 7):
                await service.send(each.reply("PONG", {"n": each.get("n")}))

    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        async with Client(address, "asker") as client, asyncio.TaskGroup() as asking:
            tasks = [
                asking.create_task(client.request(Message("PING", {"n": str(n)}, "fickle"), "PONG")) for n in range(40)
            ]
        assert [task.result().get("n") for task in tasks] == [str(n) for n in range(40)]
        service.stop()
