import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.errors import LocalProtocolError, RemoteProtocolError
from communicator.protocol import Message, decode
from communicator.protocol.limits import LINE_BYTES_HARD
from communicator.router.vocabulary.envelope import (
    HOPS,
    MESSAGE_ID_CHARACTERS,
    ROUTER_PARAMETERS,
    Spread,
    maker_of,
    open_envelope,
    own_envelope,
    write_line,
)
from communicator.router.vocabulary.events import LinkKind
from communicator.router.vocabulary.registry import Link, Party

LINK = Link(1, LinkKind.REMOTE, "192.0.2.1:4042")


def opened(parameters, **fields):
    return open_envelope(LINK, Message("PING", parameters, **fields))


@pytest.mark.parametrize("parameter", sorted(ROUTER_PARAMETERS))
def test_what_routers_write_is_not_part_of_the_message(parameter):
    message = Message("PING", {parameter: "1", "x": "2"}, "svc")
    assert own_envelope(LINK, message).message == Message("PING", {"x": "2"}, "svc")
    assert open_envelope(LINK, message).message == Message("PING", {"x": "2"}, "svc")


def test_what_a_service_writes_for_routers_says_nothing():
    forged = dict.fromkeys(ROUTER_PARAMETERS, "1") | {"ack": "required"}
    envelope = own_envelope(LINK, Message("PING", forged))
    plain = own_envelope(LINK, Message("PING", {"ack": "required"}))
    assert envelope == plain
    assert (envelope.hop, envelope.hops_left, envelope.ack_id, envelope.serves) == (0, HOPS, "", None)


@pytest.mark.parametrize(
    ("text", "left", "hop"), [("", 15, 1), ("15", 15, 1), ("14", 14, 2), ("0", 0, 16), ("99", 15, 1)]
)
def test_the_hops_that_are_left_tell_how_far_it_came(text, left, hop):
    envelope = opened({"hops_left": text} if text else {})
    assert (envelope.hops_left, envelope.hop) == (left, hop)


@pytest.mark.parametrize("text", ["-1", "x", "1.5", "one", "9" * 400])
def test_a_wrong_number_of_hops_is_told(text):
    with pytest.raises((RemoteProtocolError, ValueError)):
        opened({"hops_left": text})


def test_what_is_told_of_a_broadcast():
    envelope = opened(
        {
            "broadcast_msgid": "i" * 1000,
            "broadcast_to": "b,c",
            "broadcast_informed_neighbors": "10.0.0.1, [fe80::1],,10.0.0.2",
        }
    )
    assert envelope.serves == {"b", "c"}
    assert envelope.spread.informed == {"10.0.0.1", "fe80::1", "10.0.0.2"}
    assert len(envelope.spread.identity) == MESSAGE_ID_CHARACTERS
    assert opened({"broadcast_informed_neighbors": "10.0.0.1"}).spread is None


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "\u0663", "9" * 400, " "])
def test_what_is_malformed_of_a_spread_message_counts_as_not_written(text):
    said = dict.fromkeys(("broadcast_hops", "broadcast_timeout", "broadcast_informed_neighbors"), text)
    assert opened({"broadcast_msgid": "a-1", **said}).spread == Spread(identity="a-1")


@pytest.mark.parametrize(
    ("one", "other", "are_copies"),
    [
        (("a", "a-1", "17"), ("a", "a-1", "17"), True),
        (("a", "a-1", "17"), ("a", "a-2", "17"), False),
        (("a", "a-1", "17"), ("b", "a-1", "17"), False),  # nobody uses up the identifiers of another
        (("a", "a-1", "17"), ("a", "a-1", "99"), False),  # of another life, which counts anew
        (("b", "b-0123456789ab-1", "17"), ("b", "b-0123456789ab-1", ""), True),  # ours is unique without
    ],
)
def test_what_copies_are_known_by(one, other, are_copies):
    keys = {Spread(identity=identity, until=until).key(sender) for sender, identity, until in (one, other)}
    assert (len(keys) == 1) is are_copies


SAID = Message("PAYLOAD", {"n": "1"}, "svc", "*", "beta", "cli")


