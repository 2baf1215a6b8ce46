"""All clocks on one screen, as it looks at 80 and at 120 columns."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from bellwether.clock_table import render
from communicator.answers.clocks import Camp, Claim, ClockReport, Contradiction, Host, Local
from tests.bellwether.clock_sample import sample_report

ALPHA = Host("alpha", 0.000012, 0.000056, "ok", claim=Claim("synchronized", bound_seconds=0.0021), claim_holds=True)
BETA = Host(
    "beta",
    -0.000002,
    0.000056,
    "ok",
    claim=Claim("holdover", bound_seconds=0.0121),
    claim_holds=True,
    reasons=("ntpd no longer runs",),
)
GAMMA = Host(
    "gamma",
    0.0042,
    0.0012,
    "suspect",
    claim=Claim("unsynchronized"),
    reasons=("4.2 ms ahead of 4 of 5 hosts (± 1.2 ms), measured only through the router",),
)
DELTA = Host(
    "delta",
    -0.0401,
    0.0003,
    "wrong",
    claim=Claim("synchronized", bound_seconds=0.002),
    claim_holds=False,
    reasons=("40.1 ms behind 4 of 5 hosts (± 300 µs)", "claims ± 2 ms but is 40.1 ms off"),
)
OMEGA = Host("omega", reasons=("not measured for 20 min",))
SOLUTION = ClockReport(
    local=Local("alpha", role="solver"),
    solved=True,
    hosts=(ALPHA, BETA, GAMMA, DELTA, OMEGA),
    has_majority=True,
    agreeing=3,
    spread_seconds=0.0000802,
    age_seconds=4.2,
)
AGENT = ClockReport(
    local=Local(
        "alpha",
        role="agent",
        claim=Claim(
            "holdover",
            daemon="chronyd",
            offset_seconds=-0.000012,
            bound_seconds=0.0021,
            reasons=("chronyd no longer runs",),
        ),
    ),
    age_seconds=2.5,
)


def screen(report, width, not_enforced=(), **options):
    console = Console(file=io.StringIO(), width=width, **options)
    console.print(render(report, width, not_enforced))
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


AT_80 = """\
HOST   OFFSET ± BOUND     VERDICT    CLAIM
    WHY
delta  -40.1 ms ± 300 µs  ✖ wrong    ✖ false: synchronized ± 2 ms
    40.1 ms behind 4 of 5 hosts (± 300 µs); claims ± 2 ms but is 40.1 ms off
gamma  +4.2 ms ± 1.2 ms   ⚠ suspect  ? unsynchronized
    4.2 ms ahead of 4 of 5 hosts (± 1.2 ms), measured only through the router
omega  -                  ? unknown  ? unknown
    not measured for 20 min
alpha  +12 µs ± 56 µs     ✔ ok       ✔ synchronized ± 2.1 ms
beta   -2 µs ± 56 µs      ✔ ok       ✔ holdover ± 12.1 ms
    ntpd no longer runs

✖ 3 of 5 hosts agree, spread 80.2 µs, no contradictions, compared 4s ago"""

AT_120 = """\
HOST   OFFSET ± BOUND     VERDICT    CLAIM                         WHY
delta  -40.1 ms ± 300 µs  ✖ wrong    ✖ false: synchronized ± 2 ms  40.1 ms behind 4 of 5 hosts (± 300 µs); claims ± 2 ms
                                                                   but is 40.1 ms off
gamma  +4.2 ms ± 1.2 ms   ⚠ suspect  ? unsynchronized              4.2 ms ahead of 4 of 5 hosts (± 1.2 ms), measured
                                                                   only through the router
omega  -                  ? unknown  ? unknown                     not measured for 20 min
alpha  +12 µs ± 56 µs     ✔ ok       ✔ synchronized ± 2.1 ms
beta   -2 µs ± 56 µs      ✔ ok       ✔ holdover ± 12.1 ms          ntpd no longer runs

✖ 3 of 5 hosts agree, spread 80.2 µs, no contradictions, compared 4s ago"""

AGENT_AT_80 = """\
⚠ alpha: holdover, by chronyd, offset -12 µs, off by at most 2.1 ms
    chronyd no longer runs

Nothing is solved here: this timekeeper is an agent, and has heard of no solver.
Shown is this host's own word, as of 2s ago."""

