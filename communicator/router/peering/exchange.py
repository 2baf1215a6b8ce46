"""Link states on their way: what we tell of ourselves, what we pass on of others; what they mean is told in link_state."""

from communicator.answers.services import Instance
from communicator.errors import LocalProtocolError, RemoteProtocolError
from communicator.protocol.line_form import encode_line
from communicator.protocol.message import Message
from communicator.protocol.values import NS_PER_S
from communicator.router.cores.voice import Voice
from communicator.router.mesh.book.entry import Ground
from communicator.router.mesh.link_state import Outcome
from communicator.router.mesh.mesh import SETTLING_S, Mesh, Weight
from communicator.router.peering.instances import local_instances
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.carrier import Carrier
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.records import (
    LINKS,
    RECORDS_BYTES,
    LinksState,
    Record,
    ServicesState,
    bucket_of,
    decode_records,
    encode_records,
)
from communicator.router.vocabulary.registry import Link

STATUS_AFTER_S = 0.2
"""A change comes with others: a link is told of by both its ends before it counts."""
RECORD_CHARACTERS_SHOWN = 200
"""Server, life, part and sequence stand at the front."""
REPUBLISH_EVERY_S = 10.0
"""Two live routers of one name would outdo each other for ever: no faster than this, and told in the log each time."""
CORRECTED_EVERY_S = 5.0
"""Ways that are not yet the same everywhere may make two routers believe each other: they must not swap words without end."""
GATHERING_S = 0.05
"""Services come and go in crowds, and say REGISTER and COMMANDS one after the other: told together."""


def publish_links(board: Switchboard) -> None:
    """Tell everyone which routers are linked to us, and which orders we obey."""
    record = board.mesh.database.publish(LINKS, board.mesh.own_links(board.config, board.policy.policy.orders))
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
    for instance in local_instances(board):
        bucket = bucket_of(instance.service)
        if bucket in instances and instance.state != "down":
            instances[bucket].append(instance)
    mesh.unpublished.clear()
    published = [mesh.database.publish(bucket, ServicesState(tuple(found))) for bucket, found in instances.items()]
    flood(board, board.carrier, [record for record in published if record is not None])


def share_summary(board: Switchboard, links: list[Link], *, with_digests: bool = False) -> None:
    """Tell routers what we know, so that they send what we lack; with digests, also what bears the same numbers and is another."""
    publish_services(board)
    database = board.mesh.database
    digests = {"digests": database.digests()} if with_digests else {}
    _write(board, links, "LINK_STATE_SUMMARY", {"known": database.summary(), **digests})


def flood(voice: Voice, carrier: Carrier, records: list[Record], source: Link | None = None) -> None:
    """Pass records on to every router that keeps a directory, but not to whom they came from."""
    if records:
        _send(voice, carrier.onward(source), records)


def _send(voice: Voice, links: list[Link], records: list[Record]) -> None:
    """Tell of records; one that is too long for a line cannot be told of."""
    for text in encode_records(records, RECORDS_BYTES) if links else ():
        _write(voice, links, "LINK_STATE", {"records": text})


def _write(voice: Voice, links: list[Link], command: str, told: dict[str, str]) -> None:
    """Say the same to several routers; the line is written once."""
    try:
        line = encode_line(voice.signed(Message(command, told)))
    except LocalProtocolError as error:
        text = next(iter(told.values()))
        voice.notice(Level.ERROR, "link_state_unsendable", record=text[:RECORD_CHARACTERS_SHOWN], error=str(error))
        return
    for link in links:
        voice.transmit(link, line, 1)


