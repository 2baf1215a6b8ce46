"""How routers meet: CONNECT, ACCEPT, REFUSE, GOSSIP, RECEIVED; who may is told elsewhere (admission), how they part in parting."""

from communicator.errors import RemoteProtocolError
from communicator.protocol.addresses import ip_of, plain_ip
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.protocol.values import NS_PER_S
from communicator.router.cores.contests import Contest
from communicator.router.cores.voice import Voice
from communicator.router.mesh.book.book import AddressBook
from communicator.router.mesh.book.entry import Ground
from communicator.router.mesh.book.neighbors_file import is_larger, parse_cluster_address
from communicator.router.mesh.mesh import Mesh
from communicator.router.mesh.offer import Offer, read_address, read_offer
from communicator.router.mesh.strangers import ANSWER_S, CHECK_S
from communicator.router.peering.admission import find_place, refuse_peer, why_not
from communicator.router.peering.colours import compare
from communicator.router.peering.exchange import publish_links, share_summary, topology_changed
from communicator.router.peering.parting import part
from communicator.router.peering.proof import ask_for_proof, challenge, credentials, take_proof, why_not_proven
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.carrier import Carrier, Hop
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.effects import Continue, Level, RouterLinked
from communicator.router.vocabulary.events import CloseReason, Instant, Opens
from communicator.router.vocabulary.registry import Link

FAR_ELDER_ANSWERS_WITHIN_S = 6.0
"""Question and answer cross several links, each of which may lose a packet: no more than a silent link takes to be suspected."""


def greet(board: Switchboard, link: Link, now: Instant) -> None:
    """A link to or from another host has opened: within a time it has to show who it is, and where we dialled we say who we are."""
    if link.dial is None:
        leaves = find_place(board, link, now)
        if leaves is not None:
            part(board, leaves, CloseReason.LIMIT, now)
        return
    attempt = board.mesh.book.attempt(link.dial)
    if attempt is None or board.draining:
        board.close(link, CloseReason.DRAIN)
        return
    shown = credentials(board, link, attempt)
    board.mesh.strangers.add(link, now.monotonic_s, CHECK_S if "password" in shown else ANSWER_S)
    if attempt.told:
        board.say(link, Message("GOSSIP", {"my_address": attempt.told} | shown))
    else:
        told = board.mesh.own_offer(board.config, str(attempt.host_port)) | shown
        board.say(link, Message("CONNECT", {"version": "1"} | told))


