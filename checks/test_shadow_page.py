"""docs/shadow.md tells of each command, option, verdict, exit code, reason and key of the table that there is."""

import re

import typer

from bellwether.shadow_commands import EXIT_CODES
from bellwether.shadow_group import application
from canary.deployment.spec import Compared, Shadowing
from canary.shadow import conversations, shadows
from checks.tree import ROOT, options_of
from communicator.answers.shadows import LIMIT_LOG10
from communicator.router.cores import mirror, sampling, steps
from communicator.wording.shadows import REASONS, VERDICTS

PAGE = (ROOT / "docs/shadow.md").read_text()
COMMANDS = typer.main.get_command(application).commands


def test_its_first_paragraph_says_what_no_router_can_keep_back():
    first = PAGE.partition("\n\n")[2].partition("\n\n")[0]
    for word in ("database", "file", "mails", "may only read", "message.is_shadow", "service.role"):
        assert word in first


def test_each_command_and_option_is_told_of():
    assert [name for name in COMMANDS if f"\n| `bellwether shadow {name}" not in PAGE] == []
    options = options_of(COMMANDS)
    assert [option for option in options if option not in PAGE] == []


def test_each_verdict_has_its_row_and_its_exit_code():
    rows = {word: f"\n| `{mark.sign}` | {word} | " for word, mark in VERDICTS.items()}
    assert [row for row in rows.values() if row not in PAGE] == []
    codes = {word: int(PAGE.partition(row)[2].partition(" |\n")[0].rpartition("| ")[2]) for word, row in rows.items()}
    assert codes == EXIT_CODES
    assert f"(`10^{LIMIT_LOG10:g}`) a shadow *differs*" in PAGE


def test_each_key_of_the_table_has_its_row():
    text = PAGE.partition("| key of `[shadow]` | default | means |\n")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(Shadowing.__struct_fields__)
    assert [key for key in Compared.__struct_fields__ if f"`{key}`" not in text] == []


def test_each_bound_is_as_it_says():
    assert f"{mirror.QUEUE_MESSAGES:,} messages and {mirror.QUEUE_BYTES >> 20} MiB" in PAGE
    assert f"| {mirror.WINDOW_BYTES >> 10} KiB |" in PAGE
    assert f"| {mirror.UNCONFIRMED_S:g} s | without a word" in PAGE
    assert f"{sampling.SILENCE_S:g} s of silence, or after {sampling.LENGTH_MESSAGES} messages" in PAGE
    assert f"at the latest after {sampling.LONGEST_MESSAGES};" in PAGE
    assert f"or {sampling.CONVERSATIONS_KEPT:,} conversations are copied" in PAGE
    assert f"({conversations.STEPS:,} messages and answers, {conversations.CONVERSATION_BYTES >> 10} KiB)" in PAGE
    assert f"a line of it ({steps.STEP_BYTES >> 10} KiB)" in PAGE
    assert f"compares {shadows.SHADOWS} shadows at once" in PAGE


def test_each_reason_has_its_row():
    text = PAGE.partition("| reason | means |\n")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z_]+)`", text)) == set(REASONS)


def test_what_it_links_to_is_there():
    targets = set(re.findall(r"\]\(([^)#]+\.md)", PAGE))
    assert [target for target in targets if not (ROOT / "docs" / target).is_file()] == []
