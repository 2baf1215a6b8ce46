"""SHELL: asks the router of this host what it copies for shadows and keeps back of what they say; it compares nothing."""

import msgspec

from communicator.answers.reading import read_answer
from communicator.answers.router import Statistics
from communicator.answers.shadows import Comparisons
from communicator.client import Service
from communicator.errors import BellwetherError
from communicator.protocol import Message


async def with_mirrors(service: Service, told: Comparisons) -> Comparisons:
    """What is compared here, with what the router does for it; without that, where the router does not answer.

    Others cannot ask a router about itself: it answers on its own host only.

    Args:
        service: The link to the router.
        told: What is compared.
    """
    try:
        reply = await service.request(Message("ROUTER_GET_STATS"), "ROUTER_STATS")
        stats = read_answer(reply.get("stats"), Statistics)
    except BellwetherError:
        return told
    return msgspec.structs.replace(told, mirrors=stats.mirrors, fences=stats.fences)
