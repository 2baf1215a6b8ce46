"""Who still gets in by the door for other hosts while others crowd it or guess: how many routers, and how soon a right password."""

import asyncio
import multiprocessing
import os
import signal
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from argon2 import PasswordHasher

from benchmarks.bars import Bar
from benchmarks.errors import BenchmarkError
from communicator.daemon.passwords import Entry, make_entry, write_entry
from communicator.protocol import decode
from communicator.router.mesh.cluster_key import End, Meeting, prove
from communicator.router.vocabulary.events import Opens
from communicator.testing import RouterProcess

ENTER_S = 10.0
"""A router that has not got in by then counts as kept out: it gives up then."""
PASSWORD_S = 60.0
KEY = "benchmark-key-of-no-cluster-at-all-0123456789"
RIGHT = "right horse"
_SILENT = 260
KNOWN_S, NEW_S = 2.0, 30.0
"""Within so many seconds a right password is accepted from an address that is known, and from one that is not."""
_AT_ONCE = 50
_RST = struct.pack("ii", 1, 0)
NETWORK = "fd00:be11:0"
"""Of IPv6 addresses that are this machine's in a namespace whose loopback has a local route to them."""

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class DoorEffort:
    """How much is done at the doors for other hosts."""

    routers: int = 50
    """Of each kind: known ones, and new ones."""
    guessers: int = 1_000
    tries: int = 10
    """How often a right password is shown by each kind."""
    crowding_s: float = 3.0
    """How long connections may crowd a door before anybody comes;"""
    guessing_s: float = 10.0
    """and how long it is guessed."""


@dataclass(frozen=True, slots=True)
class Entered:
    """How those who may come in fared."""

    kept_out: int
    of: int
    worst_s: float


def attack_silently(address: Address, source: str) -> None:
    """Hold connections of one address that say nothing, and renew those that are closed."""

    async def hold() -> None:
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection(*address, local_addr=(source, 0))
                await reader.read()
                writer.close()

    async def run() -> None:
        await asyncio.gather(*(hold() for _ in range(_SILENT)))

    asyncio.run(run())


