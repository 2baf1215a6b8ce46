import asyncio
import contextlib

import pytest

from communicator import (
    AddressError,
    Client,
    LocalProtocolError,
    Message,
    MessageRefusedError,
    NoReceiverError,
    NotConnectedError,
    RegistrationRefusedError,
    ReplyTimeoutError,
    VersionBlockedError,
)
from communicator.client import connection
from communicator.client.connection import LINE_BYTES_READ
from communicator.client.dial import dial
from communicator.client.inbox import MESSAGES
from communicator.client.status import ClockStatus, ClusterStatus
from communicator.errors import FaultyReplyError
from communicator.protocol.limits import LINE_BYTES_HARD, TOKEN_CHARACTERS


async def entered(router, script, **options):
    """A client that has entered its block while `script(peer)` played the router."""
    client = Client(router.address, "svc_a", **options)
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(play(router, script))
        await client.__aenter__()
    return client, playing.result()


async def play(router, script):
    peer = await router.link()
    await script(peer)
    return peer


async def welcome(peer):
    await peer.welcome()


@pytest.fixture
async def pair(router):
    client, peer = await entered(router, welcome)
    yield client, peer
    await client.__aexit__(None, None, None)


async def next_message(client):
    async for message in client.messages():
        return message
    return None


async def test_it_registers_and_unregisters(router):
    register = None

    async def script(peer):
        nonlocal register
        register = await peer.welcome()

    client, peer = await entered(
        router, script, service_version="1.2", build="b7", role="standby", announce={"metrics_port": "9000"}
    )
    assert {name: register.get(name) for name in ("service", "version", "service_version", "build", "role")} == {
        "service": "svc_a",
        "version": "1",
        "service_version": "1.2",
        "build": "b7",
        "role": "standby",
    }
    assert register.get("metrics_port") == "9000"
    assert int(register.get("pid")) > 1
    assert (client.connected, client.server_name) == (True, "peer")
    await client.__aexit__(None, None, None)
    assert (await peer.hear("UNREGISTER")).get("service") == "svc_a"
    await peer.heard_end()
    assert not client.connected


async def test_it_lists_the_broadcasts_it_wants(router):
    async def script(peer):
        await peer.hear("REGISTER")
        peer.say(b"<peer:communicatord HELP")
        assert "STATUS" in (await peer.hear("COMMANDS")).get("list").split(",")
        peer.say(b"<peer:communicatord READY", b"<peer:communicatord ./STATUS service=svc_b;status=up")

    client, _ = await entered(router, script, commands=["STATUS"])
    assert (await next_message(client)).get("service") == "svc_b"
    await client.__aexit__(None, None, None)


async def test_a_request_gets_its_answer(pair):
    client, peer = pair
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(client.request(Message("PING", {"n": "1"}, "svc_b"), "PONG"))
        ping = await peer.hear("PING")
        assert (ping.destination, ping.get("n")) == ("svc_b", "1")
        peer.say(b"<peer:svc_b svc_a/PONG n=1")
    assert asking.result().get("n") == "1"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"<peer:communicatord TRANSMISSION_REPORT command=PING;status=failed", NoReceiverError),
        (b"<peer:communicatord INVALID command=PING;message=no", MessageRefusedError),
    ],
)
async def test_a_request_that_cannot_be_answered_ends_at_once(pair, answer, expected):
    client, peer = pair
    async with asyncio.TaskGroup() as group:
        group.create_task(answer_to_ping(peer, answer))
        with pytest.raises(expected):
            await client.request(Message("PING", service="svc_b"), "PONG", timeout_s=60)
    assert client.connected


async def answer_to_ping(peer, answer):
    await peer.hear("PING")
    peer.say(answer)


async def test_a_request_without_an_answer_ends_at_its_deadline(pair):
    client, _ = pair
    with pytest.raises(ReplyTimeoutError) as caught:
        await client.request(Message("PING", service="svc_b"), "PONG", timeout_s=0.01)
    assert (caught.value.command, caught.value.timeout_s) == ("PING", 0.01)
    assert isinstance(caught.value, TimeoutError)


