"""Two accounts of what a leader decided become one; what most members hold takes effect; what is far ahead is refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.book.book import Book
from canary.book.decision import NUMBER_AHEAD, Decided, Decision, Stamp
from canary.book.entry import TOMBSTONE_S
from canary.book.subjects import DECISIONS
from canary.book.told import read_told
from canary.deployment.spec import Spec
from canary.records import DeploymentMoved, ServerJudged, VersionJudged


def judged(version="2.0", **more):
    return VersionJudged(service="billing", version=version, build="b1", rule="c", **{"state": "held", **more})


STAMPS = st.builds(Stamp, st.integers(0, 2), st.sampled_from(("alpha", "beta")), st.integers(1, 2))
BODIES = st.builds(judged, state=st.sampled_from(("held", "ok")), until_at_s=st.one_of(st.none(), st.floats(0, 9)))
DECISIONS_MADE = st.builds(Decision, STAMPS, BODIES, st.floats(0, 9))
ACCOUNTS = st.one_of(
    st.builds(Decided, DECISIONS_MADE),
    st.builds(lambda one: Decided(None, one), DECISIONS_MADE),
    st.builds(lambda one, two: Decided(one).join(Decided(None, two)), DECISIONS_MADE, DECISIONS_MADE),
)


@given(ACCOUNTS, ACCOUNTS, ACCOUNTS)
def test_accounts_come_to_the_same_however_they_meet(one, two, three):
    assert one.join(two) == two.join(one)
    assert one.join(two.join(three)) == one.join(two).join(three)
    assert one.join(one) == one
    assert one.join(two).join(two) == one.join(two)


@given(ACCOUNTS, ACCOUNTS)
def test_what_took_effect_is_replaced_by_what_is_newer_alone(one, two):
    joined = one.join(two).committed
    for each in (one, two):
        assert each.committed is None or joined.stamp >= each.committed.stamp


WHOLE = [
    judged(until_at_s=600),
    DeploymentMoved(
        id="a1", spec=Spec(name="b", service="b", version="2.0"), by="root", phase="step", exposed_s=sum(())
    ),
]


@pytest.mark.parametrize("body", WHOLE, ids=lambda body: type(body).__name__)
def test_books_are_alike_though_who_decides_has_counted_a_whole_number(body):
    leads, follows = Book(), Book()
    leads.propose(body, "alpha", 1, 9.0, 0.0)
    ((_, held),) = leads.decisions()
    follows.merge(read_told(msgspec.json.encode(held.tell(9.0)), 9.0))
    assert follows.digests() == leads.digests()


@given(ACCOUNTS, st.floats(0, 1e6))
def test_what_is_told_is_read_back_on_another_clock(account, ahead_s):
    read = read_told(msgspec.json.encode(account.tell(9.0)), 9.0 + ahead_s)
    assert read.spreads == account.spreads
    for was, now in ((account.committed, read.committed), (account.proposed, read.proposed)):
        if was is not None:
            assert now.at_s == pytest.approx(was.at_s + ahead_s)
            if was.body.until_at_s is not None:
                assert now.body.until_at_s == pytest.approx(9.0 + ahead_s)


def told(**more):
    stamp = {"term": 1, "leader": "alpha", "number": 1, **more.pop("stamp", {})}
    body = msgspec.to_builtins(judged(**more.pop("body", {})))
    return {"stamp": list(stamp.values()), "body": body, "age_s": 1.0, **more}


@pytest.mark.parametrize(
    ("account", "named"),
    [
        ({}, "neither committed nor proposed"),
        ({"proposed": told(age_s=2 * TOMBSTONE_S)}, "age_s"),
        ({"proposed": told(stamp={"term": 2**53 + 1})}, r"stamp\[0\]"),
        ({"proposed": told(stamp={"number": 0})}, r"stamp\[2\]"),
        ({"proposed": told(stamp={"leader": "no name"})}, "leader 'no name' is not a server name"),
        ({"proposed": told(body={"reason": "x" * 300})}, "decision 1 of 'alpha' in term 1 makes no sense"),
        ({"proposed": {**told(), "body": {"record": "led", "leader": "x", "term": 1}}}, "Invalid value 'led'"),
        ({"committed": told(), "proposed": told(body={"version": "3"})}, "about another subject"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(account, named):
    with pytest.raises(ValueError, match=named):
        read_told(msgspec.json.encode({"what": "decided", **account}), 0.0)


def test_a_decision_is_in_effect_once_it_is_committed_and_until_a_newer_one_is():
    book = Book()
    held = book.propose(judged(until_at_s=60.0), "alpha", 3, 0.0, 0.0)
    assert dict(book.decisions())[held].committed is None
    book.commit(held)
    assert book.propose(judged(state="ok"), "alpha", 3, 1.0, 0.0) == held
    known = dict(book.decisions())[held]
    assert (known.committed.body.state, known.proposed.body.state) == ("held", "ok")
    assert known.proposed.stamp == Stamp(3, "alpha", 2)
    book.commit(held)
    known = dict(book.decisions())[held]
    assert (known.committed.body.state, known.proposed) == ("ok", None)


def test_each_subject_has_its_own():
    book = Book()
    found = {
        book.propose(body, "alpha", 1, 0.0, 0.0)
        for body in (judged(), judged("3.0"), ServerJudged(server="alpha", state="sick"), judged(state="ok"))
    }
    assert len(found) == len(book) == 3


def test_what_is_a_month_old_is_forgotten():
    book = Book()
    book.propose(judged(), "alpha", 1, 5.0, 0.0)
    assert book.next_deadline_s() == 5.0 + TOMBSTONE_S
    book.advance(5.0 + TOMBSTONE_S)
    assert (len(book), book.digests()) == (0, Book().digests())


@pytest.mark.parametrize(
    ("stamp", "named"),
    [(Stamp(9, "alpha", 1), "term 9 of 'alpha'"), (Stamp(1, "beta", NUMBER_AHEAD + 2), "number 1000002 of 'beta'")],
)
def test_stamps_far_ahead_are_refused_and_named(stamp, named):
    book = Book()
    book.propose(judged(), "beta", 1, 0.0, 0.0)
    book.require_near(Decided(None, Decision(Stamp(8, "beta", NUMBER_AHEAD), judged(), 0.0)), 8)
    with pytest.raises(ValueError, match=named):
        book.require_near(Decided(None, Decision(stamp, judged(), 0.0)), 8)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(("held", "ok", "suspect")), st.integers(1, 3)), max_size=9)
)
def test_who_tells_many_things_under_one_stamp_has_all_believe_the_same(lies):
    accounts = [Decided(Decision(Stamp(1, "liar", number), judged(state=state), at_s)) for at_s, state, number in lies]
    books = [Book(), Book(), Book()]
    for book, heard in zip(books, (accounts, accounts[::-1], accounts + accounts[:4]), strict=True):
        for each in heard:
            book.merge(each)
    assert len({book.digests() for book in books}) == 1


@pytest.mark.parametrize("age_s", [0.0, TOMBSTONE_S])
def test_times_at_their_limits_change_no_decision_that_is_known_and_prolong_none(age_s):
    book = Book()
    book.commit(book.propose(judged(until_at_s=60.0), "alpha", 1, 0.0, 0.0))
    before, digests = next(book.decisions())[1].committed, book.digests()
    lie = {"stamp": [1, "alpha", 1], "body": msgspec.to_builtins(judged()), "age_s": age_s, "left_s": TOMBSTONE_S}
    book.merge(read_told(msgspec.json.encode({"what": "decided", "committed": lie}), 10.0))
    after = next(book.decisions())[1].committed
    assert (after.body, book.digests()) == (before.body, digests)
    assert after.at_s <= before.at_s


def test_terms_that_rise_step_by_step_are_believed_a_step_at_a_time():
    book, limit = Book(), 1_000
    for step in range(1, 50):
        told_of = Decided(None, Decision(Stamp(step * 1_000, "liar", 1), judged(), 0.0))
        book.require_near(told_of, limit)
        book.merge(told_of)
        with pytest.raises(ValueError, match="far ahead"):
            book.require_near(Decided(None, Decision(Stamp(limit + 1, "liar", 1), judged(), 0.0)), limit)
        limit = book.latest[0] + 1_000
    assert book.propose(judged(state="ok"), "alpha", book.latest[0] + 1, 1.0, 0.0)
    assert next(book.decisions())[1].proposed.stamp.leader == "alpha", "who leads next is newer"


def test_decisions_take_no_room_from_orders_and_are_bounded():
    book = Book()
    for number in range(DECISIONS + 3):
        book.propose(judged(f"{number}"), f"leader-{number}", 1, 0.0, 0.0)
    assert len(book) == DECISIONS
