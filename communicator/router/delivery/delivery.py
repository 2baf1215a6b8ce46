"""One message that had to be looked into: to its service wherever it is, into the cache, or back to its sender with the reason."""

import msgspec

from communicator.protocol.line_form import encode_line
from communicator.protocol.names import BROADCAST_SERVICES, ROUTER_SERVICE, WILDCARD_SERVERS
from communicator.router.cores.voice import repeated_ids
from communicator.router.delivery.acknowledgement import acknowledge, is_repeated, send_until_acknowledged
from communicator.router.delivery.broadcasting import broadcast, deliver_all, is_copy
from communicator.router.delivery.checking import find_leaving
from communicator.router.delivery.choosing import (
    LEFT_TO_OTHERS,
    choose,
    find_version,
    has_to_wait,
    names_version,
    without_version,
)
from communicator.router.delivery.refusals import refuse_message
from communicator.router.delivery.repertoire import may_understand
from communicator.router.delivery.reports import report, send_on, tell_hop
from communicator.router.delivery.seeking import hand_on, seek, spread_further
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.authority import CANARY
from communicator.router.vocabulary.cache_policy import parse_cache_policy
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.envelope import Envelope, write_line
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link
from communicator.router.vocabulary.rules import RULE_OF

ABOUT_A_LINK = frozenset(("commands", "link", "load", "meeting", "member", "register", "router"))
"""Rules of what is said about the link it comes over, as `vocabulary.rules` names them."""


