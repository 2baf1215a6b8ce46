"""REGISTER, UNREGISTER, COMMANDS and what hangs on them: names, roles, runs, and who holds a contested name."""

import msgspec

from communicator.answers.services import Role
from communicator.errors import LocalProtocolError, RemoteProtocolError
from communicator.protocol.line_form import decode, encode
from communicator.protocol.message import Message, given
from communicator.protocol.names import CORRELATION, ROUTER_SERVICE, is_command_name, is_service_name
from communicator.protocol.values import NS_PER_S, parse_integer, required
from communicator.router.cores.fence import UNTOLD
from communicator.router.cores.shares import Shares
from communicator.router.delivery.refusals import refuse_kept
from communicator.router.delivery.repertoire import REQUIRED_COMMANDS, learn
from communicator.router.features.blocked_version import refuse_blocked
from communicator.router.features.clock_status import forget_clock
from communicator.router.features.load import sample_for_shadows
from communicator.router.features.runs import report_run_ended, report_run_started, report_runs_so_far
from communicator.router.features.service_status import tell_status
from communicator.router.features.slow_consumers import apply_queue_policy
from communicator.router.mesh.offer import listed
from communicator.router.peering.admission import why_not
from communicator.router.peering.exchange import service_changed
from communicator.router.peering.handshake import elder_lives
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.authority import OWNED_SERVICES, owns
from communicator.router.vocabulary.effects import AllowLongLines, Level
from communicator.router.vocabulary.events import CloseReason, Instant, Opens
from communicator.router.vocabulary.registry import Link, Registration

PROTOCOL_VERSION = 1
TIMEKEEPER = "timekeeper"
_ALIKE = str.maketrans("01i", "oll", "_")
_OF_THE_SUITE = {name.translate(_ALIKE): name for name in OWNED_SERVICES | {ROUTER_SERVICE}}
"""By what they look like at a glance."""
NOT_TOLD = "a shadow is on this host, and which process this is cannot be told: connect to the Unix socket"
TEXT_CHARACTERS = 256
"""Bound of version, build and config_hash: they are kept for every registration and exported as labels."""
PORT_MAX = 65_535


