"""Fuzzes the doors that two live routers have for each other, while a pair of services talks from one to the other."""

import asyncio
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from communicator.daemon.passwords import make_entry, write_entry
from communicator.protocol.addresses import parse_router_address
from communicator.router.vocabulary.events import Opens
from communicator.testing import RouterProcess, run_cluster
from fuzz.campaign import VISITORS, FoundError, Router, judge, leaves_of, statistics
from fuzz.mesh_door import MeshDoors, mesh_case
from fuzz.mutation import case_random
from fuzz.witness import Witness
from simulation.lies import LIAR, Victim

MESHES = ("mesh", "mesh_passwords")
"""The first lets everyone in; the second demands passwords, which some visitors know."""
NEWS_S = 1.0
BURST = 5
"""Messages that the pair sends at once: they have to arrive in order."""
OPERATORS_BUSINESS = ("event=server_name_conflict", "event=cluster_changed")
"""Errors in the log that are what the visitors are to be told of."""


async def fuzz_mesh(name: str, seed: int, seconds: float, first_case: int = 0) -> tuple[int, int]:
    """Misbehave as members of a cluster of two.

    Returns:
        How many cases it ran, and how many messages the visitors wrote.

    Raises:
        FoundError: An honest message was lost, doubled, late or out of order, or a router grew too much, caught an exception
            of its own or is gone.
    """
    visiting = _Visiting(seed, first_case)
    try:
        with tempfile.TemporaryDirectory() as directory:
            protection = _protect(Path(directory)) if name == "mesh_passwords" else _NO_PROTECTION
            async with run_cluster(2, protection.settings, log_level="warning") as cluster:
                routers = [Router(each.unix, each.local, each.signal, _reader(each)) for each in cluster]
                before = [await statistics(router) for router in routers]
                await _visit_both(visiting, routers, _doors(cluster, before, protection.credentials), seconds)
                for router, told in zip(routers, before, strict=True):
                    judge(told, await statistics(router), router.read_log())
    except* Exception as group:
        causes = "; ".join(map(repr, leaves_of(group)))
        raise FoundError(
            f"{name}: {causes}; repeat with --only {name} --seed {seed} --case {first_case} (cases up to {visiting.case})"
        ) from group
    return visiting.case - first_case, visiting.messages


async def _visit_both(visiting: "_Visiting", routers: list[Router], mesh: MeshDoors, seconds: float) -> None:
    stop = asyncio.Event()
    until_s = time.monotonic() + seconds
    async with asyncio.TaskGroup() as pair:
        pair.create_task(Witness(BURST, NEWS_S).watch(routers[0].door("tcp"), routers[1].door("tcp"), stop))
        async with asyncio.TaskGroup() as visitors:
            for _ in range(VISITORS):
                visitors.create_task(visiting.visit(mesh, until_s))
        stop.set()


class _Visiting:
    """Hands out the cases, one after the other, to visitors who work at the same time."""

    def __init__(self, seed: int, case: int) -> None:
        self.seed, self.case = seed, case
        self.messages = 0

    async def visit(self, mesh: MeshDoors, until_s: float) -> None:
        while time.monotonic() < until_s:
            random = case_random(self.seed, self.case)
            self.case += 1
            written = await mesh_case(random, mesh)  # others count meanwhile
            self.messages += written


@dataclass(frozen=True, slots=True)
class _Protection:
    """What the routers demand, and what visitors may show."""

    settings: dict[str, object]
    credentials: tuple[dict[str, str], ...]


_NO_PROTECTION = _Protection({}, ({},))


def _protect(directory: Path) -> _Protection:
    """The routers know a password of each other, and one that is for the liar alone."""
    password, secret, own = directory / "passwords", directory / "secret", secrets.token_hex(16)
    for user, names in (("cluster", {"alpha", "beta"}), (LIAR, {LIAR})):
        write_entry(password, "password_file", make_entry(user, Opens.ROUTER, frozenset(names), own + user))
    secret.touch(0o600)
    secret.write_text(f"{own}cluster")
    right = {"username": LIAR, "password": own + LIAR}
    wrong = {"username": "cluster", "password": "guess"}
    settings = {
        "auth.mode": "password",
        "auth.password_file": str(password),
        "auth.username": "cluster",
        "auth.secret_file": str(secret),
        "auth.allow_cleartext_password": True,
    }
    return _Protection(settings, (right, right, right, {}, {}, {}, {"username": LIAR}, wrong))


def _reader(router: RouterProcess) -> Callable[[], str]:
    """What a router has logged but what operators are to be told of in any case."""
    return lambda: "\n".join(
        line for line in router.log.splitlines() if not any(each in line for each in OPERATORS_BUSINESS)
    )


def _doors(
    cluster: Sequence[RouterProcess], told: list[dict[str, Any]], credentials: tuple[dict[str, str], ...]
) -> MeshDoors:
    at = [parse_router_address(router.remote).host_port for router in cluster]
    doors = [(each.host, each.port) for each in at if each is not None]
    addresses = [f"{host}:{port}" for host, port in doors]
    victims = [
        Victim(router.server_name, address, one["boot_id"])
        for router, address, one in zip(cluster, addresses, told, strict=True)
    ]
    return MeshDoors(tuple(doors), victims, credentials)
