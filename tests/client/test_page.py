"""docs/client.md: its example runs, and its numbers are those of the code."""

import re
from pathlib import Path

import pytest

from communicator.protocol import Message
from communicator.protocol.names import CORRELATION
from communicator.router.cores.voice import ID_CHARACTERS

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text()


@pytest.mark.parametrize(("marks", "key"), [({}, "writer"), ({"shadow": "1", "shadow_id": "k-1"}, "reader")])
async def test_the_example_changes_nothing_for_a_copy(marks, key):
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names = {}
    exec(block, names)
    answer = await names["invoice"](Message("INVOICE", marks, "billing"))
    assert answer.get("with") == f"/etc/billing/{key}.key"


def test_what_it_says_of_ids_is_so():
    assert f"`features={CORRELATION}`" in PAGE
    assert f"up to {ID_CHARACTERS} characters" in PAGE
