"""What a C++ communicatord 2.0.13 was seen to answer (local-tcp.md) is what ours answers, over both local doors.

Messages are compared, not bytes: parameters may stand in another order, times differ, and ours may say more. Where we answer
differently on purpose, DIFFERENCES has what is expected instead; docs/compatibility.md tells users the same.
"""

import ast
import re
import socket
from pathlib import Path

import pytest

from communicator.protocol import LineBuffer, Message, decode, parse_router_address
from communicator.testing import run_router
from tests.conftest import EVENTUALLY_S

TRANSCRIPT = Path(__file__).with_name("local-tcp.md")
HEADING = re.compile(r"## (\w+)\.")
STEP = re.compile(r"    ([A-Z]) (>>>|<<<) (.*)")
NOTHING, EOF = "(nothing)", "EOF (router closed)"
TIMES = frozenset(("up_since", "down_since", "reply_timestamp", "message", "stats", "services"))

INVALID = "<peer:communicatord INVALID message=*"
FAILED = "<peer:communicatord TRANSMISSION_REPORT command=PAYLOAD;status=failed"
DIFFERENCES = {
    # An unknown server or service: a report for who asked for one, instead of silence.
    ("4d", b"nowhere:svc_b/PAYLOAD x=6;transmission_report=failure\n"): [("A", FAILED)],
    ("13", b"svc_zzz/PAYLOAD x=1;transmission_report=failure\n"): [("A", FAILED)],
    ("17", b"svc_b/PAYLOAD x=after_unregister;transmission_report=failure\n"): [("A", FAILED)],
    # A service that addresses itself gets its message, instead of silence.
    ("4j", b"svc_a/PAYLOAD x=1\n"): [("A", "<peer:svc_a svc_a/PAYLOAD x=1")],
    # What is missing or wrong is named, instead of silence.
    ("5", b"SERVICE_STATUS\n"): [("A", INVALID)],
    ("5", b"SERVICE_STATUS service=\n"): [("A", INVALID)],
    ("15d", b"peer:*/NOTIFY x=4\n"): [("A", INVALID)],
    ("16", b"REGISTER\n"): [("E", INVALID)],
    ("16", b"REGISTER service=svc_e\n"): [("E", INVALID)],
    ("16", b"REGISTER version=1\n"): [("E", INVALID)],
    ("16", b"REGISTER service=svc_e;version=2\n"): [("E", INVALID)],
    ("16", b"REGISTER service=;version=1\n"): [("E", INVALID)],
    ("17", b"UNREGISTER\n"): [("B", INVALID)],
    # The clock is what the timekeeper says, and none is there yet.
    ("7", b"CLOCK_STATUS\n"): [("A", "<peer:communicatord CLOCK_UNSTABLE cache=no;clock_error=checking")],
    # LIST_SERVICES has an answer; LEAK, a tool of the C++ developers, does not exist.
    ("9", b"LIST_SERVICES\n"): [("A", "<peer:communicatord SERVICES list=offline,svc_a,svc_b,svc_m")],
    ("10", b"LEAK\n"): [("A", "<peer:communicatord UNKNOWN command=LEAK")],
    # A name has one holder: the elder is asked, it answers, the newcomer is refused and closed.
    ("16", b"REGISTER service=svc_b;version=1\n"): [
        ("B", "ALIVE!"),
        ("D", INVALID),
        ("D", EOF),
    ],
    ("16", b"svc_b/PAYLOAD dup=1\n"): [("B", "<peer:svc_a svc_b/PAYLOAD dup=1")],
    # What routers say to each other is not taken from a local link.
    ("16c", b"CONNECT version=1;my_address=192.0.2.7:4042;server_name=peer2\n"): [("K", INVALID)],
    ("16d", b"CONNECT\n"): [("K", INVALID)],
    ("16d", b"ACCEPT\n"): [("K", INVALID)],
    ("16d", b"REFUSE\n"): [("K", INVALID)],
    ("16d", b"DISCONNECT\n"): [("K", INVALID)],
    ("16d", b"GOSSIP\n"): [("K", INVALID)],
    ("16d", b"FORGET\n"): [("K", INVALID)],
}


class Peer:
    """One client of the transcript, on a real socket."""

    def __init__(self, address):
        where = parse_router_address(address)
        if where.path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(where.path)
        else:
            self.socket = socket.create_connection((where.host_port.host, where.host_port.port))
        self.socket.settimeout(EVENTUALLY_S)
        self.buffer = LineBuffer(1024 * 1024)
        self.lines = []

    def read(self):
        """The next message, or None at the end of the stream."""
        while not self.lines:
            data = self.socket.recv(65536)
            if not data:
                return None
            self.lines += self.buffer.feed(data).splitlines()
        return decode(self.lines.pop(0))

    def has_heard_nothing(self):
        """Ask something: when the answer comes next, nothing had come before it."""
        self.socket.sendall(b"ALIVE serial=fence\n")
        answer = self.read()
        return answer is not None and answer.get("serial") == "fence" and answer.command == "ABSOLUTELY"


