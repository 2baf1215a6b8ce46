"""Five real routers with real canaries: troubles from one seed, and what must hold after them; python -m tests.canary.book.live."""

import argparse
import asyncio
import contextlib
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import structlog

from communicator.client import Client
from communicator.errors import ClientError
from communicator.testing import run_cluster
from tests.canary.running import Desk, crash, run_canary

HOSTS = 5
TROUBLES = 12
WITHIN_S = 5.0
"""After the links are up and the canaries are ready, as promised."""
GIVE_UP_S = 60.0
VERSIONS = ("1.0", "2.0")


class Host:
    """A router, a canary that comes and goes, and who asks it."""

    def __init__(self, router, directory):
        self.router = router
        self.directory = directory / router.server_name
        self.directory.mkdir()
        self.is_linked = True
        self._running = None

    @property
    def is_up(self):
        return self._running is not None

    async def start(self):
        self._running = contextlib.AsyncExitStack()
        await self._running.enter_async_context(run_canary(self.router, self.directory))

    async def stop(self):
        running, self._running = self._running, None
        await running.aclose()

    async def unlink(self):
        self.is_linked = False
        await asyncio.to_thread(self.router.stop)

    async def link(self):
        self.is_linked = True
        await asyncio.to_thread(self.router.start)

    async def ask(self, question):
        """What a client of its router hears; None when there is no answer."""
        try:
            async with Client(self.router.unix, "asker") as client:
                return await question(Desk(client))
        except (ClientError, OSError):
            return None

    async def known(self):
        """Which orders it knows of, and which versions its router lets in."""
        told = await self.ask(lambda desk: desk.report())
        is_obeyed = told is not None and all(one["in_force"] for one in told["overrides"])
        if not is_obeyed:
            return self.router.server_name
        return told["canary"]["orders"], tuple([await crash(self.router, "billing", one, "") for one in VERSIONS])


async def play(seed, directory):
    """One story; returns how long it took until all hosts knew and enforced the same."""
    chance = random.Random(seed)
    async with run_cluster(HOSTS) as routers:
        hosts = [Host(router, directory) for router in routers]
        for host in hosts:
            await host.start()
        for _ in range(TROUBLES):
            await _trouble(chance, chance.choice(hosts))
        for host in hosts:
            if not host.is_linked:
                await host.link()
            if not host.is_up:
                await host.start()
        await asyncio.to_thread(routers.wait_agreed, GIVE_UP_S)
        for host in hosts:
            await _answers(host)
        began_s = time.monotonic()
        while len(known := {await host.known() for host in hosts}) > 1:
            assert time.monotonic() - began_s < GIVE_UP_S, f"seed {seed}: {known}"
            await asyncio.sleep(0.05)
        took_s = time.monotonic() - began_s
        for host in hosts:
            await host.stop()
    return took_s


async def _trouble(chance, host):
    match chance.choice(("order", "order", "order", "stop", "start", "lose", "unlink", "link")):
        case "order" if host.is_linked and host.is_up:
            command = chance.choice(("block", "block", "allow", "withdraw"))
            more = {} if command == "withdraw" else {"duration": "1h"}
            scope = {"service": "billing", "version": chance.choice(VERSIONS), "reason": "told so"}
            await host.ask(lambda desk: desk.order(command, **scope, **more))
        case "stop" if host.is_linked and host.is_up:
            await host.stop()
        case "start" if host.is_linked and not host.is_up:
            await host.start()
        case "lose" if not host.is_up:
            shutil.rmtree(host.directory)
            host.directory.mkdir()
        case "unlink" if host.is_linked:
            await host.unlink()
        case "link" if not host.is_linked:
            await host.link()
        case _:
            pass


async def _answers(host):
    """Wait until its canary answers."""
    give_up_s = time.monotonic() + GIVE_UP_S
    while await host.ask(lambda desk: desk.report()) is None:
        assert time.monotonic() < give_up_s, host.router.server_name
        await asyncio.sleep(0.05)


def main():
    parser = argparse.ArgumentParser(description="Play stories of orders on five real routers.")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--first", type=int, default=1)
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    took_s = []
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as directory:
            took_s.append(asyncio.run(play(seed, Path(directory))))
            sys.stdout.write(f"seed {seed}: the same everywhere after {took_s[-1]:.2f} s\n")
            sys.stdout.flush()
    late = sum(one > WITHIN_S for one in took_s)
    sys.stdout.write(f"{len(took_s)} stories, {late} later than {WITHIN_S:g} s, at most {max(took_s):.2f} s\n")
    return late > 0


if __name__ == "__main__":
    sys.exit(main())
