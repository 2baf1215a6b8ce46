"""Who may say what: one table from command to rule, each rule a function of the speaker; it changes nothing."""

import ipaddress
import json
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import partial

import msgspec

from communicator.answers.services import Role
from communicator.protocol.addresses import parse_host_port, plain_ip
from communicator.protocol.definitions.speakers import split_rule
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.events import User
from communicator.router.vocabulary.registry import Link
from communicator.router.vocabulary.rules import RULE_OF

CANARY = "canary"
OWNED_SERVICES = frozenset(("timekeeper", CANARY, "exporter", "sitter"))
"""Names whose holder is believed by others, so that not every user may take them."""

COMPLAINTS = frozenset(("INVALID", "UNKNOWN", "QUITTING"))
"""How a router may answer CONNECT or GOSSIP beside REFUSE: never refused, or two would refuse each other's refusals for ever."""


SUITE_RULES = frozenset(("clock", "itself", "live()", "member", "operator()", "own()", "run"))
"""Of what routers, timekeepers and canaries tell each other and act on."""
OF_THE_SUITE = frozenset(command for command, rule in RULE_OF.items() if split_rule(rule)[0] in SUITE_RULES)
"""Commands that a C++ router cannot bring: it asks nobody for a proof."""


class Ruling(msgspec.Struct, frozen=True):
    """May this be said? `allowed` is None when the user must be identified first."""

    allowed: bool | None
    reason: str = ""


ALLOWED = Ruling(allowed=True)
ASK_WHO = Ruling(allowed=None)
Rule = Callable[[Message, Link, RouterConfig], Ruling]


def judge(message: Message, speaker: Link, config: RouterConfig, *, is_of_leaf: bool = False) -> Ruling:
    """Decide whether a message may be sent over a link.

    Args:
        message: What was said; where it is addressed does not matter for a command that has a rule.
        speaker: The link of whoever said it.
        config: Whose router this is, and who owns which name.
        is_of_leaf: It is the word of a C++ router, or was passed on by one.

    Returns:
        The ruling; a refusal carries its reason in words for the sender.
    """
    if speaker.is_stranger and not _is_for_us(message, config):
        return _no("this link has not shown who it is yet")
    if is_of_leaf and message.command in OF_THE_SUITE:
        return _no("the daemons of the suite are not spoken to by way of a C++ router, which asks nobody for a proof")
    ruling = RULES.get(message.command, _anything_else)(message, speaker, config)
    return _permission(message, speaker, config) if ruling.allowed else ruling


def _is_for_us(message: Message, config: RouterConfig) -> bool:
    """Whether a message is for this very router."""
    return message.service in ("", ROUTER_SERVICE) and config.is_here(message.server)


def _no(reason: str) -> Ruling:
    return Ruling(allowed=False, reason=reason)


def _as_user(speaker: Link, may: Callable[[User], bool], who: str) -> Ruling:
    """Rule by the user behind a local link, who may have to be found out first."""
    if not speaker.kind.is_local:
        return _no(f"only from a local link, by {who}")
    if speaker.user is None:
        return _no(f"this link's user cannot be told, and it takes {who}") if speaker.user_known else ASK_WHO
    return ALLOWED if may(speaker.user) else _no(f"user {speaker.user.name!r} may not: it takes {who}")


def _is_master(user: User, config: RouterConfig) -> bool:
    return user.uid in (0, config.uid)


def owns(service: str, user: User, config: RouterConfig) -> bool:
    """Whether a user may order about a service: its owner, root, or the router's own user.

    Args:
        service: Which one.
        user: As the kernel told.
        config: Whose router this is, and who owns which name.
    """
    return _is_master(user, config) or user.name == config.owners.get(service)


def _owner_rule(service: str, speaker: Link, config: RouterConfig) -> Ruling:
    owner = config.owners.get(service)
    who = f"root, the router's user or user {owner!r}" if owner else "root or the router's user"
    return _as_user(speaker, lambda user: owns(service, user, config), who)


