"""What the book comes to on a host: the ledger is told it once, whatever happens meanwhile, and the judge goes by it."""

import pytest

from canary import ordered
from canary.book.book import Book
from canary.book.entry import Entry, Lift
from canary.judge.apply import apply
from canary.judge.state import State
from canary.order_views import Obedience
from canary.records import ALL, Actor, Frozen, Overridden, OverrideEnded, Pardoned, ServerJudged, Version, VersionJudged
from canary.records import Entry as LedgerEntry
from communicator.answers.orders import OrderStanding
from tests.canary.book.flags_made import definition
from tests.canary.book.orders_made import order

ACTOR = Actor(user="root", server="alpha")


class Host:
    """A book and a ledger in memory."""

    def __init__(self):
        self.book = Book()
        self.state = State()
        self.at_s = 100.0

    def tell(self):
        """Tell the ledger what there is to tell; returns the records."""
        self.book.advance(self.at_s)
        records = ordered.records_of(self.book, self.state, "alpha", self.at_s)
        for record in records:
            apply(self.state, LedgerEntry(self.state.seq + 1, self.at_s, 0.0, record))
        return records

    def take(self, number=0, **changes):
        return self.book.take(order(number, **changes), self.at_s)

    def standing(self, order_id, obeyed_revision=0, told_revision=0):
        obedience = Obedience(self.book, obeyed_revision, self.state, "alpha", told_revision)
        (told,) = obedience.standings([order_id, "none"])
        return told


def test_an_override_is_told_with_its_identifier_and_its_end():
    host = Host()
    order_id = host.take(span_s=60.0)
    (record,) = host.tell()
    assert (record.order, record.number, record.action, record.until_at_s) == (order_id, 1, "block", 160.0)
    assert host.tell() == []
    host.at_s = 160.0
    assert host.tell() == [OverrideEnded(number=1, cause="expired")]
    assert host.tell() == []


def test_who_lifted_an_override_is_told():
    host = Host()
    order_id = host.take()
    host.tell()
    host.book.lift([order_id], Lift(user="ann", given_on="beta"), host.at_s)
    assert host.tell() == [OverrideEnded(number=1, cause="withdrawn", actor=Actor(user="ann", server="beta"))]
    assert host.state.overrides == {}


def test_an_end_that_turns_out_to_be_nearer_is_told():
    host = Host()
    host.take()
    host.tell()
    host.book.merge(Entry(order(), "open", 500.0))
    assert [type(record) for record in host.tell()] == [OverrideEnded, Overridden]
    assert [one.until_at_s for one in host.state.overrides.values()] == [500.0]
    assert host.tell() == []


def test_of_two_freezes_the_longer_one_is_told_and_then_the_other():
    host = Host()
    long = host.take(1, kind="freeze", service="", version="", span_s=500.0)
    host.take(2, kind="freeze", service="", version="", span_s=100.0)
    host.take(3, kind="freeze", service="", version="", span_s=900.0, server="beta")
    (record,) = host.tell()
    assert (record.order, record.scope, record.until_at_s) == (long, ALL, 600.0)
    host.book.lift([long], Lift(user="ann", given_on="beta", reason="we have moved"), host.at_s)
    host.tell()
    host.tell()
    assert [freeze.until_at_s for freeze in host.state.freezes.values()] == [200.0]


def test_a_freeze_that_is_lifted_ends_with_the_word_of_who_lifted_it():
    host = Host()
    order_id = host.take(kind="freeze", version="")
    host.tell()
    assert host.standing(order_id).in_force
    host.book.lift([order_id], Lift(user="ann", given_on="beta", reason="we have moved"), host.at_s)
    assert not host.standing(order_id).in_force
    actor = Actor(user="ann", server="beta")
    assert host.tell() == [Frozen(scope="billing", is_on=False, reason="we have moved", actor=actor)]
    assert host.standing(order_id) == OrderStanding(order_id, "lifted", in_force=True)


def test_what_is_said_of_a_flag_is_in_force_once_services_were_told():
    host = Host()
    host.book.merge(definition(counter=3))
    flag_id = host.book.definition("new-checkout").id
    off_id = host.take(kind="off", service="", version="", feature="new-checkout")
    seen = host.book.revision - 1
    assert host.standing(flag_id, told_revision=seen) == OrderStanding(flag_id, "3@alpha", in_force=True)
    assert host.standing(off_id, told_revision=seen) == OrderStanding(off_id, "open", in_force=False)
    assert host.standing(off_id, told_revision=host.book.revision).in_force


@pytest.mark.parametrize(("kind", "shape"), [("pardon", Pardoned), ("unfreeze", Frozen)])
def test_what_is_obeyed_once_is_told_once(kind, shape):
    host = Host()
    order_id = host.take(kind=kind)
    assert not host.standing(order_id).in_force
    (record,) = host.tell()
    assert (type(record), record.order) == (shape, order_id)
    assert host.standing(order_id).in_force
    assert host.tell() == []


