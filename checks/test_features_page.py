"""docs/features.md tells of each command, option, key, reason, language and number that there is."""

import re

import typer

from bellwether.feature_files import FILE_BYTES
from bellwether.feature_group import application
from canary.book.order import LONGEST_S
from checks.tree import ROOT, options_of
from communicator.answers.features import DEFINITION_BYTES, FEATURES, NAME_CHARACTERS
from communicator.features.document import LASTING, TYPES
from communicator.features.staleness import ONE_SIDED_S, UNUSED_S

PAGE = (ROOT / "docs/features.md").read_text()
COMMANDS = typer.main.get_command(application).commands
DAY_S = 86_400
COMMON = ("--communicator", "--json")


def test_there_are_commands_to_tell_of():
    assert set(COMMANDS) == {"list", "show", "off", "on", "set", "remove", "history", "check", "scan"}


def test_each_command_and_option_is_told_of():
    assert [name for name in COMMANDS if f"feature {name} " not in PAGE] == []
    options = options_of(COMMANDS)
    assert set(COMMON) < options
    assert [option for option in options if option not in PAGE] == []


def test_each_type_is_named_and_the_first_ones_expire():
    row = next(line for line in PAGE.splitlines() if line.startswith("| `metadata.type` |"))
    named = re.findall(r"`([a-z-]+)`", row)
    assert set(named) == TYPES
    assert set(named[3:]) == LASTING
    assert "required of the first three types" in PAGE


def test_each_reason_of_staleness_has_its_row_and_its_number():
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.*) \|$", PAGE.partition("## Stale flags")[2], re.MULTILINE))
    assert set(rows) == {"expired", "one_sided", "never_evaluated", "unknown"}
    assert f"{ONE_SIDED_S / DAY_S:g} days" in rows["one_sided"]
    assert f"{UNUSED_S / DAY_S:g} days" in rows["never_evaluated"]


def test_the_limits_are_those_of_the_program():
    limits = PAGE.partition("## Limits")[2].partition("## ")[0]
    assert f"| flags in the cluster | {FEATURES:,};" in limits
    assert f"| one definition, as JSON | {DEFINITION_BYTES // 1024} KiB |" in limits
    assert f"| a name | {NAME_CHARACTERS} letters" in limits
    assert f"| `--for` | {LONGEST_S / DAY_S:g} days;" in limits
    assert f"larger than {FILE_BYTES // 1024 // 1024} MiB" in PAGE


def test_what_it_links_to_is_there():
    targets = set(re.findall(r"\]\(([^)#]+\.md)", PAGE))
    assert [target for target in targets if not (ROOT / "docs" / target).is_file()] == []
