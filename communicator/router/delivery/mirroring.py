"""Copies for shadows, from the primary's write to the router of the shadow, and what is told of them to the comparator.

While lines are passed on, all that is done is to note those that are wanted (`cores.sampling`). They are looked at when the shell
says that it is time (`PutOff`), a few at a turn. What is to leave is offered, not sent: a link behind keeps it waiting here.
"""

import msgspec

from communicator.answers.policy import ALL
from communicator.answers.router import Mirror as MirrorStanding
from communicator.answers.shadows import Step, Steps
from communicator.errors import LocalProtocolError, ProtocolError
from communicator.protocol.line_form import decode, encode, encode_line
from communicator.protocol.message import Message
from communicator.protocol.names import CORRELATION_ID, SHADOW
from communicator.router.cores.mirror import TELL_S, Conversation, Mirror
from communicator.router.cores.mirrors import MIRRORS
from communicator.router.cores.parties import NOT_COPIED_SENDERS, TO_BE_READ
from communicator.router.cores.sampling import Note, Sampler
from communicator.router.cores.statistics import fill
from communicator.router.cores.steps import STEPS_AT_ONCE
from communicator.router.delivery.shadowing import hand_on, take_copy, tell_what_was_said
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.authority import CANARY
from communicator.router.vocabulary.config import SHADOWS
from communicator.router.vocabulary.copies import Copy, CopyWriter
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link
from communicator.router.vocabulary.rules import RULE_OF

COMPARATOR = CANARY
LINES_AT_ONCE = 128
"""Looked at in one turn, each copy for a further shadow counted as one more: a quarter of a millisecond of work."""
RETRY_S = 0.1
"""When what a link would not take is offered again."""
NO_ROUTE_RETRY_S = 1.0
"""When a way is looked for again."""
_UNTOLD = Message("")
NOT_COPIED = frozenset(map(str.encode, RULE_OF)) | {b"ALIVE", b"HELP", b"QUITTING", b"READY"}
"""What is about one process, or may not be said by everybody."""


def settle_mirrors(board: Switchboard, now: Instant) -> None:
    """Copy what the policy says from whoever is live now; without a canary that renews its lease nothing is copied."""
    policy = board.policy
    shadows = policy.policy.shadows if policy.lease_holds(now.monotonic_s) else ()
    wanted = [shadow for shadow in shadows if shadow.share > 0 and shadow.primary in (ALL, board.server)]
    for mirror in board.mirrors.settle(wanted, board.registry.live):
        _tell_rest(board, mirror)
    omitted = max(0, len(wanted) - MIRRORS)
    if omitted != board.mirrors.omitted:
        board.mirrors.omitted = omitted
        board.notice(Level.WARNING, "shadows_not_copied", shadows=omitted, limit=MIRRORS)


def look_at_notes(board: Switchboard, now: Instant) -> None:
    """PutOff: look at what was noted, some of it, and let leave what can."""
    board.begin_looking()
    hand_on(board, now)
    tell_what_was_said(board)
    left = LINES_AT_ONCE
    for sampler in [each for each in board.mirrors.samplers.values() if each.has_notes]:
        sampler.cut_missed()
        while left > 0 and (note := sampler.take_note()) is not None:
            left = _look(board, sampler, note, left, now)
        if sampler.has_notes:
            board.look_soon()
    go_on(board, now)


def mirrors_due(board: Switchboard, now: Instant) -> None:
    """Something is due: another instance is live, a conversation is over, or what could not leave is tried again."""
    mirrors, now_s = board.mirrors, now.monotonic_s
    if not mirrors.due.is_due(now_s):
        return
    if mirrors.is_stale:
        settle_mirrors(board, now)
    for sampler in mirrors.samplers.values():
        for conversation in sampler.turn(now_s):
            for mirror in tuple(conversation.followers):
                mirror.conclude(conversation)
    go_on(board, now)


