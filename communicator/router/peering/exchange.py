"""Link states on their way: what we tell of ourselves, what we pass on of others; what they mean is told in link_state."""

from communicator.answers.services import Instance
from communicator.errors import LocalProtocolError, RemoteProtocolError
from communicator.protocol.line_form import encode_line
from communicator.protocol.message import Message
from communicator.protocol.values import NS_PER_S
from communicator.router.cores.voice import Voice
from communicator.router.mesh.link_state import Outcome
from communicator.router.mesh.mesh import SETTLING_S, Mesh, Namesake
from communicator.router.peering.instances import local_instances
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.carrier import Carrier
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.records import (
    LINKS,
    LinksState,
    Record,
    ServicesState,
    bucket_of,
    decode_records,
    encode_records,
)
from communicator.router.vocabulary.registry import Link

RECORDS_BYTES = 256 * 1024
"""Of records in one line: a quarter of the longest line, so that others get their turn."""
STATUS_AFTER_S = 0.2
"""A change comes with others: a link is told of by both its ends before it counts."""
RECORD_CHARACTERS_SHOWN = 200
"""Server, life, part and sequence stand at the front."""
REPUBLISH_EVERY_S = 10.0
"""Two live routers of one name would outdo each other for ever: no faster than this, and told in the log each time."""
GATHERING_S = 0.05
"""Services come and go in crowds, and say REGISTER and COMMANDS one after the other: told together."""


def publish_links(board: Switchboard) -> None:
    """Tell everyone which routers are linked to us."""
    record = board.mesh.database.publish(LINKS, board.mesh.own_links(board.config))
    if record is not None:
        flood(board, board.carrier, [record])


def service_changed(mesh: Mesh, service: str, now: Instant) -> None:
    """A service of this host has come, gone, or said what it understands: to be told, together with what follows."""
    mesh.unpublished.add(bucket_of(service))
    if mesh.publish.at_s is None and not mesh.is_alone:
        mesh.publish.set(now.monotonic_s + GATHERING_S)


def publish_services(board: Switchboard) -> None:
    """Tell everyone what has changed about our services."""
    mesh = board.mesh
    mesh.publish.set(None)
    if not mesh.unpublished:
        return
    instances: dict[str, list[Instance]] = {bucket: [] for bucket in sorted(mesh.unpublished)}
    for instance in local_instances(board.config, board.registry, board.learning):
        bucket = bucket_of(instance.service)
        if bucket in instances and instance.state != "down":
            instances[bucket].append(instance)
    mesh.unpublished.clear()
    published = [mesh.database.publish(bucket, ServicesState(tuple(found))) for bucket, found in instances.items()]
    flood(board, board.carrier, [record for record in published if record is not None])


def share_summary(board: Switchboard, link: Link) -> None:
    """Tell a router what we know, so that it sends what we lack."""
    publish_services(board)
    board.answer(link, "LINK_STATE_SUMMARY", known=board.mesh.database.summary())


def flood(voice: Voice, carrier: Carrier, records: list[Record], source: Link | None = None) -> None:
    """Pass records on to every router that keeps a directory, but not to whom they came from."""
    targets = carrier.onward(source)
    lines = _lines(voice, records) if targets else []
    for link in targets if lines else ():
        voice.transmit(link, b"".join(lines), len(lines))


def _send(voice: Voice, link: Link, records: list[Record]) -> None:
    lines = _lines(voice, records)
    if lines:
        voice.transmit(link, b"".join(lines), len(lines))


def _lines(voice: Voice, records: list[Record]) -> list[bytes]:
    """The lines that tell of these records; one that is too long for a line cannot be told of."""
    lines = []
    for text in encode_records(records, RECORDS_BYTES):
        try:
            lines.append(encode_line(voice.signed(Message("LINK_STATE", {"records": text}))))
        except LocalProtocolError as error:
            voice.notice(Level.ERROR, "link_state_unsendable", record=text[:RECORD_CHARACTERS_SHOWN], error=str(error))
    return lines


