"""The doors for other hosts: let in at a pace, kept out for a while, through TLS where it is spoken; it knows of no message."""

import asyncio
import errno
import socket
import ssl
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from communicator.daemon.link import Link
from communicator.daemon.tls import HANDSHAKE_S, tls_fault
from communicator.fairness.places import Places
from communicator.fairness.sources import Standing, keys_of
from communicator.fairness.waiting_line import WaitingLine
from communicator.protocol.addresses import HostPort

HANDSHAKES = 256
"""Handshakes under way at once, half of them of addresses that we know; for one more, one that takes long is given up."""
HANDSHAKES_OF_ONE_HOST = 32
"""Of these those of one address: a host that stalls its own shall not keep the others out."""
RETRY_S = 1.0
"""How long nobody is accepted when there is no descriptor left."""
PACE_S = 0.002
"""Between one who is let in and the next, 500 a second: what a stranger costs, a millisecond of ours over TLS, is never taken for
many at once. Who waits does so in a line of ours, and what is inside already goes first."""
WAITING = 512
"""Who has come and waits to be let in, half of them from addresses that we know: they are let in within a second."""
WAITING_OF_ONE_HOST = 64
"""Of these those of one address. What comes faster is closed at once, so that nobody else waits behind it in the kernel."""
ACCEPTED_AT_ONCE = 16
"""So many are taken out of the kernel in one turn of the loop: each costs some 15 us, and others have theirs."""
HOSTS_KEPT_OUT = 4096
"""Of more the first ones are let in again, where the router refuses them with a word."""
_HOSTS_TOLD = 1024
_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))

Tell = Callable[[str, str], None]


class _Comer(NamedTuple):
    connected: socket.socket
    peer: HostPort


class RemoteDoor:
    """A listening socket.

    Args:
        listening: It, bound and listening already.
        context: Gives the TLS context of now, for each who comes; None: no TLS is spoken here.
        enter: Makes the link of who is through.
        tell: Called with the address of who is not, and why; once for each host.
        standing: How an address stands now.
    """

    def __init__(
        self,
        listening: socket.socket,
        context: Callable[[], ssl.SSLContext] | None,
        enter: Callable[[], Link],
        tell: Tell,
        standing: Callable[[str], Standing],
    ) -> None:
        self.failures = 0
        """Those who came and are no link."""
        self.kept_out = 0
        """Those who were closed unseen."""
        self._listening = listening
        self._context = context
        self._enter = enter
        self._tell = tell
        self._standing = standing
        self._told: set[str] = set()
        """Hosts whose failure was told; when there are too many, from the first one again."""
        self._line: WaitingLine[_Comer] = WaitingLine(WAITING, WAITING_OF_ONE_HOST, kept=WAITING // 2)
        self._handshakes: dict[_Comer, asyncio.Task[None]] = {}
        self._places: Places[_Comer] = Places(HANDSHAKES, HANDSHAKES_OF_ONE_HOST, kept=HANDSHAKES // 2)
        self._kept_out_until_s: OrderedDict[str, float] = OrderedDict()
        """By the loop's clock; what is over stays until there are too many."""
        self._accepting = False
        self._timer: asyncio.TimerHandle | None = None
        """Until somebody is accepted again."""
        self._pace: asyncio.TimerHandle | None = None
        """Until the next one is let in."""

    def open(self) -> None:
        """Begin to accept."""
        self._listening.setblocking(False)  # noqa: FBT003 - its one parameter
        self._listen()

    def keep_out(self, host: str, for_s: float) -> None:
        """Close at once, without a word, whoever comes from a host; who is inside already stays.

        Args:
            host: Its address, in its one spelling, or its IPv6 network of 64 bits.
            for_s: How long from now, whatever was said before.
        """
        self._kept_out_until_s[host] = asyncio.get_running_loop().time() + for_s
        self._kept_out_until_s.move_to_end(host)
        if len(self._kept_out_until_s) > HOSTS_KEPT_OUT:
            self._kept_out_until_s.popitem(last=False)

    async def close(self) -> None:
        """Accept no more, and give up the handshakes under way; who comes in in clear, which takes no time, becomes a link."""
        self._rest()
        for timer in (self._timer, self._pace):
            if timer is not None:
                timer.cancel()
        while (comer := self._line.take()) is not None:
            comer.connected.close()
        await asyncio.sleep(
            0
        )  # whoever was accepted in this turn: from now on the loop has each socket in hand, and closes it
        handshakes = list(self._handshakes.values())
        if self._context is not None:
            for handshake in handshakes:
                handshake.cancel()
        await asyncio.gather(*handshakes, return_exceptions=True)

    def _listen(self) -> None:
        if not self._accepting:
            self._accepting = True
            asyncio.get_running_loop().add_reader(self._listening, self._accept)

    def _rest(self) -> None:
        if self._accepting:
            self._accepting = False
            asyncio.get_running_loop().remove_reader(self._listening)

    def _accept(self) -> None:
        """Take those who have come out of the kernel: they wait in line, or are sent off."""
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connected, address = self._listening.accept()
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._accept_later(error)
                return  # nobody else is there, or who knocked has gone
            self._line_up(_Comer(connected, HostPort(*address[:2])))

    def _line_up(self, comer: _Comer) -> None:
        host = comer.peer.host
        if self._keeps_out(host):
            self._send_off(comer)
            return
        entrance = self._line.enter(comer, host, self._standing(host))
        for sent_off in (entrance.leaves, None if entrance.is_in else comer):
            if sent_off is not None:
                self._send_off(sent_off)
        self._let_in_next()

    def _send_off(self, comer: _Comer) -> None:
        self.kept_out += 1
        comer.connected.close()

    def _let_in_next(self) -> None:
        """Let in whose turn it is, unless somebody has just been let in."""
        if self._pace is None and (comer := self._line.take()) is not None:
            self._pace = asyncio.get_running_loop().call_later(PACE_S, self._end_pause)
            self._shake_hands(comer)

    def _end_pause(self) -> None:
        self._pace = None
        self._let_in_next()

    def _keeps_out(self, host: str) -> bool:
        now_s = asyncio.get_running_loop().time()
        return any(self._kept_out_until_s.get(key, 0.0) > now_s for key in keys_of(host))

    def _accept_later(self, error: OSError) -> None:
        self._rest()
        self._timer = asyncio.get_running_loop().call_later(RETRY_S, self._listen)
        self._tell_once(HostPort("everybody", 0), (error.strerror or str(error)).lower())

    def _shake_hands(self, comer: _Comer) -> None:
        connected, peer = comer
        entrance = self._places.enter(comer, peer.host, self._standing(peer.host))
        if entrance.leaves is not None:
            self._fail(entrance.leaves.peer, "its handshake took long, and there are too many at once")
            self._handshakes[entrance.leaves].cancel()
        if not entrance.is_in:
            connected.close()
            self._fail(peer, "too many handshakes at once")
            return
        connected.setblocking(False)  # noqa: FBT003 - its one parameter
        handshake = asyncio.get_running_loop().create_task(self._handshake(connected, peer))
        self._handshakes[comer] = handshake
        handshake.add_done_callback(lambda task: self._through(task, comer))

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

    def _through(self, handshake: asyncio.Task[None], comer: _Comer) -> None:
        if handshake.cancelled():
            # Not closed: the loop would not hear of it, and a link that has come of it would never be told its end.
            with suppress(OSError):
                comer.connected.shutdown(socket.SHUT_RDWR)
        del self._handshakes[comer]
        self._places.leave(comer)