def go_on(board: Switchboard, now: Instant) -> None:
    """Let leave what can, and say when something is due."""
    for mirror in tuple(board.mirrors.active):
        mirror.give_up(now.monotonic_s)
        if mirror.retry_s is None or mirror.retry_s <= now.monotonic_s:
            mirror.retry_s = None
            _let_leave(board, mirror, now)
            _let_hear(board, mirror, now)
        if mirror.is_idle:
            del board.mirrors.active[mirror]
    board.mirrors.announce(now.monotonic_s)


def _look(board: Switchboard, sampler: Sampler, note: Note, left: int, now: Instant) -> int:
    """Look at lines of a note; returns how many more may be looked at in this turn."""
    if note.key and (note.conversation is None or not sampler.goes_on(note.conversation)):
        note.conversation = sampler.find(note.key, 1, note.at_s)
        if note.conversation is None:
            sampler.done()
            return left - 1
    for line in note.lines:
        if note.is_said:
            _said(sampler, _in_plain(line) if line[:1] in TO_BE_READ else line, note.at_s)
        else:
            left -= _asked(board, sampler, note, line, now)
        left -= 1
        if left <= 0:
            return left
    sampler.done()
    return left - 1


def _asked(board: Switchboard, sampler: Sampler, note: Note, line: bytes, now: Instant) -> int:
    """One line that has gone to the primary; returns for how many shadows beyond the first one it was copied."""
    found = sampler.address.match(line)
    if found is None or found[2] in NOT_COPIED:
        return 0
    sender = found[1] or b""
    if sender.endswith(NOT_COPIED_SENDERS):
        return 0
    read = _read(sampler, line)
    if read is None:
        known = sampler.parties.get(sender[1:], {})
        for unreadable in (note.conversation,) if note.conversation else tuple(known.values()):
            sampler.cut(unreadable, "unreadable")
        return 0
    text, message = read
    conversation = _conversation_of(sampler, note, sender, message)
    if conversation is None or not (conversation.followers or _begin(board, sampler, conversation, now)):
        return 0
    number = sampler.asked(conversation, sender, note.at_s)
    correlation_id = message.get(CORRELATION_ID)
    if correlation_id and not sampler.remember(conversation, sender, correlation_id, number, note.at_s):
        sampler.cut(conversation, "queue")
        return 0
    copies = len(conversation.followers)
    _copy(board, conversation, number, line, text)
    sampler.skip(conversation)
    return copies - 1


def _read(sampler: Sampler, line: bytes) -> tuple[str, Message] | None:
    """A line as text, and as a message where what it says matters, else as one that says nothing; None: it cannot be read."""
    is_told = sampler.parameter or b"shadow=" in line or b"correlation_id=" in line
    try:
        return line.decode(), decode(line) if is_told else _UNTOLD
    except (UnicodeDecodeError, ProtocolError):
        return None


def _conversation_of(sampler: Sampler, note: Note, sender: bytes, message: Message) -> Conversation | None:
    """The conversation that a message belongs to; None where it is not copied."""
    if message.get(SHADOW):
        return None
    if note.conversation is not None:
        return note.conversation
    key = message.get(sampler.parameter).encode() if sampler.parameter else sender
    return sampler.find(key, 1, note.at_s) if key else None


def _begin(board: Switchboard, sampler: Sampler, conversation: Conversation, now: Instant) -> bool:
    """A conversation begins, if it is new, for each shadow that gets it and can; whether there is any."""
    if not conversation.identity:
        conversation.identity = board.new_message_id()
        for mirror in sampler.mirrors:
            if conversation.drawn < mirror.shadow.share:
                hindrance = find_hindrance(board, mirror, now)
                if hindrance:
                    mirror.totals[hindrance] += 1
                else:
                    _follow(board, mirror, conversation)
    sampler.skip(conversation)
    return bool(conversation.followers)


