from pathlib import Path

import pytest

from communicator.reporter.catalogue import BRANCHES, CATALOGUE, EXCLUSIVE, parameter_rule
from communicator.reporter.instructions import DO

PAGE = (Path(__file__).parents[2] / "docs/reporter.md").read_text()


def test_every_instruction_of_the_table_can_be_done():
    assert DO.keys() == CATALOGUE.keys()


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_page_tells_of_every_instruction_and_parameter(name):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    for parameter, rule in CATALOGUE[name].items():
        if parameter not in BRANCHES:
            assert f"`{parameter}`" in row if rule.is_required else f"`{parameter}?`" in row


def test_the_page_tells_of_no_instruction_there_is_not():
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    named = {row.split("`")[1] for row in rows}
    assert named == set(CATALOGUE)


def test_sort_takes_as_many_variables_as_there_are():
    assert parameter_rule("sort", "var200") is not None
    assert parameter_rule("sort", "var0") is None
    assert parameter_rule("if", "var2") is None


def test_branches_cover_every_result():
    assert frozenset().union(*BRANCHES.values()) == {-2, -1, 0, 1}
    assert BRANCHES["true"] == BRANCHES["not_equal"]
    assert BRANCHES["false"] == BRANCHES["equal"]


def test_exclusive_parameters_exist():
    for name, parameters in EXCLUSIVE.items():
        assert set(parameters) <= set(CATALOGUE[name])
