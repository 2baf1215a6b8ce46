"""Doors, life and end of a communicatord, over real sockets against the real router."""

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from communicator.daemon import peers
from communicator.router import Router
from communicator.router.vocabulary.events import StopRequested

GREETING = "CLUSTER_CURRENT_STATUS"


@pytest.mark.parametrize(
    ("door", "listen"),
    [("unix", "local=127.0.0.1:0"), ("local", "local=127.0.0.1:0"), ("local", "local=[::1]:0")],
)
async def test_each_stream_door_serves(run_router, door, listen):
    async with run_router(f"listen.{listen}") as router:
        peer = await router.connect(door)
        peer.say("CLUSTER_GET_STATUS")
        assert GREETING in await peer.hear()


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "[::1]:0"])
async def test_a_datagram_reaches_a_service(run_router, listen):
    async with run_router(f"listen.signal={listen}") as router:
        service = await router.connect()
        await service.register("sitter")
        address = router.address("signal")
        with socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"sitter/PAYLOAD number=1", address)
            sender.sendto(b"\xff\xfe", address)
            sender.sendto(b"FOO", address)  # would be answered on a stream
            sender.sendto(b"sitter/PAYLOAD number=2", address)
        assert "PAYLOAD number=1" in await service.hear_until("PAYLOAD")
        assert "PAYLOAD number=2" in await service.hear_until("PAYLOAD")
        statistics = await service.statistics()
        assert statistics["udp_rejected_total"]["invalid"] == 1


async def test_a_datagram_needs_the_secret_which_is_not_passed_on(run_router, tmp_path):
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("open sesame\n")
    async with run_router(f"listen.signal_secret_file={secret}") as router:
        service = await router.connect()
        await service.register("sitter")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for code in ("", "secret_code=wrong;", "secret_code=open sesame;"):
                sender.sendto(f"sitter/PAYLOAD {code}number=3".encode(), router.address("signal"))
        assert (await service.hear_until("PAYLOAD")).endswith("sitter/PAYLOAD number=3")
        assert (await service.statistics())["udp_rejected_total"]["secret"] == 2


@pytest.mark.parametrize("door", ["unix", "local"])
async def test_a_half_closed_link_is_served_to_its_end(run_router, door):
    async with run_router() as router:
        peer = await router.connect(door)
        peer.say("CLUSTER_GET_STATUS", "ROUTER_GET_STATS")
        peer.writer.write(b"PUBLIC_IP")  # no newline
        peer.writer.write_eof()
        answers = (await peer.hear_rest()).decode().splitlines()
        assert [answer.split()[1] for answer in answers] == [GREETING, "ROUTER_STATS", "SERVER_PUBLIC_IP"]


@pytest.mark.parametrize("door", ["unix", "local"])
async def test_who_connects_writes_and_closes_at_once_is_heard(run_router, door):
    async with run_router() as router:
        service = await router.connect()
        await service.register("sitter")
        with router.socket(door) as passer_by:
            passer_by.sendall(b"<alpha:canary sitter/PAYLOAD number=4")
        assert await service.hear_until("PAYLOAD") == "sitter/PAYLOAD number=4"


class StopHook(Router):
    """Fails when it is to take leave."""

    def handle(self, event, now):
        if isinstance(event, StopRequested):
            raise RuntimeError("hook")  # noqa: TRY004 - any exception will do
        return super().handle(event, now)


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names are enough


async def _settled(descriptors: int) -> None:
    """The test's own ends close in the next turns of the loop; a task or transport of the router would stay."""
    waits_for_us = 1 if sys.version_info >= (3, 12) else 2  # older ones make a task of what they wait for
    while len(asyncio.all_tasks()) > waits_for_us or _descriptors() > descriptors:  # noqa: ASYNC110 - see above
        await asyncio.sleep(0)


