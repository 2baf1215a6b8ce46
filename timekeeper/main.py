"""SHELL: the life of ``timekeeperd``, from its command line to its end; it knows no clock."""

import asyncio
from pathlib import Path

from communicator.client import Service
from communicator.runtime.boot import read_boot_id
from communicator.runtime.command import daemon_command
from communicator.runtime.daemon import Daemon
from communicator.runtime.secret_file import read_secret
from communicator.version import __version__
from timekeeper.cluster.door import Door
from timekeeper.cluster.questions import SERVICE
from timekeeper.probes import check_probe_exposure
from timekeeper.service import Timekeeper
from timekeeper.settings import TimekeeperSettings


def check_host(settings: TimekeeperSettings) -> None:
    """Check what the settings name on this host.

    Raises:
        ConfigError: The key cannot be read or may be read by others, or probes are answered to everybody without one.
    """
    key = _read_key(settings)
    listen = settings.probe_address
    if listen is not None:
        check_probe_exposure(listen, has_key=bool(key), mode=settings.auth.mode)


async def serve(daemon: Daemon[TimekeeperSettings]) -> None:
    """Watch the clocks until the daemon is to stop."""
    settings = daemon.settings
    door = Door(
        settings.probe_address,
        _read_key(settings),
        settings.auth.mode,
        read_boot_id(),
        kernel_timestamps=settings.kernel_timestamps,
    )
    await door.bind()
    service = Service(
        settings.communicator, SERVICE, service_version=__version__, announce={"probe_port": str(door.port)}
    )
    timekeeper = Timekeeper(service, settings, door, daemon.log)
    daemon.on_reload(timekeeper.reload)
    async with asyncio.TaskGroup() as group:
        conversation = group.create_task(service.run())
        conversation.add_done_callback(lambda _: daemon.stop(cause="router"))
        watching = group.create_task(timekeeper.run())
        starting = group.create_task(
            _start(daemon, service, {} if door.address is None else {"probe": str(door.address)})
        )
        await daemon.stopping.wait()
        starting.cancel()
        watching.cancel()
        service.stop()


async def _start(daemon: Daemon[TimekeeperSettings], service: Service, ports: dict[str, str]) -> None:
    """While another timekeeper holds the name on this host, we have not started."""
    await service.wait_placed()
    daemon.ready(ports)


def _read_key(settings: TimekeeperSettings) -> bytes:
    file = settings.cluster_key_file
    return read_secret(Path(file), "cluster_key_file") if file else b""


main = daemon_command(
    "timekeeperd",
    TimekeeperSettings,
    serve,
    help="Say whether the clocks of this cluster are true: is this host's synchronised, by whom and how far off may it be, how far "
    "are the others from it, who is wrong, and whose claim is false? "
    "It asks the time daemons, the kernel and the other hosts, tells the router, and never touches a clock. "
    "With --role agent it measures and is measured, and repeats what the others conclude.",
    check=check_host,
)
