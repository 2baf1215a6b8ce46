"""What the loops of tests check in asyncio's debug mode, though they do not write down where each task was made."""

import asyncio

import pytest
import uvloop


@pytest.mark.parametrize("make", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_call_from_another_thread_is_refused(make):
    async def call():
        with pytest.raises(RuntimeError, match="Non-thread-safe operation"):
            await asyncio.to_thread(asyncio.get_running_loop().call_soon, print)

    with asyncio.Runner(debug=True, loop_factory=make) as runner:
        runner.run(call())


async def test_all_tests_run_in_it():
    with pytest.raises(RuntimeError, match="Non-thread-safe operation"):
        await asyncio.to_thread(asyncio.get_running_loop().call_soon, print)
