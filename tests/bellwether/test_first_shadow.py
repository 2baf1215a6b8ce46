"""The first shadow of docs/shadow.md: a router and a canary in a network of their own.

It goes word for word but for the router, which takes a conversation for over after a second and not after thirty.
"""

import sys

import pytest

from tests.bellwether.manual_story import Chapter, play, require_in_order

CHAPTER = Chapter("docs/shadow.md", "Your first shadow", "/tmp/shade", blocks=6)
WITHIN_S = 120.0
"""It takes 15 s where nothing else runs."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.takes(20)]
ROUTER, HASTY = ".venv/bin/communicatord ", ".venv/bin/python -m tests.bellwether.hasty_router "
CALM = {"PYTHON_CPU_COUNT": "10000"}
"""By so many processors no load is high: nothing is copied on a host that is busy, as one that runs tests is."""


def hasty(script):
    assert script.count(ROUTER) == 1
    return script.replace(ROUTER, HASTY)


@pytest.mark.skipif(
    sys.version_info < (3, 13), reason="it takes a Python that can be told how many processors there are"
)
@pytest.mark.usefixtures("require_root")
def test_it_goes_as_the_manual_says(require_program):
    for program in ("unshare", "ip"):
        require_program(program)
    said = play(CHAPTER, WITHIN_S, hasty, CALM)
    require_in_order(
        said,
        "✔ copying; ",
        "text=hello, alpha:bellwether_",
        "GREETED (5)",
        "5 conversations compared: ",
        "PONG.text",
        "exit code 1: it was stopped",
    )
    assert "good day" not in said
