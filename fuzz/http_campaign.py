"""Fuzzes the HTTP doors of a live exporter as a well-behaved scraper looks on; it knows the exporter by options and pages."""

import asyncio
import json
import math
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import bcrypt
import psutil

from communicator.testing import run_router
from fuzz.campaign import VISITORS, FoundError
from fuzz.http_corpus import AUTHORIZATION, PASSWORD, USER
from fuzz.http_door import http_case
from fuzz.links import Address, connect
from fuzz.mutation import case_random

PATIENCE_S = 20.0
GROWTH_BYTES = 64 * 1024 * 1024
"""How much an exporter may grow: it keeps nothing of a request."""
WITNESSED = (b"/healthz", b"/metrics", b"/sd/exporter")
_REQUEST = b"GET %b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%b\r\n"


@dataclass
class Exporter:
    """A live exporter."""

    process: asyncio.subprocess.Process
    address: Address
    flags_address: Address
    """Where it answers for feature flags."""
    log: Path

    @property
    def resident_bytes(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)


@dataclass
class Witness:
    """A scraper that behaves well and notices anything."""

    address: Address
    rounds: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self) -> None:
        """Ask for each page again and again until `stop` is set.

        Raises:
            FoundError: One is not answered well.
        """
        while not self.stop.is_set():
            for path in WITNESSED:
                await self.ask(path)
            self.rounds += 1

    async def ask(self, path: bytes) -> None:
        """Ask for one page."""
        try:
            async with asyncio.timeout(PATIENCE_S), connect(self.address) as link:
                await link.write(_REQUEST % (path, AUTHORIZATION))
                line = await link.read_line()
                await link.read_to_end()
        except (TimeoutError, ConnectionError) as error:
            raise FoundError(f"a well-behaved scraper got {error!r} for {path!r}") from error
        if not line.startswith(b"HTTP/1.1 200 "):
            raise FoundError(f"a well-behaved scraper got {line!r} for {path!r}")


async def fuzz_http(seed: int, seconds: float, first_case: int = 0) -> int:
    """Misbehave at the door of an exporter of its own.

    Returns:
        How many cases it ran.

    Raises:
        FoundError: The scraper noticed, or the exporter grew too much, complained of itself, or is gone.
    """
    async with run_router(log_level="warning") as router, running(router.unix) as exporter:
        return await fuzz_exporter(exporter, seed, seconds, first_case)


async def fuzz_exporter(exporter: Exporter, seed: int, seconds: float, first_case: int = 0) -> int:
    """The same at one that runs."""
    case, until_s = first_case, math.inf
    witness = Witness(exporter.address)

    async def visit() -> None:
        nonlocal case
        while time.monotonic() < until_s:
            random = case_random(seed, case)
            case += 1
            await http_case(random, random.choice((exporter.address, exporter.flags_address)))

    try:
        await _settled(witness)
        before_bytes, until_s = exporter.resident_bytes, time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            group.create_task(witness.watch())
            async with asyncio.TaskGroup() as visitors:
                for _ in range(VISITORS):
                    visitors.create_task(visit())
            witness.stop.set()
        judge(exporter.process.returncode, exporter.resident_bytes - before_bytes, exporter.log.read_text())
    except* Exception as group:
        raise FoundError(
            f"http: {group.exceptions!r}; repeat with --only http --seed {seed} --case {first_case} (cases up to {case})"
        ) from group
    return case - first_case


def judge(returncode: int | None, growth_bytes: int, log: str) -> None:
    """See whether an exporter was hurt.

    Raises:
        FoundError: It was.
    """
    if returncode is not None:
        raise FoundError(f"the exporter ended with {returncode}")
    complaints = [line for line in log.splitlines() if "level=error" in line or "Traceback" in line]
    if complaints:
        raise FoundError(f"the exporter logged {len(complaints)} errors, the first one: {complaints[0][:2000]}")
    if growth_bytes > GROWTH_BYTES:
        raise FoundError(f"the exporter grew by {growth_bytes} bytes, more than {GROWTH_BYTES}")


@asynccontextmanager
async def running(communicator: str) -> AsyncIterator[Exporter]:
    """An exporter that one user may ask, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="bellwether-fuzz-") as name:
        directory = Path(name)
        web = directory / "web.yml"
        web.write_text(
            f"basic_auth_users: {{{USER}: '{bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}'}}\n"
        )
        web.chmod(0o600)
        ports, log = directory / "ports", directory / "log"
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "exporters", "--config", "/dev/null", "--communicator", communicator),
                *("--set", 'listen="127.0.0.1:0"', "--set", 'ofrep.listen="127.0.0.1:0"'),
                *("--set", f'web_config_file="{web}"', "--ports-file", str(ports)),
                env={name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"},
                stdout=file,
                stderr=file,
            )
        try:
            address, flags_address = await asyncio.to_thread(_listening, ports)
            yield Exporter(process, address, flags_address, log)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()


async def _settled(witness: Witness) -> None:
    """Ask until everything has been answered once: then the link to the router is there and all is loaded that is needed."""
    until_s = time.monotonic() + PATIENCE_S
    for path in WITNESSED:
        while True:
            try:
                await witness.ask(path)
                break
            except FoundError:
                if time.monotonic() > until_s:
                    raise
                await asyncio.sleep(0.05)


def _listening(ports: Path) -> tuple[Address, Address]:
    """Where the exporter listens, once it does: for all, and for feature flags."""
    until_s = time.monotonic() + PATIENCE_S
    while not ports.exists():
        if time.monotonic() > until_s:
            raise FoundError(f"the exporter does not listen after {PATIENCE_S} s")
        time.sleep(0.02)
    told = json.loads(ports.read_text())
    return _address(told["http"]), _address(told["ofrep"])


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host, int(port)
