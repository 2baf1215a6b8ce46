"""A newcomer that claims the name of a server in use, as it waits while the elder is asked whether it lives."""

from dataclasses import dataclass

from communicator.router.mesh.offer import Offer
from communicator.router.registry import Link

ELDER_ANSWERS_WITHIN_S = 2.0
"""How long the holder of a name has to prove that it lives, as for services of one host."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Who waits for a name, and until when."""

    link: Link
    offer: Offer
    serial: str
    """What the elder's answer must carry."""
    deadline_s: float
    """On the monotonic clock."""
