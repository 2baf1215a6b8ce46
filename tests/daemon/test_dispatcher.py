"""Events to the router, effects to the links, and what a failure on the way costs."""

import asyncio
import itertools
import socket
import time

import pytest

from communicator.daemon import server
from communicator.daemon.dispatcher import RETRY_S
from communicator.daemon.notices import BURST
from communicator.router import Router
from communicator.router.vocabulary.effects import Notice
from communicator.router.vocabulary.events import (
    Continued,
    DatagramReceived,
    DeadlineReached,
    HandlerFailed,
    LinesReceived,
    LineTooLong,
    LinkEnded,
    LinkHeld,
    LinkOpened,
    Measured,
)


class LineHook(Router):
    """Fails on one line."""

    def handle(self, event, now):
        if isinstance(event, LinesReceived) and b"BOOM" in event.lines:
            raise RuntimeError("hook")
        return super().handle(event, now)


async def test_a_failure_in_the_router_costs_one_event_only(run_router):
    async with run_router(core=LineHook) as router:
        peer, other = await router.connect(), await router.connect("local")
        peer.say("BOOM")
        await other.sync()  # now BOOM has been read, as an event of its own
        await peer.sync()
        statistics = await peer.statistics()
        assert statistics["handler_exceptions_total"] == {"lines_received": 1}
        assert len(router.events("handler_failed")) == 1


class EndHook(Router):
    """Fails at every end of a stream, and again when told of it."""

    def handle(self, event, now):
        if isinstance(event, LinkEnded | HandlerFailed):
            raise RuntimeError("hook")  # noqa: TRY004 - any exception will do
        return super().handle(event, now)


async def test_a_link_whose_end_cannot_be_handled_is_closed_all_the_same(run_router):
    async with run_router(core=EndHook) as router:
        peer, other = await router.connect(), await router.connect()
        peer.writer.write_eof()
        assert await peer.hear_rest() == b""
        await other.sync()
        assert [entry["stage"] for entry in router.events("handler_failed")] == ["link_ended", "handler_failed"]


class BadNotice(Router):
    """Asks for something that cannot be done, then greets."""

    def handle(self, event, now):
        effects = super().handle(event, now)
        return [Notice(20, "bad", {"event": "twice"}), *effects] if isinstance(event, LinesReceived) else effects


async def test_an_effect_that_fails_does_not_keep_the_others_from_happening(run_router):
    async with run_router(core=BadNotice) as router:
        peer = await router.connect()
        await peer.sync()
        assert router.events("effect_failed")


class Recorder(Router):
    """Keeps the order of what it was told."""

    told: list[str] = []  # noqa: RUF012 - one test uses it

    def handle(self, event, now):
        self.told.append(type(event).__name__)
        return super().handle(event, now)


async def test_the_user_is_told_before_anything_else_of_that_link(run_router):
    Recorder.told.clear()
    async with run_router(core=Recorder) as router:
        peer = await router.connect("local")
        peer.say("STOP", "HELP")
        peer.writer.write_eof()
        assert await router.end() == 0
    told = [name for name in Recorder.told if name != DeadlineReached.__name__]
    assert told[:3] == [
        LinkOpened.__name__,
        LinesReceived.__name__,
        "UserIdentified",
    ]


class AnswerHook(Router):
    """Fails at the answers a link waits for."""

    def handle(self, event, now):
        if isinstance(event, Measured | Continued | LineTooLong):
            raise RuntimeError("hook")  # noqa: TRY004 - any exception will do
        return super().handle(event, now)


@pytest.mark.parametrize(
    ("line", "stage"),
    [("ROUTER_GET_STATS", "measured"), ("\n".join(["ALIVE"] * 5000), "continued"), ("x" * 70_000, "line_too_long")],
)
async def test_a_link_that_would_wait_for_ever_is_closed(run_router, line, stage):
    async with run_router(core=AnswerHook) as router:
        peer, other = await router.connect(), await router.connect()
        peer.say(line)
        await peer.hear_rest()
        await other.sync()
        assert [entry["stage"] for entry in router.events("handler_failed")] == [stage]


class Forgetful(Router):
    """Has a deadline that is always due and cannot be dealt with."""

    tries = 0

    def handle(self, event, now):
        if isinstance(event, DeadlineReached):
            type(self).tries += 1
            raise RuntimeError("hook")  # noqa: TRY004 - any exception will do
        return super().handle(event, now)

    def next_deadline(self):
        return 0.0


class Timeless(Forgetful):
    """Cannot even tell when its deadline is."""

    def next_deadline(self):
        raise RuntimeError("hook")


