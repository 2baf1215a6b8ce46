"""A service that does what its plan says: ``python worker.py ADDRESS NAME VERSION BUILD PLAN``, where PLAN is a file.

The plan is read at the start and each time the router lets it in, so that it can be mended while it waits:

- ``run``: go on.
- ``exit CODE [AFTER_S]``: end so long after the router has let it in, as a crash would, without a word to the router.
- ``hang``: be let in, and answer nothing from then on.
- ``never``: do not even register.

It says ``ready`` and then ``alive`` ten times a second on its standard output, for whoever supervises it.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

from communicator.client import Service
from communicator.client import service as client_service
from communicator.protocol import Message

ALIVE_S = 0.1
client_service.PROBE_RUN_S = float(os.environ.get("PROBE_RUN_S", "4.5"))  # compressed, as the rules of these tests are


def say(word):
    os.write(1, f"{word}\n".encode())


async def serve(address, name, version, build, plan):
    service = Service(address, name, service_version=version, build=build)

    @service.on("PING")
    async def ping(_message):
        return Message("PONG", {"version": version})

    @service.on("READY")
    async def begin(_message):
        say("ready")
        match plan.read_text().split():
            case ["exit", code, *after_s]:
                asyncio.get_running_loop().call_later(float(*after_s), os._exit, int(code))
            case ["hang"]:
                time.sleep(3600)  # noqa: ASYNC251 - that nothing else runs meanwhile is the point

    async def show_life():
        await service.wait_ready()
        while True:
            say("alive")
            await asyncio.sleep(ALIVE_S)

    if plan.read_text() == "never":
        await asyncio.Event().wait()
    async with asyncio.TaskGroup() as group:
        group.create_task(show_life())
        group.create_task(service.run())


if __name__ == "__main__":
    *words, path = sys.argv[1:]
    asyncio.run(serve(*words, Path(path)))
