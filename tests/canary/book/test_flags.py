"""Which entries are about a flag, what has changed since, and how many definitions there is room for."""

import pytest

from canary.book import flags as flags_module
from canary.book.book import Book, BookFullError
from canary.book.entry import Lift
from tests.canary.book.flags_made import definition
from tests.canary.book.orders_made import order


def off(number=0, feature="new-checkout", **changes):
    return order(number, kind="off", service="", version="", feature=feature, **{"span_s": None, **changes})


def changed(book, since):
    return [feature for feature, _ in book.features_changed(since)]


def test_what_is_about_a_flag_is_found_and_what_has_changed_since():
    book = Book()
    book.take(order(), 0.0)
    began = book.revision
    book.merge(definition())
    book.merge(definition("other"))
    assert changed(book, began) == ["other", "new-checkout"]
    seen = book.revision
    off_id = book.take(off(), 0.0)
    assert changed(book, seen) == ["new-checkout"]
    assert [entry.is_open for entry in book.offs("new-checkout").values()] == [True]
    assert (book.offs("other"), book.offs("unknown")) == ({}, {})
    seen = book.revision
    book.lift([off_id], Lift(user="ann"), 1.0)
    assert (changed(book, seen), changed(book, book.revision)) == (["new-checkout"], [])
    assert [entry.is_open for entry in book.offs("new-checkout").values()] == [False]


def test_a_book_that_is_taken_anew_tells_that_its_flags_have_changed():
    book = Book()
    book.merge(definition())
    book.take(off(feature="other"), 0.0)
    seen = book.revision
    book.clear()
    assert sorted(changed(book, seen)) == ["new-checkout", "other"]
    assert (list(book.features()), book.definition("new-checkout")) == ([], None)
    assert book.digests() == Book().digests()


def test_definitions_are_bounded_and_those_there_may_be_replaced(monkeypatch):
    monkeypatch.setattr(flags_module, "DEFINITIONS", 2)
    book = Book()
    assert [book.merge(definition(name)) for name in ("a", "b", "c")] == [True, True, False]
    assert book.merge(definition("b", counter=2))
    assert book.take(order(), 0.0), "they take no room from orders"


def test_what_definitions_take_together_is_bounded(monkeypatch):
    size = definition().size_bytes
    monkeypatch.setattr(flags_module, "DEFINITIONS_BYTES", 2 * size)
    book = Book()
    assert [book.merge(definition(name)) for name in ("a", "b", "c")] == [True, True, False]
    book.merge(definition("a", counter=2, flag=None))
    assert book.merge(definition("c"))


def test_a_book_full_of_orders_takes_an_off(monkeypatch):
    monkeypatch.setattr("canary.book.book.ENTRIES", 1)
    book = Book()
    book.take(order(), 0.0)
    assert book.take(off(), 0.0) in book
    monkeypatch.setattr("canary.book.book.OFFS", 1)
    with pytest.raises(BookFullError):
        book.take(off(1), 0.0)


def test_the_flags_whose_changes_are_remembered_are_bounded(monkeypatch):
    limit = 3
    monkeypatch.setattr(flags_module, "CHANGED", limit)
    book = Book()
    for number in range(limit + 2):
        book.merge(definition(f"f{number}"))
    assert changed(book, -1) == ["f4", "f3", "f2"]


def test_what_routers_go_by_does_not_change_with_flags():
    book = Book()
    book.take(order(), 0.0)
    rules, whole = book.generation_of_rules(), book.generation()
    book.merge(definition())
    off_id = book.take(off(), 0.0)
    book.lift([off_id], Lift(user="ann"), 1.0)
    assert (book.generation_of_rules(), book.generation() == whole) == (rules, False)
    book.take(order(1), 0.0)
    assert book.generation_of_rules() != rules
    book.clear()
    assert book.generation_of_rules() == Book().generation_of_rules()
