"""Verdicts and claims as a terminal shows them."""

import pytest

from bellwether.clock_words import (
    claim_headline,
    claim_line,
    claim_text,
    drift_text,
    host_text,
    state_text,
    verdict_text,
)
from communicator.answers.clocks import Claim, Host


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


def test_what_is_found_of_a_host_has_a_mark():
    assert host_text(Host("a", standing="not_watched")).plain == "? not watched"
    assert host_text(Host("a", verdict="ok", off=True)).plain == "✖ off with most others"


@pytest.mark.parametrize(
    ("claim", "holds", "shown"),
    [
        (Claim("synchronized", bound_seconds=0.002), True, "✔ synchronized ± 2 ms"),
        (Claim("synchronized", bound_seconds=0.002), False, "✖ false: synchronized ± 2 ms"),
        (Claim("holdover"), None, "? holdover"),
    ],
)
def test_a_claim_tells_whether_it_holds(claim, holds, shown):
    assert claim_text(Host("a", claim=claim, claim_holds=holds)).plain == shown


@pytest.mark.parametrize(
    ("claim", "shown"),
    [
        (Claim(), "unknown"),
        (Claim("holdover", daemon="ntpd"), "holdover, by ntpd"),
        (
            Claim("synchronized", daemon="chronyd", offset_seconds=0.000012, bound_seconds=0.0021),
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


@pytest.mark.parametrize(("ppm", "shown"), [(None, "-"), (0.5, "+0.5 ppm"), (-12.345, "-12.3 ppm"), (-0.0, "+0 ppm")])
def test_a_drift_has_its_sign(ppm, shown):
    assert drift_text(ppm) == shown
