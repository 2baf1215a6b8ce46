"""What services of this host have said they understand, remembered beyond their lives and the router's; it tells nobody."""

from collections.abc import Callable, Iterator, Mapping

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


class Learning:
    """By service: the commands it has listed, and under which version of its package."""

    def __init__(self) -> None:
        self._learnt: dict[str, Learnt] = {}

    def recall(self, contents: Mapping[str, str], commands_max: int) -> Iterator[tuple[str, str]]:
        """Take up what was kept; yields of what cannot be, which counts as never learnt, the service and why.

        Args:
            contents: By service, in the order in which they are taken; empty ones say nothing.
            commands_max: How many commands a service may list.
        """
        for service, content in contents.items():
            if not content or not self._has_room(service):
                continue
            try:
                self._learnt[service] = read_learnt(content, commands_max)
            except ValueError as error:
                yield service, str(error)

    def learn(self, service: str, learnt: Learnt) -> bool:
        """Remember what a service has listed, in place of what it listed before; whether that is anything new."""
        if self._learnt.get(service) == learnt or not self._has_room(service):
            return False
        self._learnt[service] = learnt
        return True

    def forget_unless(self, holds: Callable[[str, str], bool]) -> tuple[str, ...]:
        """Forget what no longer counts.

        Args:
            holds: Whether what was learnt of a service under a version of its package still counts.

        Returns:
            The services of which something was forgotten.
        """
        void = [service for service, learnt in self._learnt.items() if not holds(service, learnt.package_version)]
        for service in void:
            del self._learnt[service]
        return tuple(void)

    def commands(self, service: str) -> frozenset[str]:
        """What a service has listed; empty where it never has."""
        learnt = self._learnt.get(service)
        return frozenset() if learnt is None else learnt.commands

    def _has_room(self, service: str) -> bool:
        return service in self._learnt or len(self._learnt) < SERVICES_MAX
