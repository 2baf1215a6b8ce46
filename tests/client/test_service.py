import asyncio
import contextlib

import pytest

from communicator import (
    ClockStatus,
    LocalProtocolError,
    Message,
    MessageRefusedError,
    NotConnectedError,
    Outbox,
    Service,
)
from communicator.client import service as module
from communicator.client.inbox import BYTES, MESSAGES


@contextlib.asynccontextmanager
async def running(service):
    async with asyncio.TaskGroup() as group:
        run = group.create_task(service.run())
        try:
            yield run
        finally:
            service.stop()


@pytest.fixture
def service(router):
    service = Service(router.address, "svc_a", service_version="1.0")

    @service.on("PING")
    async def ping(message):
        return Message("PONG", {"n": message.get("n")})

    return service


async def test_it_lists_what_it_handles_and_answers_the_sender(router, service):
    async with running(service):
        peer = await router.link()
        await peer.hear("REGISTER")
        peer.say(b"<peer:communicatord HELP")
        commands = (await peer.hear("COMMANDS")).get("list").split(",")
        assert {"PING", "HELP", "QUITTING", "READY", "STOP", "UNKNOWN"} <= set(commands)
        peer.say(b"<peer:communicatord READY my_address=127.0.0.1:4042")
        await service.wait_ready()
        assert (service.connected, service.server_name) == (True, "peer")
        peer.say(b"<far:svc_b svc_a/PING n=1")
        pong = await peer.hear("PONG")
        assert (pong.destination, pong.get("n")) == ("far:svc_b", "1")
        service.stop()
        assert (await peer.hear("UNREGISTER")).get("service") == "svc_a"
        await peer.heard_end()
    assert not service.connected


async def test_an_answer_may_name_another_receiver_and_none_goes_to_a_stranger(router, service):
    @service.on("FORWARD")
    async def forward(_message):
        return Message("PING", service="svc_c")

    async with running(service):
        peer = await router.welcomed()
        peer.say(b"svc_a/PING n=1", b"<peer:svc_b svc_a/FORWARD")
        answer = await peer.hear("PING")
        assert answer.destination == "svc_c"


@pytest.mark.parametrize("how", ["stop", "message"])
async def test_stop_ends_run(router, service, how):
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        peer = await router.welcomed()
        await service.wait_ready()
        if how == "stop":
            service.stop()
        else:
            peer.say(b"<peer:communicatord STOP")
        await peer.hear("UNREGISTER")


async def test_cancelling_ends_run_and_closes_the_link(router, service):
    async with asyncio.TaskGroup() as group:
        run = group.create_task(service.run())
        peer = await router.welcomed()
        await service.wait_ready()
        run.cancel()
        await peer.heard_end()
    assert run.cancelled()


async def test_stop_is_heeded_while_no_router_is_there(tmp_path):
    service = Service(f"cd://{tmp_path}/none.sock", "svc_a")
    async with running(service):
        await asyncio.sleep(0)


async def test_an_unknown_command_is_answered_unknown_but_never_in_circles(router, service):
    async with running(service):
        peer = await router.welcomed()
        peer.say(
            b"<peer:svc_b svc_a/UNKNOWN command=X",
            b"<peer:svc_b svc_a/INVALID command=X",
            b"<peer:svc_b ./PANG",
            b"<peer:communicatord STATUS service=svc_b;status=up",
            b"svc_a/PANG",
            b"<peer:communicatord TRANSMISSION_REPORT command=X;status=failed",
            b"<peer:svc_b svc_a/NONSENSE",
            b"<peer:svc_b svc_a/PING n=last",
        )
        async with asyncio.timeout(20):
            first = await peer.hear("UNKNOWN")
            assert (first.get("command"), first.destination) == ("NONSENSE", "peer:svc_b")
            await peer.hear("PONG")


