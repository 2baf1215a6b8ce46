"""PURE: what the exporter tells of, in the order of the page; how each is looked at is told elsewhere."""

from collections.abc import Collection

from exporters.collectors.canary import canary_target
from exporters.collectors.deployments import DEPLOYMENTS
from exporters.collectors.features import FEATURES
from exporters.collectors.flags import FLAGS
from exporters.collectors.host import HOST
from exporters.collectors.metric import AnyTable, AnyTarget
from exporters.collectors.own import OWN
from exporters.collectors.router import ROUTER
from exporters.collectors.shadows import SHADOWS
from exporters.collectors.timekeeper import timekeeper_target

COLLECTORS = ("router", "timekeeper", "canary", "deployments", "shadows", "features", "flags", "host")
"""Their names, in settings and options."""


def select_targets(*, cluster: bool, names: Collection[str] = COLLECTORS) -> tuple[AnyTarget, ...]:
    """The targets that are wanted.

    Args:
        cluster: Whether the page also holds what was concluded of each other host.
        names: Of the collectors wanted.
    """
    of_cluster = (timekeeper_target(cluster=cluster), canary_target(cluster=cluster))
    targets = (ROUTER, *of_cluster, DEPLOYMENTS, SHADOWS, FEATURES, FLAGS, HOST)
    return tuple(target for target in targets if target.name in names)


TARGETS: tuple[AnyTable, ...] = (*select_targets(cluster=False), OWN)
"""All there is; whether other hosts are shown makes no difference to which metrics there are."""
