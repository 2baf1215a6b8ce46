"""What a message tells of itself."""

import pytest

from communicator.protocol.message import Message


@pytest.mark.parametrize(
    ("message", "destination", "sender"),
    [
        (Message("PING"), "", ""),
        (Message("PING", service="lock"), "lock", ""),
        (Message("PING", service="lock", server="alpha"), "alpha:lock", ""),
        (Message("PING", server="alpha"), "alpha:", ""),
        (Message("PING", sent_from_server="beta", sent_from_service="db"), "", "beta:db"),
        (Message("PING", sent_from_service="db"), "", ":db"),
        (Message("PING", sent_from_server="beta"), "", "beta:"),
    ],
)
def test_addresses_read_as_text(message, destination, sender):
    assert (message.destination, message.sender) == (destination, sender)


def test_a_missing_parameter_has_a_default():
    message = Message("PING", {"a": "1", "empty": ""})
    assert [message.get("a"), message.get("empty", "x"), message.get("b"), message.get("b", "x")] == [
        "1",
        "",
        "",
        "x",
    ]


def test_a_reply_goes_back_to_the_sender():
    asked = Message("PING", {"a": "1"}, "lock", "alpha", "beta", "db")
    assert asked.reply("PONG", {"b": "2"}) == Message("PONG", {"b": "2"}, service="db", server="beta")
    assert asked.reply("PONG") == Message("PONG", service="db", server="beta")


def test_it_cannot_be_changed_and_no_two_share_their_parameters():
    message = Message("PING")
    with pytest.raises(AttributeError):
        message.command = "PONG"
    message.parameters["a"] = "1"
    assert Message("PING").parameters == {}


def test_a_reply_repeats_the_ids_and_nothing_else():
    ids = {"correlation_id": "7", "shadow_id": "k-1"}
    message = Message("PING", {"n": "1", "shadow": "1", **ids}, "db", sent_from_server="beta", sent_from_service="web")
    assert message.ids == ids
    assert message.reply("PONG", {"m": "2"}) == Message("PONG", {"m": "2", **ids}, "web", "beta")
    assert message.reply("PONG", {"correlation_id": "own"}).ids == {**ids, "correlation_id": "own"}
    assert Message("PING", {"n": "1"}).reply("PONG").parameters == {}


@pytest.mark.parametrize(("parameters", "is_shadow"), [({"shadow": "1"}, True), ({"shadow": "0"}, False), ({}, False)])
def test_a_copy_for_a_shadow_is_marked(parameters, is_shadow):
    assert Message("PING", parameters).is_shadow is is_shadow