async def _tell(how: str, router) -> None:
    if how == "STOP":
        router.peers[0].say("STOP")
    elif how == "RESTART":
        router.peers[0].say("RESTART")
    else:
        os.kill(os.getpid(), getattr(signal, how))


@pytest.mark.parametrize(
    ("how", "core", "exit_code"),
    [
        ("SIGTERM", Router, 0),
        ("SIGINT", Router, 0),
        ("STOP", Router, 0),
        ("RESTART", Router, 75),
        ("SIGTERM", StopHook, 0),
    ],
)
async def test_however_it_ends_nothing_is_left(run_router, how, core, exit_code):
    async with run_router() as router:
        await router.connect()  # whatever the loop itself opens at first use is open now
    descriptors_before = _descriptors()
    async with run_router(core=core) as router:
        path = Path(router.ports["unix"])
        peer = await router.connect()
        await peer.register("sitter", "DISCONNECTING")
        idle = await router.connect("local")
        await _tell(how, router)
        rest = await peer.hear_rest()
        assert (b"DISCONNECTING" in rest) == (core is Router)
        assert await idle.hear_rest() == b""
        assert await router.end() == exit_code
        assert not path.exists()  # noqa: ASYNC240 - a test may
        assert not router.ports_file.exists()
        assert router.events("stopped")
    await asyncio.wait_for(_settled(descriptors_before), 60)
    gc.collect()  # a socket forgotten would warn now


async def test_who_does_not_read_does_not_hold_up_the_end(run_router):
    async with run_router("limits.drain_s=0.2", "limits.stall_s=60") as router:
        sleeper = router.socket()
        try:
            sleeper.sendall(b"REGISTER service=sleeper;version=1\n")
            sender, witness = await router.connect(), await router.connect()
            for _ in range(40):
                sender.say(f"sleeper/PAYLOAD data={'x' * 60_000}")
            while (await witness.statistics())["links"][0]["send_queue_bytes"] < 2**20:
                pass
            router.daemon.stop()
            assert await router.end() == 0
        finally:
            sleeper.close()
        assert router.events("queue_lost")[0]["queued_bytes"] > 2**20


@pytest.mark.parametrize("door", ["unix", "local"])
async def test_a_line_without_end_is_cut_at_the_limit(run_router, door):
    async with run_router() as router:
        other = await router.connect()
        await other.register("other")

        def pour() -> tuple[int, bytes]:
            poured, block = 0, b"x" * 2**20
            with router.socket(door) as sender:
                sender.settimeout(20)
                try:
                    while poured < 2**30:
                        poured += sender.send(block)
                except OSError:
                    pass
                return poured, sender.recv(10_000)

        poured, answer = await asyncio.to_thread(pour)
        assert poured < 2**26
        assert b"INVALID" in answer
        assert b"65536 bytes" in answer
        statistics = await other.statistics()
        assert statistics["messages_dropped_total"]["too_long"] == 1


async def test_a_service_of_the_suite_may_send_long_lines(run_router):
    async with run_router("limits.line_bytes=1024") as router:
        timekeeper, asker = await router.connect(), await router.connect()
        await timekeeper.register("timekeeper")
        await asker.register("asker")
        timekeeper.say("asker/REPORT text=" + "x" * 900_000)
        assert len(await asker.hear()) > 900_000
        asker.say("timekeeper/REPORT text=" + "x" * 2_000)
        assert "longer than 1024 bytes" in await asker.hear()


async def test_a_long_line_that_has_to_be_read_arrives_before_what_its_sender_says_next(run_router):
    async with run_router("limits.line_bytes=1047552") as router:
        sender, receiver, other = [await router.connect() for _ in range(3)]
        await receiver.register("receiver")
        sender.say('receiver/P trace=t;a="' + '\\"' * 500_000 + '"')
        sender.say("receiver/P n=2")
        await other.sync()
        assert '\\"' * 500_000 in await receiver.hear()
        assert "n=2" in await receiver.hear()
        statistics = await other.statistics()
        assert statistics["handler_exceptions_total"] == {}