def connect(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """CONNECT: another router wants to be linked."""
    if link.peer is not None or link.registration is not None or link.dial is not None or link.answers_to is not None:
        raise RemoteProtocolError("this link is in use already")
    offer = read_offer(message, board.config)
    if board.draining:
        refuse_peer(board, link, "we are about to end", shutdown="true")
        return
    if offer.peer.boot_id == board.config.boot_id:
        refuse_peer(board, link, "we have dialled ourselves", conflict="name", boot_id=board.config.boot_id)
        return
    reason = why_not(board.config, link, Opens.ROUTER, offer.peer.server)
    if reason and ask_for_proof(board, link, message):
        return
    if reason:
        board.statistics.auth_failures[link.kind] += 1
        refuse_peer(board, link, reason)
        return
    _welcome(board, link, offer, now)


def _welcome(board: Switchboard, link: Link, offer: Offer, now: Instant) -> None:
    """Link a router whose name is free, begin a contest for one that is not."""
    server = offer.peer.server
    if server == board.config.server_name:
        board.notice(Level.ERROR, "server_name_conflict", server=server, newcomer=offer.peer.address)
        refuse_peer(board, link, f"{server!r} is our own name", conflict="name")
        return
    elder = board.mesh.peers.get(server)
    if elder is not None and _is_same(elder, link, offer):
        if _crossed(board.config, elder, link, offer):
            refuse_peer(board, link, "we are linked already", conflict="name")
            return
        part(board, elder, CloseReason.REPLACED, now)
    elif _is_taken(board.carrier, board.mesh, offer):
        _contest(board, link, offer, now)
        return
    admit_peer(board, link, offer, now)


def _is_same(elder: Link, link: Link, offer: Offer) -> bool:
    """Whether the router that is linked already, and the one that wants to be, are one: the same life, on the same host.

    Every member is told which life of a router it is, and may repeat that; it cannot come from a host that is not its own.
    """
    if elder.peer is None or offer.peer.boot_id == "" or elder.peer.boot_id != offer.peer.boot_id:
        return False
    return plain_ip(link.ip) in (plain_ip(elder.ip), ip_of(elder.peer.address))


def _is_taken(carrier: Carrier, mesh: Mesh, offer: Offer) -> bool:
    """Whether this server is linked with us, or another life of it with somebody we can reach."""
    server = offer.peer.server
    known = mesh.database.boot_id(server)
    return server in mesh.peers or (
        known is not None and known != offer.peer.boot_id and carrier.hop(server) is not None
    )


def _contest(board: Switchboard, link: Link, offer: Offer, now: Instant) -> None:
    """Ask the elder whether it lives; the newcomer waits."""
    server = offer.peer.server
    hop = board.carrier.hop(server)
    if board.mesh.contests.find(server) is not None or hop is None:
        _turn_down(board, link, f"the name {server!r} is being decided", now)
        return
    serial = board.new_run_id()
    board.mesh.contests.begin(server, link, offer, serial, now.monotonic_s)
    board.mesh.strangers.add(link, now.monotonic_s, ANSWER_S)  # it may take 10 s until a dead elder is given up
    _ask(board, hop, server, serial)


def _ask(voice: Voice, hop: Hop, server: str, serial: str) -> None:
    voice.say(hop.link, Message("ALIVE", {"serial": serial}, service=ROUTER_SERVICE, server=server))


def _turn_down(board: Switchboard, link: Link, reason: str, now: Instant) -> None:
    """A name is not free: whoever came to us is told so, whom we dialled we leave; it may have gone while it waited."""
    if link.closing:
        return
    if link.dial is None:
        refuse_peer(board, link, reason, conflict="name")
    else:
        _give_up(board, link, reason, now)


def elder_lives(board: Switchboard, serial: str, boot_id: str, now: Instant) -> None:
    """An ABSOLUTELY came from another router: if a newcomer waits for its name, it waits in vain.

    Unless the two are one: it was started anew, has met others before us, and the question has reached it over them. The life that
    is linked with us answers for itself alone, whatever the newcomer says of its own.

    Args:
        board: The router's state.
        serial: Of the question.
        boot_id: Which life of a router has answered, if it says so.
        now: The time.
    """
    contest = board.mesh.contests.find_asked(serial)
    if contest is None:
        return
    server = contest.name
    board.mesh.contests.end(server)
    if boot_id and boot_id == contest.claim.peer.boot_id and server not in board.mesh.peers:
        _let_in(board, contest, now)
        return
    board.notice(Level.ERROR, "server_name_conflict", server=server, newcomer=contest.claim.peer.address)
    _turn_down(board, contest.newcomer, f"{server!r} is in the cluster already, and alive", now)


def settle_contests(board: Switchboard, now: Instant) -> None:
    """Names whose elder did not answer go to the newcomers.

    One that is linked keeps its name as long as its link. One behind other routers is asked again for a while, which begins
    when it is no longer linked.
    """
    contests = board.mesh.contests
    for contest in contests.prolong_due(now.monotonic_s):
        if not _has_time(board.carrier, board.mesh, contest, now):
            contests.end(contest.name)
            _let_in(board, contest, now)
            continue
        if contest.name in board.mesh.peers:
            contests.begin(contest.name, contest.newcomer, contest.claim, contest.serial, now.monotonic_s)
        if (hop := board.carrier.hop(contest.name)) is not None:
            _ask(board, hop, contest.name, contest.serial)


def _has_time(carrier: Carrier, mesh: Mesh, contest: Contest[Offer], now: Instant) -> bool:
    """Whether an elder may still answer: the heartbeat tells when one that is linked is dead, of others their neighbors tell it."""
    is_soon = contest.name in mesh.peers or now.monotonic_s < contest.begun_s + FAR_ELDER_ANSWERS_WITHIN_S
    return is_soon and not contest.newcomer.closing and _is_taken(carrier, mesh, contest.claim)


def _let_in(board: Switchboard, contest: Contest[Offer], now: Instant) -> None:
    """The name is the newcomer's; one that we have dialled has been linked for its own part, and may have spoken since."""
    link = contest.newcomer
    if link.closing:
        return
    admit_peer(board, link, contest.claim, now)
    if link.is_parked:
        board.ask(Continue(link.id))


def _crossed(config: RouterConfig, elder: Link, link: Link, offer: Offer) -> bool:
    """Whether both have dialled at once, and the link to keep is the elder: the one that the larger address dialled."""
    if (elder.dial is None) == (link.dial is None):
        return False  # the same side has dialled again: it knows that the elder is dead
    return (elder.dial is not None) == is_larger(config.my_address, offer.peer.address)


def admit_peer(board: Switchboard, link: Link, offer: Offer, now: Instant) -> None:
    """Take a router into the cluster over this link; whoever came to us is told ACCEPT, and asked what it understands."""
    mesh = board.mesh
    if (
        contest := mesh.contests.end(offer.peer.server)
    ) is not None:  # its elder was asked over another link, and may live
        _turn_down(board, contest.newcomer, f"{offer.peer.server!r} is linked by now", now)
    link.peer = offer.peer
    mesh.strangers.discard(link)
    mesh.sources.note_proven(link.ip, now.monotonic_s)
    mesh.peers[offer.peer.server] = link
    if mesh.database.boot_id(offer.peer.server) != offer.peer.boot_id:
        mesh.database.forget(offer.peer.server)  # what others told of another life of it is void
    mesh.heartbeat.joined(link.id, now.monotonic_s)
    board.ask(RouterLinked(link.id))
    if link.dial is None:
        board.answer(link, "ACCEPT", **board.mesh.own_offer(board.config, offer.peer.address))
        board.answer(link, "HELP")
    _enter(board, link, offer, now)
    board.notice(
        Level.INFO,
        "router_linked",
        server=offer.peer.server,
        address=offer.peer.address,
        link=f"{link.kind}:{link.address}",
        directory=not offer.peer.is_leaf,
    )
    board.tell_listeners("NEW_REMOTE_CONNECTION", server_name=offer.peer.server)
    topology_changed(board, now)
    publish_links(board)
    if not offer.peer.is_leaf:
        share_summary(board, [link])
        compare(board, link, now)


def _enter(board: Switchboard, link: Link, offer: Offer, now: Instant) -> None:
    book = board.mesh.book
    replaced = book.prove(offer.peer.server, offer.peer.address, now.monotonic_s, _ground(book, link, offer))
    book.leave(offer.peer.server, replaced, now.wall_ns // NS_PER_S)
    for address in replaced:
        board.notice(Level.INFO, "address_replaced", server=offer.peer.server, old=address, new=offer.peer.address)
    book.linked(link.dial, offer.peer.server, now.monotonic_s)
    book.hear(offer.neighbors, now.monotonic_s, offer.peer.server)
    board.keep_neighbors()


def _ground(book: AddressBook, link: Link, offer: Offer) -> Ground:
    """Whether a router is known to be at the address it names: it has answered there, or comes from that host."""
    attempt = None if link.dial is None else book.attempt(link.dial)
    there = parse_cluster_address(offer.peer.address)
    if attempt is not None and attempt.host_port == there:
        return Ground.ANSWERED
    return Ground.NEARBY if there is not None and there.host == plain_ip(link.ip) else Ground.CLAIMED


def accept(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """ACCEPT: the router we dialled takes us."""
    if link.dial is None or link.peer is not None:
        raise RemoteProtocolError("this link has not asked to be accepted")
    try:
        offer = read_offer(message, board.config)
    except RemoteProtocolError as error:
        _give_up(board, link, str(error), now)
        raise
    server = offer.peer.server
    if link.certificate is not None and server not in link.certificate:
        _give_up(board, link, f"its certificate is not for {server!r}", now)
    elif reason := why_not_proven(board.config, link, server):
        _give_up(board, link, reason, now)
    elif server == board.config.server_name:
        _give_up(board, link, f"it calls itself {server!r}, as we do", now)
    else:
        _meet(board, link, offer, now)


def _meet(board: Switchboard, link: Link, offer: Offer, now: Instant) -> None:
    """A router we dialled takes us: it may be linked with us already, or bear the name of one that is."""
    elder = board.mesh.peers.get(offer.peer.server)
    if elder is not None and not _is_same(elder, link, offer):
        board.hold(link, b"")  # it believes to be linked, and what it says is to be heard once it is
        _contest(board, link, offer, now)
        return
    if elder is not None:
        if link.dial is not None and _crossed(board.config, elder, link, offer):
            board.mesh.book.linked(link.dial, offer.peer.server, now.monotonic_s)
            board.close(link, CloseReason.REPLACED)
            return
        part(board, elder, CloseReason.REPLACED, now)
    admit_peer(board, link, offer, now)


def _give_up(board: Switchboard, link: Link, reason: str, now: Instant) -> None:
    """A router that we have dialled is not to be linked: try again later, it may be another one then."""
    board.notice(Level.WARNING, "router_not_linked", link=link.name, reason=reason)
    if link.dial is not None:
        board.mesh.book.refused(link.dial, reason, now.monotonic_s)
    board.close(link, CloseReason.PROTOCOL)


def complaint(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """INVALID, UNKNOWN or QUITTING: for a router we have dialled another way to say no; of anybody else only counted."""
    if link.dial is None or link.peer is not None:
        board.notice(Level.DEBUG, "complaint", link=link.name, command=message.command, about=message.get("command"))
        return
    reason = "it is about to end" if message.command == "QUITTING" else message.get("message")[:200]
    _give_up(board, link, f"refused: {reason or 'it gave no reason'}", now)


def refuse(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """REFUSE: the router we dialled does not take us, for now."""
    if link.dial is None or link.peer is not None:
        raise RemoteProtocolError("this link has not asked to be accepted")
    if message.get("boot_id") == board.config.boot_id:
        board.mesh.book.ourselves(link.dial, now.monotonic_s)
        board.close(link, CloseReason.PROTOCOL)
        return
    if message.get("shutdown"):
        reason = "it is about to end"
    elif message.get("conflict"):
        reason = f"{board.config.server_name!r} is taken, or linked already"
    else:
        reason = message.get("message")[:200] or "it gave no reason"
    _give_up(board, link, f"refused: {reason}", now)


def gossip(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """GOSSIP: a router with a smaller address tells us that it is there, so that we dial it."""
    if link.peer is not None or link.answers_to is not None:
        raise RemoteProtocolError("gossip is told over a link of its own")
    address = read_address(message)
    known = board.mesh.book.has(address)
    reason = "" if known else why_not(board.config, link, Opens.ROUTER, "")
    if reason and ask_for_proof(board, link, message):
        return
    if reason:
        board.statistics.auth_failures[link.kind] += 1
        raise RemoteProtocolError(reason)
    if board.mesh.book.called(address, now.monotonic_s):
        board.keep_neighbors()
    board.answer(link, "RECEIVED")


def challenged(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """CHALLENGE: the router we dialled has proven something, or not, and asks us to."""
    reason = challenge(board, link, message)
    if reason:
        _give_up(board, link, reason, now)


def proven(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """PROOF: the router that dialled us has our key, and goes on with what it wanted; or it goes."""
    wanted, reason = take_proof(board, link, message, now)
    if reason:
        board.statistics.auth_failures[link.kind] += 1
        refuse_peer(board, link, reason)
    else:
        (connect if wanted.command == "CONNECT" else gossip)(board, link, wanted, now)


def received(board: Switchboard, link: Link, _message: Message, now: Instant) -> None:
    """RECEIVED: the other router has heard our GOSSIP, and will dial."""
    if link.dial is None or link.peer is not None:
        raise RemoteProtocolError("this link has told no gossip")
    board.mesh.book.gossiped(link.dial, now.monotonic_s)
    board.close(link, CloseReason.DRAIN)
    board.mesh.status.set(now.monotonic_s)  # another one may be waiting to be told
