"""Whole plays over real sockets, and what only the shell can answer."""

import asyncio
import os
import signal
import socket
import sys
import time

import pytest

from communicator.errors import ScriptFailedError
from communicator.reporter.player import Player
from communicator.reporter.resolver import load

SERVER = """
listen(address: $here)
label(name: again)
clear_message()
wait(timeout: 10)
has_message()
if(false: again)
show_message()
send_message(command: PONG, parameters: { text: "two words" })
wait(timeout: 10, mode: drain)
"""
CLIENT = """
connect(address: $here)
send_message(command: PING)
wait(timeout: 10)
verify_message(command: PONG, required_parameters: { text: "two words" })
"""


@pytest.mark.parametrize("kind", ["unix", "tcp", "udp"])
async def test_two_scripts_talk(kind, tmp_path):
    shown = []
    here = {"unix": f"cd://{tmp_path}/s", "tcp": "cd://127.0.0.1:0", "udp": "cdu://127.0.0.1:0"}[kind]
    server = Player(load(SERVER), {"here": here}, show=shown.append)

    async def connect():
        await server.listening.wait()
        scheme = "cdu" if kind == "udp" else "cd"
        await Player(load(CLIENT), {"here": f"{scheme}://{server.address}"}).play()

    async with asyncio.TaskGroup() as group:
        group.create_task(server.play())
        group.create_task(connect())
    assert shown == ["PING"]


async def test_a_failure_shows_place_line_and_message(tmp_path):
    server = Player(load(SERVER), {"here": str(tmp_path / "s")}, show=lambda _: None)
    client = load(CLIENT.replace('"two words"', '"one word"'), "client.rprtr")

    async def connect():
        await server.listening.wait()
        with pytest.raises(ScriptFailedError) as caught:
            await Player(client, {"here": server.address}).play()
        return caught.value

    async with asyncio.TaskGroup() as group:
        group.create_task(server.play())
        connecting = group.create_task(connect())
    error = connecting.result()
    assert str(error) == (
        "client.rprtr:5:1: parameter 'text' is 'two words', not 'one word'\n"
        '    verify_message(command: PONG, required_parameters: { text: "one word" })\n'
        "    message held: PONG text=two words"
    )
    assert (error.line, error.column) == (5, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("connect(address: </nowhere/s>)", "cannot connect to '/nowhere/s': No such file or directory"),
        ("listen(address: </nowhere/s>)", "cannot listen on '/nowhere/s'"),
        ("kill()", "the tested process was not named"),
    ],
)
async def test_what_cannot_be_done_is_said(text, words):
    with pytest.raises(ScriptFailedError) as caught:
        await Player(load(text)).play()
    assert words in str(caught.value)


async def test_what_only_the_shell_knows():
    text = "now(variable_name: n) hostname(variable_name: h) max_pid(variable_name: p) random(variable_name: r)"
    before = time.time_ns()
    player, again = Player(load(text), seed=7), Player(load(text), seed=7)
    await player.play()
    await again.play()
    known = player.variables
    assert before <= known["n"].nanoseconds <= time.time_ns()
    assert known["h"] == socket.gethostname()
    assert known["p"] >= os.getpid()
    assert known["r"] == again.variables["r"]


async def test_time_passes():
    started = time.monotonic()
    await Player(load("sleep(seconds: 0.01)")).play()
    assert time.monotonic() - started >= 0.01


@pytest.mark.parametrize("wanted", ["SIGTERM", "'term'", "15"])
async def test_kill(wanted):
    tested = await asyncio.create_subprocess_exec(sys.executable, "-c", "import signal; signal.pause()")
    await Player(load(f"kill(signal: {wanted})"), process_id=tested.pid).play()
    async with asyncio.timeout(20):
        assert await tested.wait() == -signal.SIGTERM


@pytest.mark.parametrize("wanted", ["SIGNONSENSE", "100"])
async def test_no_such_signal(wanted):
    with pytest.raises(ScriptFailedError, match="is not a signal"):
        await Player(load(f"kill(signal: {wanted})"), process_id=os.getpid()).play()


async def test_a_play_that_is_cancelled_leaves_no_socket(tmp_path):
    player = Player(load("listen(address: $here) wait(timeout: 60)"), {"here": str(tmp_path / "s")})
    playing = asyncio.get_running_loop().create_task(player.play())
    await player.listening.wait()
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert not (tmp_path / "s").exists()
