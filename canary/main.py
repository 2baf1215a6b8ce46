"""SHELL: the life of ``canaryd``, from its command line to its end; it knows no run."""

import asyncio
from pathlib import Path

from canary.ledger.store import Ledger
from canary.recollection import recollect
from canary.service import Canary
from canary.settings import CanarySettings
from communicator.client import Service
from communicator.errors import ConfigError
from communicator.runtime.command import daemon_command
from communicator.runtime.daemon import Daemon
from communicator.runtime.kept_file import prepare_directory
from communicator.version import __version__

SERVICE = "canary"
"""The name on the router."""


async def serve(daemon: Daemon[CanarySettings]) -> None:
    """Judge versions until the daemon is to stop."""
    settings = daemon.settings
    with _open_ledger(settings) as ledger:
        recollection = await asyncio.to_thread(recollect, ledger)
        service = Service(settings.communicator, SERVICE, service_version=__version__)
        canary = Canary(service, settings, ledger, recollection, daemon.log)
        daemon.on_reload(canary.reload)
        async with asyncio.TaskGroup() as group:
            conversation = group.create_task(service.run())
            conversation.add_done_callback(lambda _: daemon.stop(cause="router"))
            judging = group.create_task(canary.run())
            starting = group.create_task(_start(daemon, service))
            await daemon.stopping.wait()
            starting.cancel()
            service.stop()
            await asyncio.wait((conversation,))  # orders under way are in the ledger before its last entry
            judging.cancel()


async def _start(daemon: Daemon[CanarySettings], service: Service) -> None:
    """While another canary holds the name on this host, we have not started."""
    await service.wait_placed()
    daemon.ready()


def _open_ledger(settings: CanarySettings) -> Ledger:
    try:
        prepare_directory(Path(settings.data_path))
    except OSError as error:
        raise ConfigError("data_path", f"{settings.data_path!r} cannot be made: {error.strerror}") from error
    return Ledger.open(Path(settings.ledger_path))


main = daemon_command(
    "canaryd",
    CanarySettings,
    serve,
    help="Learn which versions of which service fail where, keep them from running there, and try them again carefully. "
    "Each verdict explains itself: bellwether canary.",
)
