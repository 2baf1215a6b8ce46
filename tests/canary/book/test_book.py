"""A book: what is taken, lifted and expires; what it shows of itself; and that books that hear of each other hold the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.book import book as book_module
from canary.book.book import Book, BookFullError, bucket_of
from canary.book.entry import TOMBSTONE_S, Entry, Lift
from canary.book.order import id_of
from tests.canary.book.orders_made import order

LIFT = Lift(user="ann", given_on="beta", reason="it is mended")


def places(book):
    return {order_id: entry.place for order_id, entry in book.entries()}


def test_an_order_is_in_force_until_its_time_is_over_and_is_remembered_after():
    book = Book()
    order_id = book.take(order(span_s=60.0), 100.0)
    assert list(book.in_force(159.9)) == [(order_id, Entry(order(span_s=60.0), "open", 160.0))]
    assert book.next_deadline_s() == 160.0
    assert list(book.in_force(160.0)) == []
    book.advance(160.0)
    assert places(book) == {order_id: "expired"}
    book.advance(160.0 + TOMBSTONE_S - 1)
    assert order_id in book
    book.advance(160.0 + TOMBSTONE_S)
    assert (len(book), book.digests(), book.next_deadline_s()) == (0, Book().digests(), None)


def test_what_is_lifted_is_not_in_force_and_does_not_come_back():
    book, other = Book(), Book()
    order_id = book.take(order(), 0.0)
    other.merge(book.entry(order_id))
    book.lift([order_id], LIFT, 5.0)
    assert (list(book.in_force(6.0)), book.entry(order_id).lift) == ([], LIFT)
    assert not book.merge(other.entry(order_id))
    assert other.merge(book.entry(order_id))
    assert other.digests() == book.digests()
    book.lift([order_id], Lift(user="root"), 7.0)
    assert book.entry(order_id).lift == LIFT, "what is over is over"


def test_each_change_has_a_revision_and_what_is_no_news_has_none():
    book = Book()
    first, second = book.take(order(1), 0.0), book.take(order(2), 0.0)
    assert (book.changed_in(first), book.changed_in(second), book.revision) == (1, 2, 2)
    assert not book.merge(book.entry(first))
    assert book.merge(Entry(order(1), "open", 100.0)), "less is left of it than was known"
    assert book.changed_in(first) == book.revision == 3
    assert book.changed_in("none") == 0


def test_what_differs_is_found_by_digests_and_lists():
    one, other = Book(), Book()
    same = one.take(order(0), 0.0)
    other.merge(one.entry(same))
    mine, yours = one.take(order(1), 0.0), other.take(order(2), 0.0)
    assert one.generation() != other.generation()
    differing = one.differing(other.digests())
    assert differing == sorted({bucket_of(mine), bucket_of(yours)}) == other.differing(one.digests())
    assert [id_of(entry.order) for entry in one.beyond({bucket: other.marks(bucket) for bucket in differing})] == [mine]


def test_a_full_book_takes_no_more(monkeypatch):
    monkeypatch.setattr(book_module, "ENTRIES", 2)
    book = Book()
    known = book.take(order(0), 0.0)
    book.take(order(1), 0.0)
    with pytest.raises(BookFullError, match="2 orders are remembered"):
        book.take(order(2), 0.0)
    book.lift([known], LIFT, 1.0)
    assert places(book)[known] == "lifted"


@given(st.data())
def test_books_that_have_heard_of_each_other_hold_the_same(data):
    books = [Book() for _ in range(3)]
    steps = st.tuples(st.sampled_from(("take", "lift", "tell", "pass")), st.integers(0, 2), st.integers(0, 2))
    now_s = 0.0
    for number, (step, first, second) in enumerate(data.draw(st.lists(steps, max_size=25))):
        book = books[first]
        match step:
            case "take":
                book.take(order(number, span_s=10.0), now_s)
            case "lift":
                book.lift([order_id for order_id, _ in book.in_force(now_s)][:1], LIFT, now_s)
            case "tell":
                tell(book, books[second])
            case "pass":
                now_s += 4.0
                for one in books:
                    one.advance(now_s)
    lifted = {order_id for book in books for order_id, place in places(book).items() if place == "lifted"}
    known = {order_id for book in books for order_id in places(book)}
    for book in (*books, *reversed(books)):
        for other in books:
            tell(book, other)
    assert len({book.digests() for book in books}) == 1
    assert set(places(books[0])) == known, "nothing is lost"
    assert {order_id for order_id, place in places(books[0]).items() if place == "lifted"} == lifted
    for book in books:
        assert_sound(book)


def tell(book, other):
    for _order_id, entry in list(book.entries()):
        other.merge(entry)


def assert_sound(book):
    """What it keeps in step with its entries is what they come to."""
    anew = Book()
    for _order_id, entry in book.entries():
        anew.merge(entry)
    assert anew.digests() == book.digests()
    assert {order_id for order_id, place in places(book).items() if place == "open"} == {
        order_id for order_id, _ in book.in_force(-1.0)
    }
