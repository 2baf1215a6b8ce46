"""SHADOW_COPY and SHADOW_GET_DISCARDED: another router has a copy for a shadow here; somebody asks what shadows have said."""

import msgspec

from communicator.answers.router import Fence
from communicator.protocol.message import Message
from communicator.router.delivery.shadowing import take_copy
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.copies import read_copy
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link

FENCES_TOLD = 1_000
"""As many as there are entries of the policy."""


def shadow_copy(board: Switchboard, _link: Link, message: Message, now: Instant) -> None:
    """SHADOW_COPY: handed to the shadow with those right behind it, and answered by SHADOW_TAKEN once that is done."""
    take_copy(board, read_copy(message, board.server), now)
    board.look_soon()


def shadow_get_discarded(board: Switchboard, link: Link, _message: Message, now: Instant) -> None:
    """SHADOW_GET_DISCARDED: answered by SHADOW_DISCARDED."""
    told = board.discarded.tell(board.server, now.monotonic_s)
    board.answer(link, "SHADOW_DISCARDED", lines=msgspec.json.encode(told).decode())


def tell_fences(board: Switchboard) -> tuple[Fence, ...]:
    """Each shadow of this host, and how much of what it has said was discarded; without a name those that nobody can tell."""
    links: dict[tuple[str, str], int] = {(one.service, one.version): 0 for one in board.fence.shadows}
    for link in board.registry.links.values():
        if link.fence is not None:
            shadow = link.fence.service, link.fence.version
            links[shadow] = links.get(shadow, 0) + 1
    return tuple(
        Fence(
            service=service,
            version=version,
            links=count,
            by_unit=board.fence.by_unit(service, version),
            discarded_total=board.discarded.of(service, version),
        )
        for (service, version), count in sorted(links.items())[:FENCES_TOLD]
    )
