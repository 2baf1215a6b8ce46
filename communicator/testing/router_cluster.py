"""Runs several real routers as one cluster on this machine, and waits until they agree; it knows them by what they answer."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Literal, Self, overload

from communicator.answers.clusters import Route
from communicator.answers.reading import read_answer
from communicator.client.blocking import BlockingClient
from communicator.client.status import ClusterStatus
from communicator.errors import ClientError
from communicator.protocol.message import Message
from communicator.protocol.names import tool_name
from communicator.testing.router_process import RouterProcess, RouterProcessError, Started

AGREE_S = 60.0
"""How long the routers may take to agree, in seconds; one or two are usual, a busy machine takes longer."""
NAMES = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"),
    *("nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
)
"""The servers of a cluster, in order."""

Neighbors = Literal["chain", "mesh"]

_ASK_AGAIN_S = 0.1
_ANSWER_S = 60.0
"""How long one router may take to answer: on a busy machine it may not get its turn for seconds."""


class RouterCluster(Started, Sequence[RouterProcess]):
    """A cluster of routers on 127.0.0.1, 127.0.0.2, …; a context manager for ``with`` and for ``async with``.

    Args:
        size: How many routers, 1 to 24; their servers are `NAMES`, in order.
        settings: Further settings of every router by dotted path.
        neighbors: ``mesh`` links each to each. ``chain`` links each only to the one before and the one after it, so that what the
            first tells the last goes through all.
        log_level: debug, info, warning or error.
        agree_s: How long they may take to agree at the start, in seconds.
    """

    def __init__(
        self,
        size: int = 3,
        settings: Mapping[str, object] | None = None,
        neighbors: Neighbors = "mesh",
        log_level: str = "info",
        agree_s: float = AGREE_S,
    ) -> None:
        if not 1 <= size <= len(NAMES):
            raise ValueError(f"a cluster of {size!r} routers: 1 to {len(NAMES)} can be run")
        self._size = size
        self._further = dict(settings or {})
        self._neighbors = neighbors
        self._log_level = log_level
        self._agree_s = agree_s
        self._routers: list[RouterProcess] = []
        self._entered: list[RouterProcess] = []

    @overload
    def __getitem__(self, index: int) -> RouterProcess: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[RouterProcess]: ...

    def __getitem__(self, index: int | slice) -> RouterProcess | Sequence[RouterProcess]:
        return self._routers[index]

    def __len__(self) -> int:
        return len(self._routers)

    def wait_agreed(self, deadline_s: float = AGREE_S) -> float:
        """Wait until every router that runs tells of exactly those that run, such as after one was killed or started again.

        Args:
            deadline_s: How long, in seconds.

        Returns:
            How long it took, in seconds.

        Raises:
            RouterProcessError: They did not; the message says who sees what.
        """
        return self._wait(self._who_sees_others, deadline_s)

    def wait_offered(self, service: str, deadline_s: float = AGREE_S) -> float:
        """Wait until every router that runs knows a way to a service, such as after it was started.

        Args:
            service: Its name; ``SERVER:SERVICE`` for the one of this server.
            deadline_s: How long, in seconds.

        Returns:
            How long it took, in seconds.

        Raises:
            RouterProcessError: They do not; the message says who knows none.
        """

        def who_knows_none(askers: Mapping[str, BlockingClient]) -> str:
            return "; ".join(
                f"{name!r} knows no way to {service!r}"
                for name, asker in askers.items()
                if _route(asker, service).outcome not in {"local", "remote"}
            )

        return self._wait(who_knows_none, deadline_s)

    def __enter__(self) -> Self:
        with ExitStack() as reserved:
            addresses = [reserved.enter_context(_reserved_address(number + 1)) for number in range(self._size)]
            self._routers = [self._router(number, addresses) for number in range(self._size)]
            try:
                _each(self._routers, self._enter)
                self.wait_agreed(self._agree_s)
            except BaseException as error:
                self.__exit__(type(error), error, error.__traceback__)
                raise
        return self

    def __exit__(self, *raised: object) -> None:
        entered, self._entered = self._entered, []
        _each(entered, lambda router: router.__exit__(*raised))

    def _wait(self, differences: Callable[[Mapping[str, BlockingClient]], str], deadline_s: float) -> float:
        """Ask all that run until they do not differ any more; how long it took."""
        started_s = time.monotonic()
        running = [router for router in self._routers if router.is_running]
        try:
            with ExitStack() as stack:
                askers = {
                    router.server_name: stack.enter_context(
                        BlockingClient(router.unix, tool_name(os.getpid()), connect_timeout_s=_ANSWER_S)
                    )
                    for router in running
                }
                while differing := differences(askers):
                    if time.monotonic() - started_s > deadline_s:
                        raise RouterProcessError(f"the routers do not agree after {deadline_s:g} s: {differing}")
                    for asker in askers.values():
                        asker.receive(timeout_s=_ASK_AGAIN_S / len(askers))
        except ClientError as error:
            raise RouterProcessError(f"a router of the cluster does not answer: {error}") from error
        return time.monotonic() - started_s

    def _router(self, number: int, addresses: list[str]) -> RouterProcess:
        near = (number - 1, number + 1) if self._neighbors == "chain" else range(self._size)
        settings = {
            "listen.remote": addresses[number],
            "cluster.my_address": addresses[number],
            "cluster.neighbors": [
                address for other, address in enumerate(addresses) if other in near and other != number
            ],
            "cluster.discover": False,
            "auth.mode": "none",
            **self._further,
        }
        return RouterProcess(NAMES[number], settings, self._log_level)

    def _enter(self, router: RouterProcess) -> None:
        router.__enter__()
        self._entered.append(router)

    def _who_sees_others(self, askers: Mapping[str, BlockingClient]) -> str:
        """Who sees others than those that run; empty when nobody does."""
        statuses = {name: _cluster_status(asker) for name, asker in askers.items()}
        return "; ".join(
            f"{name!r} sees {', '.join(status.servers)} ({status.completeness})"
            for name, status in statuses.items()
            if set(status.servers) != set(askers) or (len(askers) == self._size and status.completeness != "complete")
        )


run_cluster = RouterCluster
"""Run a cluster while a block lasts, and wait until all routers agree: ``with run_cluster(3) as routers``."""


def _each(routers: Sequence[RouterProcess], do: Callable[[RouterProcess], None]) -> None:
    """Do something with all of them at once; the first error is raised once all are done."""
    if not routers:
        return
    with ThreadPoolExecutor(len(routers)) as pool:
        done = [pool.submit(do, router) for router in routers]
    for outcome in done:
        outcome.result()


@contextmanager
def _reserved_address(number: int) -> Iterator[str]:
    """A free port of 127.0.0.`number`, which nobody is given by the kernel while the block lasts; a router may bind it."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((f"127.0.0.{number}", 0))
        host, port = holder.getsockname()
        yield f"{host}:{port}"


def _route(asker: BlockingClient, service: str) -> Route:
    question = Message("CLUSTER_GET_ROUTE", {"destination": service})
    answer = asker.request(question, "CLUSTER_ROUTE", timeout_s=_ANSWER_S)
    return read_answer(answer.get("route"), Route)


def _cluster_status(asker: BlockingClient) -> ClusterStatus:
    asker.request(Message("CLUSTER_GET_STATUS"), "CLUSTER_CURRENT_STATUS", timeout_s=_ANSWER_S)
    return asker.cluster_status or ClusterStatus()
