"""PURE: the router as a state machine: events in, effects out; no I/O, no clock, no randomness, no log.

The rooms, from the lowest up; each imports what is below it, and nothing above:

- `vocabulary`: what all of them speak of: links, events, effects, envelopes, records, and who may say what
- `cores`: parts of one host's router that own their state, each with the deadline that it announces
- `mesh`: what is known of the other routers
- `delivery`: where one message goes that was read
- `peering`: how routers meet, part, and tell each other who is there
- `features`: what the router does when it is told something itself
- `path`: the way of lines through the router

`switchboard` holds the cores and the mesh together, and speaks for them; it stands below `delivery`. `upkeep` and `router` stand on
top.
"""

from communicator.router.router import Router
from communicator.router.vocabulary.config import RouterConfig, RouterLimits

__all__ = ["Router", "RouterConfig", "RouterLimits"]
