"""What a torn or edited ledger shows."""

from dataclasses import dataclass
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.ledger.integrity import Fault, Row, checksum_of, verify

TIMES = st.floats(allow_nan=False, allow_infinity=False)
PARTS = st.tuples(st.integers(1), TIMES, TIMES, st.text(max_size=100))


def rows(count, after=0):
    parts = ((seq, seq / 4, 1_700_000_000.0 + seq, f'{{"n":{seq}}}') for seq in range(after + 1, after + count + 1))
    return [Row(*each, checksum_of(*each)) for each in parts]


def test_the_bytes_are_what_is_promised():
    expected = crc32(b'7 1.5 1700000000.25 {"record":"stopped"}')
    assert checksum_of(7, 1.5, 1_700_000_000.25, '{"record":"stopped"}') == expected


@pytest.mark.parametrize("count", [0, 1, 2, 50])
@pytest.mark.parametrize("after", [0, 1_000])
def test_what_was_written_verifies(count, after):
    assert verify(after, after + count, rows(count, after)) == (count, None)


@dataclass(frozen=True)
class Damage:
    name: str
    do: object
    seq: int
    reason: str


NOT_AS_WRITTEN = "entry {} is not what was written"


@pytest.mark.parametrize(
    "case",
    [
        Damage("a record", lambda it: it.__setitem__(4, it[4]._replace(payload="{}")), 5, NOT_AS_WRITTEN.format(5)),
        Damage("a time", lambda it: it.__setitem__(4, it[4]._replace(at_s=1.26)), 5, NOT_AS_WRITTEN.format(5)),
        Damage("a wall time", lambda it: it.__setitem__(4, it[4]._replace(wall_s=0.0)), 5, NOT_AS_WRITTEN.format(5)),
        Damage("a checksum", lambda it: it.__setitem__(4, it[4]._replace(checksum=1)), 5, NOT_AS_WRITTEN.format(5)),
        Damage("another number", lambda it: it.__setitem__(4, it[5]._replace(seq=5)), 5, NOT_AS_WRITTEN.format(5)),
        Damage("one gone", lambda it: it.pop(4), 5, "entry 5 is missing"),
        Damage("the first gone", lambda it: it.pop(0), 1, "entry 1 is missing"),
        Damage(
            "the last gone", lambda it: it.pop(), 9, "entry 8 is the last, and should be followed by others up to 9"
        ),
    ],
    ids=lambda case: case.name,
)
def test_the_first_fault_is_named(case):
    damaged = rows(9)
    case.do(damaged)
    assert verify(0, 9, damaged) == (case.seq - 1, Fault(case.seq, case.reason))


@given(PARTS, st.integers(0), st.integers(0, 7))
def test_a_flipped_bit_is_found(parts, place, bit):
    *rest, payload = parts
    raw = bytearray(payload.encode() or b"x")
    before = checksum_of(*rest, raw.decode(errors="replace"))
    raw[place % len(raw)] ^= 1 << bit
    assert checksum_of(*rest, raw.decode(errors="replace")) != before