async def test_a_request_the_router_keeps_says_so_at_its_deadline(pair):
    client, peer = pair
    async with asyncio.TaskGroup() as group:
        kept = b"<peer:communicatord TRANSMISSION_REPORT command=PING;status=cached;destination_service=svc_b"
        group.create_task(answer_to_ping(peer, kept))
        with pytest.raises(ReplyTimeoutError, match=r"no reply to PING within 2\.5 s: the router keeps it") as caught:
            await client.request(Message("PING", service="svc_b"), "PONG", timeout_s=2.5)
    assert caught.value.is_kept


async def test_a_request_ends_with_its_link(pair):
    client, peer = pair

    async def hang_up():
        await peer.hear("PING")
        peer.hang_up()

    async with asyncio.TaskGroup() as group:
        group.create_task(hang_up())
        with pytest.raises(NotConnectedError):
            await client.request(Message("PING", service="svc_b"), "PONG", timeout_s=60)
    with pytest.raises(NotConnectedError):
        await client.send(Message("PING", service="svc_b"))
    assert not client.connected


async def test_a_cancelled_request_leaves_nothing_behind(pair):
    client, peer = pair
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(client.request(Message("PING", service="svc_b"), "PONG"))
        await peer.hear("PING")
        asking.cancel()
    assert not client._link.session.requests


async def test_what_answers_nothing_comes_out_of_messages_until_the_link_is_lost(pair):
    client, peer = pair
    peer.say(b"<peer:svc_b svc_a/NOTE n=1", b"<peer:svc_b svc_a/NOTE n=2", b"<peer:svc_b svc_a/INVALID command=X")
    peer.hang_up()
    received = []

    async def read_all():
        async for message in client.messages():
            received.append((message.command, message.get("n")))  # noqa: PERF401 - kept also when it ends in an error

    with pytest.raises(NotConnectedError, match="is gone"):
        await read_all()
    assert received == [("NOTE", "1"), ("NOTE", "2"), ("INVALID", "")]


async def test_stop_ends_messages_and_the_registration(pair):
    client, peer = pair
    peer.say(b"<peer:communicatord STOP")
    assert await next_message(client) is None
    assert client.stop_asked
    await peer.hear("UNREGISTER")
    await peer.heard_end()


async def test_a_router_that_says_it_ends_and_does_not_is_left(pair, monkeypatch):
    client, peer = pair
    monkeypatch.setattr(connection, "LEAVE_S", 0.01)
    peer.say(b"<peer:communicatord DISCONNECTING", b"<peer:communicatord QUITTING")
    with pytest.raises(NotConnectedError, match="said that it stops, and did not"):
        await next_message(client)
    await peer.heard_end()


async def test_the_states_are_recorded(pair):
    client, peer = pair
    assert (client.cluster_status, client.clock_status) == (None, None)
    peer.say(
        b"<peer:communicatord CLUSTER_CURRENT_STATUS status=up;completeness=complete;neighbors_count=1",
        b"<peer:communicatord CLOCK_UNSTABLE cache=no;clock_error=checking",
        b"<peer:svc_b svc_a/NOTE",
    )
    assert (await next_message(client)).command == "NOTE"
    assert client.cluster_status == ClusterStatus("up", "complete", 1)
    assert client.clock_status == ClockStatus(is_stable=False, error="checking")


async def test_messages_nobody_reads_are_dropped_and_counted_while_requests_go_on(pair, caplog):
    client, peer = pair
    peer.say(*[b"<peer:svc_b svc_a/NOTE n=%d" % n for n in range(MESSAGES + 3)])
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(client.request(Message("PING", service="svc_b"), "PONG"))
        await peer.hear("PING")
        peer.say(b"<peer:svc_b svc_a/PONG")
    assert asking.result().command == "PONG"
    assert client.dropped_messages == 3
    assert caplog.text.count("message_dropped command=NOTE") == 1
    assert (await next_message(client)).get("n") == "3"


