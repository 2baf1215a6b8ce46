"""Which clocks agree with which, as it looks at 80 and at 120 columns."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from bellwether.clock_matrix import mark_of, render
from communicator.answers.clocks import ClockReport, Host, Local, Pair, Peer, Thresholds

PAIRS = (
    Pair("alpha", "beta", offset_seconds=-0.000014, bound_seconds=0.00005),
    Pair("alpha", "gamma", offset_seconds=0.0042, bound_seconds=0.0012),
    Pair("alpha", "delta", offset_seconds=-0.0401, bound_seconds=0.00005),
    Pair("alpha", "omega"),
    Pair("delta", "beta", offset_seconds=0.0601, bound_seconds=0.00005),
)
SOLUTION = ClockReport(local=Local("alpha"), solved=True, hosts=(Host("omega"),), pairs=PAIRS)


def screen(report, width):
    console = Console(file=io.StringIO(), width=width)
    console.print(render(report, width))
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


USUAL = """\
       alpha   beta  delta  gamma  omega
alpha      -      *      ~      ~      x
beta       *      -      !      ?      ?
delta      ~      !      -      ?      ?
gamma      ~      ?      ?      -      ?
omega      x      ?      ?      ?      -

* within 5 ms  ~ 5 ms or near it  ! 50 ms or more  x no answer  ? not known"""

AT_39 = """\
         1  2  3  4  5
1 alpha  -  *  ~  ~  x
2 beta   *  -  !  ?  ?
3 delta  ~  !  -  ?  ?
4 gamma  ~  ?  ?  -  ?
5 omega  x  ?  ?  ?  -

* within 5 ms  ~ 5 ms or near it  ! 50
ms or more  x no answer  ? not known"""

AT_16 = """\
         1  2
1 alpha  -  *
2 beta   *  -
3 delta  ~  !
4 gamma  ~  ?
5 omega  x  ?
"""


@pytest.mark.parametrize(("width", "shown"), [(80, USUAL), (120, USUAL), (40, USUAL), (39, AT_39), (15, AT_16)])
def test_the_screen(width, shown):
    told = screen(SOLUTION, width)
    assert told.split("\n\n")[0] == shown.split("\n\n")[0].rstrip()
    if width >= 80 or width == 39:
        assert told == shown


def test_the_documentation_shows_it():
    assert f"```text\n{USUAL}\n```" in (Path(__file__).parents[2] / "docs/clock.md").read_text()


@pytest.mark.parametrize(
    ("width", "left_out"), [(15, "3 columns are left out"), (18, "2 columns"), (21, "1 column is left out")]
)
def test_what_does_not_fit_is_said(width, left_out):
    assert left_out in " ".join(screen(SOLUTION, width).split())


@pytest.mark.parametrize(("count", "told"), [(1, "1 pair is left out"), (1600, "1600 pairs are left out")])
def test_pairs_that_the_report_leaves_out_are_told(count, told):
    report = ClockReport(solved=True, pairs=PAIRS, pairs_omitted=count)
    assert screen(report, 120).splitlines()[-1].startswith(f"{told}, all of other hosts")


@pytest.mark.parametrize("width", [15, 24, 39, 80, 120])
@pytest.mark.parametrize("count", [2, 9, 10, 40])
def test_no_line_is_wider_than_the_terminal(width, count):
    names = [f"node{number}" for number in range(count)]
    pairs = tuple(Pair(names[0], name, offset_seconds=0.0, bound_seconds=0.0) for name in names[1:])
    table = screen(ClockReport(solved=True, pairs=pairs), width).split("\n\n")[0]
    lines = table.splitlines()
    assert len(lines) == count + 1
    assert max(map(len, lines)) <= width


def test_a_long_name_leaves_room_for_marks():
    pairs = (Pair("a" * 300, "b", offset_seconds=0.0, bound_seconds=0.0),)
    lines = screen(ClockReport(solved=True, pairs=pairs), 20).splitlines()
    assert lines[:3] == ["            1  2", "1 aaaaaaa…  -  *", "2 b         *  -"]


def test_one_column_is_always_shown():
    assert screen(SOLUTION, 1).splitlines()[0].strip() in ("", "1")


@pytest.mark.parametrize(
    ("offset_s", "bound_s", "mark"),
    [
        (0, 0, "*"),
        (0.004, 0.0009, "*"),
        (-0.004, 0.001, "~"),
        (0.006, 0.002, "~"),
        (0.006, 0.001, "~"),
        (-0.051, 0.002, "~"),
        (0.052, 0.001, "!"),
        (-3600, 0.001, "!"),
        (0, 0.02, "?"),
        (0.02, 0.0151, "?"),
        (0.02, 0.015, "~"),
        (0.02, None, "?"),
        (None, None, "x"),
        (None, 0.001, "x"),
    ],
)
def test_the_bound_decides_what_is_certain(offset_s, bound_s, mark):
    assert mark_of(Pair("a", "b", offset_seconds=offset_s, bound_seconds=bound_s), ClockReport().limits) == mark


def test_who_is_not_measured_is_not_known():
    assert mark_of(None, ClockReport().limits) == "?"


def test_the_limits_are_those_of_the_report():
    report = ClockReport(solved=True, pairs=PAIRS, thresholds=Thresholds(0.00001, 0.001))
    shown = screen(report, 120)
    assert shown.splitlines()[1].split() == ["alpha", "-", "?", "!", "!", "x"]
    assert shown.endswith("* within 10 µs  ~ 10 µs or near it  ! 1 ms or more  x no answer  ? not known")


@pytest.mark.parametrize(
    ("there", "back", "mark"),
    [
        (0.02, None, "~"),
        (None, 0.02, "~"),
        (None, None, "x"),
        (0.02, 0.0, "~"),
    ],
)
def test_the_other_direction_serves_where_one_has_no_answer(there, back, mark):
    pairs = (
        Pair("alpha", "beta", offset_seconds=there, bound_seconds=0.0),
        Pair("beta", "alpha", offset_seconds=back, bound_seconds=0.0),
    )
    lines = screen(ClockReport(solved=True, pairs=pairs), 80).splitlines()
    assert lines[1].split() == ["alpha", "-", mark]


def test_an_agent_shows_what_it_measured_itself():
    pairs = (Peer("beta", 0.0, 0.0, 0.0002, 1.0, "probe"),)
    lines = screen(ClockReport(local=Local("alpha", pairs=pairs), pairs=PAIRS), 80).splitlines()
    assert [line.split() for line in lines[:3]] == [["alpha", "beta"], ["alpha", "-", "*"], ["beta", "*", "-"]]


@pytest.mark.parametrize(
    ("report", "shown"),
    [
        (ClockReport(), "No pair of clocks is measured from here."),
        (ClockReport(solved=True, hosts=(Host("a"), Host("b"))), "No pair of clocks is measured."),
        (
            ClockReport(solved=True, has_majority=False, hosts=(Host("a"),)),
            "No pair of clocks is measured: this is the only host.",
        ),
        (ClockReport(solved=True, hosts=(Host("a"),)), "No pair of clocks is measured: this is the only host."),
    ],
)
def test_no_pair_is_no_matrix(report, shown):
    assert screen(report, 80) == shown
