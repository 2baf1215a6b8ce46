"""Which instance of a service gets a message: this host's first, then the cheapest elsewhere, as far as the policy allows.

Of a service that has colours it is one of the active version, for a while of the one before, or of the one that a message names.
"""

from msgspec.structs import replace

from communicator.answers.services import Instance
from communicator.protocol.addresses import ip_of, is_private
from communicator.protocol.names import PRIVATE_NETWORK, THIS_SERVER
from communicator.router.cores.balancing import Balancer, Candidate
from communicator.router.cores.conversations import Conversation
from communicator.router.delivery.checking import find_leaving, holds_to_definitions, is_local
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.authority import owns
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.envelope import Envelope
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link

BALANCERS_KEPT = 1024
"""Services whose traffic is split; beyond it all begin anew."""
TO_VERSION = "to_version"
"""Parameter of a message that tries a version before it is active; only who may order about the service may write it."""
LEFT_TO_OTHERS = ""
"""In place of the name of a server: another router that has the message takes it."""


def choose(board: Switchboard, envelope: Envelope, now: Instant) -> Link | str | None:
    """Who gets a message that names a service, and no server but perhaps ours.

    Who has begun with what was active before goes on there, within its bounds.

    Args:
        board: The router's state.
        envelope: The message.
        now: The time.

    Returns:
        A link of this host, the name of another server, `LEFT_TO_OTHERS`, or None when nobody known takes it now.
    """
    colour = board.policy.active.get(envelope.message.service)
    if colour is None:
        return _choose(board, envelope, now)
    sender = envelope.link.id if envelope.is_ours else (envelope.sender or envelope.link.id)
    old = board.conversations.find_old(sender, colour, now.monotonic_s)
    if old is not None and not envelope.is_flooded and _is_there(board, envelope, old):
        board.conversations.note(sender, old.colour, old.target, now.monotonic_s)
        return old.target
    chosen = _choose(board, envelope, now)
    if chosen:
        board.conversations.note(sender, colour, chosen, now.monotonic_s)
    return chosen


def _choose(board: Switchboard, envelope: Envelope, now: Instant) -> Link | str | None:
    message = envelope.message
    found = candidates(board, message.service, message.server, now, exclude=envelope.link)
    if not found:  # who speaks to a service of its own name means another instance where there is one
        found = candidates(board, message.service, message.server, now)
    if is_local(board.config, message.command):
        found = _at_home(board, envelope, found)
    if envelope.is_flooded or (envelope.link.is_leaf and not message.server):
        found = [one for one in found if not board.policy.is_apart(one.service, one.server, now.monotonic_s)]
        told = told_of(board, envelope)
        if told is None:
            found = [one for one in found if one.server == board.config.server_name]
        elif found:
            found = [one for one in found if one.server == _taker(board.config, told, found)]
            if not found:
                return LEFT_TO_OTHERS
    if not found:
        return None
    is_named = message.server in (THIS_SERVER, board.config.server_name)  # weights split what may go elsewhere
    if is_named or (all(one.weight >= 1 for one in found) and found[0].cost == 0):
        return board.registry.live(message.service)
    chosen = _balancer(board, message.service, found).choose(1)
    if chosen is None:
        return None
    return board.registry.live(message.service) if chosen.server == board.config.server_name else chosen.server


def _at_home(board: Switchboard, envelope: Envelope, found: list[Candidate]) -> list[Candidate]:
    """Who of these may get a local message; where such are only watched, one that leaves its host is told, and goes on."""
    here = [one for one in found if one.server == board.config.server_name]
    if holds_to_definitions(board.config, envelope.message.command):
        return here
    if found and not here and envelope.is_ours:
        find_leaving(board, envelope.link, envelope.message)
    return found


def told_of(board: Switchboard, envelope: Envelope) -> frozenset[str] | None:
    """The servers that a leaf has given a message to, ours among them; None where somebody may have it whom we do not know.

    Only among routers of ours, which all conclude the same, can one take it for all. A C++ router that has a copy delivers it or
    sends it on without asking.

    Args:
        board: The router's state.
        envelope: A message for any instance of a service.
    """
    own, peer, spread = board.config.server_name, envelope.link.peer, envelope.spread
    if peer is None or not peer.is_leaf:
        return None
    if spread is None:  # it does not say whom it has told
        return board.mesh.topology.attached(peer.server) | {own}
    if spread.hops > 1 or envelope.message.sent_from_server != peer.server:
        return None
    listed = spread.informed - {board.config.own_ip}
    first = ip_of(peer.address)  # stands for the first of those that dialled it, and that is us if we have
    if first in listed:
        return frozenset((own,)) if envelope.link.dial is not None and listed == {first} else None
    links = board.mesh.database.links()
    routers = {ip_of(state.address): server for server, state in links.items() if board.carrier.hop(server) is not None}
    return frozenset((own, *(routers[ip] for ip in listed))) if listed <= routers.keys() else None


