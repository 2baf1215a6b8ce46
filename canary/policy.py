"""PURE: the policy that this canary sets at its router: what it denies there, made once per change; it judges nothing."""

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from canary.records import ALL, PolicyIssued
from communicator.answers import policy as wire
from communicator.answers.policy import (
    ENTRIES,
    LONGEST_S,
    PROTECTED,
    TEXT_CHARACTERS,
    Apart,
    Colour,
    Shadow,
    Trial,
    Weight,
)
from communicator.protocol.names import is_server_name, is_service_name

LEASE_S = 86_400.0
"""For how long a router obeys a policy in full after the canary has spoken last."""
POLICY_BYTES = 500_000
"""What a router takes of a policy, with room for what it adds."""
SAME_S = 1.0
"""Ends that differ by less are the same end."""


class Denial(NamedTuple):
    """A version that is not to run, or only as a probe."""

    service: str
    version: str
    build: str
    server: str
    until_at_s: float
    """On the ledger's clock: the wire has spans, which begin when they are received."""
    reason: str
    probe_allowed: bool

    @property
    def scope(self) -> tuple[str, str, str, str]:
        """What it speaks of."""
        return (self.service, self.version, self.build, self.server)


class Wanted(NamedTuple):
    """What is to be in force."""

    denials: tuple[Denial, ...] = ()
    weights: tuple[Weight, ...] = ()
    apart: tuple[Apart, ...] = ()
    """The hosts that get no traffic from this one,"""
    trials: tuple[Trial, ...] = ()
    """and the services of which only some versions may begin here."""
    colours: tuple[Colour, ...] = ()
    """Which version of a service is the active one."""
    shadows: tuple[Shadow, ...] = ()
    """What gets copies of what others get, and reaches nobody; those of this host come first."""
    orders: str = ""
    """The generation of the book that it is made of."""


class Issue(NamedTuple):
    """A policy to be set."""

    text: str
    record: PolicyIssued
    """To be in the ledger before the policy is set."""


class PolicyKeeper:
    """Remembers what was set last, so that only changes are.

    Args:
        number: The number of the last policy that the ledger knows, or the router.
    """

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.text = ""
        """What was set last; empty when nothing was, or the router has started since."""
        self.issued_at_s = 0.0
        self.term = 0
        self._wanted = Wanted()

    @property
    def entries(self) -> int:
        """How many entries the last policy had."""
        return len(self._wanted.denials) + len(self._wanted.weights)

    def learn(self, term: int, number: int) -> None:
        """The router has a policy of that generation: ours come after it."""
        self.term = max(self.term, term)
        self.number = max(self.number, number)

    def forget(self) -> None:
        """The router has started: it counts all spans anew, so it is to be told what is left of them."""
        self.text = ""

    def propose(self, wanted: Wanted, term: int, now_s: float) -> Issue | None:
        """Make a policy, if it is to be another than the last.

        Args:
            wanted: What is to be in force.
            term: Of the leader.
            now_s: On the ledger's clock.

        Returns:
            What to set; None when that is in force already.
        """
        term = max(term, self.term)
        if self.text and term == self.term and _same(wanted, self._wanted):
            return None
        self.number += 1
        self.term, self._wanted, self.issued_at_s = term, wanted, now_s
        self.text = _render(wanted, (term, self.number), now_s)
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        return Issue(self.text, PolicyIssued(term=term, number=self.number, sha256=digest))


def merge(
    own: Iterable[Denial], inherited: Iterable[Denial], me: str, is_allowed: Callable[[Denial], bool]
) -> tuple[Denial, ...]:
    """Put together what is to be denied and what the router denied already; an operator's word is above that.

    Args:
        own: What follows from all that is known.
        inherited: What the router obeys by the word of an earlier life, as long as not all is known.
        me: This server.
        is_allowed: Whether an operator allows here what it does.

    Returns:
        One entry for each scope that a router takes, at most `ENTRIES`: the stricter one where two speak of the same.
    """
    found: dict[tuple[str, str, str, str], Denial] = {}
    held = (denial for denial in inherited if denial.server in (ALL, me) and not is_allowed(denial))
    for denial in filter(is_takeable, (*own, *held)):
        found[denial.scope] = _stricter(found.get(denial.scope), denial)
    return tuple(found[scope] for scope in sorted(found))[:ENTRIES]


def is_takeable(denial: Denial) -> bool:
    """Whether a router takes an entry: one that it does not would cost all the others."""
    return (
        denial.service not in PROTECTED
        and is_service_name(denial.service)
        and (denial.server == ALL or is_server_name(denial.server))
        and max(len(denial.version), len(denial.build)) <= TEXT_CHARACTERS
        and math.isfinite(denial.until_at_s)
    )


def read_policy(text: str, now_s: float) -> tuple[Denial, ...]:
    """Read what a router obeys.

    Args:
        text: The policy as JSON.
        now_s: On our ledger's clock: its spans count from now.

    Returns:
        What it denies.

    Raises:
        ValueError: It is none; the text names the path of what is wrong.
    """
    policy = msgspec.json.decode(text, type=wire.Policy)
    return tuple(
        Denial(one.service, one.version, one.build, one.server, now_s + one.until_s, one.reason, one.probe_allowed)
        for one in policy.denylist
    )


def _stricter(one: Denial | None, other: Denial) -> Denial:
    if one is None:
        return other
    return max(one, other, key=lambda denial: (not denial.probe_allowed, denial.until_at_s))


def _same(one: Wanted, other: Wanted) -> bool:
    return (
        one._replace(denials=()) == other._replace(denials=())
        and len(one.denials) == len(other.denials)
        and all(_same_denial(left, right) for left, right in zip(one.denials, other.denials, strict=True))
    )


def _same_denial(one: Denial, other: Denial) -> bool:
    ends_alike = abs(one.until_at_s - other.until_at_s) < SAME_S
    return ends_alike and one._replace(until_at_s=0.0) == other._replace(until_at_s=0.0)


def _render(wanted: Wanted, generation: tuple[int, int], now_s: float) -> str:
    """As much of it as a router takes; shadows are left out last, since each is a fence, and those of this host come first."""
    limit = shadows = ENTRIES
    while True:
        policy = wire.Policy(
            generation=generation,
            lease_s=LEASE_S,
            orders=wanted.orders,
            denylist=tuple(_on_the_wire(denial, now_s) for denial in _most_lasting(wanted.denials, limit)),
            weights=wanted.weights[:limit],
            apart=wanted.apart[:limit],
            trials=wanted.trials[:limit],
            colours=wanted.colours[:limit],
            shadows=wanted.shadows[:shadows],
        )
        text = msgspec.json.encode(policy)
        if len(text) <= POLICY_BYTES or shadows == 1:
            return text.decode()
        limit, shadows = (limit // 2, shadows) if limit > 1 else (1, shadows // 2)


def _most_lasting(denials: Sequence[Denial], limit: int) -> Sequence[Denial]:
    return sorted(denials, key=lambda denial: -denial.until_at_s)[:limit]


def _on_the_wire(denial: Denial, now_s: float) -> wire.Denial:
    return wire.Denial(
        service=denial.service,
        version=denial.version,
        build=denial.build,
        server=denial.server,
        until_s=min(max(0.0, denial.until_at_s - now_s), LONGEST_S),
        reason=denial.reason[:TEXT_CHARACTERS],
        probe_allowed=denial.probe_allowed,
    )
