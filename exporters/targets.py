"""PURE: whom the exporter asks, in the order of the page; how they are asked is told elsewhere."""

from exporters.canary import CANARY
from exporters.metric import AnyTarget
from exporters.router import ROUTER
from exporters.timekeeper import TIMEKEEPER

TARGETS: tuple[AnyTarget, ...] = (ROUTER, TIMEKEEPER, CANARY)
