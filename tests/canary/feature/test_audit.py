"""What the ledger is told of flags: each change once, with who and why, some at a time, whatever happens meanwhile."""

from canary.book.book import Book
from canary.book.entry import Lift
from canary.feature import audit
from canary.feature.audit import untold
from canary.history import history
from canary.judge.apply import apply
from canary.judge.state import State
from canary.ledger.snapshot import decode_state, encode_state
from canary.records import Actor, Entry, decode_record, encode_record
from tests.canary.book.flags_made import definition
from tests.canary.book.orders_made import order


def off(number=0, feature="new-checkout", **changes):
    return order(number, kind="off", service="", version="", feature=feature, **{"span_s": None, **changes})


class Host:
    """A book, and a ledger in memory."""

    def __init__(self):
        self.book, self.state, self.entries, self.since = Book(), State(), [], -1

    def tell(self):
        """Tell the ledger; returns what it was told, in short."""
        records, self.since = untold(self.book, self.state.flags_told, self.since)
        for record in records:
            assert decode_record(encode_record(record)) == record
            self.entries.append(Entry(self.state.seq + 1, 0.0, 0.0, record))
            apply(self.state, self.entries[-1])
        return [(record.feature, record.action, record.place) for record in records]


def test_each_change_is_told_once():
    host = Host()
    host.book.merge(definition(file="alpha:/etc/web.json"))
    off_id = host.book.take(off(span_s=60.0), 0.0)
    assert host.tell() == [("new-checkout", "defined", "1@alpha"), ("new-checkout", "off", "open")]
    assert host.entries[0].record.file == "alpha:/etc/web.json"
    assert host.tell() == []
    lift = Lift(user="ann", given_on="beta", reason="mended")
    host.book.lift([off_id], lift, 1.0)
    host.book.merge(definition(counter=2, flag=None))
    assert host.tell() == [("new-checkout", "removed", "2@alpha"), ("new-checkout", "on", "lifted")]
    record = host.entries[-1].record
    assert (record.actor, record.reason) == (Actor(user="ann", server="beta"), "mended")


def test_what_was_over_before_the_ledger_could_be_told_is_told_with_its_beginning():
    host = Host()
    host.book.take(off(span_s=60.0), 0.0)
    host.book.advance(60.0)
    assert host.tell() == [("new-checkout", "off", "open"), ("new-checkout", "expired", "expired")]


def test_what_could_not_be_kept_is_told_again_and_a_snapshot_remembers_what_was():
    host = Host()
    host.book.merge(definition())
    assert untold(host.book, {}, -1) == untold(host.book, {}, -1)
    host.tell()
    host.state, host.since = decode_state(encode_state(host.state)), -1
    assert host.tell() == []


def test_many_changes_are_told_some_at_a_time_the_oldest_first(monkeypatch):
    monkeypatch.setattr(audit, "RECORDS", 2)
    host = Host()
    for name in "abcde":
        host.book.merge(definition(name))
    told = [[name for name, *_ in host.tell()] for _ in range(4)]
    assert told == [["a", "b"], ["c", "d"], ["e"], []]
    assert host.since == host.book.revision


def test_the_history_of_a_flag_is_what_the_ledger_knows_and_what_the_book_has_beside_it():
    host = Host()
    host.book.merge(definition(wall_s=1.0))
    host.tell()
    host.book.merge(definition(counter=2, wall_s=2.0, file="alpha:/etc/web.json", user="canary"))
    off_id = host.book.take(off(span_s=60.0, wall_s=3.0), 0.0)
    host.book.take(off(1, feature="other"), 0.0)
    host.book.lift([off_id], Lift(user="ann", given_on="beta", reason="mended", wall_s=4.0), 1.0)
    host.book.merge(definition(counter=3, wall_s=5.0, flag=None))
    told = [
        (one.who, one.what.partition(" (")[0], one.why)
        for one in history(host.book, host.entries, feature="new-checkout")
    ]
    assert told == [
        ("root@alpha", "defined new-checkout", "we begin"),
        ("root@alpha", "switched new-checkout off for 1m 0s", "it loses invoices"),
        ("ann@beta", "switched new-checkout on again", "mended"),
        ("root@alpha", "removed new-checkout", "we begin"),
    ]
    whole = [one.what for one in history(host.book, host.entries)]
    assert "switched other off until that is lifted" in whole


def flood(book, first=0):
    for number in range(first, first + audit.RECORDS + 1):
        book.merge(definition(f"flag-{number}"))


def test_of_few_flags_the_ledger_hears_at_once_and_of_very_many_when_no_more_change():
    book, lull = Book(), audit.Lull()
    book.merge(definition())
    assert lull.is_there(book, -1, 0.0)
    flood(book)
    assert not lull.is_there(book, 1, 0.0)
    book.merge(definition("another"))
    assert not lull.is_there(book, 1, 0.5)
    assert not lull.is_there(book, 1, 0.4 + audit.QUIET_S)
    assert lull.is_there(book, 1, 0.5 + audit.QUIET_S)
    assert lull.is_there(book, book.revision, 0.6 + audit.QUIET_S)


def test_who_changes_very_many_flags_all_the_time_is_in_the_ledger_all_the_same():
    book, lull = Book(), audit.Lull()
    heard = []
    for tenth in range(round(10 * audit.LATEST_S) + 1):
        flood(book, tenth * 10)
        heard.append(lull.is_there(book, -1, tenth / 10))
    assert heard == [False] * (len(heard) - 1) + [True]
