"""docs/canary.md tells of each command, option, state, cap, order and number that there is."""

import re
from typing import get_args

import typer

from bellwether.canary_group import application
from bellwether.canary_outcome import EXIT_CODES
from canary.orders import ORDERS
from canary.records import Cap
from canary.rules import Rules
from checks.tree import ROOT, options_of
from communicator.protocol.values import parse_duration_s
from communicator.wording.explanations import CAPS
from communicator.wording.releases import PLACES

PAGE = (ROOT / "docs/canary.md").read_text()
COMMANDS = typer.main.get_command(application).commands


def test_there_are_commands_to_tell_of():
    assert set(COMMANDS) == {*ORDERS, "get", "explain", "history", "events", "replay", "verify", "status"}


def test_each_command_is_told_of():
    assert [name for name in COMMANDS if f"bellwether canary {name}" not in PAGE and f"\n| `{name} " not in PAGE] == []
    options = options_of(COMMANDS)
    assert [option for option in options if option not in PAGE] == []


def test_each_order_state_cap_and_verdict_has_its_row():
    caps = set(get_args(Cap)) - {""}
    rows = [
        *(f"\n| `{order} " for order in ORDERS),
        *(f"\n| `{PLACES[state][0]}` | `{state}` | " for state in PLACES),
        *(f"\n| `{cap}` | " for cap in caps),
        *(f"\n| {code} | `{verdict}` | " for verdict, code in EXIT_CODES.items()),
    ]
    assert [row for row in rows if row not in PAGE] == []
    assert caps <= set(CAPS)


def numbers(text):
    """All numbers in a part of the page, spans of time in seconds."""
    spans = re.findall(r"\b([\d.,]*\d) (s|minutes?|days?)\b", text)
    return {float(one.replace(",", "")) for one in re.findall(r"[\d.,]*\d", text)} | {
        parse_duration_s(value.replace(",", "") + unit[0]) for value, unit in spans
    }


LIMITS = {
    "| A |": ("a.failures", "a.span_s", "a.first_block_s"),
    "| B |": ("b.failures", "b.base_s", "b.longest_s", "b.returns"),
    "| C |": ("c.suspect_log10", "c.block_log10", "c.margin"),
    "| D |": ("d.version_servers", "d.server_services", "d.server_within_s"),
    "**Excused** is": ("ambient.around_s", "ambient.elsewhere_s", "ambient.boot_s"),
    "| `frozen` |": ("caps.frozen_services", "caps.frozen_within_s"),
    "| `gap` |": ("caps.block_gap_s",),
    "| `good` |": ("b.bake_s",),
    "| `proving` |": ("a.ok_after_s", "b.bake_s"),
}
"""The limits that each part of the page gives."""


def test_the_numbers_of_the_rules_are_those_of_the_program():
    for row, limits in LIMITS.items():
        text = PAGE[PAGE.index(row) :].partition("\n\n" if row.startswith("**") else "\n")[0]
        for limit in limits:
            table, name = limit.split(".")
            assert getattr(getattr(Rules(), table), name) in numbers(text), limit


def test_what_acts_by_default_is_told():
    for rule, words in {"A": "enforces", "B": "enforces", "C": "dry run", "D": "dry run"}.items():
        row = PAGE[PAGE.index(f"\n| {rule} | ") + 1 :].partition("\n")[0]
        assert row.endswith(f"| {words} |"), rule
        assert getattr(Rules(), rule.lower()).mode == {"enforces": "enforce", "dry run": "dry-run"}[words], rule


def test_what_it_links_to_is_there():
    targets = set(re.findall(r"\]\(([^)#]+\.md)", PAGE))
    assert [target for target in targets if not (ROOT / "docs" / target).is_file()] == []
