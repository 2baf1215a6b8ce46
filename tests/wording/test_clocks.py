"""Offsets, verdicts and claims, and the sentence on all clocks."""

from types import SimpleNamespace

import pytest

from communicator.wording.clocks import (
    camp_text,
    claim_text,
    offset_text,
    rank,
    reasons_of,
    ring_text,
    summary,
    unsolved_text,
    verdict_mark,
    verdict_sentence,
    verdict_word,
)
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, UNKNOWN


def host(name="alpha", verdict="ok", *, holds=None, offset_s=0.0):
    return SimpleNamespace(host=name, verdict=verdict, claim_holds=holds, offset_seconds=offset_s)


def report(*hosts, **more):
    usual = {
        "is_of_one_host": False,
        "has_majority": True,
        "agreeing": len(hosts),
        "spread_seconds": 8.02e-5,
        "contradictions": (),
        "age_seconds": 4.0,
    }
    return SimpleNamespace(hosts=hosts, **{**usual, **more})


PAIR = (host(), host("beta"))


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
    hosts = [host("a"), host("b", "unknown"), host("c", "suspect"), host("d", holds=False), host("e", "wrong")]
    assert [one.host for one in sorted(hosts, key=rank)] == ["d", "e", "c", "b", "a"]


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


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        (("synchronized", 0.002, True), "synchronized ± 2 ms"),
        (("synchronized", 0.002, False), "false: synchronized ± 2 ms"),
        (("holdover", None, None), "holdover"),
    ],
    ids=["true", "false", "unknown"],
)
def test_a_claim_tells_whether_it_is_false(claim, text):
    assert claim_text(*claim) == text


def test_why_a_clock_is_not_kept_is_told_by_its_host():
    assert reasons_of(["40 ms ahead"], "synchronized", ["chronyd runs"]) == ("40 ms ahead",)
    assert reasons_of(["40 ms ahead"], "holdover", ["ntpd is gone", "more"]) == ("40 ms ahead", "ntpd is gone")
    assert reasons_of([], "unknown", []) == ()
    assert reasons_of(["40 ms ahead"], "synchronized", [], is_enforced=False) == ("40 ms ahead", "not enforced there")


@pytest.mark.parametrize(
    ("camp", "text"),
    [
        ((("alpha", "beta"), 0.0, 0.00005, "plain"), "camp of 2: alpha, beta; 0 µs ± 50 µs"),
        ((("gamma",), 1.0, 0.00005, "leap"), "camp of 1: gamma; +1.00 s ± 50 µs (leap)"),
        ((("delta",), None, None, ""), "camp of 1: delta"),
    ],
    ids=["plain", "leap", "apart"],
)
def test_a_camp_in_words(camp, text):
    assert camp_text(*camp) == text


def test_of_a_large_camp_some_are_named():
    assert camp_text([f"h{number}" for number in range(200)], None, None, "").endswith("h10, h11 and 188 more")


def test_a_ring_closes():
    assert ring_text(["a", "b"], 0.003) == "a → b → a, 3 ms beyond their bounds"
    assert ring_text([], None) == ""


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


@pytest.mark.parametrize(
    ("told", "mark", "text"),
    [
        (report(*PAIR), GOOD, "2 of 2 hosts agree, spread 80.2 µs, no contradictions, compared 4s ago"),
        (report(*PAIR, agreeing=None), GOOD, "most of 2 hosts agree, spread"),
        (report(*PAIR, agreeing=1), DOUBTFUL, "1 of 2 hosts agree, spread"),
        (report(*PAIR, host("gamma", "wrong")), BAD, "3 of 3 hosts agree"),
        (report(*PAIR, host("gamma", holds=False)), BAD, "3 of 3 hosts agree"),
        (report(*PAIR, has_majority=False, agreeing=None), BAD, "no majority of 2 hosts, spread"),
        (report(*PAIR, has_majority=False, agreeing=1), BAD, "no majority of 2 hosts, at most 1 agree, spread"),
        (report(*PAIR, has_majority=None), UNKNOWN, "not measured yet: 2 hosts, compared 4s ago"),
        (report(*PAIR, has_majority=None, age_seconds=None), UNKNOWN, "not measured yet: 2 hosts, age not known"),
        (
            report(*PAIR, spread_seconds=None, contradictions=(1, 2)),
            GOOD,
            "2 of 2 hosts agree, spread not known, 2 con",
        ),
    ],
    ids=range(10),
)
def test_all_clocks_in_a_sentence(told, mark, text):
    found, sentence = summary(told, "synchronized")
    assert found == mark
    assert sentence.startswith(text)


@pytest.mark.parametrize(
    ("only", "own_state", "mark", "what"),
    [
        (host(verdict="unknown", offset_s=None), "synchronized", GOOD, "there is no other clock to compare with"),
        (host(verdict="unknown", offset_s=None), "unsynchronized", DOUBTFUL, "there is no other clock to compare with"),
        (host(verdict="ok"), "unknown", GOOD, "compared with external time servers"),
        (host(verdict="wrong"), "synchronized", BAD, "compared with external time servers"),
    ],
    ids=["kept", "unkept", "well", "wrong"],
)
def test_to_be_the_only_host_is_no_fault(only, own_state, mark, what):
    told = report(only, is_of_one_host=True, has_majority=None)
    assert summary(told, own_state) == (mark, f"this is the only host: {what}")


def test_why_nothing_is_solved():
    assert unsolved_text("agent", 4.0).startswith("Nothing is solved here: this timekeeper is an agent. Shown is")
    assert unsolved_text("agent", 4.0).endswith("own word, as of 4s ago")
    assert unsolved_text("solver", None).endswith("this timekeeper has no solution yet. Shown is this host's own word")
