"""What follows when a service has another colour, on whose word ever: the canary's policy, or COLOURS of another router."""

from communicator.answers.policy import Colour
from communicator.errors import RemoteProtocolError
from communicator.protocol.message import Message
from communicator.router.cores.colours import find_absurd, find_conflicts, generation_of, parse_colours
from communicator.router.cores.policy import PolicyInForce, render_kept
from communicator.router.features.registration import hand_out
from communicator.router.peering.colours import tell_colours
from communicator.router.peering.exchange import look_at_status, service_changed
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.effects import Keep, KeptFile, Level
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link


def colours(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """COLOURS: those another router obeys; the newer ones are taken, without a word of our canary, and told to all others."""
    before, told = board.policy, parse_colours(message.get("colours"))
    teller = message.sent_from_server or link.name
    absurd = find_absurd(before.colours, told)
    for one in absurd:
        own = generation_of(before.colours, one.service)
        board.notice(Level.WARNING, "colour_refused", **_noted(one), server=teller, own_generation=own)
    note_conflicts(board, find_conflicts(before.colours, told), teller)
    try:
        after = before.coloured_by(one for one in told if one not in absurd)
    except RemoteProtocolError:
        board.comparison.end(link.id, now.monotonic_s)
        raise
    if after.colours != before.colours:
        board.obey(after, now)
        board.ask(Keep(KeptFile.POLICY, render_kept(after.policy, after.colours)))
        follow(board, before, now, link)
    board.comparison.end(link.id, now.monotonic_s)


def follow(board: Switchboard, before: PolicyInForce, now: Instant, source: Link | None = None) -> None:
    """Do what new colours ask for; nothing where they are the old ones.

    Args:
        board: The router's state; they are in force.
        before: What was in force.
        now: The time.
        source: Who told of them, if a router has; all other routers are told.
    """
    after = board.policy
    if after.colours == before.colours:
        return
    for service in sorted(before.active.keys() | after.active.keys()):
        old, new = before.active.get(service), after.active.get(service)
        if old is None or new is None or (old.active, old.active_build) != (new.active, new.active_build):
            _switch(board, old, new, after.colours[service], now)
    tell_colours(board, board.carrier.onward(source))
    look_at_status(board, now)


def _switch(board: Switchboard, old: Colour | None, new: Colour | None, told: Colour, now: Instant) -> None:
    """Another version of a service is active: whoever was just made live gets what was kept for it."""
    if old is not None and new is not None:
        board.conversations.switch(old, new, now.monotonic_s)
    board.notice(Level.INFO, "colour_switched", **_noted(told))
    service_changed(board.mesh, told.service, now)
    live = board.registry.live(told.service)
    if live is not None:
        hand_out(board, live, told.service, now)


def note_conflicts(board: Switchboard, conflicts: list[Colour], teller: str) -> None:
    """One line of the log about each that is not taken, since another one of its generation is in force."""
    for one in conflicts:
        board.notice(Level.WARNING, "colour_contradicted", **_noted(one), server=teller)


def _noted(colour: Colour) -> dict[str, object]:
    return {
        "service": colour.service,
        "active": colour.active,
        "build": colour.active_build,
        "generation": colour.generation,
    }
