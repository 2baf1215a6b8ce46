"""Colours are told when two routers are linked, and when they change; what is done with newer ones is told elsewhere."""

from collections.abc import Iterable

from communicator.router.cores.colours import render_colours
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.config import COLOURS
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link


def compare(board: Switchboard, link: Link, now: Instant) -> None:
    """A router was linked: it is told our colours, and until it has told its own no coloured service gets anything from us."""
    if _knows_colours(board, link):
        tell_colours(board, [link])
        board.comparison.begin(link.id, now.monotonic_s)


def tell_colours(board: Switchboard, links: Iterable[Link]) -> None:
    """Tell routers all colours that are in force here; those that know none are left out."""
    told = render_colours(board.policy.colours)
    for link in links:
        if link.is_bus or _knows_colours(board, link):
            board.answer(link, "COLOURS", colours=told)


def _knows_colours(board: Switchboard, link: Link) -> bool:
    return link.peer is not None and COLOURS in link.peer.features & board.config.cluster.features
