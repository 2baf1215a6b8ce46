"""SHELL: the life of ``timekeeperd``, from its command line to its end; it knows no clock."""

import asyncio

from communicator.client import Service
from communicator.runtime import Daemon, daemon_command
from communicator.version import __version__
from timekeeper.service import Timekeeper
from timekeeper.settings import TimekeeperSettings

SERVICE = "timekeeper"
"""The name on the router."""


async def serve(daemon: Daemon[TimekeeperSettings]) -> None:
    """Watch this host's clock until the daemon is to stop."""
    service = Service(daemon.settings.communicator, SERVICE, service_version=__version__)
    timekeeper = Timekeeper(service, daemon.settings, daemon.log)
    daemon.on_reload(timekeeper.reload)
    async with asyncio.TaskGroup() as group:
        conversation = group.create_task(service.run())
        conversation.add_done_callback(lambda _: daemon.stop(cause="router"))
        watching = group.create_task(timekeeper.run())
        daemon.ready()
        await daemon.stopping.wait()
        watching.cancel()
        service.stop()


main = daemon_command(
    "timekeeperd",
    TimekeeperSettings,
    serve,
    help="Verify this host's clock: is it synchronised, by whom, and how far off may it be? "
    "It asks chronyd and the kernel, tells the router, and never touches the clock.",
)
