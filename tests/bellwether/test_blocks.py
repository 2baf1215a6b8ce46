"""A block in one sentence, with the command that explains it."""

import re

import pytest

from bellwether.blocks import sentence
from communicator.answers.services import Block


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ({"server": "vm", "version": "1.0"}, "ping 1.0 is blocked on vm until .* \\(1m 30s\\): .* 'vm/ping/1.0'"),
        (
            {"server": "*", "version": ""},
            "ping \\(none\\) is blocked on every host .* 'here/ping/\\(none\\)'",
        ),
        ({"server": "vm", "version": "1.0", "build": "b7"}, ".* 'vm/ping/1.0/b7'"),
    ],
)
def test_it_says_what_where_how_long_and_whom_to_ask(block, told):
    assert re.fullmatch(told, sentence(Block(service="ping", left_s=90.5, **block), "here", 1_800_000_000.0))
