"""What a service of this host understands while it is away: what it has listed itself, or else its package; no message moves here.

Only services with a ``.service`` file are learnt of: for no others are messages kept, so that it matters for no others.
"""

from communicator.answers.services import Role
from communicator.router.cores.learning import Learning, Learnt, read_learnt, render_learnt
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.effects import Keep, KeptCommands, Level
from communicator.router.vocabulary.registry import Link

REQUIRED_COMMANDS = frozenset(("HELP", "QUITTING", "READY", "STOP", "UNKNOWN"))
"""What every service has to understand, by the ancestor's rule."""
_UNDERSTOOD_BY_ALL = REQUIRED_COMMANDS | {"INVALID"}
"""A refusal is not answered by another refusal."""


def recall(board: Switchboard) -> None:
    """Take up what earlier lives of the router have learnt; what is damaged is told, and as if it had never been learnt."""
    for service, content in board.config.learnt.items():
        try:
            if content:  # empty, it says nothing
                board.learning.learn(service, read_learnt(content, board.config.limits.commands_per_service))
        except ValueError as error:
            board.notice(Level.WARNING, "learnt_commands_ignored", service=service, reason=str(error))
    review(board)


def review(board: Switchboard) -> None:
    """Forget what was learnt of services whose package is gone or has another version now."""
    config = board.config
    for service, learnt in list(board.learning.items()):
        version = config.packaged_as(service).version
        if service not in config.known_services or version != learnt.package_version:
            del board.learning[service]
            board.ask(Keep(KeptCommands(service), ""))
            board.notice(Level.INFO, "learnt_commands_forgotten", service=service, package_version=version)


def learn(board: Switchboard, link: Link) -> None:
    """Remember what the live holder of a name has listed so far, if its service is one of this host."""
    registration = link.registration
    if registration is None or registration.role is not Role.LIVE or not link.commands:
        return
    service = registration.service
    if service not in board.config.known_services:
        return
    learnt = Learnt(board.config.packaged_as(service).version, frozenset(link.commands))
    if board.learning.learn(service, learnt):
        board.ask(Keep(KeptCommands(service), render_learnt(learnt)))


def known_commands(config: RouterConfig, learning: Learning, service: str) -> frozenset[str]:
    """What a service that is away understands; empty where that is not known."""
    return learning[service].commands if service in learning else config.packaged_as(service).commands


def may_understand(config: RouterConfig, learning: Learning, service: str, command: str) -> bool:
    """Whether it makes sense to keep a command for a service that is away; so it does where nothing is known of it."""
    commands = known_commands(config, learning, service)
    return not commands or command in commands or command in _UNDERSTOOD_BY_ALL
