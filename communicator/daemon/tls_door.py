"""The door behind which TLS is spoken: takes who knocks through the handshake, few at a time; nobody is a link before."""

import asyncio
import errno
import socket
import ssl
from collections import Counter
from collections.abc import Callable

from communicator.daemon.link import Link
from communicator.daemon.tls import HANDSHAKE_S, tls_fault
from communicator.protocol.addresses import HostPort

HANDSHAKES = 256
"""Handshakes under way at once; who comes then waits in the kernel."""
HANDSHAKES_OF_ONE_HOST = 32
"""Of these those of one address: a host that stalls its own shall not keep the others out."""
RETRY_S = 1.0
"""How long nobody is accepted when there is no descriptor left."""
_ACCEPTED_AT_ONCE = 64
_HOSTS_TOLD = 1024
_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))

Tell = Callable[[str, str], None]


class TlsDoor:
    """A listening socket.

    Args:
        listening: It, bound and listening already.
        context: Gives what we show now; asked for each who comes.
        enter: Makes the link of who is through.
        tell: Called with the address of who is not, and why; once for each host.
    """

    def __init__(
        self,
        listening: socket.socket,
        context: Callable[[], ssl.SSLContext],
        enter: Callable[[], Link],
        tell: Tell,
    ) -> None:
        self.failures = 0
        """Handshakes that came to nothing."""
        self._listening = listening
        self._context = context
        self._enter = enter
        self._tell = tell
        self._told: set[str] = set()
        """Hosts whose failure was told; when there are too many, from the first one again."""
        self._handshakes: set[asyncio.Task[None]] = set()
        self._hosts: Counter[str] = Counter()
        self._accepting = False
        self._retry: asyncio.TimerHandle | None = None
        self._closed = False

    def open(self) -> None:
        """Begin to accept."""
        self._listening.setblocking(False)  # noqa: FBT003 - its one parameter
        self._listen()

    async def close(self) -> None:
        """Accept no more, and give up the handshakes under way."""
        self._closed = True
        self._rest()
        if self._retry is not None:
            self._retry.cancel()
        for handshake in self._handshakes:
            handshake.cancel()
        await asyncio.gather(*self._handshakes, return_exceptions=True)

    def _listen(self) -> None:
        self._retry = None
        if not (self._accepting or self._closed or len(self._handshakes) >= HANDSHAKES):
            self._accepting = True
            asyncio.get_running_loop().add_reader(self._listening, self._accept)

    def _rest(self) -> None:
        if self._accepting:
            self._accepting = False
            asyncio.get_running_loop().remove_reader(self._listening)

    def _accept(self) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            if len(self._handshakes) >= HANDSHAKES:
                self._rest()
                return
            try:
                connected, address = self._listening.accept()
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._rest()
                    self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._listen)
                    self._tell_once(HostPort("everybody", 0), (error.strerror or str(error)).lower())
                return
            self._shake_hands(connected, HostPort(*address[:2]))

    def _shake_hands(self, connected: socket.socket, peer: HostPort) -> None:
        if self._hosts[peer.host] >= HANDSHAKES_OF_ONE_HOST:
            connected.close()
            self._fail(peer, "too many handshakes of this host at once")
            return
        connected.setblocking(False)  # noqa: FBT003 - its one parameter
        self._hosts[peer.host] += 1
        handshake = asyncio.get_running_loop().create_task(self._handshake(connected, peer))
        self._handshakes.add(handshake)
        handshake.add_done_callback(lambda task: self._through(task, connected, peer.host))

    async def _handshake(self, connected: socket.socket, peer: HostPort) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._enter, connected, ssl=self._context(), ssl_handshake_timeout=HANDSHAKE_S
            )
        except OSError as error:
            self._fail(peer, tls_fault(error))

    def _fail(self, peer: HostPort, reason: str) -> None:
        self.failures += 1
        self._tell_once(peer, reason)

    def _tell_once(self, peer: HostPort, reason: str) -> None:
        if peer.host in self._told:
            return
        if len(self._told) >= _HOSTS_TOLD:
            self._told.clear()
        self._told.add(peer.host)
        self._tell(str(peer), reason)

    def _through(self, handshake: asyncio.Task[None], connected: socket.socket, host: str) -> None:
        if handshake.cancelled():
            connected.close()
        self._handshakes.discard(handshake)
        self._hosts[host] -= 1
        if not self._hosts[host]:
            del self._hosts[host]
        if self._retry is None:
            self._listen()