def register(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """REGISTER: enter a service under its name, or begin the contest for a name that is held."""
    if link.kind.is_remote:
        reason = why_not(board.config, link, Opens.SERVICE, message.get("service"))
        if reason:
            board.statistics.auth_failures[link.kind] += 1
            raise RemoteProtocolError(reason)
    if link.registration is not None:
        raise RemoteProtocolError(f"this link is registered as {link.registration.service!r} already")
    if board.contests.waits(link):
        raise RemoteProtocolError("this link has asked for a name that is being decided")
    registration = _as_it_is(board, link, read_registration(board, link, message, now))
    _require_room(board.registrations, registration.user)
    if refuse_blocked(board, link, registration, now):
        return
    elder = board.registry.holder(registration.service) if registration.role is Role.LIVE else None
    if elder is None:
        admit(board, link, registration, now)
    elif board.contests.find(registration.service) is not None:
        raise RemoteProtocolError(f"another registration as {registration.service!r} is being decided, try again")
    else:
        serial = registration.run_id
        board.contests.begin(registration.service, link, registration, serial, now.monotonic_s)
        board.say(elder, Message("ALIVE", {"serial": serial}, service=registration.service))


def _as_it_is(board: Switchboard, link: Link, registration: Registration) -> Registration:
    """What registers, with the role that it has here: what is behind the fence is a shadow, whatever it says of itself.

    Raises:
        RemoteProtocolError: It cannot be told which process it is, and that matters.
    """
    is_shadow = registration.role is Role.SHADOW or link.fence is not None or board.fence.fits(registration)
    is_untold = link.fence is not None and link.fence.reason == UNTOLD
    if is_untold or (is_shadow and board.fence.is_told and not board.fence.can_tell(link)):
        raise RemoteProtocolError(NOT_TOLD)
    if not is_shadow or registration.role is Role.SHADOW:
        return registration
    return msgspec.structs.replace(registration, role=Role.SHADOW, is_put_behind=True)


def read_registration(board: Switchboard, link: Link, message: Message, now: Instant) -> Registration:
    """Read what REGISTER says.

    Raises:
        RemoteProtocolError: A parameter is missing or wrong; the text names it.
    """
    service = required(message, "service")
    if not is_service_name(service):
        raise RemoteProtocolError(f"parameter service: {service!r} is not a service name")
    if service == ROUTER_SERVICE:
        raise RemoteProtocolError(f"parameter service: {ROUTER_SERVICE} is the router itself")
    alike = _OF_THE_SUITE.get(service.lower().translate(_ALIKE), service)
    if alike != service:
        raise RemoteProtocolError(f"parameter service: {service!r} looks like {alike!r}, which is of the suite")
    version = _integer(message, "version")
    if version != PROTOCOL_VERSION:
        raise RemoteProtocolError(f"parameter version: {version} is not protocol version {PROTOCOL_VERSION}")
    role = message.get("role", Role.LIVE)
    if role not in set(Role):
        raise RemoteProtocolError(f"parameter role: {role!r} is none of {', '.join(Role)}")
    announced_pid = _optional_integer(message, "pid", 2**31)
    return Registration(
        service=service,
        role=Role(role),
        run_id=board.new_run_id(),
        up_since_s=now.wall_ns // NS_PER_S,
        version=_text(message, "service_version") or board.config.packaged_as(service).version,
        build=_text(message, "build"),
        config_hash=_text(message, "config_hash"),
        pid=link.user.pid if link.user and link.user.pid else announced_pid,
        metrics_port=_optional_integer(message, "metrics_port", PORT_MAX),
        probe_port=_optional_integer(message, "probe_port", PORT_MAX),
        user=_user_of(link),
        by_owner=link.user is not None and owns(service, link.user, board.config),
    )


def _require_room(registrations: Shares, user: str) -> None:
    """See that there is room for one more of a user.

    Raises:
        RemoteProtocolError: There is none, or it is kept for others.
    """
    if registrations.has_room(user, 1):
        return
    limit = registrations.maximum
    if registrations.taken >= limit:
        raise RemoteProtocolError(f"{limit} services are registered, more are not taken")
    raise RemoteProtocolError(
        f"user {user!r} has its share of the {limit} services that may be registered: end some, or raise limits.registrations"
    )


def _user_of(link: Link) -> str:
    """Whose process it is. Never empty: who cannot be told is one user among others, of whom nothing is known."""
    if link.user is not None:
        return link.user.name
    if link.credential is not None:
        return f"@{link.credential.username}"[:TEXT_CHARACTERS]
    return "@" if link.kind.is_remote else "?"


def _text(message: Message, name: str) -> str:
    """A text that is told to others as it is, and so must have an encoding."""
    text = message.get(name)[:TEXT_CHARACTERS]
    try:
        encode(Message("TEXT", {name: text}))
    except LocalProtocolError as error:
        raise RemoteProtocolError(str(error)) from None
    return text


def _integer(message: Message, name: str) -> int:
    text = required(message, name)
    try:
        return parse_integer(text)
    except RemoteProtocolError as error:
        raise RemoteProtocolError(f"parameter {name}: {error}") from None


def _optional_integer(message: Message, name: str, largest: int) -> int | None:
    if not message.get(name):
        return None
    value = _integer(message, name)
    if not 0 < value <= largest:
        raise RemoteProtocolError(f"parameter {name}: {value} is not between 1 and {largest}")
    return value


def admit(board: Switchboard, link: Link, registration: Registration, now: Instant) -> None:
    """Enter a registration whose name is free, greet the service, and give it what was kept for it."""
    board.registry.add(link, registration)
    board.registrations.take(registration.user, 1)
    link.prefix = f"<{board.config.server_name}:{registration.service} ".encode()
    board.mesh.strangers.discard(link)
    if board.fence.is_told:
        board.fence.note_live(link)
    if registration.role is Role.SHADOW:
        board.fence.enter(link)
        link.fence = board.fence.find(link)
        sample_for_shadows(board)
    apply_queue_policy(board, board.config, link)
    if registration.service in OWNED_SERVICES or link.kind.is_remote:
        board.ask(AllowLongLines(link.id))
    learn(board, link)  # for a link may list its commands before it registers
    _changed(board, registration.service, now)
    board.answer(link, "HELP")
    made = given(role=registration.role if registration.is_put_behind else "")
    board.answer(link, "READY", features=CORRELATION, my_address=board.config.my_address, **made)
    user = link.user.name if link.user else "not asked for"
    board.notice(
        Level.INFO,
        "service_registered",
        service=registration.service,
        version=registration.version,
        role=registration.role,
        link=f"{link.kind}:{link.address}",
        user=user,
    )
    if registration.role is not Role.SHADOW:  # nobody speaks to it, and whether it comes or goes is nobody's business
        tell_status(board, registration, down_since_s=None)
    report_run_started(board, registration, now)
    if registration.role is Role.LIVE:
        report_runs_so_far(board, link)
    if board.registry.live(registration.service) is link:
        hand_out(board, link, registration.service, now)


def hand_out(board: Switchboard, link: Link, service: str, now: Instant) -> None:
    """Give a service what was kept for it; what is faulty by now is dropped, and its sender told."""
    for line in board.cache.take(service, now.monotonic_s):
        message = decode(line)
        if not refuse_kept(board, message):
            board.cache.delivered_total += 1
            link.hear(message.command)
            board.transmit(link, line, 1)


def _changed(board: Switchboard, service: str, now: Instant) -> None:
    """Who is where has changed: routes are void, and the other routers are to hear of it."""
    board.routes_changed()
    service_changed(board.mesh, service, now)


def unregister(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """UNREGISTER: the service leaves in good order, and its link is closed."""
    service = required(message, "service")
    if link.registration is None or service != link.registration.service:
        raise RemoteProtocolError(f"parameter service: {service!r} is not registered on this link")
    withdraw(board, link, "unregister", now)
    board.close(link, CloseReason.UNREGISTERED)


def withdraw(board: Switchboard, link: Link, reason: str, now: Instant) -> None:
    """Take a registration out and tell everyone whom it concerns.

    Args:
        board: The router's state.
        link: Whose registration ends; nothing happens when it holds none.
        reason: How the run ended: unregister, lost, replaced, router_stop or host_down.
        now: The time.
    """
    registration = link.registration
    if registration is None:
        return
    is_shadow = registration.role is Role.SHADOW
    if not (board.draining or is_shadow):  # else everyone is leaving, and each would be told of each
        tell_status(board, registration, down_since_s=now.wall_ns // NS_PER_S)
    report_run_ended(board, registration, reason, now)
    board.registry.remove(link)
    board.registrations.give_back(registration.user, 1)
    if is_shadow:
        board.fence.leave(link)
        board.copies.forget_link(link.id)
        sample_for_shadows(board)
        board.switch_units()
    _changed(board, registration.service, now)
    board.notice(Level.INFO, "service_left", service=registration.service, role=registration.role, reason=reason)
    if registration.role is Role.LIVE:
        _free(board, registration.service, now)


def _free(board: Switchboard, service: str, now: Instant) -> None:
    """A name has no live holder any more: its word is void, and whoever waits for the name gets it."""
    if service == TIMEKEEPER:
        forget_clock(board, board.clock)
    contest = board.contests.end(service)
    if contest is not None and not board.draining:
        admit(board, contest.newcomer, contest.claim, now)


def commands(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """COMMANDS: what a link understands; several lists add up."""
    if link.answers_to is not None:
        raise RemoteProtocolError("a service tells its commands to the router of its own host")
    told = listed(required(message, "list"))
    if not told:
        raise RemoteProtocolError("parameter list names no command")
    unfit = [command for command in told if not is_command_name(command)]
    if unfit:
        raise RemoteProtocolError(f"parameter list: {unfit[0][:80]!r} is not a command")
    if link.commands_known and link.commands.issuperset(told):
        return  # nothing new: nobody has to look for ways again
    limit = board.config.limits.commands_per_service
    if len(link.commands.union(told)) > limit:
        raise RemoteProtocolError(f"parameter list: more than {limit} commands")
    link.commands.update(told)
    learn(board, link)
    board.routes_changed()
    if link.registration is not None:
        service_changed(board.mesh, link.registration.service, now)
    missing = REQUIRED_COMMANDS - link.commands
    if missing and not link.commands_known:
        board.notice(Level.INFO, "commands_incomplete", link=link.name, missing=",".join(sorted(missing)))
    link.commands_known = True


def absolutely(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """ABSOLUTELY: count it where it was asked for; one nobody asked for changes nothing."""
    serial = message.get("serial")
    if not link.kind.is_remote:
        _elder_answered(board, link, message, now)
    elif link.answers_to is None and serial.isdecimal() and len(serial) < 20:  # noqa: PLR2004 - digits of a 64-bit number
        board.mesh.heartbeat.answered(link.id, int(serial), now.monotonic_s)
    elif link.peer is not None or link.answers_to is not None:
        elder_lives(board, serial, message.get("boot_id"), now)
    else:
        _elder_answered(board, link, message, now)


def _elder_answered(board: Switchboard, link: Link, message: Message, _now: Instant) -> None:
    """ABSOLUTELY: the holder of a contested name lives and keeps it."""
    contest = board.contests.find_asked(message.get("serial"))
    if contest is None or board.registry.holder(contest.name) is not link:
        return
    board.contests.end(contest.name)
    newcomer = contest.newcomer
    board.refuse(newcomer, "REGISTER", f"{contest.name!r} is registered on this host already, and alive")
    board.notice(Level.WARNING, "registration_refused", service=contest.name, link=newcomer.name, reason="name held")
    board.close(newcomer, CloseReason.PROTOCOL)


def settle_contests(board: Switchboard, now: Instant) -> None:
    """Give the names of elders that did not answer in time to the newcomers; an elder we hold up ourselves has more time."""
    for contest in board.contests.prolong_due(now.monotonic_s):
        elder = board.registry.holder(contest.name)
        if elder is not None and not elder.held:
            board.notice(Level.WARNING, "service_replaced", service=contest.name)
            withdraw(board, elder, "replaced", now)  # which lets the newcomer in
            board.close(elder, CloseReason.REPLACED)
