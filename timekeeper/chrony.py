"""SHELL: asks chronyd over UDP, within a deadline, never holding up the event loop; it judges nothing."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar, cast

from communicator.protocol import HostPort
from timekeeper.chrony_codec import (
    ChronyReplyError,
    Command,
    Source,
    StaleReplyError,
    decode_activity,
    decode_source,
    decode_source_count,
    decode_tracking,
    encode_request,
)
from timekeeper.chrony_discipline import describe_chrony
from timekeeper.discipline import Discipline, NoAnswer

TIMEOUT_S = 1.0
"""For the whole conversation: chronyd answers on loopback within a millisecond."""
SOURCES = 64
"""Sources that are asked for; the pools of a real configuration give four to sixteen."""

_DATAGRAMS_QUEUED = 16

Answer = TypeVar("Answer")


async def read_chrony(address: HostPort, timeout_s: float = TIMEOUT_S) -> Discipline | NoAnswer:
    """Ask chronyd what it knows of the clock and of its sources.

    Args:
        address: Where chronyd takes commands, usually port 323 on loopback.
        timeout_s: How long the whole conversation may last, in seconds.

    Returns:
        Its word, or why there is none: refused, silent, or replies that are none.
    """
    conversation = _Conversation()
    try:
        async with asyncio.timeout(timeout_s), _connected(conversation, address):
            return await _converse(conversation)
    except TimeoutError:
        return NoAnswer(f"chronyd at {address} did not answer in {timeout_s:g} s{conversation.complaint()}")
    except ConnectionRefusedError:
        return NoAnswer(f"nothing listens at {address} for chronyd")
    except OSError as error:
        return NoAnswer(f"chronyd at {address} cannot be asked: {error.strerror or error}")
    except ChronyReplyError as error:
        return NoAnswer(f"chronyd at {address}: {error}")


@asynccontextmanager
async def _connected(conversation: "_Conversation", address: HostPort) -> AsyncIterator[None]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: conversation, remote_addr=(address.host, address.port)
    )
    try:
        yield
    finally:
        transport.close()


async def _converse(conversation: "_Conversation") -> Discipline:
    tracking = await conversation.ask(Command.TRACKING, decode_tracking)
    count = await conversation.ask(Command.N_SOURCES, decode_source_count)
    sources: list[Source] = [
        await conversation.ask(Command.SOURCE_DATA, decode_source, index) for index in range(min(count, SOURCES))
    ]
    activity = await conversation.ask(Command.ACTIVITY, decode_activity)
    return describe_chrony(tracking, sources, activity)


class _Conversation(asyncio.DatagramProtocol):
    """One question at a time over a connected socket, so nobody but the peer is heard."""

    def __init__(self) -> None:
        self._received: asyncio.Queue[bytes | OSError] = asyncio.Queue(_DATAGRAMS_QUEUED)
        self._transport: asyncio.DatagramTransport | None = None
        self._ignored = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # uvloop's are no subclass

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - it is connected
        self._put(data)

    def error_received(self, exc: Exception) -> None:
        self._put(exc if isinstance(exc, OSError) else OSError(str(exc)))

    def _put(self, item: bytes | OSError) -> None:
        if not self._received.full():  # more than this is a flood, not a conversation
            self._received.put_nowait(item)

    async def ask(self, command: Command, decode: Callable[[bytes, int], Answer], index: int = 0) -> Answer:
        """Send one request and wait for its reply; late replies to earlier ones are passed over."""
        assert self._transport is not None  # noqa: S101 - the endpoint exists before anyone asks
        sequence = secrets.randbits(32)
        self._transport.sendto(encode_request(command, sequence, index))
        while True:
            item = await self._received.get()
            if isinstance(item, OSError):
                raise item
            try:
                return decode(item, sequence)
            except StaleReplyError as error:
                self._ignored = str(error)

    def complaint(self) -> str:
        """What was passed over meanwhile, as the end of a sentence."""
        return f", only a {self._ignored}" if self._ignored else ""