def link_state(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """LINK_STATE: news of other routers; what is new is passed on, what is old is answered by what we have."""
    _require_directory(link)
    database = board.mesh.database
    news: list[Record] = []
    older: dict[tuple[str, str], Record] = {}
    for record in decode_records(message.get("records")):
        if link.is_bus and record.server not in (message.sent_from_server, board.config.server_name):
            continue  # there everyone speaks for itself, and may remind us of a former life
        if _is_told_by_itself(board.mesh, link, record):
            continue
        match database.accept(record):
            case Outcome.NEW:
                news.append(record)
            case Outcome.OLDER:
                older |= {(ours.server, ours.part): ours for ours in database.records_of(record.server, record.part)}
            case Outcome.OWN:
                _own_name_heard(board, board.mesh, record, now)
            case Outcome.FULL:
                board.statistics.records_refused += 1
            case Outcome.SAME:
                pass
    _take(board, news, link, now)
    flood(board, board.carrier, news, link)
    _send(board, link, list(older.values()))


def _is_told_by_itself(mesh: Mesh, link: Link, record: Record) -> bool:
    """Whether it is the word of a router that is linked to us: it tells us itself, over its own link, where nobody can forge it."""
    own = mesh.peers.get(record.server)
    return own is not None and own is not link and own.peer is not None and own.peer.boot_id == record.boot_id


def _own_name_heard(voice: Voice, mesh: Mesh, record: Record, now: Instant) -> None:
    """Somebody of our name is taken for later than we: say everything anew, at once or when the pause is over.

    A former life of ours, whose clock was wrong, is outdone by that. One that speaks again with a later start answers us: it is
    alive, and two routers bear one name.
    """
    before, mesh.namesake = mesh.namesake, Namesake(record.boot_id, record.started)
    is_alive = before is not None and before.boot_id == record.boot_id and before.started < record.started
    if is_alive and mesh.republish.at_s is None:
        voice.notice(Level.ERROR, "server_name_conflict", server=record.server, boot_id=record.boot_id)
    elif not is_alive:
        voice.notice(Level.WARNING, "former_life_heard", server=record.server, boot_id=record.boot_id)
    due_s = now.monotonic_s if mesh.republished_s is None else mesh.republished_s + REPUBLISH_EVERY_S
    mesh.republish.set(max(due_s, now.monotonic_s))


def republish(voice: Voice, carrier: Carrier, mesh: Mesh, now: Instant) -> None:
    """Say everything of ourselves anew."""
    mesh.republish.set(None)
    mesh.republished_s = now.monotonic_s
    flood(voice, carrier, mesh.database.republish())


def _take(board: Switchboard, news: list[Record], link: Link, now: Instant) -> None:
    """What news mean for the address book and the routes."""
    mesh = board.mesh
    teller = "" if link.peer is None else link.peer.server
    links = [record for record in news if record.part == LINKS and record.server != board.config.server_name]
    for record in links:
        state = record.state
        if mesh.database.links().get(record.server) is not state or not isinstance(state, LinksState):
            continue  # a later record of the same line has made it void
        mesh.book.prove(record.server, state.address, now.monotonic_s, record.started, teller)
        for neighbor in state.neighbors:
            if neighbor.leaf is not None:
                mesh.book.prove(neighbor.server, neighbor.leaf.address, now.monotonic_s, 0, teller)
        mesh.book.merge_forgotten(state.forgotten, now.wall_ns // NS_PER_S)
    if links:
        topology_changed(board, now)  # soon after it the address book is kept: news come in crowds
    elif news:
        board.routes_changed()


def link_state_summary(board: Switchboard, link: Link, message: Message, _now: Instant) -> None:
    """LINK_STATE_SUMMARY: what the other router knows; it gets what it lacks."""
    _require_directory(link)
    missing = board.mesh.database.missing_from(message.get("known"))
    if link.is_bus:
        missing = [record for record in missing if record.server == board.config.server_name]
    _send(board, link, missing)


def _require_directory(link: Link) -> None:
    if not link.is_bus and (link.peer is None or link.peer.is_leaf):
        raise RemoteProtocolError("only from a router that keeps a directory, once it was accepted")


def topology_changed(board: Switchboard, now: Instant) -> None:
    """Ways have changed: remembered routes are void, and the state of the cluster is looked at soon."""
    board.mesh.settling.set(now.monotonic_s + SETTLING_S)
    if board.mesh.status.at_s is None:
        board.mesh.status.set(now.monotonic_s + STATUS_AFTER_S)
    board.statistics.topology_changes += 1
    board.routes_changed()