def _follow(board: Switchboard, mirror: Mirror, conversation: Conversation) -> None:
    """A conversation begins for a shadow; whoever compares now hears of it from the begin."""
    if mirror not in board.mirrors.active:
        board.mirrors.active[mirror] = None
        link = board.registry.live(COMPARATOR)
        mirror.comparator = None if link is None else link.id
    mirror.follow(conversation)


def _copy(board: Switchboard, conversation: Conversation, number: int, line: bytes, text: str) -> None:
    """Let a copy wait for each shadow that gets the conversation."""
    step = Step(conversation=conversation.identity, what="asked", number=number, line=text)
    for mirror, follower in tuple(conversation.followers.items()):
        copy = Copy(
            shadow=mirror.which,
            primary=board.server,
            conversation=conversation.identity,
            number=number,
            ticket=next(board.mirrors.tickets),
            line=line,
        )
        mirror.put(follower, copy, step)


def _in_plain(line: bytes) -> bytes:
    """A line that begins with a sender, a blank or JSON, as its receiver gets it; empty where it is refused."""
    try:
        return encode(msgspec.structs.replace(decode(line), sent_from_server="", sent_from_service=""))
    except (ProtocolError, LocalProtocolError):
        return b""


def _said(sampler: Sampler, line: bytes, at_s: float) -> None:
    """Note one line that the primary has said. Only what follows the first message of a conversation is a reply in it."""
    to = line[: line.find(b"/")]
    if to not in sampler.parties:
        return
    read = _read(sampler, line)
    if read is None:
        for unreadable in tuple(sampler.parties[to].values()):
            sampler.cut(unreadable, "unreadable")
        return
    text, message = read
    key = message.get(sampler.parameter).encode(errors="replace")
    conversation, number, asked_s = sampler.find_reply(to, message.get(CORRELATION_ID), key)
    sampler.answered(to, conversation)
    if conversation is None:
        return
    after_s = at_s - asked_s if number >= 0 else 0.0
    step = Step(conversation=conversation.identity, what="primary", number=number, line=text, after_s=after_s)
    for mirror, follower in tuple(conversation.followers.items()):
        mirror.replied(follower, 1)
        mirror.tell(follower, step)
    sampler.skip(conversation)


def find_hindrance(board: Switchboard, mirror: Mirror, now: Instant) -> str:
    """Why no conversation of a shadow begins now, as it is counted; empty: one may."""
    server = mirror.shadow.server
    if server != board.server:
        if board.carrier.hop(server) is None:
            return "no_route"
        if not board.mesh.has_feature(server, SHADOWS):
            return "unsupported"
    if not _is_there(board, mirror):
        return "absent"
    return "comparator" if board.registry.live(COMPARATOR) is None else mirror.hindrance(now.monotonic_s)


def _is_there(board: Switchboard, mirror: Mirror) -> bool:
    shadow = mirror.shadow
    if shadow.server == board.server:
        return board.fence.find_shadow(mirror.which, board.server) is not None
    return any(
        one.server == shadow.server and one.state == "up" and shadow.fits(one.service, one.version, one.build)
        for one in board.mesh.directory.instances(shadow.service)
    )


def _let_leave(board: Switchboard, mirror: Mirror, now: Instant) -> None:
    """Let copies set out for the router of the shadow, which is perhaps this one."""
    if mirror.is_offering or not (mirror.queue_messages or mirror.batch):
        return
    if mirror.shadow.server == board.server:
        _hand_over(board, mirror, now)
    elif (hop := board.carrier.hop(mirror.shadow.server)) is not None:
        _offer_copies(board, mirror, hop.link, now)
    else:
        mirror.retry_s = now.monotonic_s + NO_ROUTE_RETRY_S


def _hand_over(board: Switchboard, mirror: Mirror, now: Instant) -> None:
    """The shadow is on this host."""
    batch, mirror.batch = mirror.take_batch(now.monotonic_s), ()
    for copy in batch:
        try:
            take_copy(board, copy, now)
        except ProtocolError:
            mirror.refuse(copy, "unreadable")
    hand_on(board, now)


