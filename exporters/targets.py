"""PURE: whom the exporter asks, in the order of the page; how they are asked is told elsewhere."""

from exporters.canary import CANARY
from exporters.metric import AnyTarget
from exporters.router import ROUTER
from exporters.timekeeper import timekeeper_target


def select_targets(*, cluster: bool) -> tuple[AnyTarget, ...]:
    """All targets.

    Args:
        cluster: Whether the page also holds what was concluded of each other host.
    """
    return (ROUTER, timekeeper_target(cluster=cluster), CANARY)


TARGETS = select_targets(cluster=False)
"""All targets; whether other hosts are shown makes no difference to which metrics there are."""
