"""What the mesh does by itself when its time has come: dial, ask for signs of life, repeat, tell, forget."""

from collections.abc import Iterable

from communicator.router.cores.voice import Voice
from communicator.router.delivery.acknowledgement import repeat_due
from communicator.router.delivery.delivery import release
from communicator.router.features.cluster_status import settle_members, settle_status
from communicator.router.mesh.book.entry import Attempt
from communicator.router.mesh.book.neighbors_file import is_larger, parse_cluster_address
from communicator.router.mesh.mesh import Mesh
from communicator.router.peering.exchange import compare, publish_links, publish_services, republish, settle_doubts
from communicator.router.peering.handshake import settle_contests
from communicator.router.peering.parting import part
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.effects import Dial, Level
from communicator.router.vocabulary.events import CloseReason, Instant, LinkKind


def begin(board: Switchboard, now: Instant) -> None:
    """The first words of this life about itself, and what was wrong with what the last one left."""
    publish_links(board)
    board.mesh.status.set(now.monotonic_s)
    if board.mesh.book.rejected:
        board.notice(Level.WARNING, "neighbors_unreadable", entries=",".join(board.mesh.book.rejected)[:200])


def renew(board: Switchboard, now: Instant) -> None:
    """The configuration has changed."""
    board.mesh.book.reconfigure(board.config.cluster, now.monotonic_s)
    board.pending.resize(board.config.limits.pending_messages, board.config.limits.pending_bytes)
    board.routes_changed()
    board.mesh.status.set(now.monotonic_s)


def upkeep(board: Switchboard, now: Instant) -> None:
    """Do what is due."""
    mesh, now_s = board.mesh, now.monotonic_s
    for link in mesh.strangers.overdue(now_s):
        if link.is_parked:  # it has said who it is, and waits for us
            mesh.strangers.add(link, now_s)
            continue
        board.notice(Level.INFO, "stranger_sent_away", link=link.name)
        part(board, link, CloseReason.AUTH, now)
    settle_contests(board, now)
    _ask_for_life(board, now)
    if mesh.publish.is_due(now_s):
        publish_services(board)
    if mesh.republish.is_due(now_s):
        republish(board, now)
    _find_out_who_is_right(board, now)
    repeat_due(board, now)
    if mesh.settling.is_due(now_s):
        mesh.settling.set(None)
        board.routes_changed()
    if mesh.unlisted.due.is_due(now_s):
        mesh.unlisted.turn(now_s)
        board.routes_changed()
    if board.policy_due.is_due(now_s):
        board.obey(board.policy, now)
    if board.comparison.due.is_due(now_s):
        _end_comparison(board, now)
    _settle(board, now)
    if not board.draining:
        _tell_operators(board, board.mesh, now)
        _dial(board, board.mesh.book.due(now.monotonic_s))


def _end_comparison(board: Switchboard, now: Instant) -> None:
    """Nobody's colours are awaited any more, or nobody can wait longer: what was held goes on."""
    for number in sorted(board.comparison.awaited):
        link = board.registry.links.get(number)
        board.notice(Level.WARNING, "colours_not_told", server="" if link is None else link.name)
    release(board, now)


def _find_out_who_is_right(board: Switchboard, now: Instant) -> None:
    """Look at what neighbors tell that others contradict."""
    mesh, now_s = board.mesh, now.monotonic_s
    if mesh.doubts.due.is_due(now_s) or mesh.status.is_due(now_s):
        settle_doubts(board, now)
    if mesh.doubts.compare.is_due(now_s):
        compare(board)


def _settle(board: Switchboard, now: Instant) -> None:
    """Look at who counts, and how the cluster is: after each change; and now and then at what nobody tells of any more."""
    mesh = board.mesh
    is_changed = mesh.status.is_due(now.monotonic_s)
    if is_changed or mesh.out_of_reach.is_due(now.monotonic_s):
        settle_members(board, now)
    if is_changed:
        board.keep_neighbors()
        settle_status(board)
        _introduce(board)
        mesh.out_of_reach.changed()


def _dial(voice: Voice, attempts: Iterable[Attempt]) -> None:
    for attempt in attempts:
        voice.ask(Dial(attempt.number, attempt.host_port.host, attempt.host_port.port, attempt.secure))


def _tell_operators(voice: Voice, mesh: Mesh, now: Instant) -> None:
    """Raise or take down the flag of a router that is out of reach for long."""
    out_of_reach = mesh.out_of_reach
    if out_of_reach.is_due(now.monotonic_s):
        wanted = out_of_reach.look(mesh.book.members(), now.monotonic_s)
        if wanted is not None:
            voice.ask(wanted)


def _ask_for_life(board: Switchboard, now: Instant) -> None:
    """ALIVE to every router whose turn it is; who has been silent for too long is gone."""
    mesh = board.mesh
    if not mesh.heartbeat.due.is_due(now.monotonic_s):
        return
    links = board.registry.links
    beats = mesh.heartbeat.beat(now.monotonic_s, lambda number: number in links and links[number].held)
    for number, serial in beats.probe:
        board.answer(links[number], "ALIVE", serial=str(serial))
    if beats.self_suspect:
        board.notice(Level.WARNING, "silence_doubted", peers=len(mesh.peers))
    for number in beats.lost:
        part(board, links[number], CloseReason.SILENT, now)


def _introduce(board: Switchboard) -> None:
    """Tell the leaves that are linked with us of whoever may be about to dial them."""
    book, finders = board.mesh.book, board.mesh.members()
    if board.draining or not board.config.cluster.discover:
        return
    for server, link in board.mesh.peers.items():
        host_port = parse_cluster_address(link.peer.address) if link.peer and link.peer.is_leaf else None
        if host_port is None:
            continue
        others = (address for address in book.vouched_for() if address not in finders)
        unmet = [address for address in others if is_larger(address, str(host_port))]
        _dial(board, book.introductions.begin(server, host_port, unmet, secure=link.kind is LinkKind.SECURE))
