"""SHELL: asks ptp4l at its read-only management socket, within a deadline, never holding up the event loop; it judges nothing."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from timekeeper.discipline import Discipline, NoAnswer
from timekeeper.kernel import read_kernel
from timekeeper.sources.datagrams import Conversation, connect_unix_unnamed
from timekeeper.sources.ptp_codec import (
    ALL_PORTS,
    CURRENT,
    DEFAULT,
    PARENT,
    PORT,
    TIME_PROPERTIES,
    TIME_STATUS_NP,
    DataSet,
    PtpReplyError,
    Question,
    StalePtpReplyError,
    decode,
    decode_profile,
)
from timekeeper.sources.ptp_discipline import PtpWord, describe_ptp
from timekeeper.time_daemons import PTP4L
from timekeeper.timex import KernelClock

TIMEOUT_S = 1.0
"""For the whole conversation: ptp4l answers within a millisecond."""
PORTS = 64
"""Ports that are asked for; a boundary clock has a few."""

_SEQUENCES = 1 << 16
_Value = TypeVar("_Value")


class Ptp:
    """Asks ptp4l again and again, so that one that has lost its master can be told from one that never had any.

    Args:
        path: Of the socket.
        domain: The PTP domain of ptp4l.
        timeout_s: How long a whole conversation may last, in seconds.
        ask_kernel: Tells whether the system clock is steered, which ptp4l does not know.
    """

    def __init__(
        self,
        path: str,
        domain: int = 0,
        timeout_s: float = TIMEOUT_S,
        ask_kernel: Callable[[], KernelClock | NoAnswer] = read_kernel,
    ) -> None:
        self._path, self._domain, self._timeout_s = path, domain, timeout_s
        self._ask_kernel = ask_kernel
        self._followed: Discipline | None = None

    async def ask(self) -> Discipline | NoAnswer:
        """Ask what it knows of the clock and of its grandmaster.

        Returns:
            Its word, or why there is none: nobody there, silent, or answers that are none.
        """
        path = self._path
        try:
            async with asyncio.timeout(self._timeout_s), connect_unix_unnamed(path) as conversation:
                word = await _converse(_Questions(conversation, self._domain))
        except TimeoutError:
            silence = f"did not answer in {self._timeout_s:g} s: is its domainNumber {self._domain}?"
            return NoAnswer(f"{PTP4L} at {path} {silence}")
        except (ConnectionRefusedError, FileNotFoundError):
            return NoAnswer(f"nothing listens at {path} for {PTP4L}")
        except OSError as error:
            return NoAnswer(f"{PTP4L} at {path} cannot be asked: {error.strerror or error}")
        except PtpReplyError as error:
            return NoAnswer(f"{PTP4L} at {path}: {error}")
        kernel = self._ask_kernel()
        return kernel if isinstance(kernel, NoAnswer) else self._describe(word, kernel)

    def _describe(self, word: PtpWord, kernel: KernelClock) -> Discipline:
        described = describe_ptp(word, kernel, self._followed)
        if word.follows and not described.fault:
            self._followed = described
        return described


async def _converse(questions: "_Questions") -> PtpWord:
    default = await questions.ask(DEFAULT)
    return PtpWord(
        default=default,
        current=await questions.ask(CURRENT),
        parent=await questions.ask(PARENT),
        leap=await questions.ask(TIME_PROPERTIES),
        status=await questions.ask(TIME_STATUS_NP),
        ports=[await questions.ask(PORT, port) for port in range(1, min(default.ports, PORTS) + 1)],
    )


class _Questions:
    """One at a time over a conversation; answers to earlier ones are passed over."""

    def __init__(self, conversation: Conversation, domain: int) -> None:
        self._conversation = conversation
        self._domain = domain
        self._profiles: tuple[int, ...] = (0, 1)
        """The first question is put in both; which one was answered is ptp4l's."""

    async def ask(self, data_set: DataSet[_Value], port: int = ALL_PORTS) -> _Value:
        """Send one and wait for its answer."""
        question = Question(data_set, secrets.randbelow(_SEQUENCES), self._domain, port)
        for profile in self._profiles:
            self._conversation.send(question.encode(profile))
        while True:
            answer = await self._conversation.receive()
            with suppress(StalePtpReplyError):
                value = decode(answer, question)
                self._profiles = (decode_profile(answer),)
                return value
