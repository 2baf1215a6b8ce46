"""All that is known of one clock, as it looks at 80 and at 120 columns."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from bellwether.clock_explain import find_host, render
from bellwether.failure import CommandError
from communicator.answers.clocks import Claim, ClockReport, Contradiction, Host, Local, Pair, References, Thresholds
from tests.bellwether.clock_sample import sample_report

OWN = Claim(
    state="synchronized",
    offset_seconds=-0.000012,
    bound_seconds=0.0021,
    daemon="chronyd",
    upstreams=("ntp1", "ntp2"),
    stratum=3,
    leap="normal",
    age_seconds=12,
    reasons=("chronyd last updated the clock 12 s ago",),
)
ALPHA = Host(
    "alpha",
    0.000012,
    0.000056,
    "ok",
    drift_ppm=0.1,
    seconds_to_threshold=7500,
    claim=Claim("synchronized", bound_seconds=0.002),
    claim_holds=True,
)
DELTA = Host(
    "delta",
    -0.0401,
    0.0003,
    "wrong",
    claim=Claim("synchronized", bound_seconds=0.002, daemon="chronyd"),
    claim_holds=False,
    reasons=("40.1 ms behind 4 of 5 hosts (± 300 µs)", "claims ± 2 ms but is 40.1 ms off"),
)
PAIRS = (
    Pair("delta", "beta", 0.0601, 0.00005, 0.0001, 3, "probe"),
    Pair("alpha", "delta", -0.0401, 0.0003, 0.0024, 75, "router", 0.7),
    Pair("omega", "delta"),
    Pair("alpha", "beta", -0.000014, 0.00005, 0.0001, 3, "probe"),
)
SOLUTION = ClockReport(
    local=Local(
        "alpha", role="solver", claim=OWN, sources={"selected": 1, "combined": 2, "unusable": 0}, steps_total=2
    ),
    solved=True,
    hosts=(ALPHA, DELTA, Host("beta"), Host("gamma"), Host("omega")),
    pairs=PAIRS,
    has_majority=True,
    agreeing=3,
    contradictions=(Contradiction(("delta", "gamma"), 0.003), Contradiction(("alpha", "beta"))),
)


def screen(report, name, width):
    console = Console(file=io.StringIO(), width=width)
    console.print(render(report, find_host(report, name)))
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


DELTA_PAGE = """\
✖ delta is wrong: off by 5 ms or more, for certain
  40.1 ms behind 4 of 5 hosts (± 300 µs)
  claims ± 2 ms but is 40.1 ms off

offset         -40.1 ms ± 300 µs against the 3 of 5 hosts that agree
trend          not known
forecast       not known
claim          is false: synchronized, by chronyd, off by at most 2 ms
daemon         chronyd
upstreams      none known
contradiction  delta → gamma → delta, 3 ms beyond their bounds

AGAINST  OFFSET ± BOUND        RTT    AGE     DRIFT  VIA     MEASURED BY
alpha    -40.1 ms ± 300 µs  2.4 ms  1m 15s  +0.7 ppm  router  alpha
beta     -60.1 ms ± 50 µs   100 µs      3s         -  probe   delta
omega    no answer               -       -         -  -       omega"""

ALPHA_PAGE = """\
✔ alpha is ok: off by less than 5 ms

offset         +12 µs ± 56 µs against the 3 of 5 hosts that agree
trend          +0.1 ppm
forecast       off by 5 ms in 2h 5m, if it goes on so
claim          holds: synchronized, by chronyd, offset -12 µs, off by at most 2.1 ms
               chronyd last updated the clock 12 s ago
daemon         chronyd
upstreams      ntp1, ntp2
stratum        3
leap           normal
updated        12s before this was told
sources        1 selected, 2 combined
steps          2 seen
contradiction  alpha → beta → alpha

AGAINST  OFFSET ± BOUND        RTT     AGE     DRIFT  VIA     MEASURED BY
beta     +14 µs ± 50 µs     100 µs      3s         -  probe   alpha
delta    +40.1 ms ± 300 µs  2.4 ms  1m 15s  -0.7 ppm  router  alpha"""

ALONE = """\
? this host is compared with nobody: nothing is solved here

