"""Finds the addresses of a host, in threads that nobody waits for at the end; it connects to none of them."""

import asyncio
import socket
from functools import partial
from typing import NamedTuple

from communicator.lone_thread import LoneThread
from communicator.protocol.addresses import HostPort, read_ip


class Target(NamedTuple):
    """Where a socket may connect to."""

    family: socket.AddressFamily
    ip: str
    address: tuple[str, int] | tuple[str, int, int, int]
    """As `socket.connect` takes it."""


class Resolver:
    """Looks up names, each once at a time: a name service that hangs costs one thread a name, not one a question."""

    def __init__(self) -> None:
        self._asked: dict[HostPort, asyncio.Future[list[Target]]] = {}

    async def find(self, host_port: HostPort) -> list[Target]:
        """The addresses of a host, in the order in which they are to be tried; a number is one.

        Raises:
            OSError: The name is not known, or cannot be looked up now.
        """
        if read_ip(host_port.host) is not None:
            return _look_up(host_port)  # a number needs no name server
        if host_port not in self._asked:
            thread = LoneThread("resolver")
            self._asked[host_port] = asyncio.wrap_future(thread.submit(partial(_look_up, host_port)))
            self._asked[host_port].add_done_callback(partial(self._answered, host_port))
            thread.close()
        return await asyncio.shield(self._asked[host_port])

    def _answered(self, host_port: HostPort, answer: asyncio.Future[list[Target]]) -> None:
        del self._asked[host_port]
        answer.exception()  # looked at: whoever asked may have given up


def _look_up(host_port: HostPort) -> list[Target]:
    try:
        found = socket.getaddrinfo(host_port.host, host_port.port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "not a name") from None
    return [Target(family, str(address[0]), address) for family, _, _, _, address in found]  # type: ignore[arg-type]  # its stub allows for a Python without IPv6
