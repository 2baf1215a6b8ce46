"""The timekeeper with a grace of seconds instead of a minute."""

import asyncio
from pathlib import Path

from communicator.client import Service
from communicator.runtime import daemon_command, read_secret
from timekeeper.boot import read_boot_id
from timekeeper.cluster.door import Door
from timekeeper.main import SERVICE, check_host
from timekeeper.service import Timekeeper
from timekeeper.settings import TimekeeperSettings
from timekeeper.solution import Patience
from timekeeper.solver import Solver

GRACE_S = 2.0


class Impatient(Timekeeper):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        if self._solver is not None:
            self._solver = Solver(self._solver.thresholds, Patience(grace_s=GRACE_S))


async def serve(daemon):
    settings = daemon.settings
    key = read_secret(Path(settings.cluster_key_file), "cluster_key_file") if settings.cluster_key_file else b""
    door = Door(
        settings.probe_address,
        key,
        settings.auth.mode,
        read_boot_id(),
        kernel_timestamps=settings.kernel_timestamps,
    )
    await door.bind()
    service = Service(settings.communicator, SERVICE, announce={"probe_port": str(door.port)})
    timekeeper = Impatient(service, settings, door, daemon.log)
    async with asyncio.TaskGroup() as group:
        conversation = group.create_task(service.run())
        conversation.add_done_callback(lambda _: daemon.stop(cause="router"))
        watching = group.create_task(timekeeper.run())
        daemon.ready({})
        await daemon.stopping.wait()
        watching.cancel()
        service.stop()


if __name__ == "__main__":
    daemon_command("timekeeperd", TimekeeperSettings, serve, help="A timekeeper of a test.", check=check_host)()
