"""Whose password is verified next, and who has to wait after wrong ones; it verifies nothing, and shows no password."""

import ipaddress
import math
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from communicator.protocol.addresses import plain_ip

DELAY_MAX_S = 30.0
BLOCK_AFTER = 3
"""Wrong passwords in a row, then the address is named in a BLOCK."""
REMEMBERED_S = 600.0
"""A wrong password is forgiven after that time without another."""
REMEMBERED_MAX = 4096
"""Addresses whose wrong passwords are remembered: some 1 MB."""
QUEUE_MAX = 256
"""Links that wait for their verification; each takes about 50 ms."""
QUEUE_ADDRESS_MAX = 16
"""Of one address: one host's services, but not a flood."""
BUSY_WAIT_S = 1.0
REFUSALS_TOLD = 32
"""An address that was told so often within one delay to try again later is not told any more; above `QUEUE_ADDRESS_MAX`, for
those who wait are all told at once."""


class Verdict(StrEnum):
    """What becomes of somebody who shows a password."""

    VERIFY = "verify"
    """Now."""
    QUEUED = "queued"
    """Its turn comes with `Outcome.next`, or never: `Outcome.refused`."""
    REFUSED = "refused"


class Decision(msgspec.Struct, frozen=True):
    """The answer to `Gatekeeper.ask`."""

    verdict: Verdict
    reason: str = ""
    wait_s: float = 0.0
    """How long until another attempt is looked at."""
    keep_out_s: float = 0.0
    """For so long whoever comes from this address need not even be let in; said once in each delay."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whose password is to be verified."""

    link_id: int
    ip: str
    username: str
    password: str = field(repr=False)


class Refusal(msgspec.Struct, frozen=True):
    """A link that has waited for its turn in vain."""

    link_id: int
    reason: str
    wait_s: float


class Outcome(msgspec.Struct, frozen=True):
    """What follows from a verification."""

    link_id: int
    """Whose password it was; the link may be gone."""
    ip: str
    is_right: bool
    wrong: int
    """Wrong passwords of this address in a row; 0 after a right one."""
    block: bool
    """It was the third, and the address is none that must never be blocked."""
    next: Candidate | None
    """Whose password to verify now."""
    refused: tuple[Refusal, ...]
    """Others of this address, whose passwords will not be verified now."""


class _Record(msgspec.Struct):
    wrong: int = 0
    until_s: float = 0.0
    forgotten_s: float = 0.0
    told: int = 0
    """How many were told to try again later since the last wrong password."""


