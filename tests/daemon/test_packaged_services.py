"""What ``.service`` files say holds in a running router, follows SIGHUP, and what was learnt outlives the router."""

import asyncio
import json
import os
import signal

import pytest

from communicator.client import BlockingClient
from communicator.protocol import Message
from communicator.testing import run_router as run_process

BLOCK = "x" * 8000


async def _hang_up(router, eventually):
    """SIGHUP, until it was dealt with; whether the new settings were taken."""
    outcomes = ("config_reloaded", "config_reload_failed")
    before = [len(router.events(event)) for event in outcomes]
    os.kill(os.getpid(), signal.SIGHUP)

    async def counts():
        return [len(router.events(event)) for event in outcomes]

    await eventually(counts, lambda now: now != before)
    return len(router.events("config_reloaded")) > before[0]


@pytest.fixture
def services(tmp_path):
    directory = tmp_path / "services"
    directory.mkdir()
    return directory


async def test_hang_up_reads_service_files_again(run_router, services, eventually):
    async with run_router(f"services_path={services}") as router:
        peer = await router.connect()
        await peer.register("sender")
        peer.say("printer/PRINT transmission_report=failure")
        assert "reason=service_unknown" in await peer.hear_until("TRANSMISSION_REPORT")
        (services / "printer.service").write_text("commands = PRINT\n")
        assert await _hang_up(router, eventually)
        peer.say("printer/PRINT transmission_report=failure", "printer/SCAN x=1")
        assert "status=cached" in await peer.hear_until("TRANSMISSION_REPORT")
        assert "command=SCAN" in await peer.hear_until("UNKNOWN")
        (services / "printer.service").write_text("commands = SCAN\n")
        assert await _hang_up(router, eventually)
        peer.say("printer/SCAN transmission_report=failure", "printer/PRINT x=1")
        assert "status=cached" in await peer.hear_until("TRANSMISSION_REPORT")
        assert "command=PRINT" in await peer.hear_until("UNKNOWN")
        (services / "printer.service").write_text("commands = scan\n")
        assert not await _hang_up(router, eventually)
        assert "printer.service', line 1: commands: 'scan'" in str(router.events("config_reload_failed")[0])
        peer.say("printer/PRINT x=1")
        assert "command=PRINT" in await peer.hear_until("UNKNOWN")


async def test_a_new_version_of_a_package_voids_what_was_learnt(run_router, services, eventually, tmp_path):
    file = services / "printer.service"
    file.write_text("version = 1\ncommands = SCAN\n")
    kept = tmp_path / "data/services/printer"

    async def read():
        return kept.read_text() if kept.exists() else None

    async with run_router(f"services_path={services}", f"data_path={tmp_path}/data") as router:
        sender, printer = await router.connect(), await router.connect()
        await printer.register("printer", "PRINT")
        printer.say("UNREGISTER service=printer")
        await printer.hear_rest()
        await eventually(read, bool)
        assert json.loads(kept.read_text())["package_version"] == "1"
        sender.say("printer/SCAN x=1")
        assert "command=SCAN" in await sender.hear_until("UNKNOWN")
        file.write_text("version = 2\ncommands = SCAN\n")
        assert await _hang_up(router, eventually)
        sender.say("printer/PRINT x=1")
        assert "command=PRINT" in await sender.hear_until("UNKNOWN")
        await eventually(read, lambda text: text == "")
        assert router.events("learnt_commands_forgotten")[0]["service"] == "printer"


def _ask(router, *commands):
    """Which of these messages for a service that is away the router does not keep."""
    with BlockingClient(router.unix, "asker") as client:
        for command in commands:
            client.send(Message(command, {"transmission_report": "failure"}, "printer"))
        client.request(Message("ALIVE", {"serial": "1"}), "ABSOLUTELY")  # what it refuses, it has said before that
        return [report.get("command") for report in iter(lambda: client.receive(timeout_s=0), None)]


def _stop(router, _path):
    """A router that is stopped writes what waits."""
    router.stop()


def _kill_once_kept(router, path):
    """A router that is killed has kept what had reached the disk by then."""
    with BlockingClient(router.unix, "asker") as client:
        while not (path.exists() and "PRINT" in path.read_text()):
            client.request(Message("ALIVE", {"serial": "1"}), "ABSOLUTELY")
    router.kill()


