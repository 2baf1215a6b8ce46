"""A service in some version, as a process: ``service.py ADDRESS NAME VERSION ROLE``; some versions misbehave, as they say."""

import asyncio
import os
import signal
import sys

from communicator import Message, Service


async def _run(address: str, name: str, version: str, role: str) -> None:
    service = Service(address, name, service_version=version, role=role)

    @service.on("WHICH")
    async def which(_message: Message) -> Message:
        return Message("VERSION", {"version": version})

    if version.endswith("-dies"):
        asyncio.get_running_loop().call_later(0.3, os._exit, 3)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, service.stop)
    await service.run()


asyncio.run(_run(*sys.argv[1:]))
