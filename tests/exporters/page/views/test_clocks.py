"""Clocks on the page: order, intervals, claims, the majority, and how many are shown."""

import msgspec
import pytest

from communicator.answers.clocks import Camp, Claim, ClockReport, Contradiction, Host, Local
from communicator.wording import marks
from exporters.page.views.bound import Bound
from exporters.page.views.clocks import clocks_view

SYNCHRONIZED = Claim("synchronized", daemon="chronyd", bound_seconds=0.002)
HOSTS = (
    Host("alpha", 0.0, 0.0, "ok", claim=SYNCHRONIZED, claim_holds=True),
    Host("beta", 0.001, 0.0005, "ok", claim=SYNCHRONIZED, claim_holds=True),
    Host("delta", -0.04, 0.0003, "wrong", claim=SYNCHRONIZED, claim_holds=False, reasons=("40 ms behind",)),
    Host(
        "gamma",
        0.004,
        0.002,
        "suspect",
        claim=Claim("unsynchronized", reasons=("nobody keeps it", "more")),
        claim_holds=None,
    ),
    Host("omega"),
    Host("zeta", 0.0001, 0.0005, "ok", claim=SYNCHRONIZED, claim_holds=False),
)
REPORT = ClockReport(
    local=Local("alpha", role="solver", claim=SYNCHRONIZED),
    solved=True,
    age_seconds=4,
    hosts=HOSTS,
    has_majority=True,
    agreeing=3,
    spread_seconds=0.044,
    camps=(Camp(("alpha", "beta", "zeta"), 0.0, 0.0005), Camp(("delta",), -0.04, 0.0003)),
)


def rows(report, shown=None):
    return {row.host: row for row in clocks_view(report, shown).rows}


def test_the_worst_come_first():
    assert list(rows(REPORT)) == ["delta", "zeta", "gamma", "omega", "alpha", "beta"]


def test_a_row_says_in_words_what_it_draws():
    delta = rows(REPORT)["delta"]
    assert (delta.offset, delta.verdict, delta.mark) == ("-40 ms ± 300 µs", "wrong", marks.BAD)
    assert (delta.claim, delta.claim_mark, delta.is_claim_bad) == ("false: synchronized ± 2 ms", marks.BAD, True)
    assert delta.picture == "delta: measured -40 ms ± 300 µs; claims false: synchronized ± 2 ms"
    assert delta.reasons == ("40 ms behind",)


def test_measurement_and_claim_are_drawn_on_one_axis():
    beta, delta = rows(REPORT)["beta"], rows(REPORT)["delta"]
    assert (beta.measured.left, beta.measured.middle, beta.measured.width) == (52.5, 55, 5)
    assert (beta.claimed.left, beta.claimed.width) == (40, 20)
    assert delta.measured.left + delta.measured.width < delta.claimed.left, "a false claim: they do not touch"


def test_what_was_not_measured_is_not_drawn():
    omega = rows(REPORT)["omega"]
    assert (omega.measured, omega.claimed, omega.offset, omega.claim) == (None, None, "-", "unknown")
    assert omega.picture == "omega: measured not at all; claims unknown"


def test_why_a_clock_is_not_kept_is_told_by_its_host():
    assert rows(REPORT)["gamma"].reasons == ("nobody keeps it",)


def test_the_band_is_where_the_majority_is():
    view = clocks_view(REPORT, None)
    assert (view.band.left, view.band.width) == (47.5, 5)
    assert (view.tolerated.left, view.tolerated.width) == (25, 50)
    assert clocks_view(msgspec.structs.replace(REPORT, has_majority=False), None).band is None


