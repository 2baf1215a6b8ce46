"""RUN_STARTED and RUN_ENDED: one life of one registration, told to the local canary; nothing is judged here."""

from communicator.protocol.message import Message
from communicator.router.registry import Link, Registration
from communicator.router.switchboard import Switchboard

CANARY = "canary"


def report_run_started(board: Switchboard, registration: Registration) -> None:
    """Tell the canary of a new run; one that comes later is told by `report_runs_so_far`."""
    canary = board.registry.live(CANARY)
    if canary is not None and registration is not canary.registration:
        board.say(canary, _started(registration))


def report_run_ended(board: Switchboard, registration: Registration, reason: str) -> None:
    """Tell the canary that a run is over, or keep the word until there is one."""
    told = {"run_id": registration.run_id, "service": registration.service, "reason": reason}
    ended = Message("RUN_ENDED", told, service=CANARY)
    canary = board.registry.live(CANARY)
    if canary is None or canary.registration is registration:
        board.run_ends.append(ended)
    else:
        board.say(canary, ended)


def report_runs_so_far(board: Switchboard, link: Link) -> None:
    """Tell a canary that has just registered what it missed: the ends of runs, then every run that lasts."""
    if link.registration is None or link.registration.service != CANARY:
        return
    while board.run_ends:
        board.say(link, board.run_ends.popleft())
    for other in board.registry.registered():
        if other.registration is not None:
            board.say(link, _started(other.registration))


def _started(registration: Registration) -> Message:
    told = {
        "run_id": registration.run_id,
        "service": registration.service,
        "service_version": registration.version,
        "build": registration.build,
        "role": str(registration.role),
        "pid": "" if registration.pid is None else str(registration.pid),
        "config_hash": registration.config_hash,
    }
    return Message("RUN_STARTED", {name: value for name, value in told.items() if value}, service=CANARY)
