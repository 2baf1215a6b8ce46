"""What a test has running beside the command it runs: on a thread of its own, with a loop of its own."""

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager

READY_S = 60.0
"""For what takes a second on a machine with nothing else to do."""


@contextmanager
def on_thread(make):
    """What is entered asynchronously, for as long as the block lasts."""
    ready, ends, loops = threading.Event(), asyncio.Event(), []

    async def serve():
        loops.append(asyncio.get_running_loop())
        async with make():
            ready.set()
            await ends.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(READY_S)
        yield
    finally:
        loops[0].call_soon_threadsafe(ends.set)
        thread.join()


@asynccontextmanager
async def serving(service):
    """A service that is registered, and leaves at the end."""
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        yield
        service.stop()
