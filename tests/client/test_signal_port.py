import socket

import pytest

from communicator import AddressError, LocalProtocolError, Message, NotConnectedError, send_signal
from communicator.protocol import decode
from communicator.protocol.limits import DATAGRAM_BYTES
from tests.conftest import EVENTUALLY_S


@pytest.fixture(params=[(socket.AF_INET, "127.0.0.1", "127.0.0.1"), (socket.AF_INET6, "::1", "[::1]")])
def port(request):
    family, host, shown = request.param
    with socket.socket(family, socket.SOCK_DGRAM) as ear:
        ear.bind((host, 0))
        ear.settimeout(EVENTUALLY_S)
        yield ear, f"cdu://{shown}:{ear.getsockname()[1]}"


def test_one_message_is_one_datagram_without_a_newline(port):
    ear, address = port
    send_signal(address, Message("NOTE", {"n": "1"}, "svc_b"), secret_code="abc")
    data = ear.recv(4096)
    assert not data.endswith(b"\n")
    assert decode(data) == Message("NOTE", {"n": "1", "secret_code": "abc"}, "svc_b")


def test_the_longest_datagram_goes_and_one_more_byte_does_not(port):
    ear, address = port
    longest = DATAGRAM_BYTES - len(b"NOTE v=")
    send_signal(address, Message("NOTE", {"v": "x" * longest}))
    assert len(ear.recv(4096)) == DATAGRAM_BYTES
    with pytest.raises(LocalProtocolError, match="takes 1025 bytes"):
        send_signal(address, Message("NOTE", {"v": "x" * (longest + 1)}))


@pytest.mark.parametrize("address", ["cd://127.0.0.1:4040", "cds://127.0.0.1:4043", "cdu:///run/x.sock"])
def test_only_a_signal_port_takes_signals(address):
    with pytest.raises(AddressError):
        send_signal(address, Message("NOTE"))


def test_an_unknown_host_is_told():
    with pytest.raises(NotConnectedError, match=r"cannot reach the router at cdu://nowhere\.invalid:4041"):
        send_signal("cdu://nowhere.invalid:4041", Message("NOTE"))
