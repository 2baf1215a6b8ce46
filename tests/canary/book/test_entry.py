"""Two accounts of an order become one, the same in whichever order and however often; and what is told is read back."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.book.entry import TOMBSTONE_S, Entry, Lift, Told
from canary.book.told import read_told
from tests.canary.book.orders_made import order

LIFTS = st.builds(Lift, cause=st.sampled_from(("withdrawn", "replaced")), user=st.sampled_from(("root", "ann")))
TIMES = st.floats(0, 100)
ENTRIES = st.one_of(
    st.builds(Entry, st.just(order()), st.sampled_from(("open", "expired")), TIMES),
    st.builds(Entry, st.just(order()), st.just("lifted"), TIMES, LIFTS),
)


@given(ENTRIES, ENTRIES, ENTRIES)
def test_accounts_come_to_the_same_however_they_meet(one, two, three):
    assert one.join(two) == two.join(one)
    assert one.join(two.join(three)) == one.join(two).join(three)
    assert one.join(one) == one
    assert one.join(two).join(two) == one.join(two)


def test_what_is_over_never_comes_back_and_of_two_rests_the_smaller_counts():
    lift = Lift(user="ann")
    open_, expired, lifted = (
        Entry(order(), "open", 90),
        Entry(order(), "expired", 50),
        Entry(order(), "lifted", 70, lift),
    )
    assert open_.join(lifted) == lifted
    assert expired.join(lifted) == lifted
    assert open_.join(expired) == expired
    assert open_.join(Entry(order(), "open", 60)).ends_s == 60


@given(ENTRIES, st.floats(0, 1e6))
def test_what_is_told_is_read_back_on_another_clock(entry, ahead_s):
    read = read_told(msgspec.json.encode(entry.tell(10.0)), 10.0 + ahead_s)
    left_s = max(0.0, entry.ends_s - 10.0)
    assert read == msgspec.structs.replace(entry, ends_s=10.0 + ahead_s + left_s)


@pytest.mark.parametrize(
    ("place", "left_s", "longest_s"), [("open", 9e5, 3_600.0), ("expired", TOMBSTONE_S, TOMBSTONE_S)]
)
def test_nobody_can_prolong_an_order(place, left_s, longest_s):
    told = Told(order=order(), place=place, left_s=left_s)
    assert read_told(msgspec.json.encode(told), 5.0).ends_s == 5.0 + longest_s


def off(**changes):
    return order(kind="off", service="", version="", feature="new-checkout", **{"span_s": None, **changes})


def test_an_off_without_a_span_lasts_until_it_is_lifted_whatever_is_told_of_its_rest():
    entry = Entry(off(), "open", math.inf)
    told = entry.tell(10.0)
    assert (told.left_s, entry.aged(5.0)) == (None, entry)
    assert read_told(msgspec.json.encode(told), 7.0) == entry
    assert read_told(msgspec.json.encode(Told(order=off(), left_s=0.0)), 7.0) == entry
    assert read_told(msgspec.json.encode(Told(order=off(span_s=60.0))), 7.0).ends_s == 67.0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (b"[]", "Expected `object`"),
        (b"[" * 2_000, "nested too deeply|truncated|Expected"),
        (msgspec.json.encode({"what": "order", "order": msgspec.to_builtins(order()), "left_s": 1e9}), "left_s"),
        (
            msgspec.json.encode(
                {"what": "order", "order": {**msgspec.to_builtins(order()), "kind": "promote"}, "left_s": 1}
            ),
            "kind",
        ),
        (
            msgspec.json.encode({"what": "order", "order": {**msgspec.to_builtins(order()), "more": 1}, "left_s": 1}),
            "unknown field",
        ),
        (
            msgspec.json.encode(
                {"what": "order", "order": {**msgspec.to_builtins(order()), "nonce": "1"}, "left_s": 1}
            ),
            "nonce",
        ),
        (msgspec.json.encode(Told(order=order(service="canary"), left_s=1)), "never blocked"),
        (msgspec.json.encode(Told(order=off(), place="expired", left_s=1)), "lasts until it is lifted has not expired"),
        (msgspec.json.encode(Told(order=order(), place="lifted", left_s=1)), "not who lifted it"),
        (msgspec.json.encode(Told(order=order(), left_s=1, lift=Lift())), "says who lifted it"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(text, named):
    with pytest.raises(ValueError, match=named):
        read_told(text, 0.0)
