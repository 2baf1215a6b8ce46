"""The board: a cell for each pair, the worst kept where not all fit, and what holds for everything."""

import pytest

from communicator.answers.releases import CanaryReport, Cell, Freeze, Override, Release, SickServer, Standing, Stranger
from communicator.wording import marks
from exporters.page.views.board import Size, board_view, notices_view, outlook
from exporters.page.views.bound import Bound


def report(*cells, **more):
    return CanaryReport(server="alpha", cells=cells, total=len(cells), **more)


BILLING = (
    Cell("alpha", "billing", "2.0", state="blocked", until_seconds=372, failed=7, reason="never worked"),
    Cell("beta", "billing", "2.0", state="observing", running=1),
    Cell("beta", "billing", "1.9", state="good", passed=12, running=1),
    Cell("gamma", "billing", "1.9", state="good"),
    Cell("gamma", "mailer", "4.1", "1aa0", state="suspect", until_seconds=25),
)
RELEASES = (
    Release("billing", "1.9", first_seen_seconds=9e5, is_last_good=True),
    Release("billing", "2.0", first_seen_seconds=700, log10_evidence=0.42),
    Release("mailer", "4.1", "1aa0", state="held", first_seen_seconds=700, until_seconds=60),
)


def test_rows_are_versions_the_newest_first_and_columns_are_servers():
    view = board_view(report(*BILLING, releases=RELEASES), None)
    assert view.servers == ["alpha", "beta", "gamma"]
    assert [(row.service, row.version) for row in view.rows] == [
        ("billing", "2.0"),
        ("billing", "1.9"),
        ("mailer", "4.1 build 1aa0"),
    ]
    words_of = [[cell and cell.word for cell in row.cells] for row in view.rows]
    assert words_of == [["blocked", "observing", None], [None, "good", "good"], [None, None, "ejected"]]


def test_a_row_says_how_its_version_does_everywhere():
    new, old, mailer = board_view(report(*BILLING, releases=RELEASES), None).rows
    assert (new.mark, new.notes) == (marks.BAD, "evidence 2.6 to 1")
    assert [(place, number) for _, place, number in new.counts] == [("blocked", 1), ("observing", 1)]
    assert (old.mark, old.notes) == (marks.GOOD, "last good")
    assert (mailer.mark, mailer.notes) == (marks.BAD, "held for 1m 0s")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (BILLING[0], "0 ok, 7 failed, next probe in 6m 12s"),
        (BILLING[2], "12 ok, 0 failed, up"),
        (BILLING[4], "0 ok, 0 failed, no messages for 25s"),
        (Cell("a", "b", state="probation", excused=2, running=3), "0 ok, 0 failed, 2 excused, 3 up, a probe may come"),
        (Cell("a", "b", state="good", override="pin"), "0 ok, 0 failed, pinned by an operator"),
    ],
    ids=["blocked", "good", "ejected", "probation", "pinned"],
)
def test_what_goes_on_there(cell, text):
    assert outlook(cell) == text


def test_a_cell_leads_to_its_evidence_by_an_id_that_stays():
    first, second = (board_view(report(*cells), None).rows[-1].cells[0] for cells in (BILLING[:4], BILLING[:1]))
    assert first.query == "server=alpha&service=billing&version=2.0"
    assert first.id == second.id
    assert first.detail == "0 ok, 7 failed, next probe in 6m 12s; never worked"


def test_where_not_all_fit_the_worst_are_kept():
    cells = [
        Cell(f"s{number:02}", "billing", f"1.{version}", state="good") for number in range(30) for version in range(30)
    ]
    cells[7 * 30 + 9] = Cell("s07", "billing", "1.9", state="blocked")
    view = board_view(report(*cells), Size(Bound(troubled=10, well=4), servers=5))
    assert (view.hidden_rows, view.hidden_servers) == (26, 25)
    assert view.servers[0] == "s07"
    assert "1.9" in [row.version for row in view.rows]
    assert view.rows[[row.version for row in view.rows].index("1.9")].counts[0][1:] == ("blocked", 1)


def test_troubled_versions_are_shown_up_to_a_larger_bound():
    cells = [Cell("alpha", "billing", f"1.{version:02}", state="blocked") for version in range(30)]
    assert len(board_view(report(*cells), Size(Bound(troubled=10, well=4), servers=5)).rows) == 10


def test_what_holds_for_everything():
    view = notices_view(
        report(
            *BILLING,
            canary=Standing(
                mode="by-rule", leader="alpha", watchers={"systemd": "not reached", "dbus": ""}, ledger_errors_total=2
            ),
            freezes=(Freeze("*", 60, "too many", ""), Freeze("billing", None, "wait", "root@beta")),
            servers=(SickServer("gamma", "sick", 30, "3 services"),),
            overrides=(
                Override(
                    "pin",
                    service="billing",
                    version="1.9",
                    server="beta",
                    until_seconds=3600,
                    reason="trusted",
                    by="root@beta",
                ),
            ),
        )
    )
    assert view.sentence == "3 versions of 2 services on 3 servers, led by alpha, mode by-rule"
    assert view.mark == marks.BAD
    assert [text for _, text in view.notices] == [
        "all rules are frozen for 1m 0s, by themselves: too many",
        "the rules are frozen for billing until it is lifted, by root@beta: wait",
        "gamma is sick for 30s: 3 services",
        "billing 1.9 on beta is pinned for 1h 0m by root@beta: trusted",
        "systemd is not watched: not reached",
        "the ledger could not be written 2 times, 0 facts lost",
    ]


def test_nothing_has_run_yet():
    view = notices_view(report())
    assert (view.mark, view.sentence, view.notices) == (marks.GONE, "No version has run yet", [])
    assert board_view(report(), None).rows == []


def test_who_has_no_version_is_asked_for_by_the_word_for_that():
    [row] = board_view(report(Cell("alpha", "old")), None).rows
    assert (row.version, row.cells[0].query) == ("(none)", "server=alpha&service=old&version=%28none%29")


def test_a_server_whose_router_knows_no_policy_is_marked_and_explained():
    first = board_view(report(*BILLING), None, ("alpha",)).rows[0].cells
    details = [
        cell and cell.detail for row in board_view(report(*BILLING), None, ("alpha",)).rows for cell in row.cells
    ]
    assert [detail for detail in details if detail and "not enforced there" in detail] == [
        "0 ok, 7 failed, next probe in 6m 12s, not enforced there; never worked"
    ], first
    assert notices_view(report(*BILLING), ("alpha",)).notices == [
        (marks.DOUBTFUL, "not enforced there: host alpha runs a C++ router, which knows no policy")
    ]


def test_the_newest_strangers_stand_last_among_the_notices():
    strangers = tuple(Stranger("alpha", f"u{number}", 7, 6, 1, "payroll", "3.2") for number in range(9))
    view = notices_view(CanaryReport(strangers=strangers))
    assert [mark for mark, _ in view.notices] == [marks.GONE] * 8
    assert view.notices[0][1].startswith("user u0 on alpha is not known to run payroll: 7 runs, 6 failed")
