"""PURE: what is held against one host and others, by our judgement or by whoever says that it solves; it judges none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from communicator.answers.clocks import Found
from timekeeper.cluster.rows import TOLD_HOSTS
from timekeeper.cluster.solvers import agree
from timekeeper.solution import Fault, Judgement

REASONS = 3
"""Told of one host."""


@dataclass(frozen=True, slots=True)
class Held:
    """What has lasted."""

    reasons: Mapping[Fault, str] = field(default_factory=dict)
    """Of this host's faults, the gravest first."""
    wrong: tuple[str, ...] = ()
    """Other hosts whose clocks are wrong."""

    @property
    def gravest(self) -> Fault | None:
        """The gravest fault of this host; None where it has none."""
        return next(iter(self.reasons), None)


def tell_found(judgement: Judgement) -> dict[str, Found]:
    """What others are told of a judgement: as many hosts as one row may name, those with the gravest faults first."""
    order = list(Fault)
    at_fault = sorted((host for host in judgement.hosts if host.faults), key=lambda host: order.index(host.faults[0]))
    return {
        host.host: Found(tuple(fault.value for fault in host.faults), host.reasons[:REASONS])
        for host in at_fault[:TOLD_HOSTS]
    }


def tell_held(held: Held) -> Found:
    """The same, for whoever asks this host."""
    return Found(tuple(fault.value for fault in held.reasons), tuple(held.reasons.values()))


def hold(host: str, said: Sequence[Mapping[str, Found]]) -> Held:
    """What more than half of those that say that they solve hold against a host, and which others they call wrong.

    Args:
        host: Which one.
        said: What each of those has found, by host.
    """
    agreed = agree([_pairs(found) for found in said])
    faults = [fault for fault in Fault if (host, fault.value) in agreed]
    reasons = {fault: _reason(host, fault, said) for fault in faults}
    wrong = (name for name, fault in agreed if fault == Fault.WRONG.value and name != host)
    return Held(reasons, tuple(sorted(wrong)))


def _pairs(found: Mapping[str, Found]) -> Iterable[tuple[str, str]]:
    return ((host, fault) for host, one in found.items() for fault in one.faults)


def _reason(host: str, fault: Fault, said: Sequence[Mapping[str, Found]]) -> str:
    """The decisive reason is that of the gravest fault; of another one it may be any."""
    words = [
        found[host] for found in said if host in found and fault.value in found[host].faults and found[host].reasons
    ]
    if not words:
        return "see 'bellwether clock'"
    return words[0].reasons[0] if words[0].faults[0] == fault.value else "; ".join(words[0].reasons)
