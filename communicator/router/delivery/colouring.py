"""One message for a service that has colours: to the active version, to the one before for a while, or to the one it names."""

from msgspec.structs import replace

from communicator.answers.policy import Colour
from communicator.protocol.names import THIS_SERVER
from communicator.router.cores.conversations import Conversation
from communicator.router.delivery.choosing import choose
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.authority import owns
from communicator.router.vocabulary.envelope import Envelope
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link

TO_VERSION = "to_version"
"""Parameter of a message that tries a version before it is active; only who may order about the service may write it."""


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


def choose_coloured(board: Switchboard, envelope: Envelope, colour: Colour, now: Instant) -> Link | str | None:
    """As `choose`; who has begun with what was active before goes on there, within its bounds."""
    sender = envelope.link.id if envelope.is_ours else (envelope.sender or envelope.link.id)
    old = board.conversations.find_old(sender, colour, now.monotonic_s)
    if old is not None and not envelope.is_flooded and _is_there(board, envelope, old):
        board.conversations.note(sender, old.colour, old.target, now.monotonic_s)
        return old.target
    chosen = choose(board, envelope, now)
    if chosen:
        board.conversations.note(sender, colour, chosen, now.monotonic_s)
    return chosen


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