def deliver(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    """Bring a message to whom it is addressed.

    Args:
        board: The router's state.
        envelope: The message and the way it came; not addressed to this router itself.
        now: The time.
    """
    if not board.policy.active or _is_health_check(envelope):
        _deliver_now(board, envelope, now)
    elif names_version(board, envelope):
        _try_version(board, envelope, now)
    elif not has_to_wait(board, envelope):
        _deliver_now(board, envelope, now)
    elif not board.comparison.hold(envelope, len(encode_line(envelope.message))):
        fail(board, envelope, "overload", now, "overload")


def release(board: Switchboard, now: Instant) -> None:
    """Deliver what has waited for the colours of other routers, or the first of it."""
    for envelope in board.comparison.let_go(now.monotonic_s):
        _deliver_now(board, envelope, now)


def _is_health_check(envelope: Envelope) -> bool:
    """Whether one run is asked whether it lives."""
    return envelope.is_ours and envelope.message.command == "ALIVE" and bool(envelope.message.get("run_id"))


def _try_version(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    target, reason = find_version(board, envelope)
    if target is not None:
        hand_over(board, without_version(envelope), target, now)
    elif envelope.is_ours:
        refuse_message(board, envelope.link, envelope.message, reason, "acl")
    else:
        board.statistics.dropped["acl"] += 1
        ids = repeated_ids(envelope.message)
        board.tell(envelope, "INVALID", command=envelope.message.command, message=reason, **ids)
        acknowledge(board, envelope, "failed", now, "not_allowed")


def _deliver_now(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    message = envelope.message
    if message.service in BROADCAST_SERVICES:
        if message.server not in ("", *WILDCARD_SERVERS):
            board.statistics.dropped["invalid"] += 1
            reason = f"a broadcast to one server, {message.server!r}, is none"
            board.refuse(envelope.link, message.command, reason, **repeated_ids(message))
            return
        broadcast(board, envelope, now)
    elif message.get("deliver") == "all" and message.server in ("", *WILDCARD_SERVERS):
        _deliver_every(board, envelope, now)
    else:
        _deliver_one(board, envelope, now)


def _deliver_every(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    service = envelope.message.service
    is_known = board.registry.live(service) is not None or board.mesh.directory.instances(service)
    if envelope.serves is not None and not is_known and not envelope.ack_id:
        hand_on(board, envelope, now)  # another of our routers has it looked for
    elif deliver_all(board, envelope, now):
        spread_further(board, envelope, now)
    elif not is_copy(board, envelope, now):
        _absent(board, envelope, now)


def _deliver_one(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    server = envelope.message.server
    if server and not board.config.is_here(server):
        pass_on(board, envelope, server, now)
        return
    if envelope.serves is not None:
        hand_on(board, envelope, now)
        return
    if is_copy(board, envelope, now):
        return
    if envelope.message.command == "ALIVE" and _is_health_check(envelope):
        _ask_run(board, envelope, now)
        return
    chosen = choose(board, envelope, now)
    if isinstance(chosen, Link):
        hand_over(board, envelope, chosen, now)
    elif chosen == LEFT_TO_OTHERS:
        return
    elif chosen is not None:
        pass_on(board, envelope, chosen, now)
    else:
        _absent(board, envelope, now)


def _ask_run(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    """Ask one run whether it lives; we answer for one that cannot, and whose silence would say nothing."""
    message = envelope.message
    target = board.registry.find_run(message.service, message.get("run_id"))
    if target is None or target.held or not target.may_take_answer("ALIVE"):
        board.tell(envelope, "ABSOLUTELY", serial=message.get("serial"))
        return
    told = {name: value for name, value in message.parameters.items() if name != "run_id"}
    asked = msgspec.structs.replace(message, parameters=told)
    if message.sent_from_service == CANARY:
        target.asked = message.get("serial")
    hand_over(board, msgspec.structs.replace(envelope, message=asked), target, now)


def hand_over(board: Switchboard, envelope: Envelope, target: Link, now: Instant) -> None:
    """Give a message to a service of this host, once however often it comes."""
    if envelope.ack_id and is_repeated(board, envelope, now):
        return
    line = encode_line(envelope.message)
    target.hear(envelope.message.command)
    board.statistics.routed["local"] += 1
    board.transmit(target, line, 1)
    tell_hop(board, envelope, now, "delivered", target.name)
    acknowledge(board, envelope, "delivered", now)


def pass_on(board: Switchboard, envelope: Envelope, server: str, now: Instant) -> None:
    """Hand a message to the next router on the way to a server."""
    hop = board.carrier.hop(server)
    if hop is not None and hop.is_leaf and not _may_be_told(envelope):
        reason = f"the router of {server!r}, a C++ one, would take it for ours"
        refuse_message(board, envelope.link, envelope.message, reason, "acl")
        return
    if envelope.is_ours and envelope.wants_ack and board.mesh.acknowledges(server):
        send_until_acknowledged(board, envelope, server, now)
    elif hop is None:
        known = board.mesh.knows(server)
        fail(board, envelope, "no_route" if known else "server_unknown", now)
    elif not envelope.is_ours and (hop.link is envelope.link or envelope.hops_left <= 1):
        fail(board, envelope, "hops", now, "hops")
    else:
        told = {} if hop.is_leaf else envelope.on_the_way
        if envelope.spread is not None and not hop.is_leaf:  # it may not come the way that its sender's lines come
            told |= envelope.spread.named
        board.statistics.routed["next_hop"] += 1
        send_on(board, envelope, hop.link, write_line(envelope.message, told, server), (server,), now)


def _may_be_told(envelope: Envelope) -> bool:
    """Whether a C++ router may get a message for itself by way of us.

    It asks nobody who has said what: what is about a link it would take to be about ours, and some of it would end it. Of
    whoever may stop routers only the services of this host can be told.
    """
    message = envelope.message
    if message.service not in ("", ROUTER_SERVICE):
        return True
    rule = RULE_OF.get(message.command, "")
    return rule not in ABOUT_A_LINK and (envelope.is_ours or rule not in ("master", "shutdown"))


def _absent(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    """Nobody takes it now: it waits for a service of this host, is looked for elsewhere, or its sender is told so."""
    message = envelope.message
    own = envelope.link.registration is not None and envelope.link.registration.service == message.service
    if not own and message.service in board.config.known_services and board.config.is_here(message.server):
        _expect(board, envelope, now)
        return
    if envelope.is_ours and (reason := find_leaving(board, envelope.link, message)):
        refuse_message(board, envelope.link, message, reason, "faulty")
        return
    is_coloured = message.service in board.policy.active  # C++ routers know no colours: they are not asked
    if is_coloured or not _is_sought(board, envelope, now):
        loses_nothing = own and message.get("deliver") == "all"  # who speaks to all its peers, and has none
        _give_up(board, envelope, "service_unknown", now, "" if loses_nothing else "unroutable")


def _expect(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    """Its service is one of this host: keep it until that comes, if it can make use of it; else say so."""
    message = envelope.message
    if not may_understand(board.config, board.learning, message.service, message.command):
        if message.get("transmission_report") != "failure":  # it hears so at once, in one way or the other
            reason = f"service {message.service!r} is not there, and does not list this command"
            board.tell(envelope, "UNKNOWN", command=message.command, message=reason, **repeated_ids(message))
        _give_up(board, envelope, "command_unknown", now, "unroutable")
        return
    asked = message.get("cache")
    policy = parse_cache_policy(asked) if asked else board.config.packaged_as(message.service).cache
    if policy.keep:
        if envelope.ack_id and is_repeated(board, envelope, now):
            return
        if board.cache.store(message.service, encode_line(message), now.monotonic_s + policy.ttl_s, envelope.source):
            report(board, envelope, "cached", "service_absent")
            tell_hop(board, envelope, now, "cached", message.service)
            acknowledge(board, envelope, "cached", now, "service_absent")
            return
        board.notice(
            Level.WARNING, "cache_full", service=message.service, sender=envelope.source, messages=len(board.cache)
        )
    elif policy.reply:
        told = {"destination_service": message.service, "unsent_command": message.command}
        board.tell(envelope, "SERVICE_UNAVAILABLE", **told, **repeated_ids(message))
    _give_up(board, envelope, "service_absent", now, "cache_full" if policy.keep else "unroutable")


def _give_up(board: Switchboard, envelope: Envelope, reason: str, now: Instant, drop: str) -> None:
    """Its way ends here for good, so that it need not be sent again."""
    fail(board, envelope, reason, now, drop)
    acknowledge(board, envelope, "failed", now, reason)


def _is_sought(board: Switchboard, envelope: Envelope, now: Instant) -> bool:
    """Whether C++ routers look for its service, or have been asked so often that they are left alone for now."""
    if not envelope.is_ours or not board.mesh.directory.leaves():
        return seek(board, envelope, now)
    if board.mesh.unlisted.may_ask(envelope.link.id, envelope.message.service, now.monotonic_s):
        return seek(board, envelope, now)
    fail(board, envelope, "too_often", now, "unroutable")
    return True


def fail(board: Switchboard, envelope: Envelope, reason: str, now: Instant, drop: str = "") -> None:
    """A message goes no further: whoever wants to know is told why.

    One that has to arrive is sent again: only the router of its receiver says that there is no use.

    Args:
        board: The router's state.
        envelope: The message.
        reason: As `report` has it.
        now: The time.
        drop: The same in one of the words of `statistics.DROP_REASONS`, where it is counted.
    """
    if drop:
        board.statistics.dropped[drop] += 1
    told = {"command": envelope.message.command, "destination": envelope.message.destination}
    board.notice(Level.DEBUG, "message_undeliverable", **told, sender=envelope.link.name, reason=reason)
    report(board, envelope, "failed", reason)
    tell_hop(board, envelope, now, "failed", reason=reason)
