"""A service in some version, as a process: ``service.py ADDRESS NAME VERSION``; versions with a name of their own misbehave."""

import asyncio
import os
import sys

from communicator import Service


async def _run(address: str, name: str, version: str) -> None:
    service = Service(address, name, service_version=version)
    if version.endswith("-dies"):
        asyncio.get_running_loop().call_later(0.3, os._exit, 3)
    await service.run()


asyncio.run(_run(*sys.argv[1:]))
