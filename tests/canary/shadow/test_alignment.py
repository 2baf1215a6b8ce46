"""Which replies of one conversation belong together, as a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.shadow.alignment import align
from canary.shadow.reply import Reply


def replies(text):
    """Replies such as ``A@x#3=id``: command A to x, of message 3, with an ID."""
    return [reply(one) for one in text.split()]


def reply(text):
    head, _, named = text.partition("=")
    head, _, number = head.partition("#")
    command, _, to = head.partition("@")
    return Reply(command, {}, to or "x", int(number or -1), named)


def shown(one):
    number = f"#{one.number}" if one.number >= 0 else ""
    named = f"={one.correlation_id}" if one.correlation_id else ""
    to = f"@{one.addressee}" if one.addressee != "x" else ""
    return f"{one.command}{to}{number}{named}"


TABLE = {
    "nothing": ("", "", "", 0, 0),
    "one": ("A", "A", "A/A", 0, 0),
    "order decides, k-th with k-th": ("A B A", "A A B", "A/A A/A B/B", 0, 0),
    "each addressee has an order of its own": ("A@x A@y", "A@y A@x", "A/A A@y/A@y", 0, 0),
    "numbers go before order": ("A#0 A#1", "A#1 A#0", "A#0/A#0 A#1/A#1", 0, 0),
    "identifiers go before order": ("A=p A=q", "A=q A=p", "A=p/A=p A=q/A=q", 0, 0),
    "numbers go before identifiers": ("A#0=p A#1=p", "A#1=p A#0=p", "A#0=p/A#0=p A#1=p/A#1=p", 0, 0),
    "a number on one side says nothing": ("A", "A#4", "A/A#4", 0, 0),
    "a number on one side, an identifier on both": ("A=p A=q", "A#1=q A#0=p", "A=p/A#0=p A=q/A#1=q", 0, 0),
    "another command to the same message": ("A#0", "E#0", "A#0/E#0", 0, 0),
    "another command to the same identifier": ("A=p B=q", "E=q A=p", "A=p/A=p B=q/E=q", 0, 0),
    "another command in its place": ("A", "E", "A/E", 0, 0),
    "no command in its place": ("A B", "A", "A/A", 1, 0),
    "one too many": ("A", "A A", "A/A", 0, 1),
    "progress first, then the same": ("A#0", "P#0 A#0", "A#0/A#0", 0, 1),
    "progress first, then another one": ("A#0", "P#0 E#0", "", 1, 2),
    "different messages are never a pair": ("A#0", "A#1", "", 1, 1),
    "nor different identifiers": ("A=p", "A=q", "", 1, 1),
    "another addressee": ("A@x", "A@y", "", 1, 1),
    "silence": ("A A", "", "", 2, 0),
}


@pytest.mark.parametrize(("primary", "shadow", "pairs", "left", "right"), TABLE.values(), ids=TABLE)
def test_replies_belong_together(primary, shadow, pairs, left, right):
    found = align(replies(primary), replies(shadow))
    assert sorted(f"{shown(one)}/{shown(other)}" for one, other in found.pairs) == sorted(pairs.split())
    assert (found.unpaired_primary, found.unpaired_shadow) == (left, right)


REPLY = st.builds(
    Reply,
    st.sampled_from("AB"),
    st.just({}),
    st.sampled_from("xy"),
    st.integers(-1, 2),
    st.sampled_from(["", "p", "q"]),
)


@given(primary=st.lists(REPLY, max_size=8), shadow=st.lists(REPLY, max_size=8))
def test_each_reply_is_in_one_pair_or_in_none_and_no_pair_contradicts_itself(primary, shadow):
    found = align(primary, shadow)
    assert len(found.pairs) + found.unpaired_primary == len(primary)
    assert len(found.pairs) + found.unpaired_shadow == len(shadow)
    assert not any(
        one.contradicts(other) or (one.addressee != other.addressee and one.number < 0 and not one.correlation_id)
        for one, other in found.pairs
    )


@given(said=st.lists(REPLY, max_size=8))
def test_whoever_says_the_same_is_paired_with_itself(said):
    found = align(said, said)
    assert [(one, other) for one, other in found.pairs if one != other] == []
    assert found.unpaired_primary == found.unpaired_shadow == 0