async def test_hang_up_reads_what_may_change_and_names_what_may_not(run_router):
    async with run_router() as router:
        peer = await router.connect()
        await peer.sync()
        directory = router.ports_file.parent
        (directory / "services").mkdir()
        (directory / "services" / "late.service").touch()
        router.reload_to(["limits.links=1", "listen.local=127.0.0.1:9", "server_name=beta"])
        os.kill(os.getpid(), signal.SIGHUP)
        await peer.sync()
        assert router.events("config_needs_restart")[0]["keys"] == "server_name,listen.local"
        assert "1 links" in (await (await router.connect()).hear())
        statistics = await peer.statistics()
        assert statistics["server"] == "alpha"
        assert statistics["services"] == {"late": 0}
        assert statistics["config_last_reload_successful"] is True


async def test_a_new_group_counts_from_the_next_start_on_for_the_socket_and_for_stop_alike(run_router):
    class Rules(Router):
        """Keeps the rules it was given."""

        stop_groups: list[str] = []  # noqa: RUF012 - one test uses it, once

        def reconfigure(self, config, now):
            self.stop_groups.append(config.stop_group)
            return super().reconfigure(config, now)

    async with run_router("listen.socket_group=root", "listen.group_may_stop=true", core=Rules) as router:
        peer = await router.connect()
        for assignments in (["listen.socket_group=daemon"], ["listen.group_may_stop=false"]):
            router.reload_to(assignments)
            os.kill(os.getpid(), signal.SIGHUP)
            await peer.sync()
        assert Rules.stop_groups == ["root", ""]
        assert router.events("config_needs_restart")[0]["keys"] == "listen.socket_group"
        router.reload_to(["listen.socket_group=no_such_group"])
        os.kill(os.getpid(), signal.SIGHUP)
        await peer.sync()
        assert "listen.socket_group" in router.events("config_reload_failed")[0]["reason"]


async def test_hang_up_reads_service_files_and_users_anew(run_router):
    async with run_router() as router:
        peer = await router.connect()
        await peer.sync()
        directory = router.ports_file.parent / "services"
        directory.mkdir()
        (directory / "owned.service").write_text("user = somebody-else\n")
        assert peers._look_up.cache_info().currsize
        os.kill(os.getpid(), signal.SIGHUP)
        await peer.sync()
        assert peers._look_up.cache_info().currsize == 0  # groups may have changed, too
        assert (await peer.statistics())["services"] == {"owned": 0}


async def test_definitions_are_read_at_the_start_and_anew_on_hang_up(run_router, tmp_path):
    (tmp_path / "PRINT.conf").write_text("[file]\nflags = required\n")
    (tmp_path / "WRONG.conf").write_text("[cache]\nvalidator = integer(1...2)\n")
    settings = [f'definitions_path=["{tmp_path}"]', f'definitions_enforced=["{tmp_path}"]']
    async with run_router(*settings, "check_messages=enforce") as router:
        peer = await router.connect()
        peer.say("communicatord/PRINT")
        assert "message=parameter file is missing" in await peer.hear()
        [refused] = router.events("definition_refused")
        assert (refused["path"], refused["line"]) == (str(tmp_path / "WRONG.conf"), 1)
        (tmp_path / "PRINT.conf").write_text("[file]\nflags = optional\n")
        (tmp_path / "WRONG.conf").unlink()
        router.reload_to([*settings, "check_messages=enforce"])
        os.kill(os.getpid(), signal.SIGHUP)
        await peer.sync()
        peer.say("communicatord/PRINT")
        assert "UNKNOWN" in await peer.hear()
        statistics = await peer.statistics()
        assert (statistics["faulty_messages_total"], statistics["definitions_refused"]) == (1, 0)


