"""The doors for other hosts: let in at a pace, kept out for a while, through TLS where it is spoken; it knows of no message."""

import asyncio
import errno
import socket
import ssl
from collections import Counter, OrderedDict
from collections.abc import Callable
from contextlib import suppress

from communicator.daemon.link import Link
from communicator.daemon.tls import HANDSHAKE_S, tls_fault
from communicator.protocol.addresses import HostPort, plain_ip

HANDSHAKES = 256
"""Handshakes under way at once; who comes then waits in the kernel."""
HANDSHAKES_OF_ONE_HOST = 32
"""Of these those of one address: a host that stalls its own shall not keep the others out."""
RETRY_S = 1.0
"""How long nobody is accepted when there is no descriptor left."""
PACE_S = 0.002
"""Between one who is let in and the next, 500 a second: what a stranger costs, a millisecond of ours over TLS, is never taken for
many at once. Who waits does so in the kernel, and what is inside already goes first."""
SENT_OFF_AT_ONCE = 4
"""Of those who are kept out so many are closed in the time of one who is let in: each costs some 20 us, and others wait behind."""
HOSTS_KEPT_OUT = 4096
"""Of more the first ones are let in again, where the router refuses them with a word."""
_HOSTS_TOLD = 1024
_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))

Tell = Callable[[str, str], None]


class RemoteDoor:
    """A listening socket.

    Args:
        listening: It, bound and listening already.
        context: Gives the TLS context of now, for each who comes; None: no TLS is spoken here.
        enter: Makes the link of who is through.
        tell: Called with the address of who is not, and why; once for each host.
    """

    def __init__(
        self,
        listening: socket.socket,
        context: Callable[[], ssl.SSLContext] | None,
        enter: Callable[[], Link],
        tell: Tell,
    ) -> None:
        self.failures = 0
        """Those who came and are no link."""
        self.kept_out = 0
        """Those who were closed unseen."""
        self._listening = listening
        self._context = context
        self._enter = enter
        self._tell = tell
        self._told: set[str] = set()
        """Hosts whose failure was told; when there are too many, from the first one again."""
        self._handshakes: set[asyncio.Task[None]] = set()
        self._hosts: Counter[str] = Counter()
        self._kept_out_until_s: OrderedDict[str, float] = OrderedDict()
        """By the loop's clock; what is over stays until somebody comes from there or there are too many."""
        self._accepting = False
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def open(self) -> None:
        """Begin to accept."""
        self._listening.setblocking(False)  # noqa: FBT003 - its one parameter
        self._listen()

    def keep_out(self, host: str, for_s: float) -> None:
        """Close at once, without a word, whoever comes from a host; who is inside already stays.

        Args:
            host: Its address, in its one spelling.
            for_s: How long from now, whatever was said before.
        """
        self._kept_out_until_s[host] = asyncio.get_running_loop().time() + for_s
        self._kept_out_until_s.move_to_end(host)
        if len(self._kept_out_until_s) > HOSTS_KEPT_OUT:
            self._kept_out_until_s.popitem(last=False)

    async def close(self) -> None:
        """Accept no more, and give up the handshakes under way; who comes in in clear, which takes no time, becomes a link."""
        self._closed = True
        self._rest()
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.sleep(
            0
        )  # whoever was accepted in this turn: from now on the loop has each socket in hand, and closes it
        if self._context is not None:
            for handshake in self._handshakes:
                handshake.cancel()
        await asyncio.gather(*self._handshakes, return_exceptions=True)

    def _listen(self) -> None:
        self._timer = None
        if not (self._accepting or self._closed or len(self._handshakes) >= HANDSHAKES):
            self._accepting = True
            asyncio.get_running_loop().add_reader(self._listening, self._accept)

    def _rest(self) -> None:
        if self._accepting:
            self._accepting = False
            asyncio.get_running_loop().remove_reader(self._listening)

    def _accept(self) -> None:
        """Let one in, behind a few who are sent off."""
        self._rest()
        for _ in range(SENT_OFF_AT_ONCE):
            try:
                connected, address = self._listening.accept()
            except OSError as error:
                self._accept_later(error)
                return
            if not self._keeps_out(address[0]):
                self._listen_in(PACE_S)
                self._shake_hands(connected, HostPort(*address[:2]))
                return
            self.kept_out += 1
            connected.close()
        self._listen_in(PACE_S)

    def _keeps_out(self, host: str) -> bool:
        if not self._kept_out_until_s:
            return False
        host = plain_ip(host)
        if self._kept_out_until_s.get(host, 0.0) > asyncio.get_running_loop().time():
            return True
        self._kept_out_until_s.pop(host, None)
        return False

    def _accept_later(self, error: OSError) -> None:
        if error.errno not in _EXHAUSTED:
            self._listen_in(PACE_S)  # nobody else is there, or who knocked has gone
            return
        self._listen_in(RETRY_S)
        self._tell_once(HostPort("everybody", 0), (error.strerror or str(error)).lower())

    def _listen_in(self, delay_s: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._listen)

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
        context = None if self._context is None else self._context()
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._enter, connected, ssl=context, ssl_handshake_timeout=None if context is None else HANDSHAKE_S
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
            # Not closed: the loop would not hear of it, and a link that has come of it would never be told its end.
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
        self._handshakes.discard(handshake)
        self._hosts[host] -= 1
        if not self._hosts[host]:
            del self._hosts[host]
        if self._timer is None:
            self._listen()