def _register(message: Message, speaker: Link, config: RouterConfig) -> Ruling:
    service = message.get("service")
    if speaker.kind.is_remote and not speaker.is_router:
        owned = service in OWNED_SERVICES or service in config.owners
        return _no(f"{service!r} is registered on its own host only") if owned else ALLOWED
    if not speaker.kind.is_local:
        return _no("only a link of a service may register")
    if service in OWNED_SERVICES or service in config.owners:
        return _owner_rule(service, speaker, config)
    if speaker.user is None and not speaker.user_known:
        return ASK_WHO  # whoever it is may register; but whose runs count hangs on who it is
    return ALLOWED


def _master(_message: Message, speaker: Link, config: RouterConfig) -> Ruling:
    group = config.stop_group
    who = f"root, the router's user or group {group!r}" if group else "root or the router's user"
    return _as_user(
        speaker,
        lambda user: _is_master(user, config) or (group != "" and group in user.groups),
        who,
    )


def _only_as(service: str, message: Message, speaker: Link, _config: RouterConfig) -> Ruling:
    registration = speaker.registration
    if speaker.is_router and message.sent_from_service == service and message.service not in ("", ROUTER_SERVICE):
        return ALLOWED  # its own router has seen to that
    if registration is not None and (registration.service, registration.role) == (service, Role.LIVE):
        return ALLOWED
    return _no(f"only from the live {service} of this server")


def _said_to_router(rule: Rule) -> Rule:
    """What has a rule only where it is said to a router."""

    def ruling(message: Message, speaker: Link, config: RouterConfig) -> Ruling:
        which = rule if message.service in ("", ROUTER_SERVICE) else _anything_else
        return which(message, speaker, config)

    return ruling


