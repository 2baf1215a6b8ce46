"""Connects to other routers when the core asks for it; whom, and when again, is the core's business."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from communicator.daemon.link import Link
from communicator.daemon.tls import HANDSHAKE_S, tls_fault
from communicator.lone_thread import LoneThread
from communicator.protocol.addresses import HostPort, read_ip
from communicator.router.vocabulary.effects import Dial
from communicator.router.vocabulary.events import DialFailed, LinkKind

CONNECT_S = 2.0
"""How long finding and reaching the other end may take; what is slower is no good as a neighbor."""

Enter = Callable[[LinkKind, int], Link]


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


class Dialler:
    """Makes links to other routers.

    Args:
        own_ip: The address under which others know us; one that is loopback is where our links come from, so that routers of
            one machine can tell each other.
        context: Gives what we verify others with now.
        enter: Makes the link that answers a dial, of a kind and with its number.
        failed: Called when a dial came to nothing.
    """

    def __init__(
        self,
        own_ip: str,
        context: Callable[[], ssl.SSLContext],
        enter: Enter,
        failed: Callable[[DialFailed], None],
    ) -> None:
        self._own_ip = own_ip
        self._context = context
        self._enter = enter
        self._failed = failed
        self._resolver = Resolver()
        self._dials: set[asyncio.Task[None]] = set()
        self._closed = False

    def dial(self, effect: Dial) -> None:
        """Connect; exactly one of a link or a failure comes of it, unless `close` comes first."""
        if self._closed:
            return
        task = asyncio.get_running_loop().create_task(self._dial(effect))
        self._dials.add(task)
        task.add_done_callback(self._dials.discard)

    async def close(self) -> None:
        """Give up what is under way; nothing is dialled any more."""
        self._closed = True
        for task in self._dials:
            task.cancel()
        await asyncio.gather(*self._dials, return_exceptions=True)

    async def _dial(self, effect: Dial) -> None:
        fault = _fault
        try:
            connected = await self._reach(HostPort(effect.host, effect.port))
            fault = tls_fault
            await self._link(effect, connected)
        except OSError as error:
            self._failed(DialFailed(effect.dial, fault(error)))

    async def _reach(self, host_port: HostPort) -> socket.socket:
        """A connected socket; the first of the host's addresses that answers."""
        async with asyncio.timeout(CONNECT_S):
            targets = await self._resolver.find(host_port)
            for target in targets[:-1]:
                with suppress(OSError):  # the last one tells why
                    return await self._connect(target)
            return await self._connect(targets[-1])

    async def _connect(self, target: Target) -> socket.socket:
        connected = socket.socket(target.family, socket.SOCK_STREAM)
        try:
            connected.setblocking(False)  # noqa: FBT003 - its one parameter
            if self._comes_from(target):
                connected.bind((self._own_ip, 0))
            await asyncio.get_running_loop().sock_connect(connected, target.address)
        except BaseException:
            connected.close()
            raise
        return connected

    def _comes_from(self, target: Target) -> bool:
        own, other = ipaddress.ip_address(self._own_ip), ipaddress.ip_address(target.ip.partition("%")[0])
        return own.is_loopback and other.is_loopback and own.version == other.version

    async def _link(self, effect: Dial, connected: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        adopted = False

        def enter() -> Link:
            nonlocal adopted
            adopted = True
            return self._enter(LinkKind.SECURE if effect.secure else LinkKind.REMOTE, effect.dial)

        try:
            if not effect.secure:
                # Not create_connection: where the link is closed at once, that of uvloop leaves a socket behind, and with it the
                # number of a descriptor which is somebody else's by then.
                await loop.connect_accepted_socket(enter, connected)
                return
            await loop.create_connection(
                enter,
                sock=connected,
                ssl=self._context(),
                server_hostname=effect.host,
                ssl_handshake_timeout=HANDSHAKE_S,
            )
        finally:
            if not adopted:
                connected.close()


def _fault(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_S:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return (error.strerror or str(error)).lower()


def _look_up(host_port: HostPort) -> list[Target]:
    try:
        found = socket.getaddrinfo(host_port.host, host_port.port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "not a name") from None
    return [Target(family, str(address[0]), address) for family, _, _, _, address in found]  # type: ignore[arg-type]  # its stub allows for a Python without IPv6