offset     not known
trend      not known
forecast   not known
claim      unknown
daemon     none known
upstreams  none known"""


def squeezed(page):
    """The words of a page, line by line."""
    return [line.split() for line in page.splitlines()]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    ("report", "name", "page"),
    [(SOLUTION, "delta", DELTA_PAGE), (ClockReport(), "this host", ALONE)],
    ids=["delta", "alone"],
)
def test_the_page(report, name, page, width):
    assert squeezed(screen(report, name, width)) == squeezed(page)


def test_the_documentation_shows_what_a_real_timekeeper_has_it_say():
    page = (Path(__file__).parents[2] / "docs/clock.md").read_text()
    assert f"```text\n{screen(sample_report(), 'delta', 80)}\n```" in page


def test_the_page_of_this_host_has_its_own_words():
    assert squeezed(screen(SOLUTION, "alpha", 120)) == squeezed(ALPHA_PAGE)


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(width):
    assert max(map(len, screen(SOLUTION, "alpha", width).splitlines())) <= width


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        (Host("a", verdict="ok"), "✔ a is ok: off by less than 1 ms"),
        (Host("a", verdict="suspect"), "⚠ a is suspect: it may be off by 1 ms or more, which is not certain"),
        (Host("a", verdict="wrong"), "✖ a is wrong: off by 1 ms or more, for certain"),
        (Host("a", -0.02, 0.01, "wrong", critical=True), "✖ a is wrong: off by 10 ms or more, for certain"),
        (Host("a", 0.02, 0.011, "wrong"), "✖ a is wrong: off by 1 ms or more, for certain"),
        (Host("a", verdict="no_majority"), "? a cannot be judged: no majority of the hosts agrees"),
        (Host("a"), "? a cannot be judged: it was not measured, not lately or not for long enough"),
        (Host("a", verdict="later"), "? a is later"),
        (
            Host("a", verdict="ok", off=True),
            "✖ a agrees with most others, and external servers say that all of these are off",
        ),
    ],
)
def test_the_verdict_is_a_sentence(host, sentence):
    report = ClockReport(solved=True, hosts=(host, Host("b")), thresholds=Thresholds(0.001, 0.01))
    assert screen(report, "a", 120).splitlines()[0] == sentence


@pytest.mark.parametrize("has_majority", [False, None])
def test_an_only_host_is_not_called_unmeasured(has_majority):
    report = ClockReport(solved=True, has_majority=has_majority, hosts=(Host("a"),))
    assert screen(report, "a", 120).splitlines()[0] == "? a cannot be judged: it is the only host"


def row(name, host=ALPHA, **told):
    """What stands behind a word of the page of a host."""
    report = ClockReport(**{"solved": True, "hosts": (host,), **told})
    lines = screen(report, host.host, 120).splitlines()
    return next(line.removeprefix(name).strip() for line in lines if line.startswith(f"{name} "))


@pytest.mark.parametrize(
    ("told", "whom"),
    [
        ({"has_majority": True}, "the hosts that agree"),
        ({}, "true time, as its external servers tell it"),
        ({"has_majority": True, "agreeing": 1}, "the 1 of 1 hosts that agree"),
        ({"has_majority": False, "agreeing": 1}, "true time, as its external servers tell it"),
    ],
)
def test_an_offset_is_against_somebody(told, whom):
    assert row("offset", **told) == f"+12 µs ± 56 µs against {whom}"


@pytest.mark.parametrize(
    ("left_s", "told"),
    [
        (None, "not known"),
        (0, "off by 5 ms or more already"),
        (-3, "off by 5 ms or more already"),
        (90, "off by 5 ms in 1m 30s, if it goes on so"),
    ],
)
def test_the_forecast(left_s, told):
    assert row("forecast", Host("a", seconds_to_threshold=left_s)) == told


@pytest.mark.parametrize(
    ("holds", "told"), [(True, "holds: holdover"), (False, "is false: holdover"), (None, "holdover")]
)
def test_whether_a_claim_holds(holds, told):
    assert row("claim", Host("a", claim=Claim("holdover"), claim_holds=holds)) == told


def test_a_claim_that_another_contradicts():
    claim = Claim("synchronized", bound_seconds=0.0003)
    told = row("claim", Host("a", claim=claim, contradicted_by="b"))
    assert told == "is contradicted by that of b: synchronized, off by at most 300 µs"


def test_true_time():
    assert row("true time", Host("a", true_offset_seconds=0.2, true_bound_seconds=0.007)).startswith("+200 ms ± 7 ms")


def test_what_its_external_servers_say():
    heard = {"a": References(-0.2, 0.007, ("s4",), (), {"s5": "no answer"}, 3.0)}
    lines = screen(ClockReport(solved=True, hosts=(Host("a"),), references_by_host=heard), "a", 120).splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("references"))
    assert [" ".join(line.split()) for line in lines[place : place + 3]] == [
        "references +200 ms ± 7 ms",
        "s4: agrees",
        "s5: gives nothing: no answer",
    ]


def test_sources_of_which_there_are_none():
    assert row("sources", local=Local("alpha", sources={"selected": 0})) == "none"


def test_a_host_that_only_peers_speak_of_can_be_explained():
    assert find_host(ClockReport(solved=True, pairs=(Pair("a", "b"),)), "b") == Host("b")


@pytest.mark.parametrize(
    ("report", "known"),
    [
        (SOLUTION, "known are alpha, beta, delta, gamma, omega"),
        (ClockReport(local=Local("alpha")), "known is alpha"),
        (ClockReport(solved=True), "known are none"),
    ],
)
def test_who_is_not_known_is_told_who_is(report, known):
    with pytest.raises(CommandError) as refused:
        find_host(report, "nobody")
    assert str(refused.value) == f"nothing is known of a host 'nobody'; {known}"
    assert refused.value.exit_code == 1


def test_a_host_whose_router_hears_of_no_verdict_says_so():
    console = Console(file=io.StringIO(), width=120)
    console.print(render(SOLUTION, find_host(SOLUTION, "delta"), ("delta",)))
    aside = "  not enforced there: host delta runs a C++ router, which knows no clock verdict"
    assert console.file.getvalue().splitlines()[3].rstrip() == aside
