import os
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from communicator.protocol import HostPort
from tests.conftest import EVENTUALLY_S
from timekeeper.discipline import Authentication, Discipline, Leap, NoAnswer, Reference, UpstreamState, count_states
from timekeeper.sources.chrony import SOURCES, read_chrony
from timekeeper.sources.chrony_codec import Command, encode_request
from timekeeper.verdict import find_fault

HEARD_S = 2.0
"""For a silence during which something has to be heard; it lasts that long."""


def is_synchronised(answer):
    return isinstance(answer, Discipline) and not find_fault(answer)


def unaged(word):
    """What chronyd said, but for what changes by itself as time goes on."""
    return replace(word, root_dispersion_s=0, offset_s=0)


def without_authentication(word):
    """The same, but for what is told at the socket alone."""
    upstreams = tuple(replace(upstream, authentication=None) for upstream in word.upstreams)
    return replace(unaged(word), upstreams=upstreams)


# A real chronyd.


async def test_what_chronyd_says_is_what_chronyc_prints(chrony_host, eventually, debian_program):
    servers = [chrony_host.start_server(stratum) for stratum in (2, 3, 4)]
    client = chrony_host.start_client(
        *(server.as_source() for server in servers[:2]), servers[2].as_source("offset 0.35")
    )
    chronyc = debian_program("chrony", "usr/bin/chronyc")

    def ask(what):
        command = [chronyc.path, "-n", "-c", "-h", client.commands.host, "-p", str(client.commands.port), what]
        return subprocess.run(command, env=chronyc.environment, capture_output=True, text=True, check=True).stdout

    def is_told(answer):
        """A chronyd that has just begun may grant itself a dispersion of seconds."""
        is_settled = is_synchronised(answer) and 0 < answer.root_dispersion_s < 0.1
        return is_settled and count_states(answer.upstreams)["falseticker"] == 1

    async def compare():
        """What it said before and after chronyc asked: servers that stand still answer no more, but an answer may be under way."""
        for server in servers:
            server.thaw()
        await eventually(client.read, is_told)
        for server in servers:
            server.freeze()
        return await client.read(), ask("tracking"), ask("sources"), await client.read()

    def is_one_moment(found):
        before, _, _, after = found
        return is_told(before) and is_told(after) and unaged(before) == unaged(after)

    word, tracking, sources, _ = await eventually(compare, is_one_moment)
    assert (word.leap, word.reference) == (Leap.NORMAL, Reference.OUTSIDE)
    assert abs(word.offset_s) < 0.1
    assert 0 < word.root_delay_s < 0.1
    _, selected, stratum, updated_s, _, _, _, _, _, _, root_delay_s, _, interval_s, leap = tracking.split(",")
    assert word.stratum == int(stratum)
    assert leap.strip() == "Normal"
    assert word.updated_wall_ns / 1e9 == pytest.approx(float(updated_s), abs=1e-6)
    assert word.root_delay_s == pytest.approx(float(root_delay_s), abs=1e-8)
    assert word.update_interval_s == pytest.approx(float(interval_s), abs=0.1)
    states = {row.split(",")[2]: row.split(",")[1] for row in sources.split()}
    letters = {"*": UpstreamState.SELECTED, "+": UpstreamState.COMBINED, "x": UpstreamState.FALSETICKER}
    assert {upstream.name: upstream.state for upstream in word.upstreams} == {
        name: letters[letter] for name, letter in states.items()
    }
    assert [upstream.name for upstream in word.upstreams if upstream.state is UpstreamState.SELECTED] == [selected]
    assert states[servers[2].ntp.host] == "x"


async def test_the_sign_of_an_offset(chrony_host, eventually):
    """The servers seem 0.2 s behind, so this clock is 0.2 s ahead: `-x` leaves it there."""
    server = chrony_host.start_server()
    client = chrony_host.start_client(server.as_source("offset -0.2"))
    is_far_off = pytest.approx(0.2, abs=0.05)
    await eventually(client.read, lambda answer: is_synchronised(answer) and answer.offset_s == is_far_off)


async def test_a_chronyd_that_serves_its_own_clock(chrony_host, eventually, answered):
    server = chrony_host.start_server(stratum=10)
    word = await eventually(server.read, lambda answer: answered(answer) and answer.reference is not Reference.NONE)
    assert word.reference is Reference.OWN_CLOCK
    assert word.upstreams == ()


async def test_a_killed_chronyd(chrony_host, eventually, answered):
    client = chrony_host.start_client()
    await eventually(client.read, answered)
    client.kill()
    assert await client.read() == NoAnswer(f"nothing listens at {client.commands} for chronyd")


async def test_a_hanging_chronyd(chrony_host, eventually, answered):
    client = chrony_host.start_client()
    await eventually(client.read, answered)
    client.freeze()
    answer = await read_chrony(client.commands, timeout_s=0.1)
    assert answer == NoAnswer(f"chronyd at {client.commands} did not answer in 0.1 s")


