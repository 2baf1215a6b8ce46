from datetime import UTC, datetime

import pytest

from communicator.answers.features import Stale
from communicator.features.document import require_flag
from communicator.features.staleness import DAY_S, Facts, stale

NOW_S = datetime(2026, 12, 1, 12, tzinfo=UTC).timestamp()
SPLIT = {"fractional": [["on", 10], ["off", 90]]}
EXPIRED = "its lifetime ended on 2026-12-01"
SAME = "its definition gives everybody the same"
DARK = "it is off everywhere"
UNUSED = "no service has evaluated it"


def days(number):
    return NOW_S - number * DAY_S


KILL = {"type": "kill-switch", "expires": None}
CASES = {
    "in use": ({"targeting": SPLIT}, {}, ()),
    "it expires tomorrow": ({"targeting": SPLIT, "metadata": {"expires": "2026-12-02"}}, {}, ()),
    "it expired this morning": (
        {"targeting": SPLIT, "metadata": {"expires": "2026-12-01"}},
        {},
        (Stale("expired", 0.5 * DAY_S, EXPIRED),),
    ),
    "one-sided for less than two weeks": ({}, {"changed_s": days(13.9)}, ()),
    "one-sided for two weeks": ({}, {"changed_s": days(14)}, (Stale("one_sided", 14 * DAY_S, SAME),)),
    "off for less": ({"targeting": SPLIT}, {"off_since_s": days(13.9)}, ()),
    "off for two weeks": ({"targeting": SPLIT}, {"off_since_s": days(14)}, (Stale("one_sided", 14 * DAY_S, DARK),)),
    "one-sided and off later": (
        {},
        {"changed_s": days(20), "off_since_s": days(15)},
        (Stale("one_sided", 20 * DAY_S, SAME),),
    ),
    "a kill switch that is off": ({"metadata": KILL}, {"changed_s": days(99), "off_since_s": days(99)}, ()),
    "a kill switch that nobody evaluates": (
        {"metadata": KILL},
        {"changed_s": days(99), "evaluated_s": None},
        (Stale("never_evaluated", 99 * DAY_S, UNUSED),),
    ),
    "not evaluated for less than 30 days": (
        {"targeting": SPLIT},
        {"changed_s": days(99), "evaluated_s": days(29.9)},
        (),
    ),
    "not evaluated for 30 days": (
        {"targeting": SPLIT},
        {"changed_s": days(99), "evaluated_s": days(30)},
        (Stale("never_evaluated", 30 * DAY_S, UNUSED),),
    ),
    "changed since": ({"targeting": SPLIT}, {"changed_s": days(3), "evaluated_s": days(39)}, ()),
    "the count began last week": (
        {"targeting": SPLIT},
        {"changed_s": days(99), "evaluated_s": None, "counted_s": days(7)},
        (),
    ),
    "all at once": (
        {"metadata": {"expires": "2026-12-01"}},
        {"changed_s": days(40), "evaluated_s": None},
        (
            Stale("expired", 0.5 * DAY_S, EXPIRED),
            Stale("one_sided", 40 * DAY_S, SAME),
            Stale("never_evaluated", 40 * DAY_S, UNUSED),
        ),
    ),
}


@pytest.mark.parametrize(("keys", "facts", "expected"), CASES.values(), ids=CASES)
def test_a_flag_is_stale_for_reasons_that_count_by_themselves(flag, keys, facts, expected):
    known = {"changed_s": days(5), "evaluated_s": days(0), "counted_s": days(200)} | facts
    assert stale(Facts(flag=require_flag("f", flag(**keys)), **known), NOW_S) == expected


def test_what_services_ask_for_and_nobody_has_defined_is_unknown():
    [told] = stale(Facts(flag=None, changed_s=days(2), counted_s=days(9)), NOW_S)
    assert (told.reason, told.since_ago_s) == ("unknown", 2 * DAY_S)
