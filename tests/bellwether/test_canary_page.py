"""docs/canary.md tells of each command, option, state, cap, order and number that there is."""

import re
from pathlib import Path
from typing import get_args

import pytest
import typer

from bellwether.canary_group import application
from bellwether.canary_outcome import EXIT_CODES
from canary.orders import ORDERS
from canary.records import Cap
from canary.rules import Rules
from communicator.protocol.values import parse_duration_s
from communicator.wording.explanations import CAPS
from communicator.wording.releases import PLACES

PAGE = (Path(__file__).parents[2] / "docs/canary.md").read_text()
COMMANDS = typer.main.get_command(application).commands


def test_there_are_commands_to_tell_of():
    assert set(COMMANDS) == {*ORDERS, "get", "explain", "events", "replay", "verify", "status", "policy"}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_is_told_of(name):
    assert f"bellwether canary {name}" in PAGE or f"\n| `{name} " in PAGE
    options = {word for parameter in COMMANDS[name].params for word in parameter.opts if word.startswith("--")}
    assert not [option for option in options if option not in PAGE]


@pytest.mark.parametrize("order", sorted(ORDERS))
def test_each_order_says_what_it_does(order):
    assert f"\n| `{order} " in PAGE


@pytest.mark.parametrize("state", sorted(PLACES))
def test_each_state_has_its_mark_and_advice(state):
    assert f"\n| `{PLACES[state][0]}` | `{state}` | " in PAGE


@pytest.mark.parametrize("cap", sorted(set(get_args(Cap)) - {""}))
def test_each_cap_says_why(cap):
    assert f"\n| `{cap}` | " in PAGE
    assert cap in CAPS


@pytest.mark.parametrize("verdict", sorted(EXIT_CODES))
def test_each_verdict_has_its_exit_code(verdict):
    assert f"\n| {EXIT_CODES[verdict]} | `{verdict}` | " in PAGE


def numbers(text):
    """All numbers in a part of the page, spans of time in seconds."""
    spans = re.findall(r"\b([\d.,]*\d) (s|minutes?|days?)\b", text)
    return {float(one.replace(",", "")) for one in re.findall(r"[\d.,]*\d", text)} | {
        parse_duration_s(value.replace(",", "") + unit[0]) for value, unit in spans
    }


@pytest.mark.parametrize(
    ("row", "limits"),
    [
        ("| A |", ("a.failures", "a.span_s", "a.first_block_s")),
        ("| B |", ("b.failures", "b.base_s", "b.longest_s", "b.returns")),
        ("| C |", ("c.suspect_log10", "c.block_log10", "c.margin")),
        ("| D |", ("d.version_servers", "d.server_services", "d.server_within_s")),
        ("**Excused** is", ("ambient.around_s", "ambient.elsewhere_s", "ambient.boot_s")),
        ("| `frozen` |", ("caps.frozen_services", "caps.frozen_within_s")),
        ("| `gap` |", ("caps.block_gap_s",)),
        ("| `good` |", ("b.bake_s",)),
        ("| `proving` |", ("a.ok_after_s", "b.bake_s")),
    ],
    ids=["a", "b", "c", "d", "excused", "frozen", "gap", "good", "proving"],
)
def test_the_numbers_of_the_rules_are_those_of_the_program(row, limits):
    text = PAGE[PAGE.index(row) :].partition("\n\n" if row.startswith("**") else "\n")[0]
    for limit in limits:
        table, name = limit.split(".")
        assert getattr(getattr(Rules(), table), name) in numbers(text), limit


@pytest.mark.parametrize(("rule", "mode"), [("A", "enforces"), ("B", "enforces"), ("C", "dry run"), ("D", "dry run")])
def test_what_acts_by_default_is_told(rule, mode):
    row = PAGE[PAGE.index(f"\n| {rule} | ") + 1 :].partition("\n")[0]
    assert row.endswith(f"| {mode} |")
    assert getattr(Rules(), rule.lower()).mode == {"enforces": "enforce", "dry run": "dry-run"}[mode]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+\.md)", PAGE))))
def test_what_it_links_to_is_there(target):
    assert (Path(__file__).parents[2] / "docs" / target).is_file()
