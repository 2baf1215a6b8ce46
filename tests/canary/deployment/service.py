"""A service in some version, as a process: ``service.py ADDRESS NAME VERSION ROLE``; some versions misbehave, as they say.

``2.0-dies`` dies at once, ``2.0-dies-on-beta`` only there, ``2.0-dies-off-beta`` only elsewhere, ``2.0-dies-after-2.1`` so many
seconds after each start, ``2.0-hangs`` answers nothing any more once it is registered, ``2.0-shouts`` tells everybody of itself
again and again. All say that they are healthy until then.
"""

import asyncio
import os
import re
import signal
import sys
import time

from communicator import Message, Service

AT_ONCE_S = 0.3
SHOUT_S = 0.05
HANG_S = 1_000.0
FAULTS = re.compile(r".*-(dies|hangs|shouts)(?:-(on|off|after)-(.+))?")


async def _run(address: str, name: str, version: str, role: str) -> None:
    service = Service(address, name, service_version=version, role=role)

    @service.on("WHICH")
    async def which(_message: Message) -> Message:
        return Message("VERSION", {"version": version})

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, service.stop)
    misbehaving = asyncio.get_running_loop().create_task(_misbehave(service, version))
    await service.run()
    misbehaving.cancel()


async def _misbehave(service: Service, version: str) -> None:
    found = FAULTS.fullmatch(version)
    if found is None:
        return
    fault, where, what = found.groups()
    await service.wait_ready()
    if where in ("on", "off") and (service.server_name == what) != (where == "on"):
        return
    while fault == "shouts":
        await service.send(Message("SHOUTED", {"version": version, "deliver": "all"}))
        await asyncio.sleep(SHOUT_S)
    await asyncio.sleep(float(what) if where == "after" else AT_ONCE_S)
    if fault == "hangs":
        time.sleep(HANG_S)  # noqa: ASYNC251 - it hangs
    os._exit(3)


asyncio.run(_run(*sys.argv[1:]))
