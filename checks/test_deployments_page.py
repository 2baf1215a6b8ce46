"""docs/deployments.md tells of each command, option, phase, state, exit code and key of the file that there is."""

import re
from typing import get_args

import typer

from bellwether.deploy_group import application
from bellwether.deploy_wait import EXIT_CODES
from canary.deployment.spec import Check, Compared, Shadowing, Spec, Step, Until, read_file
from checks.tree import ROOT, options_of
from communicator.answers.deployments import Phase
from communicator.wording.deployments import PHASES, SERVERS

PAGE = (ROOT / "docs/deployments.md").read_text()
COMMANDS = typer.main.get_command(application).commands


def test_each_command_and_option_is_told_of():
    assert [name for name in COMMANDS if f"\n| `bellwether deploy {name}" not in PAGE] == []
    options = options_of(COMMANDS)
    assert [option for option in options if option not in PAGE] == []


def test_each_phase_and_state_has_its_row():
    rows = [
        *(f"\n| `{PHASES[phase][0].sign}` | `{phase}` | " for phase in get_args(Phase)),
        *(f"\n| `{mark.sign}` | {word} | " for mark, word in SERVERS.values()),
        *(f"\n| {code} | " for code in {*EXIT_CODES.values(), 2, 77, 78}),
    ]
    assert [row for row in rows if row not in PAGE] == []


def table(head):
    """The keys of the table with this head."""
    text = PAGE.partition(f"| {head} | default | means |\n")[2].partition("\n\n")[0]
    return re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)


def test_each_key_of_the_file_has_its_row():
    assert table("key") == list(Spec.__struct_fields__)
    assert table("key of `[[steps]]`") == list(Step.__struct_fields__)
    assert table("key of `[shadow]`") == list(Shadowing.__struct_fields__)
    assert [key for key in Compared.__struct_fields__ if f"`{key}`" not in PAGE] == []
    assert table("key of `[[checks]]`") == list(Check.__struct_fields__)
    assert [key for key in Until.__struct_fields__ if f"`{key}`" not in PAGE] == []


def test_what_it_links_to_is_there():
    targets = set(re.findall(r"\]\(([^)#]+\.md)", PAGE))
    assert [target for target in targets if not (ROOT / "docs" / target).is_file()] == []


def test_the_file_that_it_shows_is_read():
    text, shadow = re.findall(r"```toml\n(# /etc/bellwether/deployments\.d/.*?)```", PAGE, re.DOTALL)
    assert read_file(shadow, "billing", "2.0").shadow is not None
    assert len(read_file(text, "billing", "2.0").steps) == 2