AGENT_AT_120 = """\
⚠ alpha: holdover, by chronyd, offset -12 µs, off by at most 2.1 ms
    chronyd no longer runs

Nothing is solved here: this timekeeper is an agent, and has heard of no solver. Shown is this host's own word, as of 2s
ago."""

NOTHING = """\
? this host: unknown

Nothing is solved here: this timekeeper has no solution yet. Shown is this host's own word."""


@pytest.mark.parametrize(
    ("report", "width", "shown"),
    [
        (SOLUTION, 80, AT_80),
        (SOLUTION, 120, AT_120),
        (AGENT, 80, AGENT_AT_80),
        (AGENT, 120, AGENT_AT_120),
        (ClockReport(), 120, NOTHING),
    ],
    ids=["solved-80", "solved-120", "agent-80", "agent-120", "nothing"],
)
def test_the_screen(report, width, shown):
    assert screen(report, width) == shown


def test_the_documentation_shows_what_a_real_timekeeper_has_it_say():
    assert f"```text\n{screen(sample_report(), 80)}\n```" in (Path(__file__).parents[2] / "docs/clock.md").read_text()


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("unsynchronized", "3 ms ahead; chronyd has selected no source"),
        ("holdover", "3 ms ahead; chronyd has selected no source"),
        ("unknown", "3 ms ahead; chronyd has selected no source"),
        ("synchronized", "3 ms ahead"),
    ],
)
def test_why_a_clock_is_not_kept_is_said_too(state, why):
    claim = Claim(state, reasons=("chronyd has selected no source", "falseticker: a"))
    host = Host("beta", 0.003, 0.001, "ok", claim=claim, reasons=("3 ms ahead",))
    assert screen(ClockReport(solved=True, hosts=(host,)), 60).splitlines()[3].strip() == why


@pytest.mark.parametrize("width", [20, 40, 67, 119])
def test_a_narrow_screen_loses_no_word(width):
    shown = "".join(screen(SOLUTION, width).split())
    for word in ("delta", "synchronized", "40.1", "router", "compared"):
        assert word in shown


def test_a_false_claim_is_as_bad_as_a_wrong_clock():
    liar = Host("omega", 0.001, 0.0001, "ok", claim=Claim("synchronized"), claim_holds=False)
    lines = screen(ClockReport(solved=True, hosts=(ALPHA, GAMMA, liar), has_majority=True), 120).splitlines()
    assert [line.split()[0] for line in lines[1:-1] if line and line[0] != " "] == ["omega", "gamma", "alpha"]
    assert lines[-1].startswith("✖ most of 3 hosts agree")


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({"hosts": (ALPHA, BETA)}, "? not measured yet: 2 hosts, age not known"),
        ({"hosts": (ALPHA, BETA, OMEGA), "age_seconds": 4.2}, "? not measured yet: 3 hosts, compared 4s ago"),
        ({"has_majority": True}, "✔ most of 1 host agree"),
        ({"has_majority": True, "agreeing": 1, "spread_seconds": 0.0}, "✔ 1 of 1 host agree, spread 0 µs"),
        ({"has_majority": True, "agreeing": 2, "hosts": (ALPHA, BETA, OMEGA)}, "⚠ 2 of 3 hosts agree"),
        ({"has_majority": False, "agreeing": 1, "hosts": (ALPHA, BETA)}, "✖ no majority of 2 hosts, at most 1 agree"),
        ({"has_majority": True, "hosts": ()}, "✔ most of 0 hosts agree"),
        (
            {"has_majority": True, "contradictions": (Contradiction(("a", "b")),)},
            "✔ most of 1 host agree, spread not known, 1 contradiction",
        ),
    ],
)
def test_the_last_line_is_of_all(told, line):
    lines = screen(ClockReport(**{"solved": True, "hosts": (ALPHA,), **told}), 120).splitlines()
    assert next(one for one in lines if one.startswith(line[:4]) and " host" in one).startswith(line)


@pytest.mark.parametrize(
    ("host", "line"),
    [
        (Host("alpha"), "⚠ this is the only host: there is no other clock to compare with"),
        (
            Host("alpha", 0.0401, 0.002, "wrong"),
            "✖ this is the only host: compared with external time servers",
        ),
        (ALPHA, "✔ this is the only host: compared with external time servers"),
    ],
)
def test_an_only_host_has_no_majority_to_miss(host, line):
    report = ClockReport(
        local=Local("alpha"), solved=True, hosts=(host,), has_majority=False, agreeing=0, age_seconds=4.2
    )
    shown = screen(report, 120)
    assert shown.splitlines()[-1] == line
    assert "majority" not in shown