async def test_a_handler_that_raises_is_logged_and_counted_and_its_sender_told(router, service, caplog):
    @service.on("DIVIDE")
    async def divide(message):
        return Message("QUOTIENT", {"q": str(1 / int(message.get("by")))})

    async with running(service):
        peer = await router.welcomed()
        peer.say(b"<peer:svc_b svc_a/DIVIDE by=0", b"<peer:svc_b svc_a/DIVIDE by=2")
        refusal = await peer.hear("INVALID")
        assert (refusal.get("command"), refusal.destination) == ("DIVIDE", "peer:svc_b")
        assert (await peer.hear("QUOTIENT")).get("q") == "0.5"
    assert service.handler_errors == 1
    assert "handler_failed command=DIVIDE sender=peer:svc_b" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_a_handler_may_refuse_with_a_reason(router, service):
    @service.on("DIVIDE")
    async def divide(message):
        raise MessageRefusedError(message.command, "by is missing")

    @service.on("BROKEN")
    async def broken(message):
        raise MessageRefusedError(message.command, "no\0encoding")

    async with running(service):
        peer = await router.welcomed()
        peer.say(b"<peer:svc_b svc_a/BROKEN", b"<peer:svc_b svc_a/DIVIDE")
        assert (await peer.hear("INVALID")).get("message") == "by is missing"
    assert service.handler_errors == 0


async def test_a_slow_handler_does_not_delay_alive_nor_other_handlers(router, service):
    release = asyncio.Event()

    @service.on("SLOW")
    async def slow(_message):
        await release.wait()
        return Message("DONE")

    async with running(service):
        peer = await router.welcomed()
        peer.say(b"<peer:svc_b svc_a/SLOW", b"<peer:communicatord ALIVE serial=7", b"<peer:svc_b svc_a/PING n=1")
        assert (await peer.hear("ABSOLUTELY")).get("serial") == "7"
        await peer.hear("PONG")
        release.set()
        await peer.hear("DONE")


