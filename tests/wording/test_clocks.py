"""The offset, the verdict and the claim of one clock in words."""

import pytest

from communicator.answers.clocks import Claim, Host
from communicator.wording.clocks import (
    claim_mark,
    claim_text,
    is_bad,
    is_silent,
    judged_mark,
    judged_text,
    measured_text,
    offset_text,
    rank,
    reasons_of,
    verdict_mark,
    verdict_sentence,
    verdict_word,
)
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, UNKNOWN


@pytest.mark.parametrize(
    ("verdict", "mark", "word"),
    [
        ("ok", GOOD, "ok"),
        ("suspect", DOUBTFUL, "suspect"),
        ("wrong", BAD, "wrong"),
        ("no_majority", UNKNOWN, "no majority"),
        ("later", UNKNOWN, "later"),
    ],
)
def test_each_verdict_has_a_mark(verdict, mark, word):
    assert (verdict_mark(verdict), verdict_word(verdict)) == (mark, word)


def test_the_worst_come_first():
    hosts = [
        Host("a", verdict="ok"),
        Host("b"),
        Host("c", verdict="suspect"),
        Host("d", verdict="ok", claim_holds=False),
        Host("e", verdict="wrong"),
        Host("f", contradicted_by="a"),
        Host("g", verdict="ok", off=True),
    ]
    assert [one.host for one in sorted(hosts, key=rank)] == ["d", "e", "f", "g", "c", "b", "a"]
    assert [one.host for one in hosts if is_bad(one)] == ["d", "e", "f", "g"]


@pytest.mark.parametrize(
    ("host", "mark", "text"),
    [
        (Host("a", verdict="ok"), GOOD, "ok"),
        (Host("a", verdict="ok", off=True), BAD, "off with most others"),
        (Host("a", verdict="wrong", off=True), BAD, "wrong"),
        (Host("a", standing="not_watched"), UNKNOWN, "not watched"),
        (Host("a", verdict="ok", standing="vouched_by_one"), GOOD, "ok, vouched for by one"),
        (Host("a", verdict="no_majority", standing="later"), UNKNOWN, "no majority, later"),
    ],
)
def test_what_is_found_of_a_host(host, mark, text):
    assert (judged_mark(host), judged_text(host)) == (mark, text)


@pytest.mark.parametrize(
    ("age_s", "interval_s", "old"), [(None, 10, ""), (30, 10, ""), (70, 10, ", 1m 10s old"), (70, 30, "")]
)
def test_a_host_that_has_been_silent_for_three_rounds_shows_its_age(age_s, interval_s, old):
    host = Host("a", 0.000012, 0.000056, age_seconds=age_s)
    assert measured_text(host, interval_s) == f"+12 µs ± 56 µs{old}"
    assert is_silent(host, interval_s) is bool(old)


@pytest.mark.parametrize(
    ("offset_s", "bound_s", "text"),
    [
        (None, None, "-"),
        (None, 0.001, "-"),
        (0.000012, 0.000056, "+12 µs ± 56 µs"),
        (-0.0401, None, "-40.1 ms ± ?"),
    ],
)
def test_an_offset_has_its_bound(offset_s, bound_s, text):
    assert offset_text(offset_s, bound_s) == text


SYNCED = Claim("synchronized", bound_seconds=0.002)


@pytest.mark.parametrize(
    ("host", "mark", "text"),
    [
        (Host("a", claim=SYNCED, claim_holds=True), GOOD, "synchronized ± 2 ms"),
        (Host("a", claim=SYNCED, claim_holds=False), BAD, "false: synchronized ± 2 ms"),
        (Host("a", claim=SYNCED, claim_holds=False, contradicted_by="b"), BAD, "false: synchronized ± 2 ms"),
        (Host("a", claim=SYNCED, contradicted_by="b"), BAD, "contradicted: synchronized ± 2 ms"),
        (Host("a", claim=Claim("holdover")), UNKNOWN, "holdover"),
        (Host("a"), UNKNOWN, "unknown"),
    ],
)
def test_a_claim_tells_whether_it_can_be_true(host, mark, text):
    assert (claim_mark(host), claim_text(host)) == (mark, text)


def test_a_claim_that_is_known_better():
    assert claim_text(Host("a", claim=Claim("holdover"), claim_holds=True), SYNCED) == "synchronized ± 2 ms"


def test_why_a_clock_is_not_kept_is_told_by_its_host():
    assert reasons_of(["40 ms ahead"], "synchronized", ["chronyd runs"]) == ("40 ms ahead",)
    assert reasons_of(["40 ms ahead"], "holdover", ["ntpd is gone", "more"]) == ("40 ms ahead", "ntpd is gone")
    assert reasons_of([], "unknown", []) == ()
    assert reasons_of(["40 ms ahead"], "synchronized", [], is_enforced=False) == ("40 ms ahead", "not enforced there")


@pytest.mark.parametrize(
    ("verdict", "is_alone", "text"),
    [
        ("", False, "is compared with nobody: nothing is solved here"),
        ("ok", False, "is ok: off by less than 5 ms"),
        ("suspect", False, "is suspect: it may be off by 5 ms or more, which is not certain"),
        ("wrong", False, "is wrong: off by 50 ms or more, for certain"),
        ("no_majority", False, "cannot be judged: no majority of the hosts agrees"),
        ("unknown", False, "cannot be judged: it was not measured, not lately or not for long enough"),
        ("unknown", True, "cannot be judged: it is the only host"),
        ("later", False, "is later"),
    ],
)
def test_a_verdict_as_a_sentence(verdict, is_alone, text):
    assert verdict_sentence(verdict, 0.005, 0.05, is_alone=is_alone) == text
