"""PURE: the router as a state machine: events in, effects out; no I/O, no clock, no randomness, no log.

- `commands`: the messages that are addressed to the router itself
- `mesh`: how routers become one cluster
"""

from communicator.router.config import RouterConfig, RouterLimits
from communicator.router.router import Router

__all__ = ["Router", "RouterConfig", "RouterLimits"]
