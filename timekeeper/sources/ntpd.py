"""SHELL: asks ntpd (ntpsec or the reference one) by control messages, within a deadline; it judges nothing."""

import asyncio
import secrets

from communicator.protocol import HostPort
from timekeeper.discipline import Discipline, NoAnswer
from timekeeper.sources.datagrams import Conversation, connect_udp
from timekeeper.sources.mode6 import (
    Assembly,
    Association,
    ControlError,
    GoneError,
    Question,
    Request,
    StaleControlError,
    parse_associations,
    parse_variables,
)
from timekeeper.sources.ntpd_discipline import Peer, describe_ntpd

TIMEOUT_S = 1.0
"""For the whole conversation: ntpd answers on loopback within a millisecond."""
PEERS = 64
"""Servers that are asked about; a real configuration has four to sixteen."""

_PEER_VARIABLES = "srcadr,refid"
_SEQUENCES = 1 << 16


async def read_ntpd(address: HostPort, timeout_s: float = TIMEOUT_S) -> Discipline | NoAnswer:
    """Ask ntpd what it knows of the clock and of its servers.

    Args:
        address: Where it serves time, usually port 123 on loopback.
        timeout_s: How long the whole conversation may last, in seconds.

    Returns:
        Its word, or why there is none. Silence proves nothing: unless it is allowed to ask, ntpd does not answer.
    """
    try:
        async with asyncio.timeout(timeout_s), connect_udp(address) as conversation:
            return await _Questions(conversation).converse()
    except TimeoutError:
        return NoAnswer(
            f"ntpd at {address} did not answer in {timeout_s:g} s: unless ntp.conf allows questions"
            " (`restrict 127.0.0.1`), it ignores them"
        )
    except ConnectionRefusedError:
        return NoAnswer(f"nothing listens at {address} for ntpd")
    except OSError as error:
        return NoAnswer(f"ntpd at {address} cannot be asked: {error.strerror or error}")
    except ControlError as error:
        return NoAnswer(f"ntpd at {address}: {error}")


class _Questions:
    """One question at a time over a conversation; answers to earlier ones are passed over."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._sequence = secrets.randbelow(_SEQUENCES)

    async def converse(self) -> Discipline:
        system = parse_variables(await self._ask(Request.READ_VARIABLES))
        associations = parse_associations(await self._ask(Request.READ_STATUS))
        peers = [await self._ask_about(association) for association in associations[:PEERS]]
        return describe_ntpd(system, [peer for peer in peers if peer is not None])

    async def _ask_about(self, association: Association) -> Peer | None:
        """What ntpd tells of one server; None when it has dropped it meanwhile, as it does with those of a pool."""
        try:
            answer = await self._ask(Request.READ_VARIABLES, association.number, _PEER_VARIABLES)
        except GoneError:
            return None
        return Peer(association, parse_variables(answer))

    async def _ask(self, request: Request, association: int = 0, names: str = "") -> bytes:
        self._sequence = (self._sequence + 1) % _SEQUENCES
        question = Question(request, self._sequence, association, names)
        assembly = Assembly(question)
        self._conversation.send(question.encode())
        while True:
            try:
                answer = assembly.add(await self._conversation.receive())
            except StaleControlError:
                continue
            if answer is not None:
                return answer
