"""The one wait of the canary's tests."""

import asyncio
import time

import pytest

DEADLINE_S = 20.0


@pytest.fixture
def eventually():
    """Asks again and again until the answer is one to be content with; the only place that waits."""

    async def ask(question, is_good, deadline_s=DEADLINE_S):
        give_up = time.monotonic() + deadline_s
        while not is_good(answer := await question()):
            assert time.monotonic() < give_up, f"still {answer!r} after {deadline_s:g} s"
            await asyncio.sleep(0.02)
        return answer

    return ask
