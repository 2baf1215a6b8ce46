"""Replies as they are read for the comparison."""

from canary.shadow.reply import ENVELOPE, read_message, read_reply
from communicator.definitions.loading import packaged_files
from communicator.protocol.definitions import read_catalogue
from tests.canary.shadow.talk import said


def test_the_envelope_is_what_any_message_may_have():
    catalogue, _ = read_catalogue(packaged_files())
    assert set(catalogue.global_parameters) == ENVELOPE


def test_how_a_reply_travels_is_not_what_it_says():
    step = said("shadow", number=3, after_s=0.5, correlation_id="i7", shadow_id="c-3", trace="t", amount="12")
    reply = read_reply(step)
    assert (reply.command, reply.content, reply.addressee) == ("CHARGED", {"amount": "12"}, "beta:shop")
    assert (reply.number, reply.correlation_id, reply.after_s) == (3, "i7", 0.5)


def test_the_same_reply_has_the_same_anchor_in_each_stream():
    one, other = read_reply(said("primary", number=3, a="1")), read_reply(said("primary", number=3, a="1"))
    assert one.anchor == other.anchor
    assert one.anchor != read_reply(said("primary", number=4, a="1")).anchor
    assert one.anchor != read_reply(said("primary", number=3, a="2")).anchor


def test_what_is_no_line_is_nothing():
    assert read_message("\ud800") is None
    assert read_message("no command") is None