def link_state(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """LINK_STATE: news of other routers; what is new is passed on, what is old is answered by what we have."""
    _require_directory(link)
    told = decode_records(message.get("records"))
    news: list[Record] = []
    older: dict[tuple[str, str], Record] = {}
    for record in told.records:
        if link.is_bus and record.server not in (message.sent_from_server, board.config.server_name):
            continue  # there everyone speaks for itself, and may remind us of a former life
        outcome = _take_in(board, link, record, now)
        if outcome is Outcome.NEW:
            news.append(record)
        elif outcome is Outcome.OLDER:
            answer = board.mesh.database.records_of(record.server, record.part)
            older |= {(ours.server, ours.part): ours for ours in answer}
        elif outcome is Outcome.FULL:
            board.statistics.records_refused += 1
    _take(board, news, link, now)
    flood(board, board.carrier, news, link)
    _send(board, [link], list(older.values()))
    board.statistics.records_refused += len(told.refused)
    if told.refused:
        count = len(told.refused) + len(told.records)
        raise RemoteProtocolError(f"{len(told.refused)} of {count} records are none, the first one: {told.refused[0]}")


def _take_in(board: Switchboard, link: Link, record: Record, now: Instant) -> Outcome:
    """Enter a record if it is to be believed; one that may be wrong waits."""
    mesh = board.mesh
    if record.server == mesh.own:
        outcome = mesh.database.accept(record)
        if outcome is Outcome.OWN:
            _own_name_heard(board, mesh, record, now)
        return outcome
    if link.is_bus:
        return mesh.database.accept(record)
    if mesh.database.holds(record):
        mesh.doubts.drop(link.id, record)
        return Outcome.SAME
    weight = mesh.weigh(link, record)
    if weight is Weight.OPEN and mesh.database.is_outdone(record):
        mesh.refresh()  # it goes against what we have: look closer
        weight = mesh.weigh(link, record)
    if weight is Weight.DOUBTFUL:
        _doubt(board, link, record, now)
        return Outcome.SAME
    outcome = mesh.database.accept(record)
    if outcome in (Outcome.SAME, Outcome.OLDER) and (weight is Weight.CERTAIN or mesh.is_joined_by(record)):
        outcome = _correct(mesh, link, record, now)
    if outcome is Outcome.NEW:
        mesh.doubts.outdated(record)
    return outcome


def _correct(mesh: Mesh, link: Link, record: Record, now: Instant) -> Outcome:
    """Go back to an older word: at once where the server says it itself, else now and then, or two would swap theirs for ever."""
    key, now_s = (record.server, record.part), now.monotonic_s
    is_own = mesh.peers.get(record.server) is link
    if not is_own and now_s < mesh.doubts.corrected_s.get(key, float("-inf")) + CORRECTED_EVERY_S:
        mesh.doubts.add(link.id, record, now_s)
        return Outcome.SAME
    is_behind = mesh.database.has_later(record)
    if not mesh.database.correct(record):
        return Outcome.SAME
    mesh.refresh()  # whoever still believes something else answers this word: weighed by older ways, that might outdo it again
    if is_behind:
        mesh.doubts.compare_soon(now_s)
    else:
        mesh.doubts.contradicted(now_s)
    if not is_own:
        mesh.doubts.corrected_s = {
            each: at_s for each, at_s in mesh.doubts.corrected_s.items() if now_s < at_s + CORRECTED_EVERY_S
        }
        mesh.doubts.corrected_s[key] = now_s
    return Outcome.NEW


def _doubt(board: Switchboard, link: Link, record: Record, now: Instant) -> None:
    """Keep a word that may be wrong.

    Where the server is linked with us it hears of a word that outdoes its own, so that it outdoes that: there are routers that know
    no other way to find out. And whoever told it hears what is true.
    """
    mesh = board.mesh
    own, doubt = mesh.peers.get(record.server), mesh.doubts.add(link.id, record, now.monotonic_s)
    if doubt is None or own is None or mesh.database.is_outdone(record):
        return
    ours = mesh.database.instead_of(record)
    if not ours:
        return
    doubt.is_answered = True
    if own is not link:
        _send(board, [own], [record])
        _send(board, [link], ours)


def compare(board: Switchboard) -> None:
    """Tell all neighbors what we know: each sends what it is certain of and we have otherwise."""
    board.mesh.doubts.compare.set(None)
    share_summary(board, [link for link in board.carrier.onward(None) if not link.is_bus], with_digests=True)


def settle_doubts(board: Switchboard, now: Instant) -> None:
    """Look at what was doubted: what is certain by now is taken in, and whoever has told something else for a while is answered."""
    mesh = board.mesh
    mesh.refresh()
    asked: dict[int, Link] = {}
    for doubt in mesh.doubts:
        link, record = board.registry.links.get(doubt.link), doubt.record
        if link is None or link.closing or mesh.database.holds(record):
            mesh.doubts.drop(doubt.link, record)
        elif mesh.weigh(link, record) is not Weight.DOUBTFUL:
            mesh.doubts.drop(doubt.link, record)
            if doubt.is_answered:
                asked[link.id] = link  # by our answer it may have taken that back, and then it does not say so
            elif _take_in(board, link, record, now) is Outcome.NEW:
                _take(board, [record], link, now)
                flood(board, board.carrier, [record], link)
        elif doubt.is_answered or now.monotonic_s >= doubt.answer_s:
            if not doubt.is_answered:
                doubt.is_answered = True
                _send(board, [link], mesh.database.instead_of(record))
            if not doubt.is_noted and not mesh.database.has_later(record):
                doubt.is_noted = True
                mesh.doubts.contradicted(now.monotonic_s)
    mesh.doubts.settle(now.monotonic_s)
    if asked:
        share_summary(board, list(asked.values()), with_digests=True)


def _own_name_heard(voice: Voice, mesh: Mesh, record: Record, now: Instant) -> None:
    """Somebody of our name is taken for later than we: say everything anew, at once or when the pause is over.

    A former life of ours, whose clock was wrong, is outdone by that. One that speaks again with a later start answers us: it is
    alive, and two routers bear one name.
    """
    before, mesh.namesake = mesh.namesake, record
    is_alive = before is not None and before.boot_id == record.boot_id and before.started < record.started
    if is_alive and mesh.republish.at_s is None:
        voice.notice(Level.ERROR, "server_name_conflict", server=record.server, boot_id=record.boot_id)
    elif not is_alive:
        voice.notice(Level.WARNING, "former_life_heard", server=record.server, boot_id=record.boot_id)
    mesh.republish.set(max(mesh.republished_s + REPUBLISH_EVERY_S, now.monotonic_s))


def republish(board: Switchboard, now: Instant) -> None:
    """Say everything of ourselves anew."""
    board.mesh.republish.set(None)
    board.mesh.republished_s = now.monotonic_s
    flood(board, board.carrier, board.mesh.database.republish())


def _take(board: Switchboard, news: list[Record], link: Link, now: Instant) -> None:
    """What news mean for the address book and the routes."""
    mesh = board.mesh
    teller = "" if link.peer is None else link.peer.server
    links = [record for record in news if record.part == LINKS]
    for record in links:
        state = record.state
        if mesh.database.links().get(record.server) is not state or not isinstance(state, LinksState):
            continue  # a later record of the same line has made it void
        mesh.book.prove(record.server, state.address, now.monotonic_s, Ground.TOLD, teller)
        for neighbor in state.neighbors:
            if neighbor.leaf is not None:
                mesh.book.prove(neighbor.server, neighbor.leaf.address, now.monotonic_s, Ground.TOLD, teller)
        mesh.book.merge_forgotten(state.forgotten, now.wall_ns // NS_PER_S)
    if board.links_noted != mesh.database.links_generation:
        topology_changed(board, now)
    elif any(record.part != LINKS for record in news):
        board.routes_changed()
    if links:
        look_at_status(board, now)  # then the address book is kept, and what orders they obey is compared


def link_state_summary(board: Switchboard, link: Link, message: Message, _now: Instant) -> None:
    """LINK_STATE_SUMMARY: what the other router knows; it gets what it lacks."""
    _require_directory(link)
    missing = board.mesh.database.missing_from(
        message.get("known"), message.get("digests"), lambda server: board.mesh.knows_better(server, link)
    )
    if link.is_bus:
        missing = [record for record in missing if record.server == board.config.server_name]
    _send(board, [link], missing)


def _require_directory(link: Link) -> None:
    if not link.is_bus and (link.peer is None or link.peer.is_leaf):
        raise RemoteProtocolError("only from a router that keeps a directory, once it was accepted")


def topology_changed(board: Switchboard, now: Instant) -> None:
    """Ways have changed: remembered routes are void, and the state of the cluster is looked at soon."""
    board.links_noted = board.mesh.database.links_generation
    board.mesh.settling.set(now.monotonic_s + SETTLING_S)
    look_at_status(board, now)
    board.mesh.doubts.ways_changed(now.monotonic_s)
    board.statistics.topology_changes += 1
    board.routes_changed()


def look_at_status(board: Switchboard, now: Instant) -> None:
    """The state of the cluster may be another: it is looked at soon, for news come in crowds."""
    if board.mesh.status.at_s is None:
        board.mesh.status.set(now.monotonic_s + STATUS_AFTER_S)
