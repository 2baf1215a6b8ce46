"""CLOCK_STATUS: repeats the local timekeeper's last word while it is fresh; the router reads no clock source itself."""

from communicator.errors import RemoteProtocolError
from communicator.protocol.message import Message
from communicator.protocol.values import parse_duration_s
from communicator.router.cores.clock import CHECKING, Clock, ClockWord
from communicator.router.cores.voice import Voice
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link

DEFAULT_INTERVAL_S = 10.0
LONGEST_INTERVAL_S = 3600.0
FRESH_FOR_INTERVALS = 3
"""A word older than this many of its intervals is not repeated."""
TEXT_CHARACTERS = 512


def clock_status(board: Switchboard, link: Link, _message: Message, now: Instant) -> None:
    """CLOCK_STATUS: answered at once from what is known."""
    settle_clock(board, board.clock, now)
    word = board.clock.word
    if link.may_take_answer(word.command):
        board.answer(link, word.command, cache="no", **dict(word.parameters))


def clock_word(board: Switchboard, _link: Link, message: Message, now: Instant) -> None:
    """CLOCK_STABLE or CLOCK_UNSTABLE from the timekeeper: kept, and told on when it is news."""
    parameter = "clock_resolution" if message.command == "CLOCK_STABLE" else "clock_error"
    said = message.get(parameter)[:TEXT_CHARACTERS]
    if not said:
        raise RemoteProtocolError(f"parameter {parameter} is missing")
    interval_s = parse_duration_s(message.get("interval_s", str(DEFAULT_INTERVAL_S)))
    if not 0 < interval_s <= LONGEST_INTERVAL_S:
        raise RemoteProtocolError(f"parameter interval_s: {interval_s:g} is not within 0 to {LONGEST_INTERVAL_S:g}")
    expires_s = now.monotonic_s + FRESH_FOR_INTERVALS * interval_s
    _take(board, board.clock, ClockWord(message.command, ((parameter, said),), expires_s))


def settle_clock(voice: Voice, clock: Clock, now: Instant) -> None:
    """Forget a word that is too old."""
    if clock.due.is_due(now.monotonic_s):
        forget_clock(voice, clock)


def forget_clock(voice: Voice, clock: Clock) -> None:
    """The timekeeper has gone, or is silent, and its word is void."""
    _take(voice, clock, CHECKING)


def _take(voice: Voice, clock: Clock, word: ClockWord) -> None:
    if clock.take(word):
        voice.tell_listeners(word.command, cache="no", **dict(word.parameters))
