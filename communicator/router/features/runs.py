"""RUN_STARTED and RUN_ENDED: one life of one registration, or none, told to the local canary; nothing is judged here."""

from communicator.protocol.message import Message, given
from communicator.router.cores.run_budget import Sum
from communicator.router.cores.voice import Voice
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.authority import CANARY
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link, Registration, Registry

BLOCKED = "blocked"


def report_run_started(board: Switchboard, registration: Registration, now: Instant) -> None:
    """Tell the canary of a new run; one that comes later is told by `report_runs_so_far`.

    Of a service that comes and goes all the time not each run is told (`communicator.router.cores.run_budget`).
    """
    if board.run_budget.begin(registration, now.monotonic_s):
        _tell_start(board, board.registry, registration)


def report_run_ended(board: Switchboard, registration: Registration, reason: str, now: Instant) -> None:
    """Tell the canary that a run is over, or keep the word until there is one."""
    if board.run_budget.end(registration, reason, now.monotonic_s):
        _tell_or_keep(board, registration, _ended(registration, reason))


def report_untold_runs(board: Switchboard, now: Instant) -> None:
    """Tell the canary of the runs that were not told when they began and still go on, and how many others there were."""
    for untold in board.run_budget.take_due(now.monotonic_s):
        if isinstance(untold, Sum):
            _tell_sum(board, untold)
        else:
            _tell_start(board, board.registry, untold)


def _tell_start(voice: Voice, registry: Registry, registration: Registration) -> None:
    canary = registry.live(CANARY)
    if canary is not None and registration is not canary.registration:
        voice.say(canary, _started(registration))


def _tell_sum(board: Switchboard, untold: Sum) -> None:
    last, reason, runs = untold
    board.notice(Level.WARNING, "runs_not_told", service=last.service, runs=runs, reason=reason)
    told = {**_ended(last, reason).parameters, "omitted": str(runs)}
    if reason == BLOCKED:  # not which process: it was one of many
        told |= given(service_version=last.version, build=last.build)
    _tell_or_keep(board, last, Message("RUN_ENDED", told, service=CANARY))


def report_run_refused(board: Switchboard, registration: Registration, now: Instant) -> None:
    """Tell the canary that there is no run, so that the end of this process is none of a run either.

    Whoever is refused comes again and again: while there is no canary, only the last time is kept of each service, and the ends
    of runs are not driven out.
    """
    ends = board.run_budget.ends
    if not board.run_budget.refuse(registration, BLOCKED, now.monotonic_s):
        return
    told = _described(registration) | {"reason": BLOCKED}
    for kept in [one for one in ends if _is_refusal(one) and one.get("service") == registration.service]:
        ends.remove(kept)
    _tell_or_keep(board, registration, Message("RUN_ENDED", told, service=CANARY))


def _tell_or_keep(board: Switchboard, registration: Registration, ended: Message) -> None:
    canary = board.registry.live(CANARY)
    if canary is None or canary.registration is registration:
        board.run_budget.ends.append(ended)
    else:
        board.say(canary, ended)


def _is_refusal(ended: Message) -> bool:
    """Only of these the role is told: of a run that began it is known."""
    return bool(ended.get("role"))


def report_runs_so_far(board: Switchboard, link: Link) -> None:
    """Tell a canary that has just registered what it missed: the ends of runs, then every run that lasts."""
    if link.registration is None or link.registration.service != CANARY:
        return
    while board.run_budget.ends:
        board.say(link, board.run_budget.ends.popleft())
    board.run_budget.told_all()
    for other in board.registry.registered():
        if other.registration is not None:
            board.say(link, _started(other.registration))


def _ended(registration: Registration, reason: str) -> Message:
    told = {"run_id": registration.run_id, "service": registration.service, "reason": reason}
    return Message("RUN_ENDED", told, service=CANARY)


def _started(registration: Registration) -> Message:
    told = given(
        config_hash=registration.config_hash,
        user=registration.user,
        by_owner="true" if registration.by_owner else "",
    )
    return Message("RUN_STARTED", _described(registration) | told, service=CANARY)


def _described(registration: Registration) -> dict[str, str]:
    return given(
        run_id=registration.run_id,
        service=registration.service,
        service_version=registration.version,
        build=registration.build,
        role=str(registration.role),
        pid="" if registration.pid is None else str(registration.pid),
    )
