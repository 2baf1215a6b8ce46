"""Finds the addresses of a host, in threads that nobody waits for at the end; it connects to none of them."""

import asyncio
import socket
import threading
from contextlib import suppress
from typing import NamedTuple

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
        target = _target_of_number(host_port)
        if target is not None:
            return [target]
        answer = self._asked.get(host_port)
        if answer is None:
            answer = self._asked[host_port] = self._ask(host_port)
        return await asyncio.shield(answer)

    def _ask(self, host_port: HostPort) -> asyncio.Future[list[Target]]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Target]] = loop.create_future()

        def tell(found: list[Target] | OSError) -> None:
            del self._asked[host_port]
            if isinstance(found, OSError):
                answer.set_exception(found)
                answer.exception()  # looked at: whoever asked may have given up
            else:
                answer.set_result(found)

        def work() -> None:
            found = _look_up(host_port)
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(tell, found)

        threading.Thread(target=work, name="resolver", daemon=True).start()
        return answer


def _target_of_number(host_port: HostPort) -> Target | None:
    ip = read_ip(host_port.host)
    if ip is None:
        return None
    if ip.version == 6:  # noqa: PLR2004 - IPv6
        return Target(socket.AF_INET6, host_port.host, (host_port.host, host_port.port, 0, 0))
    return Target(socket.AF_INET, host_port.host, (host_port.host, host_port.port))


def _look_up(host_port: HostPort) -> list[Target] | OSError:
    try:
        found = socket.getaddrinfo(host_port.host, host_port.port, type=socket.SOCK_STREAM)
    except OSError as error:
        return error
    except UnicodeError:
        return socket.gaierror(socket.EAI_NONAME, "not a name")
    return [Target(family, str(address[0]), address) for family, _, _, _, address in found]  # type: ignore[arg-type]  # its stub allows for a Python without IPv6
