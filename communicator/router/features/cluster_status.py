"""CLUSTER_GET_STATUS and its elders: how many routers there are, how many are reached, and whether that is a quorum."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import partial

import msgspec

from communicator.answers.clusters import CurrentColour
from communicator.answers.policy import Colour
from communicator.protocol.message import Message, given
from communicator.router.mesh.book.entry import Ground
from communicator.router.mesh.mesh import Mesh
from communicator.router.mesh.standing import Standing, find_standing
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.effects import Keep, KeptFile, Level
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link

NAMES_TOLD = 1_000
"""Missing routers named in one answer, and as many that are reached and do not count; the others are in CLUSTER_GRAPH.

A router remembers no more by default. With names of the greatest length such an answer is far shorter than a line may be.
"""


def cluster_get_status(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """CLUSTER_GET_STATUS: one question, one answer."""
    board.answer(link, "CLUSTER_CURRENT_STATUS", **_answer(board))


def cluster_status(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """CLUSTER_STATUS: the ancestor's question, answered by two messages to those who know them."""
    status = _answer(board)
    for command in _elder_words(status):
        if link.may_take_answer(command):
            board.say(link, Message(command, {"neighbors_count": status["neighbors_count"]}, service="."))


def measure_cluster(board: Switchboard) -> dict[str, str]:
    """The state of the cluster as CLUSTER_CURRENT_STATUS tells it.

    As in the ancestor a cluster is up while more than half of its routers are reached, and complete when all are; unlike there,
    only those count as reached to whom a way leads that is really up, and not everyone who was heard of counts.
    """
    reached, counted = board.carrier.reachable(), counted_servers(board)
    count, live = 1 + len(counted), 1 + len(counted & reached)
    quorum = count // 2 + 1
    return {
        "status": "up" if live >= quorum else "down",
        "completeness": "complete" if live == count else "incomplete",
        "neighbors_count": str(count),
        "live_count": str(live),
        "quorum": str(quorum),
        **name_servers(board.config.server_name, counted, reached),
        **_name_other_orders(board, reached),
        **_tell_colours(board.policy.active),
    }


def _tell_colours(active: Mapping[str, Colour]) -> dict[str, str]:
    told = [
        CurrentColour(one.service, one.active, one.active_build, one.generation)
        for _service, one in sorted(active.items())[:NAMES_TOLD]
    ]
    return {"colours": msgspec.json.encode(told).decode()} if told else {}


def _name_other_orders(board: Switchboard, reached: AbstractSet[str]) -> dict[str, str]:
    """Whose routers say that they obey other orders of operators than ours; without any, nobody is compared."""
    own, told = board.policy.policy.orders, board.mesh.database.links()
    others = sorted(server for server in reached & told.keys() if told[server].orders not in ("", own))[:NAMES_TOLD]
    return given(other_orders=",".join(others)) if own else {}


def name_servers(own: str, counted: AbstractSet[str], reached: AbstractSet[str]) -> dict[str, str]:
    """Who is reached, who is missing and who does not count.

    Whoever is named as reached and not as one that does not count, counts. So whom there is no room for in the one list is left
    out of the other too.

    Args:
        own: This router.
        counted: All others that count.
        reached: All others that are reached.
    """
    missing, uncounted = sorted(counted - reached)[:NAMES_TOLD], sorted(reached - counted)[:NAMES_TOLD]
    servers = sorted((own, *(counted & reached), *uncounted))
    return given(servers=",".join(servers), missing=",".join(missing), uncounted=",".join(uncounted))


def find_who_counts(board: Switchboard) -> Standing:
    """Who counts by name, and who vouches for those that are reached and do not.

    A router to which we are linked, or were, counts, and so does one on a bus that we are on.
    """
    mesh, reached = board.mesh, board.carrier.reachable()
    met = {server for server in reached if (hop := board.carrier.hop(server)) is not None and hop.is_last}
    return find_standing(mesh.book.counted | met, reached, partial(_neighbors, mesh))


def _neighbors(mesh: Mesh, server: str) -> AbstractSet[str]:
    """To whom a server says that it is linked; of one that is linked to us only the life that is, for others may be invented."""
    link = mesh.peers.get(server)
    if link is not None and link.peer is not None and link.peer.boot_id != mesh.database.boot_id(server):
        return frozenset()
    return mesh.topology.neighbors(server)


def counted_servers(board: Switchboard) -> frozenset[str]:
    """All other routers that count, by name; a configured one of which no name is known, by its address."""
    return find_who_counts(board).counted | board.mesh.book.configured()


def settle_members(board: Switchboard, now: Instant) -> None:
    """Note down who counts from now on, and strike out what nobody tells of any more."""
    mesh = board.mesh
    new = find_who_counts(board).counted - mesh.book.counted
    addresses = mesh.addresses() if new else {}
    for server in sorted(new):
        mesh.book.vouch(server, addresses.get(server, ""), now.monotonic_s)
    reached = board.carrier.reachable()
    for server, address in mesh.addresses().items():
        holder = mesh.book.server_at(address) if server in reached else ""
        if holder and holder not in reached:
            # What was told of an address by one who has left gives way to who is there.
            mesh.book.prove(server, address, now.monotonic_s, Ground.TOLD)
    mesh.book.settle(reached, now.monotonic_s)
    mesh.database.make_room(reached | mesh.book.counted)


def _answer(board: Switchboard) -> dict[str, str]:
    """The state of the cluster for one who asks, which may be newer than what all were told."""
    status = measure_cluster(board)
    board.cluster_news.answer(status)
    return status


def settle_status(board: Switchboard) -> None:
    """Tell everyone who listens, and the disk, when the state of the cluster is another than was told or answered last."""
    board.mesh.status.set(None)
    status, before = measure_cluster(board), board.cluster_news.told
    believed = board.cluster_news.settle(status)
    words = _elder_words(status)
    if not before or words != _elder_words(before):
        board.ask(Keep(KeptFile.CLUSTER_STATUS, "".join(f"{word}\n" for word in words)))
    if believed:
        board.tell_listeners("CLUSTER_CURRENT_STATUS", **status)
    if any(_elder_words(one) != words for one in believed):
        _tell_change(board, status, words)


def _tell_change(board: Switchboard, status: dict[str, str], words: tuple[str, str]) -> None:
    """The cluster has come up or gone down, or has become complete or incomplete."""
    is_up = status["status"] == "up"
    board.notice(
        Level.INFO if is_up else Level.ERROR,
        "cluster_changed",
        status=status["status"],
        completeness=status["completeness"],
        live=status["live_count"],
        of=status["neighbors_count"],
    )
    for command in words:
        board.tell_listeners(command, neighbors_count=status["neighbors_count"])


def _elder_words(status: dict[str, str]) -> tuple[str, str]:
    """The ancestor's two words for it."""
    return (
        "CLUSTER_UP" if status["status"] == "up" else "CLUSTER_DOWN",
        "CLUSTER_COMPLETE" if status["completeness"] == "complete" else "CLUSTER_INCOMPLETE",
    )
