"""The pages of a report on versions are one report, whatever moves between two questions; an ejection is a place of its own."""

import pytest

from communicator.answers.releases import CanaryReport, Cell, Release, RunCount, join_pages


def cell(service, state="good"):
    return Cell("alpha", service, "1", "a", state)


def count(service, number):
    return RunCount("alpha", service, "1", "success", number)


def test_one_page_is_the_report():
    page = CanaryReport(server="alpha", total=1, cells=(cell("printer"),), runs_total=(count("printer", 2),))
    assert join_pages([page]) == page


def test_pages_follow_each_other():
    first = CanaryReport(server="alpha", total=2, cells=(cell("printer"),), runs_total=(count("printer", 2),))
    second = CanaryReport(server="alpha", total=2, cells=(cell("scanner"),), runs_total=(count("scanner", 3),))
    whole = join_pages([first, second])
    assert [one.service for one in whole.cells] == ["printer", "scanner"]
    assert {one.service: one.count for one in whole.runs_total} == {"printer": 2, "scanner": 3}
    assert whole.untold == 0


def test_what_moves_to_the_next_page_is_there_once_and_as_it_was_told_last():
    first = CanaryReport(cells=(cell("printer"), cell("scanner")), releases=(Release("scanner", "1"),), total=3)
    second = CanaryReport(
        cells=(cell("scanner", "blocked"), cell("teller")), releases=(Release("scanner", "1", state="held"),), total=3
    )
    whole = join_pages([first, second])
    assert [(one.service, one.state) for one in whole.cells] == [
        ("printer", "good"),
        ("scanner", "blocked"),
        ("teller", "good"),
    ]
    assert [one.state for one in whole.releases] == ["held"]


@pytest.mark.parametrize("numbers", [(2, 5), (5, 2)])
def test_a_counter_told_twice_is_never_the_lower_one(numbers):
    pages = [CanaryReport(runs_total=(count("printer", n),), failures_total=(count("printer", n),)) for n in numbers]
    whole = join_pages(pages)
    assert [one.count for one in whole.runs_total] == [5]
    assert [one.count for one in whole.failures_total] == [5]


@pytest.mark.parametrize(
    ("state", "until_s", "place"),
    [("good", None, "good"), ("suspect", None, "suspect"), ("suspect", 3.0, "ejected"), ("blocked", 3.0, "blocked")],
)
def test_an_ejection_is_a_place_of_its_own(state, until_s, place):
    assert Cell("alpha", "billing", state=state, until_seconds=until_s).place == place