@pytest.mark.parametrize("core", [Forgetful, Timeless])
async def test_a_deadline_that_fails_is_tried_again_later(run_router, core):
    core.tries = 0
    began_s = time.monotonic()
    async with run_router(core=core) as router:
        peer = await router.connect()
        await peer.sync()
        later = asyncio.Event()
        asyncio.get_running_loop().call_later(0.3, later.set)
        await later.wait()
        await peer.sync()
        assert 1 <= core.tries <= 1 + (time.monotonic() - began_s) / RETRY_S  # that of the start, then one a second
        assert router.events("handler_failed")


class DatagramHook(Router):
    """Fails at every datagram."""

    def handle(self, event, now):
        if isinstance(event, DatagramReceived):
            raise RuntimeError("hook")  # noqa: TRY004 - any exception will do
        return super().handle(event, now)


async def test_failures_a_peer_can_bring_about_do_not_fill_the_log(run_router):
    async with run_router(core=DatagramHook) as router:
        peer = await router.connect()
        times = BURST + 30
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(times):
                sender.sendto(b"sitter/GO", router.address("signal"))
        while (await peer.statistics())["handler_exceptions_total"] != {"datagram_received": times}:
            pass
        assert len(router.events("handler_failed")) == BURST
    assert router.events("notices_left_out")[0]["times"] == 30


async def test_a_user_that_cannot_be_found_out_is_nobody(run_router, monkeypatch):
    def fail(_link):
        raise OSError("no descriptor left")

    monkeypatch.setattr(server, "find_user", fail)
    async with run_router() as router:
        peer = await router.connect("local")
        peer.say("STOP", "ALIVE serial=sync")
        assert "INVALID" in await peer.hear()
        await peer.hear_until("serial=sync")
        assert router.events("effect_failed")[0]["effect"] == "Identify"


async def test_a_measurement_that_fails_is_answered_all_the_same(run_router, monkeypatch):
    def fail():
        raise OSError("no descriptor left")

    monkeypatch.setattr(server, "resident_bytes", fail)
    async with run_router() as router:
        peer = await router.connect()
        assert (await peer.statistics())["links"] == []
        assert router.events("measure_failed")


class Holds(Router):
    """Keeps what it was told of links that are held up."""

    told: list[tuple[int, bool]] = []  # noqa: RUF012 - one test uses it, once

    def handle(self, event, now):
        if isinstance(event, LinkHeld):
            self.told.append((event.link, event.held))
        return super().handle(event, now)


async def test_the_router_is_told_whom_we_hold_up_and_of_changes_only(run_router):
    Holds.told.clear()
    async with run_router("limits.stall_s=60", core=Holds) as router:
        loop = asyncio.get_running_loop()
        with router.socket() as consumer:
            consumer.setblocking(False)  # noqa: FBT003 - its one parameter
            await loop.sock_sendall(consumer, b"REGISTER service=sleeper;version=1\n")
            while b"READY" not in await loop.sock_recv(consumer, 1000):
                pass
            producer, other = await router.connect(), await router.connect()
            lines = 1000
            producer.say(*[f"sleeper/PAYLOAD data={'x' * 8000}"] * lines)
            while len(Holds.told) < 2:
                await other.sync()
            await other.sync()
            assert sorted(Holds.told) == [(1, True), (2, True)]  # the one reads too slowly, the other waits for it
            received = 0
            while received < lines:
                received += (await loop.sock_recv(consumer, 2**20)).count(b"\n")
            await producer.sync()
            await other.sync()
        for number in (1, 2):
            words = [held for link, held in Holds.told if link == number]
            assert words == [held for held, _ in zip(itertools.cycle((True, False)), words, strict=False)]
            assert words[-1] is False


async def test_who_waits_for_itself_is_held_up_once(run_router):
    Holds.told.clear()
    async with run_router("limits.stall_s=60", core=Holds) as router:
        loop = asyncio.get_running_loop()
        other = await router.connect()
        with router.socket() as asker:
            asker.setblocking(False)  # noqa: FBT003 - its one parameter
            asked, answered = 8000, 0
            sending = loop.create_task(loop.sock_sendall(asker, f"ALIVE serial={'x' * 500}\n".encode() * asked))
            while not Holds.told:
                await other.sync()
            await other.sync()
            assert Holds.told == [(2, True)]
            while answered < asked:
                answered += (await loop.sock_recv(asker, 2**20)).count(b"\n")
            await sending
            await other.sync()
    words = [held for _, held in Holds.told]
    assert words == [True, False] * (len(words) // 2)
