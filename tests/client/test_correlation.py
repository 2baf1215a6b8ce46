import pytest

from communicator.client.correlation import Correlator
from communicator.protocol import Message, decode

PONG = frozenset({"PONG"})


@pytest.mark.parametrize(
    ("asked", "reply", "matches"),
    [
        (b"b/PING", b"<s:b a/PONG", True),
        (b"b/PING", b"<s:c a/PONG", False),
        (b"b/PING", b"<s:b a/PANG", False),
        (b"b/PING", b"a/PONG", True),
        (b"s:b/PING", b"<s:b a/PONG", True),
        (b"s:b/PING", b"<t:b a/PONG", False),
        (b"*:b/PING", b"<t:b a/PONG", True),
        (b".:b/PING", b"<s:b a/PONG", True),
        (b"PING", b"<s:communicatord PONG", True),
        (b"PING", b"<s:b a/PONG", False),
        (b"communicatord/PING", b"<s:communicatord PONG", True),
        (b"./PING", b"<s:anybody a/PONG", True),
    ],
)
def test_who_may_answer(asked, reply, matches):
    requests = Correlator()
    request = requests.add(decode(asked), PONG)
    assert requests.take_answered(decode(reply)) == (request if matches else None)
    assert len(requests) == (0 if matches else 1)


def test_the_oldest_of_equal_requests_is_answered_first():
    requests = Correlator()
    tokens = [requests.add(Message("PING", service="b"), PONG).token for _ in range(3)]
    requests.discard(tokens[1])
    requests.discard(tokens[1])
    answered = [requests.take_answered(decode(b"<s:b a/PONG")) for _ in range(3)]
    assert [request and request.token for request in answered] == [tokens[0], tokens[2], None]


def test_everything_that_waits_can_be_taken():
    requests = Correlator()
    added = [requests.add(Message("PING", service=name), PONG) for name in "bc"]
    assert requests.take_all() == added
    assert not requests


@pytest.mark.parametrize(
    ("asked", "destination"),
    [(b"PING", "communicatord"), (b"b/PING", "b"), (b"s:b/PING", "s:b")],
)
def test_a_request_says_where_it_went(asked, destination):
    assert Correlator().add(decode(asked), PONG).destination == destination