def _report_of(service: str, message: Message, speaker: Link, config: RouterConfig) -> Ruling:
    """A service tells those of its name elsewhere about its own server only."""
    ruling = _only_as(service, message, speaker, config)
    if not ruling.allowed:
        return ruling
    try:
        server = json.loads(message.get("report"))["server"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return _no("parameter report is not JSON with a server")
    own = message.sent_from_server if speaker.is_router else config.server_name
    return ALLOWED if server == own else _no(f"a report about {server!r} must come from there")


def _run_report(message: Message, speaker: Link, config: RouterConfig) -> Ruling:
    registration = speaker.registration
    own = registration is not None and (registration.service, registration.run_id)
    if own and (message.get("service"), message.get("run_id", own[1])) == own:
        return ALLOWED
    return _owner_rule("canary", speaker, config)


def _operator(service: str, message: Message, speaker: Link, config: RouterConfig) -> Ruling:
    """Who owns a service orders it about; from another host its router has seen to that, and says whose host it is."""
    if not speaker.is_router:
        return _owner_rule(service, speaker, config)
    told = message.get("actor_server") == message.sent_from_server
    return ALLOWED if told else _no("parameter actor_server is not the server it comes from")


def _block(message: Message, speaker: Link, config: RouterConfig) -> Ruling:
    uri = message.get("uri")
    try:
        host = parse_host_port(uri.rpartition("://")[2].partition("/")[0].rpartition("@")[2], default_port=0).host
        ip = ipaddress.ip_address(plain_ip(host))
    except ValueError:
        return _no(f"parameter uri: {uri[:80]!r} has no IP address")
    own = (config.own_ip, *config.own_ips, *(neighbor.host_port.host for neighbor in config.cluster.neighbors))
    if ip.is_loopback or ip.is_unspecified or str(ip) in map(plain_ip, own):
        return _no(f"parameter uri: {uri[:80]!r} is this host or a neighbor, which is never blocked")
    return _as_user(
        speaker,
        lambda user: _is_master(user, config) or user.name in config.owners.values(),
        "root, the router's user or an owner of a service",
    )


def _if(may: Callable[[Message, Link], bool], reason: str) -> Rule:
    """Rule by what is said and over which link, whoever the user is."""
    return lambda message, speaker, _config: ALLOWED if may(message, speaker) else _no(reason)


_on_a_link = _if(
    lambda _, speaker: speaker.kind.is_local or (speaker.registration is not None and not speaker.is_router),
    "only from a local link, which an answer can reach",
)
_between_routers = _if(lambda _, speaker: speaker.is_router, "only from another router, once it was accepted")


def _router_itself(message: Message, _speaker: Link, _config: RouterConfig) -> Ruling:
    """On a link of routers: it speaks for itself."""
    is_own = message.sent_from_service in ("", ROUTER_SERVICE)
    return ALLOWED if is_own else _no("only a router says this to another, not its services")


def _load_registration(message: Message, speaker: Link, config: RouterConfig) -> Ruling:
    """A router asks the router of another host, also, as the ancestor does, when it was dialled and is about to say ACCEPT."""
    if speaker.is_router or (speaker.is_stranger and speaker.dial is not None):
        return _router_itself(message, speaker, config)
    if message.service in ("", ROUTER_SERVICE) and not _is_for_us(message, config):
        return _no("a service asks the router of its own host: LISTEN_LOADAVG")
    return _on_a_link(message, speaker, config)


def _load_word(message: Message, speaker: Link, config: RouterConfig) -> Ruling:
    if not speaker.is_router:
        return _no("only a router tells the load of its host")
    return _router_itself(message, speaker, config)


def _shutdown(message: Message, speaker: Link, config: RouterConfig) -> Ruling:
    if not speaker.is_router:
        return _master(message, speaker, config)
    if message.sent_from_service not in ("", ROUTER_SERVICE):
        return _no("only a router shuts others down")
    if config.cluster.remote_shutdown:
        return ALLOWED
    return _no("this host is not shut down from afar: cluster.remote_shutdown is off")


def _anything_else(message: Message, speaker: Link, _config: RouterConfig) -> Ruling:
    if speaker.is_stranger and message.command not in COMPLAINTS:
        return _no("this link has not shown who it is yet")
    return ALLOWED


def _permission(message: Message, speaker: Link, config: RouterConfig) -> Ruling:
    """What a service may send at all, where the configuration says so."""
    if speaker.registration is None:
        return ALLOWED
    service = speaker.registration.service
    patterns = config.may_send.get(service)
    if patterns is None or message.service in ("", ROUTER_SERVICE):  # what is for the router itself always may be said
        return ALLOWED
    if any(fnmatchcase(f"{message.service}/{message.command}", pattern) for pattern in patterns):
        return ALLOWED
    return _no(f"{service!r} may send {', '.join(patterns) or 'nothing'} only")


RULE_BY_WORD: Mapping[str, Rule] = {
    "alive": _if(lambda _, _speaker: True, ""),  # also from a stranger, who can mean this router only
    "block": _block,
    "clock": _said_to_router(partial(_only_as, "timekeeper")),
    "commands": _if(
        lambda _, speaker: speaker.kind.is_local or speaker.is_router or speaker.registration is not None,
        "only from a local link, or from a router once it was accepted",
    ),
    "itself": _if(lambda _, _speaker: False, "only the router itself says this"),
    "link": _on_a_link,
    "load": _load_registration,
    "load_word": _said_to_router(_load_word),
    "master": _master,
    "meeting": _if(
        lambda _, speaker: speaker.kind.is_remote and not speaker.is_bus,
        "only from another router, over a remote or secure link of its own",
    ),
    "member": _between_routers,
    "register": _register,
    "router": _between_routers,
    "run": _run_report,
    "shutdown": _shutdown,
}
"""The words of definitions; `communicator.protocol.definitions.speakers` has them for people."""
RULE_ABOUT: Mapping[str, Callable[[str, Message, Link, RouterConfig], Ruling]] = {
    "live()": _only_as,
    "operator()": _operator,
    "own()": _report_of,
}
"""Those that name a service."""


def _rule(text: str) -> Rule:
    word, service = split_rule(text)
    return partial(RULE_ABOUT[word], service) if service else RULE_BY_WORD[word]


RULES: Mapping[str, Rule] = {command: _rule(text) for command, text in RULE_OF.items()}
"""Commands with a rule of their own; a line that carries one is looked at, any other may be passed on unread."""
