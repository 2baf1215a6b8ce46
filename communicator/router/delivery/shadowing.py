"""Copies are handed to a shadow of this host, and what it says to whoever spoke goes to the router that copies: to nobody else."""

import msgspec

from communicator.answers.shadows import Step
from communicator.errors import LocalProtocolError
from communicator.protocol.line_form import decode, encode, encode_line
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE, SHADOW_ID
from communicator.router.cores.copies import Belonging, Copied
from communicator.router.cores.steps import STEP_BYTES, STEPS_AT_ONCE
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.copies import LOST, Copy, Taken, write_said, write_taken
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link, Party

ABSENT, BEHIND = "absent", "behind"
"""Why a copy reached nobody: the shadow is not there, or too much waits for it."""
UNASKED, TOO_MUCH, UNSENDABLE = "unasked", "too_much", "unsendable"
"""Why what a shadow says to a service is discarded: no conversation with that is copied, or not the one it names; it has answered
more than a conversation may have answers; or it cannot be written as a line."""
SHADOW_PARAMETERS = b"shadow=1;shadow_id="


def take_copy(board: Switchboard, copy: Copy, now: Instant) -> None:
    """Take a copy for its shadow; `hand_on` offers it, together with others that have come.

    Its router is told what became of it, in the order of the copies.

    Where the policy has that router copy nothing for it the shadow is as good as absent: it would hear what the shadow answers.

    Args:
        board: The router's state.
        copy: It, from another router or from this one.
        now: The time.

    Raises:
        RemoteProtocolError: It is no message.
    """
    link = board.fence.find_shadow(copy.shadow, copy.primary)
    message = decode(copy.line)
    if link is not None:
        board.copies.note(link.id, copy, message, board.fence.shadows[copy.shadow].key, now.monotonic_s)
    board.copies.batches[copy.shadow, copy.primary].append((copy, message.command))


def hand_on(board: Switchboard, now: Instant) -> None:
    """Offer copies that were taken to their shadows."""
    batches = list(board.copies.batches.items())
    board.copies.batches.clear()
    for (shadow, primary), batch in batches:
        link = board.fence.find_shadow(shadow, primary)
        copies = [copy for copy, _ in batch]
        if link is None:
            _confirm(board, copies, ABSENT, now)
        else:
            _offer(board, link, copies, {command for _, command in batch})


def _offer(board: Switchboard, link: Link, copies: list[Copy], commands: set[str]) -> None:
    data = b"".join(map(_marked, copies))

    def done(taken: bool, then: Instant) -> None:  # noqa: FBT001 - the answer of the shell
        if taken:
            for command in commands:
                link.hear(command)
            if board.taps:
                board.tap("out", link, data)
        _confirm(board, copies, "" if taken else BEHIND, then)

    board.offer(link, data, done)


def _marked(copy: Copy) -> bytes:
    """The line as it was, and at its end what tells a copy: of two parameters of one name the last one counts."""
    line = copy.line.rstrip()
    _, _, behind_head = line.partition(b" ")
    if line.startswith(b"<"):
        _, _, behind_head = behind_head.partition(b" ")
    between = b"" if line.endswith(b";") and behind_head else b";" if behind_head else b" "
    identifier = f"{copy.conversation}-{copy.number}\n".encode()
    return line + between + SHADOW_PARAMETERS + identifier


def _confirm(board: Switchboard, copies: list[Copy], refused: str, now: Instant) -> None:
    copy = copies[-1]
    taken = Taken(
        shadow=copy.shadow,
        ticket=copy.ticket,
        first=copies[0].ticket,
        messages=len(copies),
        refused=refused,
        load=board.load.average,
    )
    if copy.primary == board.server:
        if board.mirrors.take(taken, now.monotonic_s):
            board.look_soon()
    else:
        board.tell_party(Party(copy.primary, ROUTER_SERVICE), write_taken(taken, copy.primary))


def tell_said(board: Switchboard, link: Link, message: Message, now: Instant) -> str:
    """Tell the router that copies what a shadow has said in one of its conversations.

    Args:
        board: The router's state.
        link: Of the shadow.
        message: What it says, to whomever.
        now: The time.

    Returns:
        Why it is to be discarded instead; empty: it was told.
    """
    belonging = board.copies.find(link.id, message, now.monotonic_s)
    if belonging is None:
        return UNASKED
    copied = belonging.copied
    if copied.is_spent:
        _tell_lost(board, copied)
    if copied.is_lost:
        return TOO_MUCH
    try:
        step = _step(message, belonging, now)
    except LocalProtocolError:  # a JSON message may hold what no line can
        _tell_lost(board, copied)
        return UNSENDABLE
    copied.answers += 1
    if len(step.line) > STEP_BYTES:  # the comparator would not be told of it
        _tell_lost(board, copied)
    elif copied.primary == board.server:
        board.mirrors.hear(copied.shadow, (step,))
    else:
        waiting = board.copies.said[copied.link, copied.shadow, copied.primary]
        waiting.add(step)
        if len(waiting) >= STEPS_AT_ONCE:
            tell_what_was_said(board)
    board.look_later()
    return ""


def _tell_lost(board: Switchboard, copied: Copied) -> None:
    """An answer is not told, so that the conversation must not be compared: its router hears that once, and no more of it."""
    if copied.is_lost:
        return
    copied.is_lost = True
    lost = (Step(conversation=copied.conversation, what="ended", cut=LOST),)
    if copied.primary == board.server:
        board.mirrors.hear(copied.shadow, lost)
        board.look_later()
    else:
        board.tell_party(Party(copied.primary, ROUTER_SERVICE), write_said(copied.shadow, lost, copied.primary))


def tell_what_was_said(board: Switchboard) -> None:
    """Tell other routers what shadows have said since they were told last, many lines together."""
    said = list(board.copies.said.items())
    board.copies.said.clear()
    for (shadow_link, shadow, primary), waiting in said:
        while steps := waiting.take():
            _offer_said(board, shadow_link, write_said(shadow, steps, primary), steps)
            waiting.have_left()


def _offer_said(board: Switchboard, shadow_link: int, told: Message, steps: tuple[Step, ...]) -> None:
    """Offer answers to the link to the router that copies: a shadow that says much is not to hold up what others say over it."""
    hop = board.carrier.hop(told.server)

    def done(taken: bool, _then: Instant) -> None:  # noqa: FBT001 - the answer of the shell
        for conversation in () if taken else {step.conversation for step in steps}:
            copied = board.copies.of(shadow_link, conversation)
            if copied is not None:
                _tell_lost(board, copied)

    if hop is not None:
        board.offer(hop.link, encode_line(board.signed(told)), done)


def _step(message: Message, belonging: Belonging, now: Instant) -> Step:
    copied, number = belonging
    asked = copied.asked.get(number)
    parameters = {name: value for name, value in message.parameters.items() if name != SHADOW_ID}
    plain = msgspec.structs.replace(message, parameters=parameters, sent_from_server="", sent_from_service="")
    return Step(
        conversation=copied.conversation,
        what="shadow",
        number=number,
        line=encode(plain).decode(),
        after_s=0.0 if asked is None else now.monotonic_s - asked.at_s,
    )
