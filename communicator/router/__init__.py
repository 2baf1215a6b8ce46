"""The router as a pure state machine: events in, effects out; no I/O, no clock, no randomness, no log."""

from communicator.router.config import RouterConfig, RouterLimits
from communicator.router.router import Router

__all__ = ["Router", "RouterConfig", "RouterLimits"]