def attack_by_flood(address: Address, source: str) -> None:
    """Connect and close, as fast as it goes, from one address."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    while True:
        with socket.socket(family) as link, suppress(OSError):
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)  # or it runs out of ports
            link.bind((source, 0))
            link.connect(address)


def attack_by_guesses(address: Address, guessers: str) -> None:
    """Guess from so many addresses, each again as soon as it has been told no, about once a second."""

    async def guess(number: int) -> None:
        source = _guesser(number, address)
        while True:
            with suppress(OSError, ValueError, asyncio.IncompleteReadError):
                await _register(address, source, "intruder", f"guess {number}")
            await asyncio.sleep(1.0)

    async def run() -> None:
        await asyncio.gather(*(guess(number) for number in range(int(guessers))))

    asyncio.run(run())


def _guesser(number: int, address: Address) -> str:
    if ":" in address[0]:
        return f"{NETWORK}:{number + 16:x}::1"
    return f"127.1.{number // 250}.{1 + number % 250}"


@contextmanager
def attacking(attack: Callable[[Address, str], None], address: Address, source: str, count: int = 1) -> Iterator[None]:
    """Have processes attack for as long as the block lasts.

    Raises:
        BenchmarkError: One of them ended before.
    """
    spawn = multiprocessing.get_context("spawn")
    attackers = [spawn.Process(target=attack, args=(address, source), daemon=True) for _ in range(count)]
    for attacker in attackers:
        attacker.start()
    try:
        yield
        ended = [attacker.exitcode for attacker in attackers if attacker.exitcode is not None]
        if ended:
            raise BenchmarkError(f"{len(ended)} of {count} attackers ended by themselves, with exit codes {ended[:3]}")
    finally:
        for attacker in attackers:
            attacker.kill()
            attacker.join()


async def enter_as_router(address: Address, source: str, number: int) -> float:
    """Link as a router that proves the key; how long that took, in seconds."""
    began_s = time.monotonic()
    reader, writer = await asyncio.open_connection(*address, local_addr=(source, 0))
    try:
        own = f"[{source}]:4042" if ":" in source else f"{source}:4042"
        nonce, name = f"{number:064x}", f"router{number}"
        writer.write(f"CONNECT version=1;my_address={own};server_name={name};nonce={nonce}\n".encode())
        challenge = decode((await reader.readuntil(b"\n")).strip())
        meeting = Meeting(nonce, challenge.get("nonce"), name, own, challenge.get("server_name"))
        writer.write(f"PROOF proof={prove(KEY.encode(), End.DIALLER, meeting)}\n".encode())
        while decode((await reader.readuntil(b"\n")).strip()).command != "ACCEPT":
            pass
        return time.monotonic() - began_s
    finally:
        writer.transport.abort()


async def _register(address: Address, source: str, user: str, password: str) -> float:
    """Register with a password; how long that took, in seconds.

    Raises:
        ValueError: It was refused.
    """
    began_s = time.monotonic()
    reader, writer = await asyncio.open_connection(*address, local_addr=(source, 0))
    try:
        writer.write(f"REGISTER service={user};version=1;username={user};password={password}\n".encode())
        while (command := decode((await reader.readuntil(b"\n")).strip()).command) != "READY":
            if command in ("INVALID", "REFUSE"):
                raise ValueError(command)
        return time.monotonic() - began_s
    finally:
        writer.transport.abort()


async def _all(entries: list[Awaitable[float]], within_s: float) -> Entered:
    async def one(entry: Awaitable[float]) -> float | None:
        try:
            return await asyncio.wait_for(entry, within_s)
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            return None

    took_s = await asyncio.gather(*map(one, entries))
    inside = [each for each in took_s if each is not None]
    return Entered(len(took_s) - len(inside), len(took_s), max(inside, default=within_s))


def _address_of(router: RouterProcess) -> Address:
    host, _, port = router.remote.removeprefix("cd://").rpartition(":")
    return host.strip("[]"), int(port)


def measure_places(listen: str, sources: list[str], hostile: str, crowding_s: float) -> dict[str, Entered]:
    """How many routers get in while one address holds silent connections, and while it floods.

    Args:
        listen: Where the router listens.
        sources: From where legitimate ones come; those it knows come from there already before the attack.
        hostile: The address that attacks.
        crowding_s: How long it may take all it can have, in seconds.
    """
    results = {}
    with TemporaryDirectory(prefix="bench-") as folder:
        key = Path(folder) / "cluster.key"
        key.touch(0o600)
        key.write_text(KEY)
        for name, attack, count in (("silent", attack_silently, 1), ("flood", attack_by_flood, 2)):
            with RouterProcess("alpha", {"listen.remote": listen, "auth.key_file": str(key)}) as router:
                address = _address_of(router)
                known, new = sources[: len(sources) // 2], sources[len(sources) // 2 :]
                asyncio.run(_all([enter_as_router(address, each, n) for n, each in enumerate(known)], PASSWORD_S))
                with attacking(attack, address, hostile, count):
                    time.sleep(crowding_s)
                    for kind, comers in (("known", known), ("new", new)):
                        entries = [enter_as_router(address, each, n + 1000) for n, each in enumerate(comers)]
                        results[f"{name}, {kind}"] = asyncio.run(_all(list(entries), ENTER_S))
    return results


def measure_doors(effort: DoorEffort) -> dict[str, Entered]:
    """Who gets in by a door of this machine, by what is done to it and who comes."""
    sources = [f"127.0.5.{number + 1}" for number in range(2 * effort.routers)]
    places = measure_places("127.0.0.1:0", sources, "127.0.4.1", effort.crowding_s)
    return places | measure_passwords(effort)


def judge_doors(doors: dict[str, Entered]) -> list[Bar]:
    """Hold the figures against the bars: nobody is kept out, and a right password is accepted in time."""
    within_s = {"guesses, known": KNOWN_S, "guesses, new": NEW_S}
    bars = []
    for name, entered in doors.items():
        most_s = within_s.get(name, ENTER_S)
        found = f"{entered.kept_out} of {entered.of}, {entered.worst_s:.2f} s"
        met = not entered.kept_out and entered.worst_s <= most_s
        bars.append(Bar(f"kept out beside {name}", f"0, <= {most_s:g} s", found, met))
    return bars


def measure_passwords(effort: DoorEffort) -> dict[str, Entered]:
    """How soon a right password is accepted while many addresses that have failed before go on guessing."""
    users = ("known", *(f"new{number}" for number in range(effort.tries)))
    with TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "passwords"
        _write(file, users, cheap=True)
        settings = {"listen.remote": "127.0.0.1:0", "auth.password_file": str(file)}
        with RouterProcess("alpha", settings, log_level="error") as router:
            address = _address_of(router)
            for first in range(0, effort.guessers, _AT_ONCE):  # of more at once some are only told to come again
                numbers = range(first, min(first + _AT_ONCE, effort.guessers))
                guesses = [_register(address, _guesser(n, address), "intruder", "guess") for n in numbers]
                asyncio.run(_all(list(guesses), PASSWORD_S))
            asyncio.run(_all([_register(address, "127.0.6.1", "known", RIGHT)], PASSWORD_S))
            _write(file, users, cheap=False)
            os.kill(router.pid, signal.SIGHUP)
            with attacking(attack_by_guesses, address, str(effort.guessers)):
                time.sleep(effort.guessing_s)
                known = [
                    asyncio.run(_all([_register(address, "127.0.6.1", "known", RIGHT)], PASSWORD_S))
                    for _ in range(effort.tries)
                ]
                new = [
                    asyncio.run(_all([_register(address, f"127.0.7.{n + 1}", f"new{n}", RIGHT)], PASSWORD_S))
                    for n in range(effort.tries)
                ]
    return {"guesses, known": _sum(known), "guesses, new": _sum(new)}


def _sum(each: list[Entered]) -> Entered:
    return Entered(sum(one.kept_out for one in each), len(each), max(one.worst_s for one in each))


def _write(file: Path, users: tuple[str, ...], *, cheap: bool) -> None:
    """The users: with hashes that take no time, so that a thousand fail quickly, or with those of new entries."""
    for user in users:
        entry = make_entry(user, Opens.SERVICE, frozenset((user,)), RIGHT)
        if cheap:
            entry = Entry(user, entry.opens, entry.names, PasswordHasher(1, 8, 1).hash(RIGHT))
        write_entry(file, "password_file", entry)


def main() -> None:
    """Measure the doors of a network namespace over IPv6, and print what came of it: ``python -m benchmarks.crowded_doors``.

    In a namespace (``unshare -n``) whose loopback is up, has ``ip -6 route add local fd00:be11::/32 dev lo``, and whose sysctl
    ``net.ipv6.ip_nonlocal_bind`` is 1.
    """
    effort = DoorEffort()
    sources = [f"{NETWORK}:{number + 16:x}::1" for number in range(2 * effort.routers)]
    entries = measure_places(f"[{NETWORK}:1::1]:0", sources, f"{NETWORK}:2::1", effort.crowding_s)
    for name, entered in entries.items():
        print(f"{name}: {entered.kept_out} of {entered.of} kept out, the slowest in after {entered.worst_s:.2f} s")


if __name__ == "__main__":
    main()
