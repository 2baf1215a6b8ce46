from dataclasses import dataclass
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.ledger.chain import ChainBreak, Link, Place, digest_of, first_place, hash_of, verify

START = first_place("8d3c")
TIMES = st.floats(allow_nan=False, allow_infinity=False)


def chain(count, start=START):
    links, last = [], start.hash
    for seq in range(start.seq + 1, start.seq + count + 1):
        last = hash_of(last, seq, seq / 4, 1_700_000_000.0 + seq, f'{{"n":{seq}}}')
        links.append(Link(seq, seq / 4, 1_700_000_000.0 + seq, f'{{"n":{seq}}}', last))
    return links


def test_the_canonical_bytes_are_what_is_promised():
    expected = sha256(b'abc\n7 1.5 1700000000.25 {"record":"stopped"}').hexdigest()
    assert hash_of("abc", 7, 1.5, 1_700_000_000.25, '{"record":"stopped"}') == expected


def test_each_ledger_has_its_own_beginning():
    assert first_place("a").seq == 0
    assert first_place("a") != first_place("b")


@pytest.mark.parametrize("count", [0, 1, 2, 50])
@pytest.mark.parametrize("start", [START, Place(1000, "f" * 64)], ids=["first", "later"])
def test_what_was_written_verifies(count, start):
    links = chain(count, start)
    end = Place(links[-1].seq, links[-1].hash) if links else start
    assert verify(start, links) == (count, end, None)


@dataclass(frozen=True)
class Tampering:
    name: str
    do: object
    seq: int
    reason: str


NOT_AS_WRITTEN = "entry {} is not what was written, or one before it was taken out"


@pytest.mark.parametrize(
    "case",
    [
        Tampering("a record", lambda it: it.__setitem__(4, it[4]._replace(payload="{}")), 5, NOT_AS_WRITTEN.format(5)),
        Tampering("a time", lambda it: it.__setitem__(4, it[4]._replace(at_s=1.26)), 5, NOT_AS_WRITTEN.format(5)),
        Tampering("a wall time", lambda it: it.__setitem__(4, it[4]._replace(wall_s=0.0)), 5, NOT_AS_WRITTEN.format(5)),
        Tampering("a hash", lambda it: it.__setitem__(4, it[4]._replace(hash="0" * 64)), 5, NOT_AS_WRITTEN.format(5)),
        Tampering("one gone", lambda it: it.pop(4), 5, "entry 5 is missing"),
        Tampering("the first gone", lambda it: it.pop(0), 1, "entry 1 is missing"),
        Tampering("one twice", lambda it: it.insert(4, it[3]), 4, "entry 4 stands twice"),
        Tampering("two changed places", lambda it: it.__setitem__(slice(3, 5), it[4:2:-1]), 4, "entry 4 is missing"),
        Tampering(
            "a foreign beginning",
            lambda it: it.__setitem__(slice(None), chain(9, first_place("other"))),
            1,
            NOT_AS_WRITTEN.format(1),
        ),
    ],
    ids=lambda case: case.name,
)
def test_the_first_break_is_named(case):
    links = chain(9)
    case.do(links)
    found = verify(START, links)
    assert found.broken == ChainBreak(case.seq, case.reason)
    assert found.end.seq == found.checked < 9


@given(st.integers(1, 9), st.data())
def test_no_entry_can_be_rewritten_with_a_hash_of_its_own(seq, data):
    """Whoever changes an entry and its hash has to change all that follow."""
    links = chain(9)
    payload = data.draw(st.text())
    before = links[seq - 2].hash if seq > 1 else START.hash
    old = links[seq - 1]
    links[seq - 1] = Link(seq, old.at_s, old.wall_s, payload, hash_of(before, seq, old.at_s, old.wall_s, payload))
    found = verify(START, links).broken
    if payload == old.payload or seq == 9:
        assert found is None
    else:
        assert found.seq == seq + 1


@given(st.tuples(st.integers(1), TIMES, TIMES, st.text()), st.tuples(st.integers(1), TIMES, TIMES, st.text()))
def test_different_entries_have_different_hashes(one, other):
    is_same = one == other and [str(time) for time in one[1:3]] == [str(time) for time in other[1:3]]
    assert (hash_of("f", *one) == hash_of("f", *other)) == is_same


def test_a_snapshot_belongs_to_its_place():
    assert len({digest_of(Place(1, "a"), "{}"), digest_of(Place(2, "a"), "{}"), digest_of(Place(1, "b"), "{}")}) == 3
    assert digest_of(Place(1, "a"), "{}") != digest_of(Place(1, "a"), "[]")
