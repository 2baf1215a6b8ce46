"""Offsets, verdicts, claims and contradictions in words."""

import pytest

from bellwether.clock_report import Camp, Claim
from bellwether.clock_words import (
    camp_text,
    claim_headline,
    claim_line,
    claim_text,
    contradiction_concerns,
    contradiction_text,
    drift_text,
    mark_of_verdict,
    offset_text,
    signed,
    state_text,
    verdict_text,
)


@pytest.mark.parametrize(
    ("verdict", "shown"),
    [
        ("ok", "✔ ok"),
        ("suspect", "⚠ suspect"),
        ("wrong", "✖ wrong"),
        ("no_majority", "? no majority"),
        ("unknown", "? unknown"),
        ("later", "? later"),
    ],
)
def test_each_verdict_has_a_mark(verdict, shown):
    assert verdict_text(verdict).plain == shown
    assert mark_of_verdict(verdict)[0] == shown[0]


@pytest.mark.parametrize(
    ("claim", "holds", "shown"),
    [
        (Claim("synchronized", bound_seconds=0.002), True, "✔ synchronized ± 2 ms"),
        (Claim("synchronized", bound_seconds=0.002), False, "✖ false: synchronized ± 2 ms"),
        (Claim("holdover"), None, "? holdover"),
    ],
)
def test_a_claim_tells_whether_it_holds(claim, holds, shown):
    assert claim_text(claim, holds).plain == shown


@pytest.mark.parametrize(
    ("claim", "shown"),
    [
        (Claim(), "unknown"),
        (Claim("holdover", daemon="ntpd"), "holdover, by ntpd"),
        (
            Claim("synchronized", 0.000012, 0.0021, "chronyd"),
            "synchronized, by chronyd, offset +12 µs, off by at most 2.1 ms",
        ),
    ],
)
def test_a_claim_has_its_figures(claim, shown):
    assert claim_line(claim) == shown


@pytest.mark.parametrize(
    ("state", "mark"), [("synchronized", "✔"), ("holdover", "⚠"), ("unsynchronized", "✖"), ("unknown", "?")]
)
def test_each_state_has_a_mark(state, mark):
    assert claim_headline("alpha", Claim(state)).plain == f"{mark} alpha: {state}"
    assert state_text(state).plain == f"{mark} {state}"


@pytest.mark.parametrize(
    ("offset_s", "bound_s", "shown"),
    [
        (None, None, "-"),
        (None, 0.001, "-"),
        (0.000012, 0.000056, "+12 µs ± 56 µs"),
        (-0.0401, None, "-40.1 ms ± ?"),
    ],
)
def test_an_offset_has_its_bound(offset_s, bound_s, shown):
    assert offset_text(offset_s, bound_s) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(1.5, "+1.50 s"), (0.0, "0 µs"), (-0.0, "0 µs"), (-1e-6, "-1 µs")])
def test_ahead_has_a_plus(seconds, shown):
    assert signed(seconds) == shown


@pytest.mark.parametrize(("ppm", "shown"), [(None, "-"), (0.5, "+0.5 ppm"), (-12.345, "-12.3 ppm"), (-0.0, "+0 ppm")])
def test_a_drift_has_its_sign(ppm, shown):
    assert drift_text(ppm) == shown


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("alpha → beta: 3 ms too much", "alpha → beta: 3 ms too much"),
        ({"hosts": ["a", "b", "c"], "excess_seconds": 0.003}, "a → b → c → a, 3 ms beyond their bounds"),
        ({"hosts": ["a", "b"]}, "a → b → a"),
        ({"hosts": []}, ""),
        ({"excess_seconds": "much"}, "hosts not told"),
        (3, "3"),
    ],
)
def test_a_contradiction_in_words(told, shown):
    assert contradiction_text(told) == shown


@pytest.mark.parametrize(("name", "concerned"), [("h1", True), ("h-2.example", True), ("h", False), ("h10", False)])
@pytest.mark.parametrize("told", ["h1 → h-2.example", {"hosts": ["h1", "h-2.example"]}])
def test_a_contradiction_concerns_whom_it_names(told, name, concerned):
    assert contradiction_concerns(told, name) is concerned


@pytest.mark.parametrize(
    ("camp", "shown"),
    [
        (Camp(("alpha", "beta"), 0.0, 0.00005, "plain"), "camp of 2: alpha, beta; 0 µs ± 50 µs"),
        (Camp(("gamma",), 1.0, 0.00005, "leap"), "camp of 1: gamma; +1.00 s ± 50 µs (leap)"),
        (Camp(("delta",)), "camp of 1: delta"),
    ],
)
def test_a_camp_in_words(camp, shown):
    assert camp_text(camp) == shown