# Its Unix socket.


@pytest.fixture
def command_socket():
    """A short path for the socket of a chronyd, in a directory that belongs to its user alone, as chronyd wants it."""
    with tempfile.TemporaryDirectory(prefix="bw") as directory:
        yield Path(directory) / "chronyd.sock"


async def test_the_socket_says_what_the_port_says(chrony_host, eventually, command_socket):
    server = chrony_host.start_server()
    client = chrony_host.start(server.as_source(), f"bindcmdaddress {command_socket}")
    await eventually(client.read, is_synchronised)
    server.freeze()  # from here on nothing is updated, so that two questions get one answer

    async def ask_both():
        return [await client.read(), await read_chrony(str(command_socket), EVENTUALLY_S)]

    def is_one_moment(answers):
        by_port, by_socket = answers
        return all(isinstance(answer, Discipline) for answer in answers) and unaged(by_port) == without_authentication(
            by_socket
        )

    await eventually(ask_both, is_one_moment)  # an answer of the server may have been under way
    assert [path.name for path in command_socket.parent.iterdir()] == ["chronyd.sock"]  # and none of ours


async def test_at_its_socket_alone_it_tells_how_servers_are_authenticated(
    chrony_host, eventually, command_socket, tmp_path
):
    keys = tmp_path / "keys"
    keys.write_text("1 SHA256 HEX:00112233445566778899001122334455\n")
    servers = ["127.0.0.21", "127.0.0.22 key 1", "127.0.0.23 nts"]
    lines = [f"bindcmdaddress {command_socket}", f"keyfile {keys}", *(f"server {server}" for server in servers)]
    client = chrony_host.start(*lines)

    async def ask_both():
        return await client.read(), await read_chrony(str(command_socket), EVENTUALLY_S)

    def are_told(answers):
        return all(isinstance(answer, Discipline) and len(answer.upstreams) == len(servers) for answer in answers)

    by_port, by_socket = await eventually(ask_both, are_told)
    assert {upstream.authentication for upstream in by_port.upstreams} == {None}
    assert [upstream.authentication for upstream in by_socket.upstreams] == [
        Authentication.NONE,
        Authentication.KEY,
        Authentication.NTS,
    ]


async def test_a_socket_that_a_dead_chronyd_left(chrony_host, eventually, command_socket):
    client = chrony_host.start(f"bindcmdaddress {command_socket}")
    await eventually(client.read, lambda answer: isinstance(answer, Discipline))
    client.kill()
    reason = f"nothing listens at {command_socket} for chronyd"
    assert await read_chrony(str(command_socket), EVENTUALLY_S) == NoAnswer(reason)
    assert [path.name for path in command_socket.parent.iterdir()] == ["chronyd.sock"]


async def test_a_chronyd_that_hangs_behind_its_socket(chrony_host, eventually, command_socket):
    client = chrony_host.start(f"bindcmdaddress {command_socket}")
    await eventually(client.read, lambda answer: isinstance(answer, Discipline))
    client.freeze()
    answer = await read_chrony(str(command_socket), timeout_s=0.1)
    assert answer == NoAnswer(f"chronyd at {command_socket} did not answer in 0.1 s")
    assert [path.name for path in command_socket.parent.iterdir()] == ["chronyd.sock"]


async def test_a_socket_that_is_not_there(command_socket):
    reason = f"chronyd at {command_socket} cannot be asked: No such file or directory"
    assert await read_chrony(str(command_socket)) == NoAnswer(reason)
    assert list(command_socket.parent.iterdir()) == []


ROOT, DAEMON, NOBODY = 0, 1, 65534
# Loads first, for a user without rights may not be allowed to read the interpreter.
ASK_AS = """
import asyncio, concurrent.futures.thread, os, pwd, sys
from timekeeper.sources.chrony import read_chrony
user = int(sys.argv[1])
os.setgroups([])
os.setresgid(user, user, user)
os.setresuid(user, user, user)
print(asyncio.run(read_chrony(sys.argv[2])).reason)
"""


