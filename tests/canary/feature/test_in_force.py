"""Flags in force are what the book comes to; they are fetched in pages, and then what has changed alone."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from canary.book.book import Book
from canary.book.entry import Lift
from canary.feature.in_force import InForce
from communicator.answers.features import DEFINITION_BYTES, PAGE_BYTES
from tests.canary.book.flags_made import FLAG, definition
from tests.canary.book.orders_made import order


def off(number=0, feature="new-checkout", **changes):
    return order(number, kind="off", service="", version="", feature=feature, **{"span_s": None, **changes})


class Asker:
    """A service that fetches flags."""

    def __init__(self):
        self.flags, self.generation, self.pages = {}, "", 0

    def fetch(self, in_force):
        """All pages; returns what came."""
        came, after, generation, is_whole = {}, "", None, True
        while True:
            page = in_force.page(self.generation, after)
            assert len(msgspec.json.encode(page)) <= PAGE_BYTES + 512 or len(page.flags) == 1
            generation, is_whole = generation or page.generation, page.is_whole
            came |= {name: None if bytes(flag) == b"null" else flag for name, flag in page.flags.items()}
            self.pages += 1
            after = page.after
            if not after:
                break
        self.flags = {
            name: flag for name, flag in ({} if is_whole else self.flags | came).items() if flag is not None
        } | ({name: flag for name, flag in came.items() if flag is not None})
        self.generation = generation
        return {name: None if flag is None else bytes(flag) for name, flag in came.items()}


def test_an_off_wins_over_any_definition_until_the_last_one_is_over():
    book, in_force = Book(), InForce("n")
    book.merge(definition())
    assert in_force.follow(book) == {"new-checkout": FLAG}
    first, second = book.take(off(), 0.0), book.take(off(1, span_s=60.0), 0.0)
    (dark,) = in_force.follow(book).values()
    told = msgspec.json.decode(dark)
    assert (told["defaultVariant"], told["metadata"]["switched_off"]) == ("off", True)
    book.merge(definition(counter=2, flag=FLAG.replace(b'"ENABLED"', b'"DISABLED"')))
    assert in_force.follow(book) == {}, "an off looks the same, whatever is defined"
    book.lift([first], Lift(user="ann"), 1.0)
    assert in_force.follow(book) == {}
    book.advance(60.0)
    assert second in book
    assert in_force.follow(book) == {"new-checkout": FLAG.replace(b'"ENABLED"', b'"DISABLED"')}


def test_what_is_switched_off_before_it_is_defined_is_off_from_the_beginning():
    book, in_force = Book(), InForce("n")
    book.take(off(), 0.0)
    assert (in_force.follow(book), in_force.get("new-checkout")) == ({}, None)
    book.merge(definition())
    assert b"switched_off" in in_force.follow(book)["new-checkout"]


def test_a_definition_that_makes_no_sense_gives_the_default_of_the_code_while_it_is_off():
    book, in_force = Book(), InForce("n")
    for number, flag in enumerate((b"{}", b'{"variants":7}', b'{"variants":{},"metadata":7}')):
        book.merge(definition(f"f{number}", flag=flag))
        book.take(off(number, feature=f"f{number}"), 0.0)
    assert in_force.follow(book) == {}


def test_whoever_knows_a_generation_gets_what_has_changed_and_who_names_another_gets_all():
    book, in_force, asker = Book(), InForce("n"), Asker()
    for name in "cab":
        book.merge(definition(name))
    in_force.follow(book)
    assert list(asker.fetch(in_force)) == ["a", "b", "c"]
    assert asker.fetch(in_force) == {}
    book.merge(definition("b", counter=2, flag=None))
    book.merge(definition("d"))
    in_force.follow(book)
    assert asker.fetch(in_force) == {"b": None, "d": FLAG}
    for unknown in ("m.1", "n.99", "n.x", "n", "", "n." + "9" * 40):
        page = in_force.page(unknown, "")
        assert (page.is_whole, list(page.flags)) == (True, ["a", "c", "d"]), unknown


def test_a_book_that_is_taken_anew_takes_all_flags_away():
    book, in_force = Book(), InForce("n")
    book.merge(definition())
    in_force.follow(book)
    book.clear()
    assert in_force.follow(book) == {"new-checkout": None}


def test_pages_hold_as_much_as_a_page_may_and_the_largest_flag_fits():
    book, in_force, asker = Book(), InForce("n"), Asker()
    large = b'{"x":"' + b'\\"' * ((DEFINITION_BYTES - 8) // 2) + b'"}'
    for number in range(20):
        book.merge(definition(f"large{number}", flag=large))
    in_force.follow(book)
    asker.fetch(in_force)
    assert (len(asker.flags), asker.pages) == (20, 20)


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("define"), st.sampled_from("abcde")),
        st.tuples(st.just("remove"), st.sampled_from("abcde")),
        st.tuples(st.just("off"), st.sampled_from("abcde")),
        st.tuples(st.just("on"), st.sampled_from("abcde")),
        st.tuples(st.just("fetch"), st.just("")),
    ),
    max_size=20,
)


@given(CHANGES)
def test_whoever_fetches_now_and_then_holds_what_is_in_force(changes):
    book, in_force, asker = Book(), InForce("n"), Asker()
    for number, (what, name) in enumerate(changes, 1):
        if what in ("define", "remove"):
            book.merge(definition(name, counter=number, flag=FLAG if what == "define" else None))
        elif what == "off":
            book.take(off(number, feature=name), 0.0)
        elif what == "on":
            book.lift(list(book.offs(name)), Lift(user="ann"), 0.0)
        in_force.follow(book)
        if what == "fetch":
            asker.fetch(in_force)
    asker.fetch(in_force)
    assert {name: bytes(flag) for name, flag in asker.flags.items()} == {
        name: flag for name, flag in in_force.all().items() if flag is not None
    }


def test_who_asks_for_page_after_page_of_what_has_changed_has_the_names_found_once():
    book, in_force = Book(), InForce("n")
    in_force.follow(book)
    held = in_force.generation
    for number in range(20):
        book.merge(definition(f"f{number:02}"))
    in_force.follow(book)
    names = in_force._since(0)
    assert list(in_force.page(held, "f09").flags) == names[10:]
    assert in_force._since(0) is names
    book.merge(definition("f05", counter=2, flag=None))
    in_force.follow(book)
    assert list(in_force.page("n.1", "").flags) == ["f05"]
