"""The table of rules is what the definitions say, and the router knows each of their words."""

import subprocess
import sys
from pathlib import Path

from communicator.protocol.definitions.speakers import SPEAKERS, split_rule
from communicator.router.vocabulary import authority, rules

ROOT = Path(__file__).parents[2]


def test_the_table_is_up_to_date():
    made = subprocess.run([sys.executable, ROOT / "tools/router-rules"], capture_output=True, text=True, check=True)
    assert Path(rules.__file__).read_text() == made.stdout, (
        "run: tools/router-rules > communicator/router/vocabulary/rules.py"
    )


def test_the_router_knows_each_word_of_definitions_and_no_other():
    assert {*authority.RULE_BY_WORD, *authority.RULE_ABOUT} == SPEAKERS.keys()
    assert authority.RULES.keys() == rules.RULE_OF.keys()


def test_each_word_is_used():
    assert {split_rule(rule)[0] for rule in rules.RULE_OF.values()} == SPEAKERS.keys()