async def test_a_client_that_reads_slowly_still_answers_alive(pair):
    client, peer = pair
    messages = client.messages()
    peer.say(*[b"<peer:svc_b svc_a/NOTE n=%d" % n for n in range(MESSAGES // 2)], b"<peer:communicatord ALIVE serial=7")
    assert (await anext(messages)).get("n") == "0"
    assert (await peer.hear("ABSOLUTELY")).get("serial") == "7"
    await messages.aclose()


async def test_a_slow_reader_makes_the_router_wait_and_loses_nothing(pair, until):
    client, peer = pair
    lines = 40_000
    padding = b"x" * 100

    async def flood():
        for n in range(lines):
            peer.say(b"<peer:svc_b svc_a/NOTE n=%d;p=%s" % (n, padding))
            await peer.writer.drain()

    count = 0
    async with asyncio.TaskGroup() as group:
        flooding = group.create_task(flood())
        async for message in client.messages():
            assert message.get("n") == str(count)
            count += 1
            if count == 1:
                await until(lambda: not client._link._is_reading)  # a reader that is busy elsewhere
                assert client._inbox.is_full
                assert not flooding.done()
            if count == lines:
                break
    assert client.dropped_messages == 0


async def test_a_bad_line_is_logged_and_skipped(pair, caplog):
    client, peer = pair
    peer.say(b"<peer nonsense", b"\xff\xfe", b"", b"<peer:svc_b svc_a/NOTE")
    assert (await next_message(client)).command == "NOTE"
    assert caplog.text.count("line_skipped") == 2


async def test_bad_lines_without_end_do_not_fill_the_log(pair, caplog):
    client, peer = pair
    peer.say(*[b"<peer nonsense"] * 1000, b"<peer:svc_b svc_a/NOTE")
    assert (await next_message(client)).command == "NOTE"
    assert caplog.text.count("line_skipped") == 10
    assert " count=512" in caplog.messages[-1]


async def test_a_line_beyond_the_limit_ends_the_link(pair):
    client, peer = pair
    peer.say(b"x" * (LINE_BYTES_READ + 2))
    with pytest.raises(NotConnectedError, match="more than 1049600 bytes"):
        await next_message(client)


async def test_a_longest_line_and_its_sender_are_read(pair):
    client, peer = pair
    sender, line = b"<peer:%s " % (b"b" * TOKEN_CHARACTERS), b"svc_a/NOTE v="
    peer.say(sender + line + b"x" * (LINE_BYTES_HARD - len(line)))
    assert len((await next_message(client)).get("v")) == LINE_BYTES_HARD - len(line)


async def test_what_stands_before_the_end_of_the_stream_is_a_line(pair):
    client, peer = pair
    peer.writer.write(b"<peer:svc_b svc_a/NOTE n=1")
    peer.hang_up()
    assert (await next_message(client)).get("n") == "1"


async def test_a_router_that_does_not_read_makes_send_wait(pair, until):
    client, peer = pair
    big = Message("NOTE", {"v": "x" * 60_000}, "svc_b")

    async def send_much():
        for _ in range(200):
            await client.send(big)

    async with asyncio.TaskGroup() as group:
        sending = group.create_task(send_much())
        await until(lambda: not client._link._writable.is_set())
        assert not sending.done()
        for _ in range(200):
            await peer.hear("NOTE")


async def test_leaving_does_not_wait_for_a_router_that_does_not_read(pair, monkeypatch):
    client, peer = pair
    monkeypatch.setattr(connection, "CLOSE_S", 0.01)
    peer.writer.transport.pause_reading()
    client._link.write(b"x" * 8 * 1024 * 1024 + b"\n")
    await client._link.close()
    assert client._link.close_reason == "the router does not close the link we left"
    assert not client.connected


async def refused(peer):
    await peer.hear("REGISTER")
    peer.say(b"<peer:communicatord INVALID command=REGISTER;message=svc_a is alive elsewhere")


async def blocked(peer):
    await peer.hear("REGISTER")
    peer.say(b"<peer:communicatord VERSION_BLOCKED reason=never worked here;until_s=600;probe_allowed=false")


async def full(peer):
    peer.say(b"<peer:communicatord INVALID command=REGISTER;message=3 links are held, more are not taken")
    peer.hang_up()


async def too_long(peer):
    await peer.hear("REGISTER")
    peer.say(b'<peer:communicatord INVALID message="line is longer than 20 bytes; the link is closed"')
    peer.hang_up()


async def hung_up(peer):
    await peer.hear("REGISTER")
    peer.hang_up()


async def silent(peer):
    await peer.hear("REGISTER")


@pytest.mark.parametrize(
    ("script", "error", "told"),
    [
        (refused, RegistrationRefusedError, "registration of 'svc_a' refused: svc_a is alive elsewhere"),
        (blocked, VersionBlockedError, "version blocked for 600 s: never worked here"),
        (full, RegistrationRefusedError, "registration of 'svc_a' refused: 3 links are held, more are not taken"),
        (too_long, RegistrationRefusedError, "refused: line is longer than 20 bytes"),
        (hung_up, NotConnectedError, "closed the link before it registered us"),
        (silent, NotConnectedError, "does not answer REGISTER within 2 s"),
    ],
)
async def test_a_registration_that_fails_says_why(router, script, error, told):
    client = Client(router.address, "svc_a", connect_timeout_s=2 if script is silent else 20)
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(play(router, script))
        with pytest.raises(error, match=told):
            await client.__aenter__()
    await playing.result().heard_end()


async def test_what_a_router_said_before_it_hung_up_is_read(tmp_path, monkeypatch, refusing_router):
    path = tmp_path / "router.sock"
    refusal = b"<peer:communicatord INVALID command=REGISTER;message=3 links are held"
    with refusing_router(path, refusal) as ended:

        async def dial_and_come_late(*arguments):
            link = await dial(*arguments)
            ended()
            return link

        monkeypatch.setattr(connection, "dial", dial_and_come_late)
        with pytest.raises(RegistrationRefusedError, match="3 links are held"):
            await Client(f"cd://{path}", "svc_a").__aenter__()


async def test_no_router_at_all(tmp_path):
    with pytest.raises(NotConnectedError, match="no such socket; is communicatord running"):
        await Client(f"cd://{tmp_path}/none.sock", "svc_a").__aenter__()


@pytest.mark.parametrize(
    ("address", "told"),
    [("cdu://127.0.0.1:4041", "takes datagrams only"), ("127.0.0.1:4040", "does not start with cd://")],
)
def test_an_address_nobody_can_register_at(address, told):
    with pytest.raises(AddressError, match=told):
        Client(address, "svc_a")


async def test_a_message_without_an_encoding_is_the_callers_fault(pair):
    client, peer = pair
    with pytest.raises(LocalProtocolError):
        await client.send(Message("PING", {"x": "\0"}, "svc_b"))
    await client.send(Message("PING", {"x": "1"}, "svc_b", sent_from_service="forged"))
    assert (await peer.hear("PING")).sender == ""


async def test_outside_its_block_it_says_so():
    with pytest.raises(NotConnectedError, match="'async with'"):
        await Client("cd://127.0.0.1:1", "svc_a").send(Message("PING"))


@contextlib.asynccontextmanager
async def checked(router, checks):
    client, peer = await entered(router, welcome, checks=checks)
    yield client, peer
    await client.__aexit__(None, None, None)


async def test_enforced_checks_refuse_what_is_faulty_in_both_directions(router, checks):
    async with checked(router, checks("enforce")) as (client, peer):
        with pytest.raises(LocalProtocolError, match="PRINT may not be sent: parameter copies: '0' is not"):
            await client.send(Message("PRINT", {"copies": "0"}, "svc_b"))
        with pytest.raises(LocalProtocolError, match="PRINT may not be sent"):
            await client.request(Message("PRINT", {"copies": "0"}, "svc_b"), "PRINTED")
        with pytest.raises(LocalProtocolError, match="may not be sent to 'far'"):
            await client.send(Message("PAPER", service="svc_b", server="far"))
        await client.send(Message("PRINT", {"copies": "1"}, "svc_b"))
        assert (await peer.hear("PRINT")).get("copies") == "1"
        peer.say(
            b"<peer:svc_b svc_a/PRINT copies=0", b"<peer:svc_b ./PRINT copies=0", b"<peer:svc_b svc_a/PRINT copies=9"
        )
        assert (await next_message(client)).get("copies") == "9"
        refusal = await peer.hear("INVALID")
        assert (refusal.destination, refusal.get("command")) == ("peer:svc_b", "PRINT")
        assert client.faulty_messages == 5


async def test_an_enforced_check_ends_a_request_whose_reply_is_faulty(router, checks):
    async with checked(router, checks("enforce")) as (client, peer), asyncio.TaskGroup() as group:
        group.create_task(answer_to_ping(peer, b"<peer:svc_b svc_a/PRINTED pages=many"))
        with pytest.raises(FaultyReplyError, match="the reply PRINTED of 'peer:svc_b' is faulty: parameter pages"):
            await client.request(Message("PING", service="svc_b"), "PRINTED", timeout_s=60)
        assert (await peer.hear("INVALID")).get("command") == "PRINTED"
        assert (client.connected, client.faulty_messages) == (True, 1)


async def test_in_debug_faults_are_logged_and_counted_and_everything_passes(router, checks, caplog):
    async with checked(router, checks("debug")) as (client, peer), asyncio.TaskGroup() as group:
        await client.send(Message("PRINT", {"copies": "0", "password": "Hunter2"}, "svc_b"))
        assert (await peer.hear("PRINT")).get("copies") == "0"
        group.create_task(answer_to_ping(peer, b"<peer:svc_b svc_a/PRINTED pages=many"))
        reply = await client.request(Message("PING", service="svc_b"), "PRINTED", timeout_s=60)
        assert reply.get("pages") == "many"
        peer.say(b"<peer:svc_b svc_a/PRINT password=Hunter2")
        assert (await next_message(client)).get("password") == "Hunter2"
        assert client.faulty_messages == 3
    assert [message.partition(" peer=")[0] for message in caplog.messages if message.startswith("message_faulty")] == [
        "message_faulty direction=out command=PRINT",
        "message_faulty direction=in command=PRINTED",
        "message_faulty direction=in command=PRINT",
    ]
    assert "Hunter2" not in caplog.text


@pytest.mark.parametrize("checking", [None, "off"])
async def test_without_checks_nothing_is_looked_at(router, checks, checking, caplog):
    async with checked(router, checks(checking) if checking else None) as (client, peer):
        await client.send(Message("PRINT", {"copies": "0"}, "svc_b"))
        assert (await peer.hear("PRINT")).get("copies") == "0"
        peer.say(b"<peer:svc_b svc_a/PRINT copies=0")
        assert (await next_message(client)).get("copies") == "0"
        assert client.faulty_messages == 0
    assert "message_faulty" not in caplog.text


async def test_two_in_flight_are_answered_in_any_order(router):
    client, peer = await entered(router, lambda peer: peer.welcome(told=b";features=correlation/1"))
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(client.request(Message("PING", {"n": n}, "svc_b"), "PONG")) for n in "123"]
        asked = [await peer.hear("PING") for _ in asking]
        assert len({message.get("correlation_id") for message in asked}) == len(asked)
        for message in reversed(asked):
            ids = message.get("correlation_id")
            peer.say(f"<peer:svc_b svc_a/PONG n={message.get('n')};correlation_id={ids}".encode())
    assert [task.result().get("n") for task in asking] == ["1", "2", "3"]
    await client.__aexit__(None, None, None)


async def test_the_ids_of_two_links_differ(router):
    first = []
    for _ in range(2):
        client, peer = await entered(router, lambda peer: peer.welcome(told=b";features=correlation/1"))
        with pytest.raises(TimeoutError):
            await client.request(Message("PING", service="svc_b"), "PONG", timeout_s=0.01)
        first.append((await peer.hear("PING")).get("correlation_id"))
        await client.__aexit__(None, None, None)
    assert first[0] != first[1]
