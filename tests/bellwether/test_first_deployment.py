"""The first deployment of docs/deployments.md, word for word: three routers with canaries, in a network of their own."""

import pytest

from tests.bellwether.manual_story import Chapter, play, require_in_order

CHAPTER = Chapter("docs/deployments.md", "Your first deployment", "/tmp/first", blocks=6)
WITHIN_S = 240.0
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.takes(50)]


@pytest.mark.usefixtures("require_root")
def test_it_goes_as_the_manual_says(require_program):
    for program in ("unshare", "ip"):
        require_program(program)
    require_in_order(
        play(CHAPTER, WITHIN_S),
        "exit code 3: it needs a person",
        "done: ping 2.0 is done",
        "failed: ping 3.0 is rolled back",
        "exit code 1: rolled back",
    )
