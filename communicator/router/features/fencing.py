"""Links come behind the fence and are let out: whoever has registered as something else meanwhile has to come again."""

from communicator.answers.services import Role
from communicator.protocol.message import Message
from communicator.router.cores.fence import UNTOLD, WAITING
from communicator.router.features import registration
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.events import CloseReason, Instant, Process
from communicator.router.vocabulary.registry import Link

RUN_END = "replaced"
"""How a run ends that is something else from now on: nothing is wrong with it."""


def register(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """REGISTER: of a shadow all that its process has to do with comes behind the fence."""
    registration.register(board, link, message, now)
    if link.registration is not None and link.registration.role is Role.SHADOW:
        place_all(board, now)


def process_told(board: Switchboard, link: Link, process: Process, now: Instant) -> None:
    """The shell has told whose process is at the other end of a link."""
    link.process = process
    if link.fence is None or link.fence is WAITING:
        board.fence.note_live(link)
    if link.registration is None or link.registration.role is not Role.SHADOW:
        place(board, link, now)
    elif board.fence.can_tell(link):
        board.fence.enter(link)
        place_all(board, now)
    else:
        board.refuse(link, "REGISTER", registration.NOT_TOLD)
        _send_away(board, link, now)


def place_all(board: Switchboard, now: Instant) -> None:
    """Who belongs to a shadow has changed: each link is looked at, but those whose process is yet to be told."""
    board.switch_units()
    for link in list(board.registry.links.values()):
        if link.fence is not WAITING and not link.closing:
            place(board, link, now)


def place(board: Switchboard, link: Link, now: Instant) -> None:
    """Put a link behind the fence, or let it be; whoever was taken for something else meanwhile has to come again.

    Nothing of what it has said, and of which nobody has heard yet, is heard by anyone afterwards.
    """
    before = None if link.fence is WAITING else link.fence
    link.fence = after = board.fence.find(link)
    if after is not None:
        board.taps.discard(link)
    if (before is None) is (after is None):
        return
    if after is not None and after.reason == UNTOLD:
        board.notice(Level.WARNING, "process_not_told", link=link.name, door=link.kind)
    is_nobody = link.registration is None and not link.kind.is_remote and not board.contests.waits(link)
    if before is None and is_nobody:
        return
    what = "link_let_out" if after is None else "link_fenced"
    reason = (before or after or WAITING).reason
    board.notice(Level.WARNING, what, link=link.name, reason=reason)
    _send_away(board, link, now)


def _send_away(board: Switchboard, link: Link, now: Instant) -> None:
    board.contests.give_up(link)
    registration.withdraw(board, link, RUN_END, now)
    board.close(link, CloseReason.FENCED)
