"""Canaries with real ledgers on real routers, and those who talk to them."""

import asyncio
import contextlib
import json
from pathlib import Path

import structlog

from canary import replica
from canary.ledger.store import Ledger
from canary.recollection import recollect
from canary.service import Canary
from canary.settings import CanarySettings
from communicator.client import Service
from communicator.protocol import Message
from communicator.runtime.settings import load_settings
from tests.conftest import EVENTUALLY_S

replica.PATIENCE_S = EVENTUALLY_S  # a disk that others use, too

QUICK = (
    "merge_s=0.05",
    "rules.a.span_s=0.2",
    "rules.a.ok_after_s=3",  # what ends at once is no success, however long a busy machine takes to tell of it
    "rules.a.first_block_s=60",
    "rules.b.bake_s=0.3",
    "rules.b.base_s=60",
    "caps.min_routable=0",
    "caps.routable_share=0.0",
    "caps.block_gap_s=0",
    "ambient.boot_s=0",
    "watch.systemd=false",
)
"""The rules with their times compressed."""


@contextlib.asynccontextmanager
async def run_canary(router, directory, *assignments):
    """A canary on a router until the block ends."""
    paths = (f"data_path={directory}", f"flags_path={directory}", f"features_path={directory}/features.d")
    base = (f"communicator={router.unix}", *paths)
    settings = load_settings(CanarySettings, [], (*base, *QUICK, *assignments))
    with Ledger.open(Path(settings.ledger_path)) as ledger:
        service = Service(router.unix, "canary")
        canary = Canary(service, settings, ledger, recollect(ledger), structlog.get_logger())
        async with asyncio.TaskGroup() as group:
            judging = group.create_task(canary.run())
            group.create_task(service.run())
            await service.wait_ready()
            yield canary
            judging.cancel()
            service.stop()


def keep_from_disk(directory):
    """Put a directory in the place of the book, which a canary may write anew at that moment.

    Returns:
        It: once it is gone, the book can be kept again.
    """
    path = directory / replica.FILE
    while not path.is_dir():
        path.unlink(missing_ok=True)
        with contextlib.suppress(FileExistsError):
            path.mkdir()
    return path


ANSWERS = ("READY", "VERSION_BLOCKED")
"""How a router answers REGISTER."""


class Desk:
    """Asks the canary, and gives orders."""

    def __init__(self, client) -> None:
        self.client = client

    async def report(self, **parameters):
        """The whole report."""
        question = Message("CANARY_GET_REPORT", parameters, service="canary", server=".")
        return json.loads((await self.client.request(question, "CANARY_CURRENT_REPORT")).get("report"))

    async def cells(self):
        """Each version there, by service, version and build."""
        return {(row["service"], row["version"], row["build"]): row for row in (await self.report())["cells"]}

    async def order(self, command, **parameters):
        """What came of an order, in short."""
        reply = await self.ask_order(command, **parameters)
        return reply.get("status"), reply.get("message")

    async def ask_order(self, command, **parameters):
        """What came of an order."""
        message = Message("CANARY_COMMAND", {"command": command, **parameters}, service="canary", server=".")
        return await self.client.request(message, "CANARY_RESULT")


async def crash(router, service="billing", version="2.0", build="b1"):
    """A service that registers and dies at once."""
    reader, writer = await asyncio.open_unix_connection(router.unix.removeprefix("cd://"))
    writer.write(f"REGISTER service={service};version=1;service_version={version};build={build}\n".encode())
    while (answer := (await reader.readline()).decode().split(" ")[1]) not in ANSWERS:
        pass
    writer.transport.abort()
    return answer
