"""POLICY_SET and POLICY_GET: the canary's policy is taken, kept, shown, and obeyed by those registered here; nothing is judged."""

from communicator.answers.policy import Policy
from communicator.protocol.message import Message
from communicator.router.cores.colours import find_conflicts, render_colours
from communicator.router.cores.policy import (
    PolicyInForce,
    parse_policy,
    render_generation,
    render_kept,
    render_policy,
)
from communicator.router.cores.voice import Voice
from communicator.router.features.blocked_version import blocking_of, note_expelled, refuse_blocked, tell_blocked
from communicator.router.features.colours import follow, note_conflicts
from communicator.router.features.fencing import place_all
from communicator.router.features.registration import withdraw
from communicator.router.peering.exchange import look_at_status, publish_links
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
        note_conflicts(board, find_conflicts(before.colours, policy.colours), board.server)
    if policy.orders != before.policy.orders:
        publish_links(board)
        look_at_status(board, now)
    follow(board, before, now)
    place_all(board, now)
    _tell(board, link, board.policy)
    _expel(board, now)


def policy_get(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """POLICY_GET: answered by POLICY_CURRENT."""
    _tell(board, link, board.policy)


def _tell(voice: Voice, link: Link, in_force: PolicyInForce) -> None:
    policy, colours = in_force.policy, in_force.colours
    told = {"colours": render_colours(colours)} if colours else {}
    generation = render_generation(policy)
    voice.answer(link, "POLICY_CURRENT", generation=generation, policy=render_policy(policy), **told)


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
