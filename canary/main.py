"""SHELL: the life of ``canaryd``, from its command line to its end; it knows no run."""

import asyncio

from canary.service import Canary
from canary.settings import CanarySettings
from communicator.client import Service
from communicator.runtime import Daemon, daemon_command
from communicator.runtime.settings import changed_keys
from communicator.version import __version__

SERVICE = "canary"
"""The name on the router."""


async def serve(daemon: Daemon[CanarySettings]) -> None:
    """Count runs until the daemon is to stop."""
    service = Service(daemon.settings.communicator, SERVICE, service_version=__version__)
    Canary(service)
    daemon.on_reload(lambda new: changed_keys(daemon.settings, new))
    async with asyncio.TaskGroup() as group:
        conversation = group.create_task(service.run())
        conversation.add_done_callback(lambda _: daemon.stop(cause="router"))
        daemon.ready()
        await daemon.stopping.wait()
        service.stop()


main = daemon_command(
    "canaryd",
    CanarySettings,
    serve,
    help="Count the runs of every version of every service of this host, and how they ended. "
    "It judges no version and blocks none yet; what it knows is gone when it ends.",
)