def test_contradictions_are_told_one_by_one():
    told = (Contradiction(("alpha", "beta")), Contradiction(("beta", "gamma"), 0.004))
    reasons = (
        "measurements around alpha, beta exclude each other",
        "measurements around beta, gamma exclude each other",
    )
    report = ClockReport(solved=True, hosts=(ALPHA,), has_majority=True, contradictions=told, reasons=reasons)
    shown = screen(report, 120)
    assert "2 contradictions" in shown
    assert shown.splitlines()[-2:] == [f"⚠ {reason}" for reason in reasons]


def test_the_table_ends_with_the_story():
    reasons = ("the cluster as a whole is 202 ms ahead of true time (±7 ms), by the external servers of alpha, beta",)
    report = ClockReport(solved=True, hosts=(ALPHA, BETA), has_majority=True, cluster_off=True, reasons=reasons)
    *_, last, story = screen(report, 120).splitlines()
    assert (last.split()[0], story) == ("✖", f"✖ {reasons[0]}")


def test_a_row_tells_why_a_host_does_not_count_and_how_old_its_measurement_is():
    silent = Host("beta", 0.0, 0.001, "ok", standing="vouched_by_one", age_seconds=70)
    liar = Host("zeta", claim=Claim("synchronized", bound_seconds=0.0003), contradicted_by="beta")
    lines = screen(
        ClockReport(solved=True, hosts=(silent, Host("gamma", standing="not_watched"), liar)), 160
    ).splitlines()
    assert [line.rstrip() for line in lines[1:4]] == [
        "zeta   -                        ? unknown                 ✖ contradicted: synchronized ± 300 µs",
        "gamma  -                        ? not watched             ? unknown",
        "beta   0 µs ± 1 ms, 1m 10s old  ✔ ok, vouched for by one  ? unknown",
    ]


@pytest.mark.parametrize(
    ("camps", "shown"),
    [
        (
            (Camp(("alpha",)), Camp(("beta",), 0.02, 0.001)),
            ["    camp of 1: alpha", "    camp of 1: beta; +20 ms ± 1 ms"],
        ),
        ((Camp(("alpha", "beta")),), []),
    ],
)
def test_camps_are_told_where_there_are_several(camps, shown):
    report = ClockReport(solved=True, hosts=(ALPHA, BETA), has_majority=False, camps=camps)
    assert screen(report, 120).splitlines()[5:] == shown


def test_no_host_is_no_table():
    assert screen(ClockReport(solved=True), 80).startswith("No host is known.\n")


def test_a_host_without_a_name_has_a_line():
    assert (
        screen(ClockReport(solved=True, hosts=(Host(""),)), 60).splitlines()[2]
        == "?     -               ? unknown  ? unknown"
    )


def test_names_of_other_scripts_and_of_markup_are_shown_as_they_are():
    hosts = (Host("時計", verdict="ok"), Host("[bold]", verdict="ok", reasons=("[red]x[/red]",)))
    lines = screen(ClockReport(solved=True, hosts=hosts), 60).splitlines()
    assert lines[2].startswith("[bold]  -  ")
    assert lines[3] == "    [red]x[/red]"
    assert lines[4].startswith("時計    -  ")


@pytest.mark.parametrize("width", [80, 120])
def test_colour_is_for_terminals_and_adds_no_word(width):
    coloured = screen(SOLUTION, width, force_terminal=True, color_system="standard", _environ={})
    assert "\x1b[" in coloured
    assert "\x1b[" not in screen(SOLUTION, width)


def test_a_host_whose_router_hears_of_no_verdict_is_marked_and_explained():
    shown = screen(SOLUTION, 160, not_enforced=("delta", "c"))
    assert "claims ± 2 ms but is 40.1 ms off; not enforced there" in " ".join(shown.split())
    assert shown.splitlines()[-1] == (
        "⚠ not enforced there: host delta runs a C++ router, which knows no clock verdict"
    )
    assert screen(SOLUTION, 120, not_enforced=("c",)) == AT_120
