"""Two accounts of a flag become one, the same in whichever order and however often; what makes no sense is refused by name."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.book.book import Book
from canary.book.definition import COUNTER_AHEAD, Definition, Stamp
from canary.book.entry import TOMBSTONE_S
from canary.book.told import read_told
from communicator.answers.features import DEFINITION_BYTES
from tests.canary.book.flags_made import FLAG, definition

DEFINITIONS = st.builds(
    definition,
    counter=st.integers(1, 3),
    origin=st.sampled_from(("alpha", "beta")),
    flag=st.sampled_from((FLAG, b"{}", None)),
    at_s=st.floats(0, 100),
)


@given(DEFINITIONS, DEFINITIONS, DEFINITIONS)
def test_accounts_come_to_the_same_however_they_meet(one, two, three):
    assert one.join(two) == two.join(one)
    assert one.join(two.join(three)) == one.join(two).join(three)
    assert one.join(one) == one
    assert one.join(two).join(two) == one.join(two)
    assert one.join(two).stamp == max(one.stamp, two.stamp)


@given(st.lists(DEFINITIONS, max_size=8), st.randoms())
def test_books_that_hear_the_same_in_any_order_hold_the_same(told, random):
    books = [Book(), Book()]
    for each in told:
        books[0].merge(each)
    for each in random.sample(told, len(told)) + told[:3]:
        books[1].merge(each)
    assert books[0].digests() == books[1].digests()


@given(DEFINITIONS, st.floats(0, 1e6))
def test_what_is_told_is_read_back_on_another_clock(one, ahead_s):
    read = read_told(msgspec.json.encode(one.tell(100.0)), 100.0 + ahead_s)
    assert read.spreads == one.spreads
    assert read.at_s == pytest.approx(one.at_s + ahead_s)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"feature": "no name"}, "feature"),
        ({"feature": "a\n"}, "feature"),
        ({"feature": "a" * 129}, "feature"),
        ({"stamp": [0, "alpha"]}, r"stamp\[0\]"),
        ({"stamp": [2**53 + 1, "alpha"]}, r"stamp\[0\]"),
        ({"stamp": [1, "no name"]}, "the flag 'a': origin 'no name' is not"),
        ({"flag": 7}, "the flag 'a': its definition is neither a JSON object nor null"),
        ({"flag": "x" * DEFINITION_BYTES}, f"its definition has {DEFINITION_BYTES + 2} bytes"),
        ({"age_s": -1.0}, "age_s"),
        ({"reason": "x" * 257}, "reason"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(changes, named):
    told = {"what": "definition", "feature": "a", "stamp": [1, "alpha"], "flag": {}, **changes}
    with pytest.raises(ValueError, match=named):
        read_told(msgspec.json.encode(told), 0.0)


def test_a_flag_that_is_nested_too_deeply_is_refused():
    told = b'{"what":"definition","feature":"a","stamp":[1,"alpha"],"flag":{"x":%s%s}}'
    with pytest.raises(ValueError, match="the flag 'a': its definition is nested deeper than 128 levels"):
        read_told(told % (b"[" * 128, b"]" * 128), 0.0)
    assert read_told(told % (b"[" * 127, b"]" * 127), 0.0)
    assert read_told(told % (b'"' + b"[" * 150 + b'\\"', b'"'), 0.0), "brackets in a text are none"


def test_a_counter_far_ahead_is_refused_and_named():
    book = Book()
    book.merge(definition(counter=5))
    book.require_near(definition(counter=5 + COUNTER_AHEAD), 0)
    with pytest.raises(ValueError, match="counter 1000006 of 'beta' for the flag 'new-checkout' is more than 1000000"):
        book.require_near(definition(counter=6 + COUNTER_AHEAD, origin="beta"), 0)
    with pytest.raises(ValueError, match="counter 1000001 of 'alpha' for the flag 'other'"):
        book.require_near(definition("other", counter=1 + COUNTER_AHEAD), 0)


def test_a_removed_flag_is_remembered_for_a_month_and_another_one_for_ever():
    book = Book()
    book.merge(definition("kept"))
    book.merge(definition(counter=1))
    book.merge(definition(counter=2, flag=None, at_s=10.0))
    assert not book.merge(definition(counter=1)), "what is older does not come back"
    assert book.next_deadline_s() == 10.0 + TOMBSTONE_S
    book.advance(10.0 + TOMBSTONE_S)
    assert (book.definition("new-checkout"), book.definition("kept").ends_s) == (None, math.inf)
    assert book.next_deadline_s() == math.inf
    assert list(book.features()) == ["kept"]


def test_the_same_told_again_is_no_news_though_its_age_differs():
    book = Book()
    assert book.merge(definition(at_s=5.0))
    assert not book.merge(definition(at_s=3.0))
    assert isinstance(book.definition("new-checkout"), Definition)
    assert book.definition("new-checkout").stamp == Stamp(1, "alpha")