def steps():
    """(section, who writes, what, [(who hears, what)]) of the transcript, with our differences in place."""
    section, found = "", []
    for line in TRANSCRIPT.read_text().splitlines():
        if heading := HEADING.match(line):
            section = heading[1]
        elif (step := STEP.match(line)) and not (section == "18" and "svc_m2" in line):  # see prepare
            who, direction, text = step.groups()
            if direction == ">>>":
                found.append((section, who, ast.literal_eval(text), []))
            else:
                found[-1][3].append((who, text))
    used = set()
    for section, who, written, heard in found:
        key = (section, written)
        used.add(key)
        yield section, who, written, DIFFERENCES.get(key, heard) if key not in TWICE or who == TWICE[key] else heard
    assert set(DIFFERENCES) <= used


TWICE = {("7", b"CLOCK_STATUS\n"): "A"}
"""Steps that occur twice with the same bytes, of which one differs: whose it is."""


class Replay:
    def __init__(self, address):
        self.address = address
        self.peers = {}

    def peer(self, name):
        if name not in self.peers:
            self.peers[name] = Peer(self.address)
        return self.peers[name]

    def run(self):
        for section, who, written, heard in steps():
            where = f"section {section}: {who} >>> {written!r}"
            self.prepare(section, written)
            try:
                self.peer(who).socket.sendall(written)
            except (BrokenPipeError, ConnectionResetError):
                assert all(text == NOTHING for _, text in heard), where
                continue
            for name, text in heard:
                self.check(name, text, f"{where}, {name} <<< {text}")

    def prepare(self, section, written):
        """What the transcript's clients did without its being written down."""
        if section == "16c" and "D" in self.peers:
            self.peers.pop("D").socket.close()
        if section == "16d":
            self.peers.pop("K").socket.close() if written == b"CONNECT\n" else None
        if section == "17" and written.startswith(b"svc_b/"):
            self.peers.pop("M").socket.close()
            assert self.peer("A").read().get("service") == "svc_m"
        if section == "18" and written == b"STOP\n":
            self.peers.pop("B").socket.close()
            self.join("B", b"svc_b2", b"DISCONNECTING,STATUS")
            assert self.peer("A").read().get("service") == "svc_b2"
            self.join("M", b"svc_m2", b"HELP")
            assert [self.peer(name).read().get("service") for name in "AB"] == ["svc_m2", "svc_m2"]

    def join(self, name, service, commands):
        self.peer(name).socket.sendall(b"REGISTER service=%b;version=1\nCOMMANDS list=%b\n" % (service, commands))
        assert [self.peer(name).read().command for _ in range(2)] == ["HELP", "READY"]

    def check(self, name, text, where):
        peer = self.peer(name)
        if text == NOTHING:
            assert peer.socket.fileno() >= 0, where
            assert self.stopped(peer) or peer.has_heard_nothing(), where
        elif text == EOF:
            assert peer.read() is None, where
        elif text == "ALIVE!":
            question = peer.read()
            assert question.command == "ALIVE", where
            peer.socket.sendall(f"communicatord/ABSOLUTELY serial={question.get('serial')}\n".encode())
        else:
            wanted = decode(ast.literal_eval(text) if text.startswith("b'") else text.encode())
            found = peer.read()
            assert found is not None, where
            assert alike(wanted, found), f"{where}\n found {found}"

    @staticmethod
    def stopped(peer):
        """The router has closed this link: nothing more can come."""
        peer.socket.settimeout(0)
        try:
            return peer.socket.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        finally:
            peer.socket.settimeout(EVENTUALLY_S)


def alike(wanted: Message, found: Message) -> bool:
    """Equal in all that the C++ router said; ours signs every answer and may add parameters."""
    addressed = (wanted.command, wanted.service, wanted.server) == (found.command, found.service, found.server)
    signed = not wanted.sender or wanted.sender == found.sender
    if wanted.command == "COMMANDS":
        return addressed and signed
    said = {name: value for name, value in wanted.parameters.items() if name not in TIMES}
    return addressed and signed and said.items() <= found.parameters.items()


@pytest.mark.parametrize("door", ["unix", "local"])
def test_transcript(door, tmp_path):
    (tmp_path / "offline.service").touch()
    with run_router(server_name="peer", settings={"services_path": str(tmp_path)}) as router:
        replay = Replay(getattr(router, door))
        try:
            replay.run()
        finally:
            for peer in replay.peers.values():
                peer.socket.close()
