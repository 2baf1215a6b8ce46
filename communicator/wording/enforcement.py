"""PURE: on which hosts nothing that is decided can be enforced, in words; which hosts run a C++ router it is told."""

from collections.abc import Collection, Iterable
from typing import Literal

from communicator.wording.counts import listed

NOT_ENFORCED = "not enforced there"
CPP_ROUTER = "C++ router: policies and clock verdicts are not enforced there"
"""What is noted of such a host where all hosts of the cluster are shown."""


def not_enforced_text(
    servers: Iterable[str], not_enforced: Collection[str], what: Literal["policy", "clock verdict"] = "policy"
) -> str:
    """Where something is not enforced, and why; empty when all hosts it is about enforce it.

    Such as ``not enforced there: host c runs a C++ router, which knows no policy``.

    Args:
        servers: What it is about.
        not_enforced: The servers with a C++ router, as a router of ours tells.
        what: What is not enforced.
    """
    found = sorted({server for server in servers if server in not_enforced})
    if not found:
        return ""
    if len(found) == 1:
        return f"{NOT_ENFORCED}: host {found[0]} runs a C++ router, which knows no {what}"
    return f"{NOT_ENFORCED}: hosts {listed(found)} run C++ routers, which know no {what}"