class Gatekeeper:
    """One verification at a time, and none for an address that has just shown wrong passwords.

    Args:
        never_block: Whether an IP address is our own or a configured neighbor's: it is neither blocked nor kept out, for
            others there may need no password. Loopback never is blocked anyway.
    """

    def __init__(self, never_block: Callable[[str], bool]) -> None:
        self.failures_total = 0
        self.refused_unverified_total = 0
        self._never_block = never_block
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._current: Candidate | None = None
        self._queue: OrderedDict[int, Candidate] = OrderedDict()
        self._queued: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """How many links wait for their turn."""
        return len(self._queue)

    def ask(self, link_id: int, ip: str, username: str, password: str, now_s: float) -> Decision:
        """Somebody shows a password.

        Args:
            link_id: On which link; it says nothing else before the outcome.
            ip: The other end, without a port.
            username: Who it claims to be.
            password: What it shows.
            now_s: On the monotonic clock.

        Returns:
            Whether to verify now, to wait for an `Outcome`, or to refuse.
        """
        candidate = Candidate(link_id, plain_ip(ip), username, password)
        wait_s = self._delay_s(candidate.ip, now_s)
        if wait_s > 0.0:
            return self._refuse(_too_early(wait_s), wait_s, self._keep_out_s(candidate.ip, wait_s))
        if self._current is None:
            self._current = candidate
            return Decision(Verdict.VERIFY)
        if self._is_busy(candidate):
            return self._refuse("busy: too many passwords are waiting to be verified", BUSY_WAIT_S)
        self._queue[link_id] = candidate
        self._queued[candidate.ip] += 1
        return Decision(Verdict.QUEUED)

    def checked(self, is_right: bool, now_s: float) -> Outcome | None:  # noqa: FBT001 - the answer itself
        """The verification under way has ended; also to be told when its link is gone.

        Args:
            is_right: Whether the password was.
            now_s: On the monotonic clock.

        Returns:
            What follows; None when no verification was under way.
        """
        verified = self._current
        if verified is None:
            return None
        wrong = 0
        refused: tuple[Refusal, ...] = ()
        if is_right:
            self._records.pop(verified.ip, None)
        else:
            wrong = self._count_wrong(verified.ip, now_s)
            refused = self._turn_away(verified.ip, now_s)
        self._current = self._take_next()
        block = wrong == BLOCK_AFTER and self._may_block(verified.ip)
        return Outcome(verified.link_id, verified.ip, is_right, wrong, block, self._current, refused)

    def gone(self, link_id: int) -> None:
        """A link is gone: it waits no longer. A verification under way goes on, and counts."""
        candidate = self._queue.pop(link_id, None)
        if candidate is not None:
            self._leave_queue(candidate.ip)

    def _refuse(self, reason: str, wait_s: float, keep_out_s: float = 0.0) -> Decision:
        self.refused_unverified_total += 1
        return Decision(Verdict.REFUSED, reason, wait_s, keep_out_s)

    def _keep_out_s(self, ip: str, wait_s: float) -> float:
        """Count one more who is told to wait; the rest of the delay when that was often enough."""
        record = self._records[ip]
        record.told += 1
        return wait_s if record.told == REFUSALS_TOLD and not self._never_block(ip) else 0.0

    def _is_busy(self, candidate: Candidate) -> bool:
        return (
            len(self._queue) >= QUEUE_MAX
            or self._queued[candidate.ip] >= QUEUE_ADDRESS_MAX
            or candidate.link_id in self._queue
        )

    def _delay_s(self, ip: str, now_s: float) -> float:
        self._forgive(now_s)
        record = self._records.get(ip)
        return 0.0 if record is None else max(0.0, record.until_s - now_s)

    def _forgive(self, now_s: float) -> None:
        """Drop what is too old; the order is that of the last wrong password."""
        while self._records:
            ip = next(iter(self._records))
            if self._records[ip].forgotten_s > now_s and len(self._records) <= REMEMBERED_MAX:
                return
            del self._records[ip]

    def _count_wrong(self, ip: str, now_s: float) -> int:
        self.failures_total += 1
        record = self._records.setdefault(ip, _Record())
        if record.forgotten_s <= now_s:
            record.wrong = 0
        record.wrong += 1
        record.until_s = now_s + min(DELAY_MAX_S, 2.0 ** min(record.wrong - 1, 10))
        record.forgotten_s = now_s + REMEMBERED_S
        record.told = 0
        self._records.move_to_end(ip)
        self._forgive(now_s)
        return record.wrong

    def _turn_away(self, ip: str, now_s: float) -> tuple[Refusal, ...]:
        """Refuse all that wait for their turn from an address that has to wait now."""
        wait_s = self._delay_s(ip, now_s)
        waiting = [candidate.link_id for candidate in self._queue.values() if candidate.ip == ip]
        for link_id in waiting:
            self.gone(link_id)
        self._records[ip].told += len(waiting)
        self.refused_unverified_total += len(waiting)
        return tuple(Refusal(link_id, _too_early(wait_s), wait_s) for link_id in waiting)

    def _take_next(self) -> Candidate | None:
        if not self._queue:
            return None
        _, candidate = self._queue.popitem(last=False)
        self._leave_queue(candidate.ip)
        return candidate

    def _leave_queue(self, ip: str) -> None:
        self._queued[ip] -= 1
        if not self._queued[ip]:
            del self._queued[ip]

    def _may_block(self, ip: str) -> bool:
        try:
            is_loopback = ipaddress.ip_address(ip).is_loopback
        except ValueError:
            return False  # not an address: nobody could act on it
        return not is_loopback and not self._never_block(ip)


def _too_early(wait_s: float) -> str:
    return f"wrong passwords came from this address: try again in {math.ceil(wait_s)} s"