def _offer_copies(board: Switchboard, mirror: Mirror, link: Link, now: Instant) -> None:
    lines = [line for copy in mirror.take_batch(now.monotonic_s) if (line := _write(board, mirror, copy))]

    def done(taken: bool, then: Instant) -> None:  # noqa: FBT001 - the answer of the shell
        mirror.is_offering = False
        if not taken:
            mirror.retry_s = then.monotonic_s + RETRY_S
            board.mirrors.announce(then.monotonic_s)
            return
        mirror.batch = ()
        if mirror.queue_messages:
            board.look_soon()

    if lines:
        mirror.is_offering = True
        board.offer(link, b"".join(lines), done)


def _write(board: Switchboard, mirror: Mirror, copy: Copy) -> bytes:
    """A copy as a line; empty where it has none, as where it is too long with all its escapes."""
    try:
        if mirror.writer is None:
            mirror.writer = CopyWriter(mirror.which, board.server)
        return mirror.writer.write(copy)
    except LocalProtocolError:
        mirror.refuse(copy, "unreadable")
        return b""


def _let_hear(board: Switchboard, mirror: Mirror, now: Instant) -> None:
    """Tell the comparator what has happened, many steps together.

    One that has not heard the begin of a conversation hears no more of it.
    """
    link = board.registry.live(COMPARATOR)
    heard = None if link is None else link.id
    if heard != mirror.comparator:
        mirror.steps.drop()
        for follower in tuple(mirror.following.values()):
            mirror.cut(follower.conversation, "comparator")
        mirror.comparator = heard
    if link is None:
        mirror.steps.drop()
    elif mirror.wants_to_tell(now.monotonic_s):
        _offer_steps(board, mirror, link)


def _offer_steps(board: Switchboard, mirror: Mirror, link: Link) -> None:
    steps, mirror.tell_s = mirror.steps.take(), None
    mirror.is_telling = True

    def done(taken: bool, then: Instant) -> None:  # noqa: FBT001 - the answer of the shell
        mirror.is_telling = False
        if taken:
            mirror.steps.have_left()
            if len(mirror.steps) >= STEPS_AT_ONCE:
                board.look_soon()
        if mirror.is_withdrawn:
            _tell_rest(board, mirror, is_heard=taken)
            return
        mirror.tell_s = then.monotonic_s + TELL_S if len(mirror.steps) else None
        board.mirrors.announce(then.monotonic_s)

    told = fill(Steps, mirror.shadow, steps=steps)
    message = Message("SHADOW_STEPS", {"steps": msgspec.json.encode(told).decode()}, COMPARATOR)
    board.offer(link, encode_line(board.signed(message)), done)


def _tell_rest(board: Switchboard, mirror: Mirror, *, is_heard: bool = True) -> None:
    """A shadow gets no copies any more: the comparator hears what waits, and nothing after what it has not heard."""
    link = board.registry.live(COMPARATOR)
    if not is_heard or link is None or link.id != mirror.comparator:
        mirror.steps.drop()
    elif len(mirror.steps) and not mirror.is_telling:
        _offer_steps(board, mirror, link)


def tell_mirrors(board: Switchboard, now: Instant) -> tuple[MirrorStanding, ...]:
    """How copying goes, for ROUTER_STATS."""
    return tuple(_standing(board, mirror, now) for mirror in board.mirrors)


def _standing(board: Switchboard, mirror: Mirror, now: Instant) -> MirrorStanding:
    hindrance = find_hindrance(board, mirror, now)
    states = {"absent": "absent", "no_route": "absent", "unsupported": "unsupported"}
    state = states.get(hindrance, "busy" if mirror.busy else "copying")
    return fill(MirrorStanding, mirror, mirror.shadow, state=state, conversations_total=mirror.totals)
