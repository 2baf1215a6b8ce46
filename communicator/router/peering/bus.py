"""A link that leads to many routers: who joins it tells everyone what is here, and everyone speaks for itself; it dials nobody."""

from communicator.router.peering.colours import tell_colours
from communicator.router.peering.exchange import flood, publish_services, share_summary, topology_changed
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.events import Instant, ServersReached
from communicator.router.vocabulary.registry import Link


def join(board: Switchboard, link: Link) -> None:
    """We are on a bus: the others hear all about us, and send what we lack."""
    link.is_bus = True
    share_summary(board, [link])
    flood(board, board.carrier, board.mesh.database.republish())
    tell_colours(board, [link])


def reached(board: Switchboard, event: ServersReached, now: Instant) -> None:
    """Routers have come to a bus or gone from it; what nobody was there to hear is told now."""
    link = board.registry.links.get(event.link)
    if link is None or not link.is_bus:
        return
    board.carrier.reached(link, event.servers)
    topology_changed(board, now)
    publish_services(board)
    tell_colours(board, [link])


def leave(board: Switchboard, link: Link, now: Instant) -> None:
    """A bus is gone."""
    board.carrier.closed(link)
    topology_changed(board, now)
