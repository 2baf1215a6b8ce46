"""SHADOW_COPY, SHADOW_TAKEN, SHADOW_SAID: what routers tell each other of copies; SHADOW_GET_DISCARDED: what shadows have said."""

from collections import Counter

import msgspec

from communicator.answers.router import Fence
from communicator.protocol.message import Message
from communicator.router.delivery.mirroring import go_on
from communicator.router.delivery.shadowing import take_copy
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.copies import read_copy, read_said, read_taken
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link

FENCES_TOLD = 1_000
"""As many as there are entries of the policy."""


def shadow_copy(board: Switchboard, _link: Link, message: Message, now: Instant) -> None:
    """SHADOW_COPY: handed to the shadow with those right behind it, and answered by SHADOW_TAKEN once that is done."""
    take_copy(board, read_copy(message, board.server), now)
    board.look_soon()


def shadow_taken(board: Switchboard, _link: Link, message: Message, now: Instant) -> None:
    """SHADOW_TAKEN: what became of a copy; more may set out."""
    if board.mirrors.take(read_taken(message), now.monotonic_s):
        go_on(board, now)


def shadow_said(board: Switchboard, _link: Link, message: Message, _now: Instant) -> None:
    """SHADOW_SAID: it goes to the comparator."""
    if board.mirrors.hear(*read_said(message)):
        board.look_later()


def shadow_get_discarded(board: Switchboard, link: Link, _message: Message, now: Instant) -> None:
    """SHADOW_GET_DISCARDED: answered by SHADOW_DISCARDED."""
    told = board.discarded.tell(board.server, now.monotonic_s)
    board.answer(link, "SHADOW_DISCARDED", lines=msgspec.json.encode(told).decode())


def tell_fences(board: Switchboard) -> tuple[Fence, ...]:
    """Each shadow of this host, and how much of what it has said was discarded; without a name those that nobody can tell."""
    fences = [link.fence for link in board.registry.links.values() if link.fence is not None]
    links = Counter((one.service, one.version) for one in fences)
    known = {(one.service, one.version) for one in board.fence.shadows} | links.keys()
    return tuple(
        Fence(
            service=service,
            version=version,
            links=links[service, version],
            by_unit=board.fence.by_unit(service, version),
            discarded_total=board.discarded.of(service, version),
        )
        for service, version in sorted(known)[:FENCES_TOLD]
    )