@pytest.mark.parametrize("end", [_stop, _kill_once_kept])
def test_what_was_learnt_outlives_the_router(services, end):
    (services / "printer.service").write_text("version = 1\n")
    (services / "scanner.service").write_text("version = 1\n")
    with run_process(settings={"services_path": str(services)}) as router:
        with BlockingClient(router.unix, "printer", commands=["PRINT"]) as printer:
            printer.request(Message("ALIVE", {"serial": "1"}), "ABSOLUTELY")
        kept = router.directory / "data/services"
        end(router, kept / "printer")
        (kept / "scanner").write_text('{"package_version": "1", "commands": "half a l')
        router.start()
        assert _ask(router, "PRINT", "SCAN") == ["SCAN"]
        assert "event=learnt_commands_ignored" in router.log
        assert "service=scanner" in router.log
        router.stop()
        (services / "printer.service").write_text("version = 2\n")
        router.start()
        assert _ask(router, "PRINT", "SCAN") == []
        router.stop()
        assert (kept / "printer").read_text() == ""
        assert list(kept.glob(".*")) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("version = 1\ncommands = A,b\n", "printer.service', line 2: commands: 'b' is not a command such as PING"),
        ("queue = stall\n", "printer.service', line 1: queue: 'stall' is not offered"),
        ("cache = ttl=1\n", "printer.service', line 1: cache: 'ttl=1' is not between 10 and 86400 seconds"),
        ("user = no-such-user\n", "printer.service': user: there is no user 'no-such-user' on this host"),
    ],
)
def test_check_config_names_the_file_and_the_key(services, refuse, content, told):
    (services / "printer.service").write_text(content)
    assert f"services_path: '{services}/{told}" in refuse("--check-config", "--set", f"services_path={services}")


async def _register_sleeper(link):
    link.setblocking(False)  # noqa: FBT003 - its one parameter
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(link, b"REGISTER service=sleeper;version=1\n")
    while b"READY" not in await loop.sock_recv(link, 1000):
        pass


async def _received(link, last):
    loop, text = asyncio.get_running_loop(), bytearray()
    while not text.rstrip(b"\n").endswith(last):
        text += await asyncio.wait_for(loop.sock_recv(link, 2**20), 20)
    return [int(line.partition(b"number=")[2][:4]) for line in text.splitlines() if b"PAYLOAD" in line]


async def test_a_service_that_drops_holds_up_nobody_and_is_not_cut(run_router, services):
    (services / "sleeper.service").write_text("queue = drop\n")
    async with run_router(f"services_path={services}", "limits.stall_s=0.1") as router:
        with router.socket() as sleeper:
            await _register_sleeper(sleeper)
            producer = await router.connect()
            for number in range(2000):
                producer.say(f"sleeper/PAYLOAD data={BLOCK};number={number:04}")
            await producer.sync()
            statistics = await producer.statistics()
            dropped = statistics["messages_dropped_total"]["slow_consumer"]
            assert dropped > 1000
            assert statistics["producer_stall_seconds_total"] == 0
            assert statistics["slow_consumers_total"] == {}
            assert max(link["send_queue_bytes"] for link in statistics["links"]) < 3 * 2**20
            heard = await _received(sleeper, b"number=1999")
            assert len(heard) == 2000 - dropped
            assert heard == sorted(heard)
            producer.say("sleeper/PAYLOAD number=3000")
            assert await _received(sleeper, b"number=3000") == [3000]
        assert router.events("slow_consumer_dropped")[0]["client"] == "sleeper"
        assert router.events("slow_consumer_cut") == []


async def test_a_policy_that_changes_frees_those_who_wait(run_router, services, eventually):
    async with run_router(f"services_path={services}", "limits.stall_s=3600") as router:
        with router.socket() as sleeper:
            await _register_sleeper(sleeper)
            producer, witness = await router.connect(), await router.connect()
            for number in range(1000):
                producer.say(f"sleeper/PAYLOAD data={BLOCK};number={number:04}")
            while (await witness.statistics())["producer_stall_seconds_total"] == 0:
                pass
            (services / "sleeper.service").write_text("queue = drop\n")
            assert await _hang_up(router, eventually)
            await producer.sync()
            assert (await witness.statistics())["messages_dropped_total"]["slow_consumer"] > 0


async def test_a_holder_that_may_be_behind_for_ever_loses_its_name_all_the_same(run_router, services):
    (services / "sleeper.service").write_text("queue = drop\n")
    async with run_router(f"services_path={services}") as router:
        with router.socket() as sleeper:
            await _register_sleeper(sleeper)
            producer, newcomer = await router.connect(), await router.connect()
            for number in range(1000):
                producer.say(f"sleeper/PAYLOAD data={BLOCK};number={number:04}")
            await producer.sync()
            await newcomer.register("sleeper")
        assert router.events("service_replaced")[0]["service"] == "sleeper"
