import pytest

from communicator.client.correlation import Correlator, OwnRouter
from communicator.protocol import Message, decode

ANSWERS = frozenset({"PONG", "ABSOLUTELY", "COMMANDS"})


def correlator(*, is_elder=False):
    return Correlator(OwnRouter("s", is_elder=is_elder))


@pytest.mark.parametrize(
    ("asked", "reply", "matches"),
    [
        (b"b/PING", b"<s:b a/PONG", True),
        (b"b/PING", b"<t:b a/PONG", True),
        (b"b/PING", b"<s:c a/PONG", False),
        (b"b/PING", b"<s:communicatord a/PONG", False),
        (b"b/PING", b"<s:b a/PANG", False),
        (b"b/PING", b"a/PONG", False),
        (b"b/PING", b"<s: a/PONG", False),
        (b"s:b/PING", b"<s:b a/PONG", True),
        (b"s:b/PING", b"<t:b a/PONG", False),
        (b"s:b/PING", b"a/PONG", False),
        (b"*:b/PING", b"<t:b a/PONG", True),
        (b"*:b/PING", b"<t:c a/PONG", False),
        (b"*:b/PING", b"a/PONG", False),
        (b".:b/PING", b"<s:b a/PONG", True),
        (b".:b/PING", b"<t:b a/PONG", False),
        (b"PING", b"<s:communicatord PONG", True),
        (b"PING", b"<t:communicatord a/PONG", False),
        (b"PING", b"<s:b a/PONG", False),
        (b"PING", b"a/PONG", False),
        (b"communicatord/PING", b"<s:communicatord PONG", True),
        (b"communicatord/PING", b"<t:communicatord a/PONG", False),
        (b"t:communicatord/PING", b"<t:communicatord a/PONG", True),
        (b"t:communicatord/PING", b"<s:communicatord PONG", False),
        (b"./PING", b"<s:anybody a/PONG", True),
        (b"./PING", b"<t:anybody a/PONG", True),
        (b"./PING", b"a/PONG", False),
    ],
)
def test_who_may_answer(asked, reply, matches):
    requests = correlator()
    request = requests.add(decode(asked), ANSWERS)
    assert requests.take_answered(decode(reply)) == (request if matches else None)
    assert len(requests) == (0 if matches else 1)


@pytest.mark.parametrize("is_elder", [True, False])
@pytest.mark.parametrize(
    ("asked", "reply", "of_elder"),
    [
        (b"ALIVE", b"s:a/ABSOLUTELY", True),
        (b"HELP", b"s:a/COMMANDS list=X", True),
        (b".:communicatord/HELP", b"s:a/COMMANDS list=X", True),
        (b"s:communicatord/HELP", b"s:a/COMMANDS list=X", True),
        (b"t:communicatord/HELP", b"s:a/COMMANDS list=X", False),
        (b"ALIVE", b"s:a/PONG", False),
        (b"ALIVE", b"<s: a/ABSOLUTELY", False),
        (b"b/ALIVE", b"s:a/ABSOLUTELY", False),
        (b"b/HELP", b"s:a/COMMANDS list=X", False),
        (b"./HELP", b"s:a/COMMANDS list=X", False),
    ],
)
def test_only_an_elder_router_answers_without_a_name_and_only_two_questions(asked, reply, of_elder, is_elder):
    requests = correlator(is_elder=is_elder)
    requests.add(decode(asked), ANSWERS)
    assert (requests.take_answered(decode(reply)) is not None) is (of_elder and is_elder)


@pytest.mark.parametrize(
    ("asked", "refusal", "matches"),
    [
        (b"b/PING", b"<s:b a/UNKNOWN command=PING", True),
        (b"b/PING", b"<s:communicatord UNKNOWN command=PING", True),
        (b"b/PING", b"<t:communicatord a/UNKNOWN command=PING", False),
        (b"b/PING", b"<s:c a/UNKNOWN command=PING", False),
        (b"b/PING", b"a/UNKNOWN command=PING", False),
        (b"PING", b"<s:communicatord UNKNOWN command=PING", True),
        (b"PING", b"a/UNKNOWN command=PING", False),
        (b"./PING", b"<s:communicatord UNKNOWN command=PING", True),
        (b"./PING", b"<s:c a/UNKNOWN command=PING", False),
    ],
)
def test_who_may_refuse(asked, refusal, matches):
    requests = correlator(is_elder=True)
    requests.add(decode(asked), ANSWERS)
    assert (requests.take_refused("PING", decode(refusal)) is not None) is matches
    assert requests.take_refused("PANG", decode(refusal)) is None


def test_the_oldest_of_equal_requests_is_answered_first():
    requests = correlator()
    tokens = [requests.add(Message("PING", service="b"), ANSWERS).token for _ in range(3)]
    requests.discard(tokens[1])
    requests.discard(tokens[1])
    answered = [requests.take_answered(decode(b"<s:b a/PONG")) for _ in range(3)]
    assert [request and request.token for request in answered] == [tokens[0], tokens[2], None]


def test_a_request_the_router_keeps_is_known_until_it_ends():
    requests = correlator()
    first, second, other = (requests.add(Message("PING", service=name), ANSWERS).token for name in "bbc")
    to_b = decode(b"TRANSMISSION_REPORT status=cached;destination_service=b")
    requests.keep("PING", to_b)
    requests.keep("PANG", to_b)
    assert [requests.is_kept(token) for token in (first, second, other)] == [True, False, False]
    requests.keep("PING", decode(b"TRANSMISSION_REPORT status=cached"))
    assert requests.is_kept(second)
    requests.take_answered(decode(b"<s:b a/PONG"))
    requests.take_all()
    assert not any(requests.is_kept(token) for token in (first, second, other))


def test_everything_that_waits_can_be_taken():
    requests = correlator()
    added = [requests.add(Message("PING", service=name), ANSWERS) for name in "bc"]
    assert requests.take_all() == added
    assert not requests


@pytest.mark.parametrize(
    ("asked", "destination"),
    [(b"PING", "communicatord"), (b"b/PING", "b"), (b"s:b/PING", "s:b")],
)
def test_a_request_says_where_it_went(asked, destination):
    assert correlator().add(decode(asked), ANSWERS).destination == destination