@pytest.mark.parametrize(
    ("identity", "message", "is_same"),
    [
        ("b-1", SAID, True),
        ("b-2", SAID, False),
        ("b-1", Message("PAYLOAD", {"n": "2"}, "svc", "*", "beta", "cli"), False),
        ("b-1", Message("PAYLOAD", {"n": "1"}, "svc", "", "beta", "cli"), False),
        ("b-1", Message("PAYLOAD", {"n": "1"}, "svc", "*", "beta", "other"), False),
    ],
)
def test_what_is_announced_is_known_word_for_word(identity, message, is_same):
    is_known = Spread(identity=identity).exact_key(message) == Spread(identity="b-1").exact_key(SAID)
    assert is_known is is_same


@pytest.mark.parametrize(
    ("to", "told", "is_flooded"),
    [
        ("svc/P", {}, False),
        ("svc/P", {"broadcast_msgid": "a-1"}, True),
        ("*:svc/P", {"broadcast_msgid": "a-1"}, True),
        ("?/P", {"broadcast_msgid": "a-1"}, True),
        ("b:svc/P", {"broadcast_msgid": "a-1"}, False),
        ("svc/P", {"broadcast_msgid": "a-1", "broadcast_to": "b"}, False),
    ],
)
def test_what_c_routers_spread_is_for_whoever_may_take_it(to, told, is_flooded):
    said = decode(to.encode())
    assert opened(told, service=said.service, server=said.server).is_flooded is is_flooded


@pytest.mark.parametrize(("ack", "counts"), [("required", True), ("no", False), ("", False)])
def test_an_identifier_counts_only_where_an_acknowledgement_is_asked_for(ack, counts):
    """Whoever asks for one has its message read by its own router, which writes the identifier itself."""
    assert opened({"ack_id": "a-0-1", "ack": ack}).ack_id == ("a-0-1" if counts else "")


def test_whoever_has_no_name_cannot_be_told():
    assert opened({}).sender is None
    assert opened({}, sent_from_server="a").sender is None
    assert opened({}, sent_from_server="a", sent_from_service="svc").sender == Party("a", "svc")


@pytest.mark.parametrize(
    ("identity", "server"),
    [("a-0123-7", "a"), ("with-a-dash-0123-7", "with-a-dash"), ("a-7", ""), ("odd", ""), ("", "")],
)
def test_an_identifier_tells_whose_router_made_it(identity, server):
    assert maker_of(identity) == server


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8).filter(
    lambda text: not text.endswith("\\")
)
NAMES = st.sampled_from(["a", "ack", "z9", "trace"])


@given(
    parameters=st.dictionaries(NAMES, VALUES),
    left=st.integers(0, 15) | st.none(),
    others=st.dictionaries(
        st.sampled_from(["ack_id", "broadcast_to", "broadcast_msgid"]), st.sampled_from(["a-0-1", "b,c"])
    ),
)
def test_a_line_for_the_next_router_says_the_same_and_the_hops_first(parameters, left, others):
    message = Message("PING", parameters, "svc", "", "a", "s")
    told = others | ({} if left is None else {"hops_left": str(left)})
    line = write_line(message, told, "b")
    assert decode(line) == Message("PING", {**parameters, **told}, "svc", "b", "a", "s")
    assert left is None or line.startswith(b"<a:s b:svc/PING hops_left=%d;" % left)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")


def test_a_server_that_is_addressed_already_stays():
    assert write_line(Message("PING", {}, "svc", "b"), {}) == b"b:svc/PING\n"
    assert write_line(Message("PING", {}, "svc", "b"), {"hops_left": "3"}) == b"b:svc/PING hops_left=3;\n"


def test_what_routers_write_makes_no_line_longer_than_a_link_takes():
    message = Message("PING", {"x": "y" * (LINE_BYTES_HARD - len("svc/PING x="))}, "svc")
    assert len(write_line(message, {})) == LINE_BYTES_HARD + 1
    with pytest.raises(LocalProtocolError, match="more than"):
        write_line(message, {"hops_left": "3"})
