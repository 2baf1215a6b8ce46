"""The UDP signal port: one message a datagram, checked and passed on, never answered; it routes nothing itself."""

import asyncio
import hmac
from collections import Counter
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import msgspec

from communicator.errors import ProtocolError
from communicator.protocol.limits import DATAGRAM_BYTES
from communicator.protocol.line_form import decode, encode_line
from communicator.router.vocabulary.events import DatagramReceived, Process

_SECRET = "secret_code"  # noqa: S105 - the name of the parameter
REASONS = ("too_long", "remote", "invalid", "secret")


class SignalPort(asyncio.DatagramProtocol):
    """Receives datagrams.

    Args:
        received: Called with each one that may pass.
        secret: What each must carry as ``secret_code``; empty: none, and then only loopback senders are heard.
    """

    def __init__(self, received: Callable[[DatagramReceived], None], secret: bytes) -> None:
        self.secret = secret
        self.rejected: Counter[str] = Counter(dict.fromkeys(REASONS, 0))
        """Datagrams thrown away, by reason."""
        self.sender_of: Callable[[tuple[str, int]], Process | None] | None = None
        """Tells who has sent from an address, None where that is of another host; not asked while there is none."""
        self._received = received

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """The loop has read a datagram."""
        line, fault = self._open(data, addr[0])
        if fault:
            self.rejected[fault] += 1
        else:
            self._received(self._event(line, addr))

    def _event(self, line: bytes, addr: tuple[str | Any, int]) -> DatagramReceived:
        if self.sender_of is None:
            return DatagramReceived(line)
        process = self.sender_of(addr[:2])
        return DatagramReceived(line, process, is_from_afar=process is None)

    def _open(self, data: bytes, host: str) -> tuple[bytes, str]:
        """The line without its secret, once that is proven right; else why the datagram is thrown away."""
        if len(data) > DATAGRAM_BYTES:
            return b"", "too_long"
        if not (self.secret or ip_address(host.partition("%")[0]).is_loopback):
            return b"", "remote"
        try:
            message = decode(data)
            parameters = dict(message.parameters)
            offered = parameters.pop(_SECRET, "").encode()
            if self.secret and not hmac.compare_digest(offered, self.secret):
                return b"", "secret"
            return encode_line(msgspec.structs.replace(message, parameters=parameters)), ""
        except ProtocolError:
            return b"", "invalid"
