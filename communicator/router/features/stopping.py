"""STOP, SHUTDOWN, RESTART and the way out: who is told what before the links close."""

from communicator.protocol.message import Message
from communicator.router.delivery.delivery import release
from communicator.router.features.registration import withdraw
from communicator.router.peering.parting import take_leave
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.authority import CANARY
from communicator.router.vocabulary.effects import Level, ReopenLog, Stop, StopMode
from communicator.router.vocabulary.events import CloseReason, Instant
from communicator.router.vocabulary.registry import Link


def stop(board: Switchboard, link: Link, _message: Message, now: Instant) -> None:
    """STOP: this router ends; services may stay and wait for the next one."""
    drain(board, StopMode.STOP, f"STOP from {link.name}", now)


def restart(board: Switchboard, link: Link, _message: Message, now: Instant) -> None:
    """RESTART: this router ends, and asks to be started again."""
    drain(board, StopMode.RESTART, f"RESTART from {link.name}", now)


def shutdown(board: Switchboard, link: Link, _message: Message, now: Instant) -> None:
    """SHUTDOWN: the other routers are told, each of which obeys if it is so configured; services are told to stop, and we end."""
    for other in list(board.mesh.peers.values()):
        if other.id != link.id:
            board.say(other, Message("SHUTDOWN"))
    board.tell_listeners("STOP")
    drain(board, StopMode.STOP, f"SHUTDOWN from {link.name}", now)


def drain(board: Switchboard, mode: StopMode, by: str, now: Instant) -> None:
    """Take leave of everyone; what is queued for them is still written.

    The canary goes last, so that it hears how every run ended.

    Args:
        board: The router's state.
        mode: How the daemon is to end.
        by: Who wants it, for the log.
        now: The time.
    """
    if board.draining:
        return
    while board.comparison.holds:
        release(board, now)  # who waits for the colours of others would wait in vain
    board.draining = True
    board.deadlines.changed()  # nobody is dialled any more
    board.notice(Level.INFO, "stopping", by=by, mode=mode)
    canary = board.registry.live(CANARY)
    for link in sorted(board.registry.links.values(), key=lambda link: link is canary):
        take_leave(board, link)
        if link.accepts("DISCONNECTING"):
            board.answer(link, "DISCONNECTING")
        withdraw(board, link, "router_stop", now)
        board.close(link, CloseReason.DRAIN)
    board.ask(Stop(mode))


def log_rotate(board: Switchboard, _link: Link, _message: Message, _now: Instant) -> None:
    """LOG_ROTATE: whoever writes the log opens its file anew."""
    board.ask(ReopenLog())