def ask_as(user, path, *before):
    """What a process of a user is told when it asks at a socket."""
    command = [*before, sys.executable, "-c", ASK_AS, str(user), path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def open_directory():
    """One that every user may enter, unlike those of the tests."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.mark.parametrize(
    ("owner", "mode", "who"),
    [
        (DAEMON, 0o750, "only root and daemon may ask there"),
        (54_321, 0o750, "only root and user 54321 may ask there"),
        (None, 0o700, "only root and the user of chronyd may ask there"),
    ],
)
@pytest.mark.usefixtures("require_root")
def test_a_socket_without_permission_tells_the_remedy(open_directory, owner, mode, who):
    directory = open_directory / "chrony" / "commands"
    directory.mkdir(parents=True, mode=mode)
    if owner is None:
        directory.parent.chmod(mode)
    else:
        os.chown(directory, owner, owner)
    assert ask_as(NOBODY, directory / "chronyd.sock") == (
        f"chronyd at {directory}/chronyd.sock cannot be asked: Permission denied: {who};"
        ' over UDP anyone on this host may ask: [sources] chrony = "127.0.0.1:323"'
    )


@pytest.mark.usefixtures("require_root")
def test_a_directory_that_is_mounted_read_only_tells_the_remedy(require_program, tmp_path):
    mount = 'mount -t tmpfs -o ro tmpfs "$0" && exec "$@"'
    read_only = (require_program("unshare"), "--mount", "sh", "-c", mount, tmp_path)
    assert ask_as(ROOT, tmp_path / "chronyd.sock", *read_only) == (
        f"chronyd at {tmp_path}/chronyd.sock cannot be asked: Read-only file system:"
        f" the unit of this service has to say ReadWritePaths={tmp_path};"
        ' over UDP anyone on this host may ask: [sources] chrony = "127.0.0.1:323"'
    )


# Others that sit at its port.


def reply(request, *, code, body=b"", sequence=None, status=0):
    """A reply that fits the request: head of 28 bytes, body."""
    head = b"\x06\x02\0\0" + request[4:6] + code.to_bytes(2) + status.to_bytes(2) + bytes(6)
    return head + (request[8:12] if sequence is None else sequence) + bytes(8) + body


def honest(request):
    """What a chronyd with more sources than anybody asks for answers."""
    code, body = {
        Command.TRACKING: (5, bytes(76)),
        Command.N_SOURCES: (2, (10_000).to_bytes(4)),
        Command.SOURCE_DATA: (3, bytes([192, 0, 2, 1]) + bytes(12) + b"\0\1" + bytes(30)),
        Command.ACTIVITY: (12, bytes(20)),
        Command.AUTH_DATA: (20, b"\0\2" + bytes(22)),
    }[int.from_bytes(request[4:6])]
    return reply(request, code=code, body=body)


async def test_sources_are_asked_for_within_a_bound(impostor):
    word = await read_chrony(await impostor(lambda request: [honest(request)]), EVENTUALLY_S)
    assert [upstream.authentication for upstream in word.upstreams] == [Authentication.NTS] * SOURCES


async def test_late_replies_are_passed_over(impostor):
    stale = reply(encode_request(Command.TRACKING, 0), code=5, body=bytes(76), sequence=b"late")
    word = await read_chrony(await impostor(lambda request: [stale, stale, honest(request)]), EVENTUALLY_S)
    assert isinstance(word, Discipline)


@pytest.mark.parametrize(
    ("answer", "timeout_s", "reason"),
    [
        (lambda _: [], 0.1, "did not answer in 0.1 s"),
        (lambda _: [b"HTTP/1.1 400 Bad Request\r\n\r\n" * 2], EVENTUALLY_S, "packet type 84: no reply of version 6"),
        (lambda _: [b"\x06"], EVENTUALLY_S, "1 bytes are no reply"),
        (lambda request: [honest(request)[:40]], EVENTUALLY_S, "reply 5 of 40 bytes does not answer TRACKING"),
        (lambda request: [reply(request, code=1, status=2)], EVENTUALLY_S, "chronyd refused TRACKING: unauthorised"),
        (
            lambda request: [reply(request, code=5, body=bytes(76), sequence=b"\0\0\0\1")],
            HEARD_S,
            f"did not answer in {HEARD_S:g} s, only a reply to request 33 number 1, not to ours",
        ),
        (
            lambda request: [reply(request, code=5, body=bytes(76), sequence=b"\0\0\0\1")] * 1000,
            HEARD_S,
            f"did not answer in {HEARD_S:g} s, only a reply to request 33 number 1, not to ours",
        ),
        (lambda request: [request], EVENTUALLY_S, "packet type 1: no reply of version 6"),
    ],
)
async def test_what_is_no_answer_says_why(impostor, answer, timeout_s, reason):
    address = await impostor(answer)
    result = await read_chrony(address, timeout_s)
    assert isinstance(result, NoAnswer)
    assert str(address) in result.reason
    assert reason in result.reason


@contextmanager
def a_deaf_port():
    """A port that nobody else can have, whose owner talks to one only, so that all others are refused."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        holder.connect(("127.0.0.1", 9))
        yield holder.getsockname()[1]


async def test_a_port_where_nobody_listens():
    with a_deaf_port() as port:
        address = HostPort("127.0.0.1", port)
        assert await read_chrony(address, EVENTUALLY_S) == NoAnswer(f"nothing listens at {address} for chronyd")


@pytest.mark.parametrize("host", ["no.such.host.invalid", "255.255.255.255"])
async def test_an_address_that_cannot_be_asked(host):
    result = await read_chrony(HostPort(host, 323), EVENTUALLY_S)  # who knows no such host may take seconds to say so
    assert result.reason.startswith(f"chronyd at {host}:323 cannot be asked: ")
