"""Each input that was found to end a C++ communicatord 2.0.13, written to a live router through its own door."""

import socket

import pytest

from communicator import BlockingClient, Message
from communicator.protocol import decode, parse_router_address
from communicator.testing import run_router

DEADLY = {
    "a version that is no integer": [b"REGISTER service=k;version=abc\n"],
    "a name that is none, then a question": [b"REGISTER service=bad name;version=1\n", b"ALIVE\n"],
    "not UTF-8": [b"\xff\xfe\n"],
    "ACCEPT with a bad address": [b"ACCEPT server_name=x;my_address=garbage\n"],
    "FORGET with a bad address": [b"FORGET ip=garbage\n"],
    "a broadcast whose timeout is no integer": [b"*/PAYLOAD broadcast_msgid=a-1;broadcast_timeout=x\n"],
    "a broadcast whose hops are no integer": [
        b"*/PAYLOAD broadcast_msgid=a-1;broadcast_timeout=9999999999;broadcast_informed_neighbors=;broadcast_hops=x\n",
    ],
    "leaving what was never entered": [b"UNREGISTER_FROM_LOADAVG\n"],
    "JSON of an unexpected shape": [
        b'{"command":5}\n',
        b'{"command":"PAYLOAD","service":"k","parameters":{"a":{"b":1}}}\n',
        b"[1]\n",
    ],
}
DEADLY_DATAGRAMS = [b"PUBLIC_IP", b"ALIVE", b"FOO", b"\xff\xfe\x00", b"", b"\n", b"\0", b"{", b"a" * 1024, b"a" * 60000]


@pytest.fixture(scope="module")
def router():
    with run_router() as one:
        yield one


@pytest.fixture
def bystander(router):
    """A client of the same router that must notice nothing."""
    with BlockingClient(router.unix, "bystander") as client:
        yield client
        answer = client.request(Message("ALIVE", {"serial": "after"}), "ABSOLUTELY", timeout_s=20)
        assert answer.get("serial") == "after"
    assert router.is_running
    assert "Traceback" not in router.log


@pytest.mark.parametrize("written", DEADLY.values(), ids=DEADLY)
@pytest.mark.parametrize("door", ["unix", "local"])
@pytest.mark.usefixtures("bystander")
def test_a_line_is_answered_and_the_link_lives(router, door, written):
    where = parse_router_address(getattr(router, door))
    with socket.socket(socket.AF_UNIX if where.path else socket.AF_INET) as peer:
        peer.connect(where.path or (where.host_port.host, where.host_port.port))
        peer.settimeout(20)
        peer.sendall(b"".join(written) + b"ALIVE serial=fence\n")
        answers = read_to_fence(peer)
    assert {answer.command for answer in answers} <= {"INVALID", "UNKNOWN", "ABSOLUTELY"}
    assert all(answer.get("message") for answer in answers if answer.command == "INVALID")


def read_to_fence(peer):
    answers = []
    with peer.makefile("rb") as lines:
        for line in lines:
            answers.append(decode(line))
            if answers[-1].get("serial") == "fence":
                return answers
    pytest.fail(f"the link was closed after {answers}")


@pytest.mark.parametrize("datagram", DEADLY_DATAGRAMS, ids=lambda datagram: repr(datagram[:12]))
def test_a_datagram_is_never_answered(router, bystander, datagram):
    where = parse_router_address(router.signal).host_port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.connect((where.host, where.port))
        peer.send(datagram)
        bystander.request(Message("ALIVE"), "ABSOLUTELY", timeout_s=20)
        peer.settimeout(0)
        with pytest.raises(BlockingIOError):
            peer.recv(1)
