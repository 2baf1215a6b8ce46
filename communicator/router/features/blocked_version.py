"""VERSION_BLOCKED: what a service hears whose version the policy does not let run here; what the policy says is told elsewhere."""

from communicator.answers.policy import TEXT_CHARACTERS
from communicator.answers.services import Role
from communicator.protocol.line_form import representable
from communicator.router.cores.policy import Blocking
from communicator.router.cores.voice import Voice
from communicator.router.features.runs import report_run_refused
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.events import CloseReason, Instant
from communicator.router.vocabulary.registry import Link, Registration


def blocking_of(board: Switchboard, one: Registration, now: Instant) -> Blocking | None:
    """Whether the policy in force bars what has registered, or wants to, on this host."""
    return board.policy.barred(one.service, one.version, one.build, board.server, now.monotonic_s)


def refuse_blocked(board: Switchboard, link: Link, registration: Registration, now: Instant) -> bool:
    """Turn a newcomer away whose version is blocked, or to be tried elsewhere first; a probe comes in where probes are allowed.

    Args:
        board: The router's state.
        link: Who wants to register.
        registration: As what; it is not entered yet.
        now: The time.

    Returns:
        Whether it was turned away: it was told, the canary was, and its link is being closed.
    """
    blocking = blocking_of(board, registration, now)
    if blocking is None and not board.fence.fits(registration):  # a shadow begins before its version is good anywhere
        blocking = board.policy.untried(registration.service, registration.version, registration.build, now.monotonic_s)
    if blocking is None or (registration.role is Role.PROBE and blocking.probe_allowed):
        return False
    board.notice(Level.INFO, "blocked_version_refused", **_noted(registration, blocking))
    report_run_refused(board, registration, now)
    tell_blocked(board, link, blocking)
    board.close(link, CloseReason.BLOCKED)
    return True


def tell_blocked(voice: Voice, link: Link, blocking: Blocking) -> None:
    """Say why, for how long from now in seconds, and whether a probe may come meanwhile."""
    voice.answer(
        link,
        "VERSION_BLOCKED",
        reason=representable(blocking.reason or "no reason given", TEXT_CHARACTERS),
        until_s=f"{blocking.until_s:.3f}",
        probe_allowed="true" if blocking.probe_allowed else "false",
    )


def note_expelled(voice: Voice, registration: Registration, blocking: Blocking) -> None:
    """One line of the log about an instance that ran, and may no longer."""
    voice.notice(Level.WARNING, "blocked_version_expelled", **_noted(registration, blocking))


def _noted(registration: Registration, blocking: Blocking) -> dict[str, object]:
    named = {name: getattr(registration, name) for name in ("service", "version", "build", "role")}
    return named | blocking._asdict() | {"until_s": round(blocking.until_s, 3)}