def test_an_unfreeze_ends_what_the_rules_froze_and_not_what_an_operator_orders_beside_it():
    host = Host()
    apply(host.state, LedgerEntry(1, 0.0, 0.0, Frozen(scope="billing", is_on=True, reason="too many")))
    host.take(1, kind="unfreeze", version="")
    assert [record.is_on for record in host.tell()] == [False]
    assert host.state.freezes == {}
    frozen = host.take(2, kind="freeze", version="")
    host.take(3, kind="unfreeze", version="")
    host.tell()
    host.tell()
    assert host.state.freezes["billing"].order == frozen


def test_an_override_is_in_force_once_the_router_obeys_it():
    host = Host()
    order_id = host.take()
    assert not host.standing(order_id, obeyed_revision=0).in_force
    assert host.standing(order_id, obeyed_revision=1).in_force
    (told,) = Obedience(host.book, 1, host.state, "alpha").overrides(host.at_s + 600.0)
    assert (told.order, told.action, told.by, told.until_seconds) == (order_id, "block", "root@alpha", 3_000.0)


def test_what_a_release_without_a_book_has_kept_is_taken_over_the_same_on_each_host():
    def legacy(number, action, server=ALL):
        return Overridden(
            number=number,
            action=action,
            server=server,
            service="billing",
            version="2.0",
            reason="told so",
            actor=ACTOR,
            until_at_s=800.0 + number,
        )

    def found(ahead_s):
        host = Host()
        frozen = Frozen(scope=ALL, is_on=True, until_at_s=900.0, reason="we move", actor=ACTOR)
        by_rules = Frozen(scope="mailer", is_on=True, reason="too many")
        for seq, record in enumerate((legacy(1, "block"), legacy(2, "allow", "beta"), frozen, by_rules), 1):
            apply(host.state, LedgerEntry(seq, ahead_s, 0.0, record))
        ordered.adopt(host.book, host.state, "alpha")
        return host

    host = found(0.0)
    assert host.book.digests() == found(50.0).book.digests()
    stand = {entry.order.kind: (order_id, entry) for order_id, entry in host.book.in_force(0.0)}
    assert stand["allow"][1].order.over == (stand["block"][0],)
    assert {kind: entry.ends_s for kind, (_, entry) in stand.items()} == {"block": 801, "allow": 802, "freeze": 900}
    assert [record.cause for record in host.tell() if isinstance(record, OverrideEnded)] == ["replaced"] * 2
    assert {one.order for one in host.state.overrides.values()} == {stand["block"][0], stand["allow"][0]}
    assert set(host.state.freezes) == {ALL, "mailer"}
    assert host.tell() == []
    ordered.adopt(host.book, host.state, "alpha")
    assert len(host.book) == 3


def judged(rule="c", **more):
    return VersionJudged(service="billing", version="2.0", build="b1", rule=rule, **more)


HELD = judged(state="held", until_at_s=3_600.0)
SICK = ServerJudged(server="beta", state="sick", until_at_s=900.0)
DRY = (
    judged("d", state="held", mode="detected", suppressed_by="dry_run", until_at_s=9_000.0),
    judged(state="held", mode="detected", suppressed_by="frozen", until_at_s=9_000.0),
)


def decided(*bodies):
    """A host that hears of decisions of a leader once they are all in effect."""
    host = Host()
    for body in bodies:
        host.book.commit(host.book.propose(body, "alpha", 1, host.at_s, 0.0))
    host.tell()
    return host


@pytest.mark.parametrize(
    ("body", "dry"),
    [
        *((HELD, dry) for dry in DRY),
        (SICK, ServerJudged(server="beta", state="sick", mode="detected", until_at_s=950.0)),
    ],
)
def test_what_a_rule_would_do_takes_the_place_of_nothing_that_is_in_effect(body, dry):
    for bodies in ((body, dry), (dry, body)):
        state = decided(*bodies).state
        assert (list(state.held), state.servers["beta"].is_sick if "beta" in state.servers else False) == (
            [] if body is SICK else [Version("billing", "2.0", "b1")],
            body is SICK,
        )


def test_of_what_two_rules_would_do_each_is_remembered():
    host = decided(DRY[1], DRY[0])
    assert [one.committed.body for _, one in host.book.decisions()] == [DRY[1], DRY[0]]


def test_what_would_be_done_was_said_before_what_was_done_and_is_over_with_it():
    """In whichever order a host hears of them."""
    done = judged(state="ok")
    for bodies in ((DRY[0], done), (DRY[1], HELD, done)):
        host = Host()
        ids = [host.book.propose(body, "alpha", 1, host.at_s, 0.0) for body in bodies]
        for entry_id in reversed(ids):
            host.book.commit(entry_id)
            host.tell()
        release = host.state.releases["billing", "2.0", "b1"]
        assert (release.state, release.suppressed_by, list(host.state.held)) == ("ok", "", [])
        assert host.tell() == []
