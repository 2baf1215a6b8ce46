"""One host of a story: a real router, a real canaryd, a disk of its own that may be full, and a wall clock that may be wrong."""

import asyncio
import contextlib
import math
import shutil
import subprocess
import time

from canary.replica import RETRY_S
from communicator.answers.orders import Orders, Taken
from communicator.answers.reading import read_answer
from communicator.client import Client
from communicator.errors import ClientError
from communicator.protocol import Message
from tests.canary.agents.daemon import CanaryDaemon
from tests.canary.running import Desk
from tests.timekeeper.agents.agent import set_clock

RULES = (
    "merge_s=0.05",
    "rules.a.failures=2",
    "rules.a.span_s=0",
    "rules.a.ok_after_s=3",
    "rules.a.first_block_s=3600",
    "rules.d.mode=enforce",
    "caps.min_routable=0",
    "caps.routable_share=0.0",
    "caps.block_gap_s=0",
    "ambient.boot_s=0",
    "ambient.elsewhere_s=0",
    "ambient.around_s=0",
    "watch.systemd=false",
    "services.billing=dry-run",  # about which there are orders alone
)
DISK = "size=8m"
BLOCK_BYTES = 4_096
ANSWER_S = 5.0


class Disk:
    """A file system of some MiB in memory, on which nothing else is; the program must run in a mount namespace of its own."""

    def __init__(self, path):
        self.path = path
        self.is_full = False
        self._aside = path.with_name("aside")
        self._ballast = path / "ballast"
        path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", path], check=True, timeout=30)

    def remove(self):
        subprocess.run(["umount", "--lazy", self.path], check=True, timeout=30)

    def fill(self):
        self.is_full = True
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(BLOCK_BYTES))
        assert shutil.disk_usage(self.path).free == 0

    def make_room(self):
        self.is_full = False
        self._ballast.unlink(missing_ok=True)

    def lose(self):
        """All that was on it is gone."""
        self.is_full = False
        for each in self.path.iterdir():
            each.unlink()

    def put_aside(self):
        shutil.rmtree(self._aside, ignore_errors=True)
        shutil.copytree(self.path, self._aside, ignore=shutil.ignore_patterns(self._ballast.name))

    def restore(self):
        """What was put aside takes the place of all that is there; nothing was: it is lost."""
        self.lose()
        if self._aside.exists():
            shutil.copytree(self._aside, self.path, dirs_exist_ok=True)


class Host:
    """A host.

    Args:
        router: Its router, which runs.
        home: Where its directory is to be made.
        library: Of the clock that may be wrong: libfaketime.
        stack: What ends it.
    """

    def __init__(self, router, home, library, stack):
        self.router = router
        self.name = router.server_name
        self.daemon = CanaryDaemon(router, home / self.name)
        stack.callback(self.daemon.kill)
        self.disk = Disk(self.daemon.home / "data")
        stack.callback(self.disk.remove)
        self.had = {}
        """What it is known to hold, in memory and on its disk: how far each order is."""
        self._had_aside = {}
        self._kept_from_s = 0.0
        """From when on all that it holds is on its disk for sure; with a full one that is never."""
        self._clock = self.daemon.home / "clock"
        set_clock(self._clock, 0.0)
        self._environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_TIMESTAMP_FILE": str(self._clock),
            "FAKETIME_CACHE_DURATION": "1",
        }

    @property
    def address(self):
        return self.router.remote.removeprefix("cd://").partition(":")[0]

    @property
    def is_linked(self):
        return self.router.is_running

    @property
    def is_up(self):
        return not self.daemon.has_ended

    @property
    def serves(self):
        """Whether both of its daemons run."""
        return self.is_linked and self.is_up

    def fill(self):
        self.disk.fill()
        self._kept_from_s = math.inf

    def make_room(self):
        if self.disk.is_full:
            self.disk.make_room()
            self._kept_from_s = time.monotonic() + 2 * RETRY_S

    def start(self):
        self.make_room()  # who starts it again sees to that
        self.daemon.start(f"features_path={self.daemon.home}/features.d", environment=self._environment, rules=RULES)

    def crash(self):
        if self.is_up and time.monotonic() < self._kept_from_s:
            self.had = {}  # some of it was in its memory alone
        self._kept_from_s = 0.0
        self.daemon.kill()

    def set_clock(self, ahead_s):
        set_clock(self._clock, ahead_s)

    def lose(self):
        self.disk.lose()
        self.had = {}

    def put_aside(self):
        self.disk.put_aside()
        self._had_aside = dict(self.had)

    def restore(self):
        self.disk.restore()
        self.had = dict(self._had_aside)

    async def ask(self, question):
        """What a client of its router hears; None when there is no answer."""
        try:
            async with Client(self.router.unix, "asker") as client, asyncio.timeout(ANSWER_S):
                return await question(client)
        except (ClientError, OSError):
            return None

    async def order(self, command, **parameters):
        """Give an order there; the identifiers of all that it concerns."""
        reply = await self.ask(lambda client: Desk(client).ask_order(command, **parameters))
        return read_answer(reply.get("result"), Taken).orders if reply is not None and reply.get("result") else ()

    async def report(self):
        """All that its canary tells; None when it does not answer."""
        return await self.ask(lambda client: Desk(client).report())

    async def orders(self, wanted=()):
        """How far some orders are there; None when its canary does not answer."""
        return await self.ask(lambda client: _ask_orders(client, wanted))

    async def reaches(self, servers):
        """Whether the canaries of all these servers answer through its router."""

        async def ask(client):
            for server in servers:
                await _ask_orders(client, (), server)
            return True

        return await self.ask(ask) is not None

    async def learn(self, wanted):
        """See what it holds."""
        told = await self.orders(wanted) if self.serves else None
        if told is not None:
            self.had |= {one.order: one.place for one in told.orders}


async def _ask_orders(client, wanted, server="."):
    told = {"view": "orders", "orders": ",".join(wanted), "cache": "no"}
    question = Message("CANARY_GET_REPORT", told, service="canary", server=server)
    reply = await client.request(question, "CANARY_CURRENT_REPORT")
    return read_answer(reply.get("report"), Orders)