def _taker(config: RouterConfig, told: frozenset[str], found: list[Candidate]) -> str:
    """Which of the servers that have a message takes it.

    Those that have the service themselves come first, then the first by name passes it on; all of them conclude the same.
    """
    having = sorted(one.server for one in found if one.server in told)
    if having:
        return having[0] if having[0] == config.server_name else ""
    return found[0].server if found and min(told) == config.server_name else ""


def candidates(
    board: Switchboard, service: str, server: str, now: Instant, *, exclude: Link | None = None
) -> list[Candidate]:
    """The instances that could take a message, the one of this host first.

    Args:
        board: The router's state.
        service: Its service.
        server: Its server token: empty, a wildcard, or ours.
        now: The time.
        exclude: Who sent it.
    """
    own = board.config.server_name
    found = [] if server in (THIS_SERVER, own) else [*board.mesh.directory.instances(service)]
    if server == PRIVATE_NETWORK:
        found = [instance for instance in found if is_private(instance.address)]
    live = board.registry.live(service)
    if live is not None and live is not exclude and live.registration is not None:
        registration = live.registration
        here = Instance(server=own, service=service, version=registration.version, build=registration.build)
        found.insert(0, here)
    able = [candidate for instance in found if (candidate := _weigh(board, instance, now))]
    if service in board.policy.active:  # several of one server may be active: its router knows which one it is
        return list({one.server: one for one in able}.values())
    return able


def _weigh(board: Switchboard, instance: Instance, now: Instant) -> Candidate | None:
    """An instance as the balancer sees it; None when it cannot be reached, gets no messages, or is blocked by the policy."""
    policy, own = board.policy, instance.server == board.config.server_name
    cost = 0.0 if own else board.carrier.cost(instance.server)
    if cost is None or not policy.serves(instance, now.monotonic_s):
        return None
    is_apart = not own and policy.is_apart(instance.service, instance.server, now.monotonic_s)
    named = (instance.service, instance.version, instance.build, instance.server)
    weight = 0.0 if is_apart else policy.weight(*named, now.monotonic_s)
    return Candidate(instance.server, instance.service, instance.version, instance.build, cost, weight)


def _balancer(board: Switchboard, service: str, found: list[Candidate]) -> Balancer:
    """The balancer of a service; it begins with whoever can be chosen now."""
    balancer = board.balancers.get(service)
    if balancer is None:
        if len(board.balancers) >= BALANCERS_KEPT:
            board.balancers.clear()
        balancer = board.balancers[service] = Balancer(board.config.server_name)
    balancer.offer(found)
    return balancer


def names_version(board: Switchboard, envelope: Envelope) -> bool:
    """Whether a message is for a certain version of a service that has colours, on this host."""
    message = envelope.message
    is_for_us = message.service in board.policy.active and board.config.is_here(message.server)
    return is_for_us and bool(message.get(TO_VERSION))


def find_version(board: Switchboard, envelope: Envelope) -> tuple[Link | None, str]:
    """Whom a message that names a version goes to, or why it goes to nobody.

    Args:
        board: The router's state.
        envelope: The message.
    """
    message, user = envelope.message, envelope.link.user
    service, version = message.service, message.get(TO_VERSION)
    if not envelope.is_ours:
        return None, f"parameter {TO_VERSION} is said on the host of the version it names, and not from another one"
    if user is None or not owns(service, user, board.config):
        return None, f"parameter {TO_VERSION}: it takes root, the router's user or the owner of {service!r}"
    target = board.registry.find_version(service, version)
    return target, "" if target else f"parameter {TO_VERSION}: no {service!r} of version {version!r} runs on this host"


def without_version(envelope: Envelope) -> Envelope:
    """The message as a service is to hear it."""
    told = {name: value for name, value in envelope.message.parameters.items() if name != TO_VERSION}
    return replace(envelope, message=replace(envelope.message, parameters=told))


def has_to_wait(board: Switchboard, envelope: Envelope) -> bool:
    """Whether a message waits until routers that were just linked have told their colours.

    What only passes does not: the routers at its two ends see to it.
    """
    is_passing = not (envelope.is_ours or board.config.is_here(envelope.message.server))
    return board.comparison.holds and envelope.message.service in board.policy.active and not is_passing


def _is_there(board: Switchboard, envelope: Envelope, old: Conversation) -> bool:
    target = old.target
    if isinstance(target, Link):
        return target.registration is not None and not target.closing and target is not envelope.link
    if envelope.message.server in (THIS_SERVER, board.config.server_name):
        return False
    instances = board.mesh.directory.instances(envelope.message.service)
    return any(
        one.server == target and one.state == "up" and old.colour.fits(one.version, one.build) for one in instances
    )
