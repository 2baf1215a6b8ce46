"""What services of this host have said they understand, remembered beyond their lives and the router's; it tells nobody."""

import msgspec

from communicator.protocol.names import is_command_name

SERVICES_MAX = 1_000
"""Services learnt of: as many as one host has packages of, many times over. Of any further one only its package speaks."""
CONTENT_BYTES = 256 * 1024
"""Of one service on disk: 1,000 commands of the longest names take half of it."""


class Learnt(msgspec.Struct, frozen=True):
    """What a service has listed."""

    package_version: str
    """Of the ``.service`` file then: it holds as long as that does not change."""
    commands: frozenset[str]


def render_learnt(learnt: Learnt) -> str:
    """What is kept on disk, the same for the same commands; empty, which says nothing, where that would be too large."""
    content = msgspec.json.encode(learnt, order="deterministic").decode() + "\n"
    return content if len(content) <= CONTENT_BYTES else ""


def read_learnt(content: str, commands_max: int) -> Learnt:
    """Read what `render_learnt` wrote.

    Args:
        content: Of the file; not empty.
        commands_max: How many commands a service may list.

    Raises:
        ValueError: It is something else; the text says what.
    """
    try:
        learnt = msgspec.json.decode(content, type=Learnt)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    if not 0 < len(learnt.commands) <= commands_max:
        raise ValueError(f"{len(learnt.commands)} commands are not between 1 and {commands_max}")
    unfit = sorted(command for command in learnt.commands if not is_command_name(command))
    if unfit:
        raise ValueError(f"{unfit[0][:80]!r} is not a command")
    return learnt


class Learning(dict[str, Learnt]):
    """By service: what it has listed last."""

    def learn(self, service: str, learnt: Learnt) -> bool:
        """Remember what a service has listed, in place of what it listed before; whether that is anything new."""
        if self.get(service) == learnt or (service not in self and len(self) >= SERVICES_MAX):
            return False
        self[service] = learnt
        return True
