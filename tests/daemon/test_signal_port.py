"""What the signal port lets pass, datagram by datagram."""

import pytest

from communicator.daemon.signal_port import SignalPort
from communicator.router.vocabulary.events import DatagramReceived, Process

LOOPBACK, ELSEWHERE = ("127.0.0.1", 9), ("192.0.2.7", 9)


@pytest.mark.parametrize(
    ("secret", "data", "sender", "outcome"),
    [
        ("", b"a/GO x=1", LOOPBACK, b"a/GO x=1\n"),
        ("", b"a/GO x=1\n", ("::1", 9, 0, 0), b"a/GO x=1\n"),
        ("", b"a/GO secret_code=s;x=1", LOOPBACK, b"a/GO x=1\n"),
        ("", b"a/GO x=1", ELSEWHERE, "remote"),
        ("s", b"a/GO secret_code=s;x=1", ELSEWHERE, b"a/GO x=1\n"),
        ("s", b"a/GO secret_code=s", LOOPBACK, b"a/GO\n"),
        ("s", b"a/GO secret_code=S;x=1", LOOPBACK, "secret"),
        ("s", b"a/GO x=1", LOOPBACK, "secret"),
        ("s", b"a/GO secret_code=;x=1", LOOPBACK, "secret"),
        ("s", "a/GO secret_code=ß".encode(), LOOPBACK, "secret"),
        ("", b"", LOOPBACK, "invalid"),
        ("", b"\xff", LOOPBACK, "invalid"),
        ("", b"a/GO\nb/GO", LOOPBACK, "invalid"),
        ("", b"a/GO x", LOOPBACK, "invalid"),
        ("", b"{", LOOPBACK, "invalid"),
        ("", b'a/GO x="1', LOOPBACK, "invalid"),
        ("", b"a/GO x=" + b"1" * 1017, LOOPBACK, b"a/GO x=" + b"1" * 1017 + b"\n"),
        ("", b"a/GO x=" + b"1" * 1018, LOOPBACK, "too_long"),
    ],
)
def test_a_datagram_passes_or_is_counted(secret, data, sender, outcome):
    passed: list[DatagramReceived] = []
    port = SignalPort(passed.append, secret.encode())
    port.datagram_received(data, sender)
    if isinstance(outcome, bytes):
        assert [event.data for event in passed] == [outcome]
        assert port.rejected.total() == 0
    else:
        assert not passed
        assert port.rejected[outcome] == port.rejected.total() == 1


@pytest.mark.parametrize(
    ("told", "event"),
    [
        (Process(None, "/system.slice/a.service"), {"process": Process(None, "/system.slice/a.service")}),
        (Process(), {"process": Process()}),
        (None, {"is_from_afar": True}),
    ],
)
def test_who_has_sent_is_told_while_that_is_asked_for(told, event):
    passed: list[DatagramReceived] = []
    asked = []
    port = SignalPort(passed.append, b"s")
    port.datagram_received(b"a/GO secret_code=s", ("::1", 9, 0, 0))
    port.sender_of = lambda sender: asked.append(sender) or told
    port.datagram_received(b"a/GO secret_code=s", ("::1", 9, 0, 0))
    assert passed == [DatagramReceived(b"a/GO\n"), DatagramReceived(b"a/GO\n", **event)]
    assert asked == [("::1", 9)]
