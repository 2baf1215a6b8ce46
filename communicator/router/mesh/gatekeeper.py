"""Whose password is verified next, and who has to wait after wrong ones; it verifies nothing, and shows no password."""

import ipaddress
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from communicator.fairness.delays import Delays
from communicator.fairness.desks import Desks, Turn
from communicator.fairness.sources import Sources, Standing, keys_of

BLOCK_AFTER = 3
"""Wrong passwords in a row, then the address is named in a BLOCK."""
QUEUE_MAX = 128
"""Links that wait at one desk for their verification; each takes about 50 ms."""
QUEUE_ADDRESS_MAX = 16
"""Of one address: one host's services, but not a flood."""
REFUSALS_TOLD = 32
"""An address that was told so often within one delay to try again later is not told any more; above `QUEUE_ADDRESS_MAX`, for
those who wait are all told at once."""
_BUSY = "busy: too many passwords are waiting to be verified"


class Refusal(NamedTuple):
    """A link whose password will not be verified now."""

    link_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whose password is to be verified."""

    link_id: int
    ip: str
    username: str
    password: str = field(repr=False)
    standing: Standing = Standing.NEW
    """How its address stands: those we know are not held up by the checks of others."""


class Outcome(msgspec.Struct, frozen=True):
    """What follows when a password is shown, or was verified; where it is nothing the link waits for its turn."""

    next: Candidate | None = None
    """Whose password to verify now."""
    refused: tuple[Refusal, ...] = ()
    wrong: int = 0
    """Wrong passwords of this address in a row; 0 after a right one."""
    block: str = ""
    """The address to block: set after the third wrong password, unless the address is one that is never blocked."""
    keep_out: str = ""
    """The address or network (as `keys_of` has it) whose connections need not even be let in; said once in each delay."""
    keep_out_s: float = 0.0
    """For so long."""


class Gatekeeper:
    """A verification at a time for each standing, and none for an address that has just shown wrong passwords.

    So whom we know, and who has not failed within a day, is never held up by those who guess: on a busy machine one verification
    of theirs may take half a minute, for its thread stands back.

    Args:
        never_block: Whether an IP address is our own or a configured neighbor's: it is neither blocked nor kept out, for
            others there may need no password. Loopback never is blocked anyway.
        sources: How addresses stand.
    """

    def __init__(self, never_block: Callable[[str], bool], sources: Sources) -> None:
        self.failures_total = 0
        self.refused_unverified_total = 0
        self._never_block = never_block
        self._sources = sources
        self._delays = Delays()
        self._desks: Desks[Candidate] = Desks(QUEUE_MAX, QUEUE_ADDRESS_MAX)
        self._waiting: dict[int, Candidate] = {}

    @property
    def waiting(self) -> int:
        """How many links wait for their turn."""
        return len(self._waiting)

    def ask(self, link_id: int, ip: str, username: str, password: str, now_s: float) -> Outcome:
        """Somebody shows a password.

        Args:
            link_id: On which link; it says nothing else before the outcome.
            ip: The other end, without a port.
            username: Who it claims to be.
            password: What it shows.
            now_s: On the monotonic clock.

        Returns:
            Whether to verify or to refuse it now; else its turn comes with a later outcome, or never.
        """
        ip = keys_of(ip)[0]
        standing = self._sources.standing(ip, now_s)
        if key := self._delays.delaying(ip, now_s, network=standing is not Standing.KNOWN):
            return self._make_wait(link_id, ip, key, now_s)
        candidate = Candidate(link_id, ip, username, password, standing)
        turn = Turn.NEVER if link_id in self._waiting else self._desks.enter(candidate, ip, standing)
        if turn is Turn.NEVER:
            self.refused_unverified_total += 1
            return Outcome(refused=(Refusal(link_id, _BUSY),))
        if turn is Turn.NOW:
            return Outcome(candidate)
        self._waiting[link_id] = candidate
        return Outcome()

    def checked(self, link_id: int, is_right: bool, now_s: float) -> Outcome:  # noqa: FBT001 - the answer itself
        """A verification under way has ended; also to be told when its link is gone.

        Args:
            link_id: Whose.
            is_right: Whether the password was.
            now_s: On the monotonic clock.

        Returns:
            What follows; nothing when no such verification was under way.
        """
        verified = next((each for each in self._desks.current.values() if each.link_id == link_id), None)
        return Outcome() if verified is None else self._conclude(verified, is_right, now_s)

    def gone(self, link_id: int) -> None:
        """A link is gone: it waits no longer. A verification under way goes on, and counts."""
        candidate = self._waiting.pop(link_id, None)
        if candidate is not None:
            self._desks.leave(candidate)

    def _conclude(self, verified: Candidate, is_right: bool, now_s: float) -> Outcome:  # noqa: FBT001 - as above
        wrong = 0
        refused: tuple[Refusal, ...] = ()
        if is_right:
            self._delays.note_right(verified.ip)
            self._sources.note_proven(verified.ip, now_s)
        else:
            self.failures_total += 1
            wrong = self._delays.note_wrong(verified.ip, now_s)
            self._sources.note_failed(verified.ip, now_s)
            refused = self._turn_away(verified.ip, now_s)
        following = self._desks.end(verified.standing)
        if following is not None:
            del self._waiting[following.link_id]
        is_blocked = wrong == BLOCK_AFTER and self._may_block(verified.ip)
        return Outcome(following, refused, wrong, verified.ip if is_blocked else "")

    def _make_wait(self, link_id: int, ip: str, key: str, now_s: float) -> Outcome:
        """Tell one more to wait, and to keep the others out for the rest of the delay when that was said often enough."""
        self.refused_unverified_total += 1
        record = self._delays.record(key)
        record.told += 1
        wait_s = record.until_s - now_s
        refused = (Refusal(link_id, _too_early(wait_s)),)
        if record.told != REFUSALS_TOLD or self._never_block(ip):
            return Outcome(refused=refused)
        return Outcome(refused=refused, keep_out=key, keep_out_s=wait_s)

    def _turn_away(self, ip: str, now_s: float) -> tuple[Refusal, ...]:
        """Refuse all that wait for their turn and are delayed now by what came from this address."""
        refusals = []
        for key in keys_of(ip):
            record = self._delays.record(key)
            wait_s = record.until_s - now_s
            for candidate in self._held_up(key) if wait_s > 0.0 else ():
                self.gone(candidate.link_id)
                record.told += 1
                self.refused_unverified_total += 1
                refusals.append(Refusal(candidate.link_id, _too_early(wait_s)))
        return tuple(refusals)

    def _held_up(self, key: str) -> list[Candidate]:
        """Who waits and has to wait longer because of this address, or of this network: that is no matter for those we know."""
        return [each for each in self._desks.of(key) if each.standing is not Standing.KNOWN or each.ip == key]

    def _may_block(self, ip: str) -> bool:
        try:
            is_loopback = ipaddress.ip_address(ip).is_loopback
        except ValueError:
            return False  # not an address: nobody could act on it
        return not is_loopback and not self._never_block(ip)


def _too_early(wait_s: float) -> str:
    return f"wrong passwords came from this address: try again in {math.ceil(wait_s)} s"