@pytest.mark.parametrize(
    ("changes", "mark", "sentence"),
    [
        ({}, marks.BAD, "3 of 6 hosts agree, spread 44 ms, no contradictions, compared 4s ago"),
        (
            {"hosts": HOSTS[:2], "agreeing": 2, "spread_seconds": 0.001},
            marks.GOOD,
            "2 of 2 hosts agree, spread 1 ms, no contradictions, compared 4s ago",
        ),
        (
            {"hosts": HOSTS[:2], "agreeing": 1, "spread_seconds": None},
            marks.DOUBTFUL,
            "1 of 2 hosts agree, spread not known, no contradictions, compared 4s ago",
        ),
        (
            {"has_majority": False, "agreeing": 2},
            marks.BAD,
            "No majority of 6 hosts, at most 2 agree, spread 44 ms, no contradictions, compared 4s ago",
        ),
        ({"has_majority": None}, marks.UNKNOWN, "Not measured yet: 6 hosts, compared 4s ago"),
        (
            {"hosts": HOSTS[4:5], "has_majority": None},
            marks.GOOD,
            "This is the only host: there is no other clock to compare with",
        ),
        (
            {"solved": False, "hosts": ()},
            marks.GOOD,
            "Nothing is solved here: this timekeeper has no solution yet. Shown is this host's own word",
        ),
        (
            {"solved": False, "hosts": (), "local": Local("alpha", role="agent", claim=Claim("holdover"))},
            marks.DOUBTFUL,
            "Nothing is solved here: this timekeeper is an agent, and has heard of no solver. Shown is this host's own word",
        ),
    ],
    ids=["wrong", "well", "apart", "no-majority", "early", "alone", "unsolved", "agent"],
)
def test_the_sentence(changes, mark, sentence):
    view = clocks_view(msgspec.structs.replace(REPORT, **changes), None)
    assert (view.mark, view.sentence) == (mark, sentence)


def test_an_agent_shows_its_own_word():
    view = clocks_view(ClockReport(local=Local("alpha", role="agent", claim=SYNCHRONIZED)), None)
    [row] = view.rows
    assert (row.host, row.verdict, row.claim) == ("alpha", "not compared", "synchronized ± 2 ms")
    assert row.claimed is not None


def test_what_is_to_be_said_of_all():
    ring = Contradiction(("alpha", "beta", "gamma"), 0.0012)
    reasons = ("the cluster as a whole is 200 ms ahead of true time (±7 ms)", "measurements exclude each other")
    told = msgspec.structs.replace(REPORT, contradictions=(ring,), cluster_off=True, reasons=reasons)
    assert list(clocks_view(told, None).notes) == [
        (marks.OPEN, "camp of 3: alpha, beta, zeta; 0 µs ± 500 µs"),
        (marks.OPEN, "camp of 1: delta; -40 ms ± 300 µs"),
        (marks.BAD, reasons[0]),
        (marks.DOUBTFUL, reasons[1]),
    ]


def test_a_row_tells_of_a_contradicted_claim_and_of_age():
    host = Host(
        "beta", 0.001, 0.0005, "ok", claim=SYNCHRONIZED, contradicted_by="delta", age_seconds=70, standing="not_watched"
    )
    row = rows(msgspec.structs.replace(REPORT, hosts=(host,)))["beta"]
    assert (row.claim_mark, row.is_claim_bad, row.claim) == (marks.BAD, True, "contradicted: synchronized ± 2 ms")
    assert (row.offset, row.verdict) == ("+1 ms ± 500 µs, 1m 10s old", "ok, not watched")


@pytest.mark.parametrize(
    ("bound", "shown", "text"),
    [
        (Bound(troubled=60, well=20), 6, ""),
        (Bound(troubled=60, well=5), 5, "and 1 more, all well"),
        (Bound(troubled=60, well=1), 4, "and 2 more, all well"),
        (Bound(troubled=2, well=1), 2, "and 4 more"),
    ],
)
def test_what_is_not_shown_is_counted(bound, shown, text):
    view = clocks_view(REPORT, bound)
    assert (len(view.rows), view.hidden, view.hidden_text) == (shown, 6 - shown, text)


def test_a_host_whose_router_hears_of_no_verdict_is_marked_and_explained():
    view = clocks_view(REPORT, None, ("delta", "c"))
    assert [row.host for row in view.rows if row.reasons[-1:] == ("not enforced there",)] == ["delta"]
    assert view.notes[-1] == (
        marks.DOUBTFUL,
        "not enforced there: host delta runs a C++ router, which knows no clock verdict",
    )
