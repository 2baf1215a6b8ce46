"""POLICY_SET, POLICY_GET and COLOURS: a policy is taken, kept, shown, and obeyed by those registered here; nothing is judged.

Colours of services come in the policy of the canary, or from another router; the same follows from either.
"""

from communicator.answers.policy import Colour, Policy
from communicator.protocol.message import Message
from communicator.router.cores.colours import find_absurd, find_conflicts, generation_of, parse_colours
from communicator.router.cores.policy import PolicyInForce, parse_policy, render_generation, render_kept
from communicator.router.cores.voice import Voice
from communicator.router.features.blocked_version import blocking_of, note_expelled, refuse_blocked, tell_blocked
from communicator.router.features.fencing import place_all
from communicator.router.features.registration import hand_out, withdraw
from communicator.router.peering.colours import tell_colours
from communicator.router.peering.exchange import look_at_status, publish_links, service_changed
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.effects import Keep, KeptFile, Level
from communicator.router.vocabulary.events import CloseReason, Instant
from communicator.router.vocabulary.registry import Link

COUNTED = ("denylist", "weights", "apart", "trials", "colours", "shadows")
"""Parts of a policy of which the log tells how many entries they have."""
RUN_END = "blocked"
"""How a run ends whose version may no longer run here."""


def policy_set(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """POLICY_SET: put a policy into force, unless it is older than the one that is; answered as POLICY_GET is."""
    policy = parse_policy(message.get("policy"))
    before = board.policy
    board.obey(before.succeeded_by(policy, now.monotonic_s), now)
    if policy.generation != before.policy.generation:  # else it is the same again, and only the lease is new
        board.ask(Keep(KeptFile.POLICY, render_kept(policy, board.policy.colours)))
        _note(board, policy)
        _note_conflicts(board, find_conflicts(before.colours, policy.colours), board.server)
    if policy.orders != before.policy.orders:
        publish_links(board)
        look_at_status(board, now)
    _follow(board, before, now)
    place_all(board, now)
    policy_get(board, link, message, now)
    _expel(board, now)


def policy_get(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """POLICY_GET: answered by POLICY_CURRENT."""
    board.answer(link, "POLICY_CURRENT", **board.policy.described())


def _note(voice: Voice, policy: Policy) -> None:
    counted = {name: len(getattr(policy, name)) for name in COUNTED}
    told = {"generation": render_generation(policy), "lease_s": policy.lease_s, "orders": policy.orders}
    voice.notice(Level.INFO, "policy_set", **told, **counted)


def _expel(board: Switchboard, now: Instant) -> None:
    """Those that could be given work and are blocked leave; a probe or a shadow under way is the canary's own trial."""
    for link in list(board.registry.registered()):
        registration = link.registration
        if registration is None or not registration.role.hears_broadcasts:
            continue
        contest = board.contests.find(registration.service)
        if contest is not None and refuse_blocked(board, contest.newcomer, contest.claim, now):
            board.contests.end(registration.service)
        blocking = blocking_of(board, registration, now)
        if blocking is not None:
            note_expelled(board, registration, blocking)
            tell_blocked(board, link, blocking)
            withdraw(board, link, RUN_END, now)
            board.close(link, CloseReason.BLOCKED)


def colours(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """COLOURS: those another router obeys; the newer ones are taken, without a word of our canary, and told to all others."""
    before, told = board.policy, parse_colours(message.get("colours"))
    teller = message.sent_from_server or link.name
    absurd = find_absurd(before.colours, told)
    for one in absurd:
        own = generation_of(before.colours, one.service)
        board.notice(Level.WARNING, "colour_refused", **_coloured(one), server=teller, own_generation=own)
    _note_conflicts(board, find_conflicts(before.colours, told), teller)
    try:
        refused = {one.service for one in absurd}
        after = before.coloured_by(one for one in told if one.service not in refused)
        if after.colours != before.colours:
            board.obey(after, now)
            board.ask(Keep(KeptFile.POLICY, render_kept(after.policy, after.colours)))
            _follow(board, before, now, link)
    finally:
        board.comparison.end(link.id, now.monotonic_s)


def _follow(board: Switchboard, before: PolicyInForce, now: Instant, source: Link | None = None) -> None:
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
    board.notice(Level.INFO, "colour_switched", **_coloured(told))
    service_changed(board.mesh, told.service, now)
    live = board.registry.live(told.service)
    if live is not None:
        hand_out(board, live, told.service, now)


def _note_conflicts(board: Switchboard, conflicts: list[Colour], teller: str) -> None:
    """One line of the log about each that is not taken, since another one of its generation is in force."""
    for one in conflicts:
        board.notice(Level.WARNING, "colour_contradicted", **_coloured(one), server=teller)


def _coloured(colour: Colour) -> dict[str, object]:
    return {
        "service": colour.service,
        "active": colour.active,
        "build": colour.active_build,
        "generation": colour.generation,
    }
