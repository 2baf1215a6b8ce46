"""Starts servers that are linked to each other on this machine: our routers in a line, two of nats-server; it sends no message."""

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.dialects import Ours
from benchmarks.errors import BenchmarkError
from benchmarks.load import Address
from benchmarks.measure import FarEnd
from benchmarks.servers import NATS, OURS, Server, free_port, run_server
from communicator.client import BlockingClient
from communicator.protocol import Message
from communicator.testing import RouterProcess

LETTERS = ("alpha", "beta", "gamma", "delta", "epsilon")
"""The servers of a line, in order."""
AGREE_TIMEOUT_S = 20.0
POLL_S = 0.005


@dataclass(frozen=True, slots=True)
class Linked:
    """Servers of one kind, each linked to the next."""

    servers: list[Server]
    far: FarEnd
    """The last of them, for messages that come from the first."""

    @property
    def first(self) -> Server:
        """Where messages come from."""
        return self.servers[0]


@contextmanager
def run_line(count: int) -> Iterator[Linked]:
    """Run so many of our routers in a line for as long as the block lasts; each reaches all others when it begins.

    Raises:
        BenchmarkError: They do not find each other.
    """
    routers = make_line_of_routers(count)
    with ExitStack() as stack:
        for router in routers:
            stack.enter_context(router)
        with open_askers(routers) as askers:
            await_true(lambda: sees_only(askers, [LETTERS[:count]]), AGREE_TIMEOUT_S)
        asker = stack.enter_context(BlockingClient(routers[0].unix, _asker_name()))
        servers = [as_server(router) for router in routers]
        last = LETTERS[count - 1]
        servers[-1] = as_server(routers[-1], Ours(LETTERS[0], f"{last}:"))

        def await_topic(topic: str) -> None:
            await_true(lambda: _leads_to(asker, topic, last), AGREE_TIMEOUT_S)

        yield Linked(servers, FarEnd(servers[-1], await_topic))


@contextmanager
def run_nats_pair() -> Iterator[Linked]:
    """Run two of nats-server as a cluster for as long as the block lasts.

    Raises:
        ServerStartError: One is missing or does not start.
    """
    routes, monitor = [free_port(), free_port()], free_port()
    tails = [
        f'cluster {{ name: bench, listen: "127.0.0.1:{own}", routes: ["nats://127.0.0.1:{other}"] }}\n'
        for own, other in (routes, reversed(routes))
    ]
    tails[0] += f'http: "127.0.0.1:{monitor}"\n'
    with run_server(NATS, tails[0]) as first, run_server(NATS, tails[1]) as last:

        def await_topic(topic: str) -> None:
            await_true(lambda: topic in _nats_interest(monitor), AGREE_TIMEOUT_S)

        await_true(lambda: _nats_routes(monitor) > 0, AGREE_TIMEOUT_S)
        yield Linked([first, last], FarEnd(last, await_topic))


def make_line_of_routers(count: int) -> list[RouterProcess]:
    """Routers that are to be linked each to the one before and the one after it; none is started yet."""
    hosts = [f"127.0.0.{number + 1}" for number in range(count)]
    addresses = [f"{host}:{free_port(host)}" for host in hosts]
    return [
        RouterProcess(
            LETTERS[number],
            {
                "listen.remote": addresses[number],
                "cluster.neighbors": [*addresses[max(0, number - 1) : number], *addresses[number + 1 : number + 2]],
                "cluster.discover": False,
                "auth.mode": "none",
            },
        )
        for number in range(count)
    ]


def as_server(router: RouterProcess, dialect: Ours | None = None) -> Server:
    """A running router as the load processes know it."""
    host, _, port = router.local.removeprefix("cd://").rpartition(":")
    addresses: dict[str, Address] = {"tcp": (host, int(port)), "unix": router.unix.removeprefix("cd://")}
    return Server(OURS, dialect or Ours(router.server_name), router.pid, addresses, 0.0)


@contextmanager
def open_askers(routers: Sequence[RouterProcess]) -> Iterator[dict[str, BlockingClient]]:
    """A client at each of these routers, by server."""
    with ExitStack() as stack:
        yield {
            router.server_name: stack.enter_context(BlockingClient(router.unix, _asker_name())) for router in routers
        }


def sees_only(askers: Mapping[str, BlockingClient], groups: Sequence[Sequence[str]]) -> bool:
    """Whether each of these routers tells of exactly the group it is in."""
    group_of = {server: set(group) for group in groups for server in group}
    return all(_servers(askers[server]) == group for server, group in group_of.items())


def await_true(is_so: Callable[[], bool], timeout_s: float) -> float:
    """Ask again and again; how long it took until it was so.

    Raises:
        BenchmarkError: It was not so within the time.
    """
    start_s = time.monotonic()
    while not is_so():
        if time.monotonic() > start_s + timeout_s:
            raise BenchmarkError(f"linked servers do not agree after {timeout_s:g} s")
        time.sleep(POLL_S)
    return time.monotonic() - start_s


def _asker_name() -> str:
    return f"bench_{os.getpid()}"


def _servers(asker: BlockingClient) -> set[str]:
    asker.request(Message("CLUSTER_GET_STATUS"), "CLUSTER_CURRENT_STATUS")
    return set(asker.cluster_status.servers) if asker.cluster_status else set()


def _leads_to(asker: BlockingClient, service: str, server: str) -> bool:
    answer = asker.request(Message("CLUSTER_GET_ROUTE", {"destination": service}), "CLUSTER_ROUTE")
    route = json.loads(answer.get("route"))
    return (route["outcome"], route.get("server")) == ("remote", server)


def _nats_routes(monitor: int) -> int:
    count: int = _ask_nats(monitor, "routez")["num_routes"]
    return count


def _nats_interest(monitor: int) -> set[str]:
    """What subscribers of the other server want."""
    routes = _ask_nats(monitor, "routez?subs=1")["routes"]
    return {subject for route in routes for subject in route.get("subscriptions_list") or ()}


def _ask_nats(monitor: int, what: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{monitor}/{what}", timeout=AGREE_TIMEOUT_S) as answer:
            told: dict[str, Any] = json.load(answer)
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"nats-server does not tell of its routes: {error}") from error
    return told