async def test_at_most_so_many_handlers_run_and_then_the_router_waits(router, until):
    service = Service(router.address, "svc_a", handlers=2)
    release = asyncio.Event()
    running_now, most = 0, 0

    @service.on("SLOW")
    async def slow(message):
        nonlocal running_now, most
        running_now += 1
        most = max(most, running_now)
        await release.wait()
        running_now -= 1
        return Message("DONE", {"n": message.get("n")})

    padding, messages = b"x" * (BYTES // 50), 60
    async with running(service):
        peer = await router.welcomed()
        peer.say(*[b"<peer:svc_b svc_a/SLOW n=%d;p=%s" % (n, padding) for n in range(messages)])
        await until(lambda: running_now == 2 and not service._connection._is_reading)
        release.set()
        done = {(await peer.hear("DONE")).get("n") for _ in range(messages)}
    assert most == 2
    assert done == {str(n) for n in range(messages)}


async def test_a_service_whose_handlers_are_all_busy_still_answers_for_itself(router):
    service = Service(router.address, "svc_a", handlers=1)
    release, replies = asyncio.Event(), []

    @service.on("SLOW")
    async def slow(_message):
        replies.append(await service.request(Message("ASK", service="svc_c"), "ANSWER"))
        await release.wait()

    async with running(service):
        peer = await router.welcomed()
        peer.say(b"<peer:svc_b svc_a/SLOW")
        assert (await peer.hear("ASK")).destination == "svc_c"
        peer.say(*[b"<peer:svc_b svc_a/SLOW"] * (MESSAGES // 2), b"<peer:communicatord ALIVE serial=7")
        assert (await peer.hear("ABSOLUTELY")).get("serial") == "7"
        peer.say(b"<peer:svc_b svc_a/HELP")
        assert "SLOW" in (await peer.hear("COMMANDS")).get("list")
        peer.say(b"<peer:svc_c svc_a/ANSWER", b"<peer:communicatord STOP")
        release.set()
        assert (await peer.hear("INVALID")).get("message") == "the service is stopping"
    assert len(replies) == 1


async def test_stop_lets_handlers_finish_and_turns_new_messages_away(router, service):
    release, begun = asyncio.Event(), asyncio.Event()

    @service.on("SLOW")
    async def slow(_message):
        begun.set()
        await release.wait()
        return Message("DONE")

    async with running(service):
        peer = await router.welcomed()
        peer.say(b"<peer:svc_b svc_a/SLOW")
        await begun.wait()
        service.stop()
        peer.say(b"<peer:svc_b svc_a/PING")
        assert (await peer.hear("INVALID")).get("message") == "the service is stopping"
        release.set()
        await peer.hear("DONE")
        await peer.hear("UNREGISTER")


async def test_handlers_that_never_end_are_cancelled(router, service, monkeypatch):
    monkeypatch.setattr(module, "DRAIN_S", 0.01)
    begun = asyncio.Event()

    @service.on("STUCK")
    async def stuck(_message):
        begun.set()
        await asyncio.Event().wait()

    async with running(service):
        peer = await router.welcomed()
        peer.say(b"<peer:svc_b svc_a/STUCK")
        await begun.wait()
        service.stop()
        await peer.hear("UNREGISTER")


async def test_what_comes_while_handlers_are_being_cancelled_begins_nothing(router, service):
    begun = asyncio.Event()
    late = Message("LATE")
    seen = []

    @service.on("NEVER")
    async def never(_):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            service._deliver(late, is_settled=False)

    @service.on("LATE")
    async def note(message):
        seen.append(message)

    run = asyncio.get_running_loop().create_task(service.run())
    peer = await router.welcomed()
    peer.say(b"<peer:svc_b svc_a/NEVER")
    await begun.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert (seen, service.handler_errors) == ([], 0)


async def test_it_comes_back_and_sends_what_was_kept(router, until):
    service = Service(router.address, "svc_a", outbox=Outbox(messages=2))
    async with running(service):
        first = await router.welcomed()
        await service.wait_ready()
        await service.send(Message("NOTE", {"n": "0"}, "svc_b"))
        await first.hear("NOTE")
        first.say(b"<peer:communicatord DISCONNECTING")
        await until(lambda: not service.connected)
        for n in range(1, 4):
            await service.send(Message(f"NOTE_{n}", {"n": str(n)}, "svc_b"))
        assert (service.queued_messages, service.dropped_messages) == (2, 1)
        assert service.last_dropped_command == "NOTE_1"
        first.hang_up()
        second = await router.link()
        await second.hear("REGISTER")
        assert service.server_name == "peer", "between two links it is where it was"
        second.say(b"<peer:communicatord READY my_address=127.0.0.1:4042")
        assert (await second.hear("NOTE_2")).get("n") == "2"
        assert (await second.hear("NOTE_3")).get("n") == "3"
        await service.wait_ready()
        await service.send(Message("NOTE_4", service="svc_b"))
        await second.hear("NOTE_4")
        assert service.queued_messages == 0


async def test_what_was_dropped_is_named_in_the_log(router, caplog):
    service = Service(router.address, "svc_a", outbox=Outbox(messages=1))
    for name in ("A", "B", "C"):
        await service.send(Message(name, service="svc_b"))
    async with running(service):
        peer = await router.welcomed()
        await peer.hear("C")
    assert "outbox_full dropped=A" in caplog.text
    assert "messages_dropped count=2 last_command=B" in caplog.text


async def test_what_is_never_sent_is_told_at_the_end(tmp_path, caplog):
    service = Service(f"cd://{tmp_path}/none.sock", "svc_a")
    await service.send(Message("NOTE", service="svc_b"))
    service.stop()
    await service.run()
    assert "messages_never_sent count=1" in caplog.text


async def test_a_message_without_an_encoding_is_refused_also_without_a_link(service):
    with pytest.raises(LocalProtocolError):
        await service.send(Message("NOTE", {"x": "\0"}))
    with pytest.raises(NotConnectedError):
        await service.request(Message("PING", service="svc_b"), "PONG")


async def test_a_refused_registration_is_tried_again_and_logged_once(router, service, caplog):
    async with running(service):
        for _ in range(3):
            peer = await router.link()
            await peer.hear("REGISTER")
            peer.say(b"<peer:communicatord INVALID command=REGISTER;message=svc_a is alive elsewhere")
            await peer.heard_end()
        await router.welcomed()
        await service.wait_ready()
    assert caplog.text.count("connect_failed") == 1


async def is_placed(service):
    """Whether it has found its place by now."""
    try:
        async with asyncio.timeout(0):
            await service.wait_placed()
    except TimeoutError:
        return False
    return True


async def test_a_service_finds_its_place_when_it_is_let_in_and_not_while_it_is_refused(router, service):
    async with running(service):
        peer = await router.link()
        await peer.hear("REGISTER")
        peer.say(b"<peer:communicatord INVALID command=REGISTER;message=svc_a is alive elsewhere")
        await peer.heard_end()
        peer = await router.link()
        assert not await is_placed(service)
        await peer.welcome()
        await service.wait_placed()
        assert await is_placed(service)
        assert service.connected


async def test_a_service_finds_its_place_as_a_blocked_version_that_waits(router, service):
    async with running(service):
        peer = await router.link()
        await peer.hear("REGISTER")
        peer.say(b"<peer:communicatord VERSION_BLOCKED until_s=600;probe_allowed=false;reason=bad")
        await service.wait_placed()
        assert service.blocked is not None


async def test_a_service_finds_its_place_while_no_router_answers(tmp_path):
    service = Service(f"cd://{tmp_path}/nobody.sock", "svc_a")
    async with running(service):
        await service.wait_placed()
        assert not service.connected


async def test_a_full_router_is_tried_again(router, service, caplog):
    async with running(service):
        peer = await router.link()
        peer.say(b"<peer:communicatord INVALID command=REGISTER;message=3 links are held, more are not taken")
        peer.hang_up()
        await router.welcomed()
        await service.wait_ready()
    assert 'refused: 3 links are held, more are not taken" retry_in_s=' in caplog.text


async def test_refusals_without_end_do_not_fill_the_log(router, service, caplog):
    async with running(service):
        peer = await router.welcomed()
        peer.say(*[b"<peer:svc_b svc_a/INVALID command=X;message=" + b"x" * 1000] * 1000, b"<peer:svc_b svc_a/PING")
        await peer.hear("PONG")
    lines = [record.getMessage() for record in caplog.records if "message_refused" in record.message]
    assert len(lines) == 10
    assert lines[-1].startswith("message_refused how=INVALID by=peer:svc_b count=512 parameters=\"{'command': 'X'")
    assert max(map(len, lines)) < 300


async def test_a_handler_that_always_raises_does_not_fill_the_log(router, service, caplog):
    @service.on("DIVIDE")
    async def divide(_message):
        raise ZeroDivisionError

    async with running(service):
        peer = await router.welcomed()
        peer.say(*[b"<peer:svc_b svc_a/DIVIDE"] * 100, b"<peer:svc_b svc_a/PING")
        await peer.hear("PONG")
    assert service.handler_errors == 100
    assert caplog.text.count("handler_failed") == 7


async def test_a_blocked_version_waits_and_then_asks_again(router, service):
    async with running(service):
        peer = await router.link()
        assert (await peer.hear("REGISTER")).get("role") == "live"
        peer.say(b"<peer:communicatord VERSION_BLOCKED reason=never worked;until_s=0.05;probe_allowed=false")
        await peer.heard_end()
        again = await router.link()
        assert service.blocked.reason == "never worked"
        assert not service.blocked.probe_allowed
        assert (await again.hear("REGISTER")).get("role") == "live"
        again.say(b"<peer:communicatord HELP", b"<peer:communicatord READY")
        await service.wait_ready()
        assert service.blocked is None


async def test_a_blocked_version_runs_as_a_probe_where_it_may_and_is_live_after(router, service, monkeypatch):
    monkeypatch.setattr(module, "PROBE_RUN_S", 0.05)
    async with running(service):
        peer = await router.link()
        await peer.hear("REGISTER")
        peer.say(b"<peer:communicatord VERSION_BLOCKED reason=never worked;probe_allowed=true")
        await peer.heard_end()
        probe = await router.link()
        assert service.blocked.probe_allowed
        assert (await probe.welcome()).get("role") == "probe"
        await probe.hear("UNREGISTER")
        live = await router.link()
        assert (await live.welcome()).get("role") == "live"
        await service.wait_ready()
        assert service.blocked is None


async def test_a_probe_that_is_blocked_too_waits(router, service):
    async with running(service):
        for role, answer in (
            ("live", b"VERSION_BLOCKED reason=r;until_s=60;probe_allowed=true"),
            ("probe", b"VERSION_BLOCKED reason=r;until_s=0.05;probe_allowed=true"),
            ("live", b"INVALID command=REGISTER;message=busy"),
        ):
            peer = await router.link()
            assert (await peer.hear("REGISTER")).get("role") == role
            peer.say(b"<peer:communicatord " + answer)


async def test_a_broadcast_the_library_records_may_have_a_handler(router, service):
    seen = asyncio.Queue()

    @service.on("CLOCK_STABLE", "CLOCK_UNSTABLE")
    async def clock(_message):
        seen.put_nowait(service.clock_status)

    async with running(service):
        peer = await router.welcomed()
        peer.say(b"<peer:communicatord ./CLOCK_STABLE clock_resolution=verified")
        async with asyncio.timeout(20):
            assert await seen.get() == ClockStatus(is_stable=True, resolution="verified")


async def test_handlers_may_ask_other_services(router, service):
    @service.on("RELAY")
    async def relay(_message):
        answer = await service.request(Message("ASK", service="svc_c"), "ANSWER")
        return Message("RELAYED", answer.parameters)

    async with running(service):
        peer = await router.welcomed()
        peer.say(b"<peer:svc_b svc_a/RELAY")
        assert (await peer.hear("ASK")).get("transmission_report") == "failure"
        peer.say(b"<peer:svc_c svc_a/ANSWER n=1")
        answer = await peer.hear("RELAYED")
        assert (answer.destination, answer.get("n")) == ("peer:svc_b", "1")


async def test_a_late_reply_is_not_called_unknown(router, service):
    async with running(service):
        peer = await router.welcomed()
        await service.wait_ready()
        with pytest.raises(TimeoutError):
            await service.request(Message("ASK", service="svc_c"), "ANSWER", timeout_s=0.01)
        peer.say(b"<peer:svc_c svc_a/ANSWER", b"<peer:svc_c svc_a/NONSENSE")
        assert (await peer.hear("UNKNOWN")).get("command") == "NONSENSE"


async def test_a_service_knows_from_its_first_message_on_that_it_is_a_shadow(router, service):
    @service.on("BILL")
    async def bill(message):
        return Message("BILLED", {"role": service.role, "credential": "reader" if message.is_shadow else "writer"})

    assert service.role == "live"
    async with running(service):
        peer = await router.link()
        await peer.hear("REGISTER")
        copy = b"<peer:svc_b svc_a/BILL shadow=1;shadow_id=k-1"
        peer.say(b"<peer:communicatord READY role=shadow\n" + copy)
        billed = await peer.hear("BILLED")
        assert billed.parameters == {"role": "shadow", "credential": "reader", "shadow_id": "k-1"}
        peer.hang_up()
        await service.wait_lost()
        assert service.role == "shadow"


@pytest.mark.parametrize(
    ("command", "told"),
    [("ping", "cannot be a command"), ("STOP", "answered by the library"), ("PING", "has a handler already")],
)
def test_a_handler_that_could_never_run_is_refused(service, command, told):
    with pytest.raises(ValueError, match=told):

        @service.on(command)
        async def handler(message):
            pass


def test_a_handler_must_be_async(service):
    with pytest.raises(TypeError, match="must be an 'async def'"):
        service.on("PANG")(lambda _message: None)


def printer(router, checks):
    """A service that prints, and says of how many pages that it is "many" when it was asked for more than ten."""
    service = Service(router.address, "svc_a", checks=checks)

    @service.on("PRINT")
    async def print_(message):
        pages = int(message.get("copies", "1"))
        return Message("PRINTED", {"pages": str(pages) if pages <= 10 else "many"})

    return service


async def test_enforced_checks_keep_what_is_faulty_from_its_handler(router, checks):
    service = printer(router, checks("enforce"))
    async with running(service):
        peer = await router.welcomed()
        peer.say(
            b"<peer:svc_b svc_a/PRINT copies=0",
            b"<peer:svc_b ./PRINT copies=0",
            b"svc_a/PRINT copies=0",
            b"<peer:svc_b svc_a/INVALID nonsense=1",
            b"<peer:svc_b svc_a/PRINT copies=2",
        )
        refusal = await peer.hear("INVALID")
        assert (refusal.destination, refusal.get("command")) == ("peer:svc_b", "PRINT")
        assert refusal.get("message") == "parameter copies: '0' is not an integer from 1 to 99"
        assert (await peer.hear("PRINTED")).get("pages") == "2"
        assert (service.faulty_messages, service.handler_errors) == (3, 0)


async def test_a_faulty_answer_of_a_handler_is_its_fault_where_checks_are_enforced(router, checks, caplog):
    service = printer(router, checks("enforce"))
    async with running(service):
        peer = await router.welcomed()
        peer.say(b"<peer:svc_b svc_a/PRINT copies=11", b"<peer:svc_b svc_a/PRINT copies=2")
        refusal = await peer.hear("INVALID")
        assert (refusal.get("command"), refusal.get("message")) == ("PRINT", "the service failed to handle it")
        assert (await peer.hear("PRINTED")).get("pages") == "2"
        assert (service.faulty_messages, service.handler_errors) == (1, 1)
    assert "PRINTED may not be sent: parameter pages: 'many' is not an integer" in caplog.text


async def test_in_debug_a_handler_gets_and_gives_what_is_faulty(router, checks, caplog):
    service = printer(router, checks("debug"))
    async with running(service):
        peer = await router.welcomed()
        peer.say(b"<peer:svc_b svc_a/PRINT copies=0", b"<peer:svc_b svc_a/PRINT copies=11")
        assert (await peer.hear("PRINTED")).get("pages") == "0"
        assert (await peer.hear("PRINTED")).get("pages") == "many"
        assert (service.faulty_messages, service.handler_errors) == (2, 0)
    assert caplog.text.count("message_faulty direction=in command=PRINT ") == 1
    assert caplog.text.count("message_faulty direction=out command=PRINTED ") == 1


async def test_what_is_kept_for_a_link_is_checked_before(router, checks):
    service = printer(router, checks("enforce"))
    with pytest.raises(LocalProtocolError, match="PRINT may not be sent"):
        await service.send(Message("PRINT", {"copies": "0"}, "svc_b"))
    assert (service.queued_messages, service.faulty_messages) == (0, 1)


async def test_faults_are_counted_across_links(router, checks):
    service = printer(router, checks("enforce"))
    async with running(service):
        for count in (1, 2):
            peer = await router.welcomed()
            peer.say(b"<peer:svc_b svc_a/PRINT copies=0")
            await peer.hear("INVALID")
            assert service.faulty_messages == count
            peer.hang_up()


async def test_a_request_of_a_service_is_checked_too(router, checks):
    service = printer(router, checks("enforce"))
    async with running(service):
        await router.welcomed()
        await service.wait_ready()
        with pytest.raises(LocalProtocolError, match="PRINT may not be sent"):
            await service.request(Message("PRINT", {"copies": "0"}, "svc_b"), "PRINTED")
    assert Service(router.address, "svc_a").faulty_messages == 0


ASKED = b"<peer:canary peer:svc_a/ALIVE serial=n1;timestamp=1.5"


@pytest.mark.parametrize(
    ("told", "health"),
    [(None, ""), ("", ""), ("the spool is full", "the spool is full"), ("x" * 1_000, "x" * 256 + "…")],
)
async def test_it_says_how_it_does(router, service, told, health):
    @service.health
    async def check():
        return told

    async with running(service):
        peer = await router.welcomed()
        peer.say(ASKED)
        answer = await peer.hear("ABSOLUTELY")
        assert (answer.destination, answer.get("serial"), answer.get("timestamp")) == ("peer:canary", "n1", "1.5")
        assert answer.get("health") == health


async def test_a_check_that_raises_says_that_the_service_is_unwell(router, service):
    @service.health
    async def check():
        raise OSError("no route to the database")

    async with running(service):
        peer = await router.welcomed()
        peer.say(ASKED)
        told = (await peer.hear("ABSOLUTELY")).get("health")
        assert told == "the health check failed: OSError: no route to the database"


async def test_a_check_that_does_not_end_is_no_answer_and_holds_up_nothing_else(router, service):
    ended = asyncio.Event()

    @service.health
    async def check():
        await ended.wait()

    async with running(service):
        peer = await router.welcomed()
        peer.say(ASKED, ASKED.replace(b"n1", b"n2"), b"<far:svc_b svc_a/PING n=1")
        await peer.hear("PONG")
        ended.set()
        assert (await peer.hear("ABSOLUTELY")).get("serial") == "n1"
        peer.say(ASKED.replace(b"n1", b"n3"))
        assert (await peer.hear("ABSOLUTELY")).get("serial") == "n3"


def test_what_is_no_health_check_is_refused(service):
    with pytest.raises(TypeError, match="must be an 'async def'"):
        service.health(lambda: "well")

    async def check():
        return None

    assert service.health(check) is check
    with pytest.raises(ValueError, match="there is a health check already"):
        service.health(check)


async def test_what_runs_beside_it_sees_links_come_and_go_and_ends_with_it(router, service):
    seen = asyncio.Queue()

    @service.beside
    async def watch():
        try:
            while True:
                await service.wait_ready()
                seen.put_nowait(service.connected)
                await service.wait_lost()
                seen.put_nowait(service.connected)
        finally:
            seen.put_nowait("ended")

    async with running(service):
        for _ in range(2):
            peer = await router.welcomed()
            assert await seen.get() is True
            peer.hang_up()
            assert await seen.get() is False
    assert await seen.get() == "ended"


async def test_an_error_of_what_runs_beside_it_ends_it(router, service):
    @service.beside
    async def fail():
        await service.wait_ready()
        raise ZeroDivisionError

    async def play():
        await (await router.welcomed()).heard_end()

    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.gather(service.run(), play())
    assert caught.group_contains(ZeroDivisionError)
