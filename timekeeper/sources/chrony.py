"""SHELL: asks chronyd, over UDP or its Unix socket, within a deadline, never holding up the event loop; it judges nothing."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import TypeVar

from communicator.protocol import HostPort
from timekeeper.discipline import Authentication, Discipline, NoAnswer
from timekeeper.sources.chrony_codec import (
    ChronyReplyError,
    Command,
    RefusedError,
    Source,
    SourceMode,
    StaleReplyError,
    decode_activity,
    decode_authentication,
    decode_source,
    decode_source_count,
    decode_tracking,
    encode_request,
)
from timekeeper.sources.chrony_discipline import describe_chrony
from timekeeper.sources.chrony_remedy import find_remedy
from timekeeper.sources.datagrams import Conversation, connect_udp, connect_unix

TIMEOUT_S = 1.0
"""For the whole conversation: chronyd answers on loopback within a millisecond."""
SOURCES = 64
"""Sources that are asked for; the pools of a real configuration give four to sixteen."""

Answer = TypeVar("Answer")


async def read_chrony(address: HostPort | str, timeout_s: float = TIMEOUT_S) -> Discipline | NoAnswer:
    """Ask chronyd what it knows of the clock and of its sources.

    Args:
        address: Where chronyd takes commands: usually port 323 on loopback, else the path of its socket.
        timeout_s: How long the whole conversation may last, in seconds.

    Returns:
        Its word, or why there is none: refused, silent, or replies that are none.
    """
    questions = _Questions()
    try:
        async with asyncio.timeout(timeout_s), _connect(address) as conversation:
            return await _converse(questions, conversation)
    except TimeoutError:
        return NoAnswer(f"chronyd at {address} did not answer in {timeout_s:g} s{questions.complaint()}")
    except ConnectionRefusedError:
        return NoAnswer(f"nothing listens at {address} for chronyd")
    except OSError as error:
        return NoAnswer(
            f"chronyd at {address} cannot be asked: {error.strerror or error}{await _remedy(address, error)}"
        )
    except ChronyReplyError as error:
        return NoAnswer(f"chronyd at {address}: {error}")


def _connect(address: HostPort | str) -> AbstractAsyncContextManager[Conversation]:
    return connect_udp(address) if isinstance(address, HostPort) else connect_unix(address)


async def _remedy(address: HostPort | str, error: OSError) -> str:
    if isinstance(address, HostPort):
        return ""
    return await asyncio.to_thread(find_remedy, Path(address), error.errno)  # to look a user up may take long


async def _converse(questions: "_Questions", conversation: Conversation) -> Discipline:
    tracking = await questions.ask(conversation, Command.TRACKING, decode_tracking)
    count = await questions.ask(conversation, Command.N_SOURCES, decode_source_count)
    sources: list[Source] = [
        await questions.ask(conversation, Command.SOURCE_DATA, decode_source, index)
        for index in range(min(count, SOURCES))
    ]
    activity = await questions.ask(conversation, Command.ACTIVITY, decode_activity)
    return describe_chrony(tracking, sources, activity, await _ask_authentications(questions, conversation, sources))


async def _ask_authentications(
    questions: "_Questions", conversation: Conversation, sources: Sequence[Source]
) -> Mapping[str, Authentication]:
    """Of each server, as far as it is told: mostly to those who ask at the Unix socket."""
    found: dict[str, Authentication] = {}
    with suppress(RefusedError):
        for source in sources:
            if source.name and source.mode is not SourceMode.REFERENCE_CLOCK:
                found[source.name] = await questions.ask(
                    conversation, Command.AUTH_DATA, decode_authentication, source.name
                )
    return found


class _Questions:
    """One question at a time; replies to earlier ones are passed over, and remembered."""

    def __init__(self) -> None:
        self._ignored = ""

    async def ask(
        self,
        conversation: Conversation,
        command: Command,
        decode: Callable[[bytes, int], Answer],
        source: int | str = 0,
    ) -> Answer:
        """Send one request and wait for its reply."""
        sequence = secrets.randbits(32)
        conversation.send(encode_request(command, sequence, source))
        while True:
            try:
                return decode(await conversation.receive(), sequence)
            except StaleReplyError as error:
                self._ignored = str(error)

    def complaint(self) -> str:
        """What was passed over meanwhile, as the end of a sentence."""
        return f", only a {self._ignored}" if self._ignored else ""
