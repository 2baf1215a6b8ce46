"""PURE: how a cluster is and why a host of it is not linked, in words; it asks no router."""

from communicator.answers.clusters import Neighbor, Node
from communicator.wording.counts import count
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, Mark

STATES = {"self": "this one"}
"""How a state of a host is told where its own name does not say it."""


def headline(status: str, completeness: str, live: int | None, known: int | None) -> tuple[Mark, str]:
    """How the cluster is, such as ``up, complete: 3 of 3 hosts reached``.

    Args:
        status: ``up`` or ``down``; empty when it is not known.
        completeness: ``complete`` or ``incomplete``; empty where the router does not tell.
        live: How many hosts are reached.
        known: How many there are.
    """
    if not status:
        return DOUBTFUL, "unknown"
    said = ", ".join(filter(None, (status, completeness)))
    counts = "" if live is None or known is None else f": {live} of {count(known, 'host')} reached"
    mark = BAD if status != "up" else GOOD if completeness == "complete" else DOUBTFUL
    return mark, f"{said}{counts}"


def quorum_text(quorum: int | None) -> str:
    """What is behind the headline where so many hosts are needed."""
    return "" if quorum is None else f"; {quorum} {'is' if quorum == 1 else 'are'} needed for a quorum"


def uncounted_text(host: Node) -> str:
    """Why a host does not count for the quorum, and what to do where it is reached; empty for one that counts."""
    if host.counts is not False:
        return ""
    if host.state == "unreachable":
        return "does not count"
    vouchers = ", ".join(host.vouched_by)
    why = f"vouched for by one ({vouchers})" if vouchers else "vouched for by none that counts"
    return f"{why}: add it to [cluster] neighbors to let it count"


def attempts_text(host: Neighbor) -> str:
    """What came of dialling a host, such as ``after 31 failures: no route``; empty when nothing failed yet."""
    failures = f"after {count(host.failures, 'failure')}" if host.failures else ""
    return ": ".join(filter(None, (failures, host.reason)))


def tried_text(host: Neighbor) -> str:
    """The same behind its state, such as ``waiting after 31 failures: no route`` or ``refused: wrong password``."""
    attempts = attempts_text(host)
    return f"{host.state}{' ' if host.failures else ': '}{attempts}" if attempts else host.state
