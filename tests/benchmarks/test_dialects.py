import pytest

from benchmarks.dialects import Mqtt, Nats, Ours, Redis
from benchmarks.shapes import SHAPES, make_line

LINE = b"receiver_0/PAYLOAD data=x\n"


@pytest.mark.parametrize(
    ("dialect", "frame", "delivered"),
    [
        (Ours(), LINE, b"<bench:sender_0 " + LINE),
        (Nats(), b"PUB receiver_0 26\r\n" + LINE + b"\r\n", b"MSG receiver_0 1 26\r\n" + LINE + b"\r\n"),
        (
            Redis(),
            b"*3\r\n$7\r\nPUBLISH\r\n$10\r\nreceiver_0\r\n$26\r\n" + LINE + b"\r\n",
            b"*3\r\n$7\r\nmessage\r\n$10\r\nreceiver_0\r\n$26\r\n" + LINE + b"\r\n",
        ),
        (Mqtt(), b"\x30\x26\x00\x0areceiver_0" + LINE, b"\x30\x26\x00\x0areceiver_0" + LINE),
    ],
)
def test_each_server_gets_the_same_line_in_its_own_frame(dialect, frame, delivered):
    assert dialect.frame("receiver_0", LINE) == frame
    assert dialect.delivered("sender_0", "receiver_0", LINE) == delivered


def test_a_long_mqtt_packet_has_a_length_of_two_bytes():
    assert Mqtt().frame("t", b"x" * 1024)[:3] == b"\x30\x83\x08"


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
@pytest.mark.parametrize("line_bytes", [100, 1024])
def test_every_line_of_a_shape_has_the_asked_length(shape, line_bytes):
    lines = [make_line(topic, line_bytes) for topic in shape.topics]
    assert {len(line) for line in lines} == {line_bytes}
    assert all(line.count(b"\n") == 1 and line.endswith(b"\n") for line in lines)