async def test_a_definition_that_works_is_not_given_up_for_a_wrong_one(run_router, tmp_path):
    (tmp_path / "PRINT.conf").write_text("[file]\nflags = required\n")
    settings = [f'definitions_path=["{tmp_path}"]', f'definitions_enforced=["{tmp_path}"]', "check_messages=enforce"]
    async with run_router(*settings) as router:
        peer = await router.connect()
        for name in ("PRINT", "WRONG"):
            (tmp_path / f"{name}.conf").write_text("scope = moon\n")
        router.reload_to([*settings, "limits.links=1"])
        os.kill(os.getpid(), signal.SIGHUP)
        await peer.sync()
        peer.say("communicatord/PRINT")
        assert "message=parameter file is missing" in await peer.hear()
        await (await router.connect()).sync()
        statistics = await peer.statistics()
        assert (statistics["config_last_reload_successful"], statistics["definitions_refused"]) == (False, 0)
        [failed] = router.events("config_reload_failed")
        assert failed["reason"].startswith(f"definitions_path: {tmp_path}/PRINT.conf:1: error: ")
        assert failed["reason"].endswith(" (and 1 more)")


async def test_a_wrong_setting_at_hang_up_changes_nothing(run_router):
    async with run_router() as router:
        peer = await router.connect()
        router.reload_to(["limits.links=1", "limits.cache_messages=0"])
        os.kill(os.getpid(), signal.SIGHUP)
        await peer.sync()
        await (await router.connect()).sync()
        assert (await peer.statistics())["config_last_reload_successful"] is False
        assert "limits.cache_messages" in router.events("config_reload_failed")[0]["reason"]


STOPPER = """
import os, socket, sys
"alpha".encode("idna")  # loaded while it can be: the other user may not read the folder of this interpreter
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
link = socket.create_connection((sys.argv[1], int(sys.argv[2])))
link.sendall(b"STOP\\n")
if sys.argv[3] == "stay":
    print(link.recv(1000).decode())
"""


@pytest.mark.usefixtures("require_root")
@pytest.mark.parametrize("listen", ["127.0.0.1:0", "[::1]:0"])
async def test_another_user_cannot_stop_it_and_be_gone(run_router, listen):
    async with run_router(f"listen.local={listen}") as router:
        peer = await router.connect()
        arguments = [sys.executable, "-I", "-c", STOPPER, *map(str, router.address("local"))]
        # Blocks the loop on purpose: the child has closed its socket before the router looks at the line.
        subprocess.run([*arguments, "leave"], check=True, timeout=20)  # noqa: ASYNC221 - see above
        await peer.sync()
        stays = await asyncio.to_thread(
            subprocess.run, [*arguments, "stay"], check=True, timeout=20, capture_output=True, text=True
        )
        assert "INVALID" in stays.stdout
        assert (await peer.statistics())["acl_denied_total"] == 2
        assert not router.daemon.stopping.is_set()


@pytest.mark.parametrize("door", ["unix", "local"])
async def test_our_own_user_may_stop_it(run_router, door):
    async with run_router() as router:
        peer = await router.connect(door)
        peer.say("STOP")
        assert await router.end() == 0


async def test_load_comes_every_second_while_somebody_listens(run_router):
    async with run_router() as router:
        peer = await router.connect()
        peer.say("REGISTER_FOR_LOADAVG")
        assert "avg=" in await peer.hear_until("LOADAVG")


async def test_a_log_is_rotated_on_request(run_router):
    async with run_router() as router:
        peer = await router.connect()
        peer.say("LOG_ROTATE")
        await peer.sync()
        assert router.events("log_reopened")


@pytest.mark.parametrize(
    ("assignment", "key"),
    [("listen.socket_group=no_such_group", "listen.socket_group"), ("listen.unix=/nowhere/at/all", "listen.unix")],
)
async def test_what_cannot_be_opened_is_named(run_router, assignment, key):
    with pytest.raises(AssertionError, match=key):
        async with run_router(assignment):
            pass
