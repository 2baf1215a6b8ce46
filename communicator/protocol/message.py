"""One message as a value; how it looks on the wire is told elsewhere (line_form, json_form)."""

import msgspec

from communicator.protocol.names import CORRELATION_ID, SHADOW, SHADOW_ID


def given(**parameters: str) -> dict[str, str]:
    """Those parameters that say something: an empty text means *not given*."""
    return {name: value for name, value in parameters.items() if value}


class Message(msgspec.Struct, frozen=True):
    """A command with named text parameters, from someone, to someone.

    An empty text means *not given*: no sender, no particular server, no particular service (the receiver itself).
    Values are kept as text because that is what the wire carries; read numbers with ``protocol.values``.
    """

    command: str
    parameters: dict[str, str] = {}
    service: str = ""
    server: str = ""
    sent_from_server: str = ""
    sent_from_service: str = ""

    def get(self, name: str, default: str = "") -> str:
        """The value of a parameter, or `default` when it is not there."""
        return self.parameters.get(name, default)

    @property
    def destination(self) -> str:
        """``server:service``, shortened to what is given."""
        return f"{self.server}:{self.service}" if self.server else self.service

    @property
    def sender(self) -> str:
        """``server:service`` of the sender, empty when it is not told."""
        if not (self.sent_from_server or self.sent_from_service):
            return ""
        return f"{self.sent_from_server}:{self.sent_from_service}"

    @property
    def is_shadow(self) -> bool:
        """Whether this is a copy for a shadow: the live instance does what is asked, and its answer alone is heard."""
        return self.parameters.get(SHADOW) == "1"

    @property
    def ids(self) -> dict[str, str]:
        """What each answer to this message repeats, so that it is known what it answers."""
        return {name: self.parameters[name] for name in (CORRELATION_ID, SHADOW_ID) if name in self.parameters}

    def reply(self, command: str, parameters: dict[str, str] | None = None) -> "Message":
        """A message back to whoever sent this one, with its `ids`."""
        return Message(
            command,
            self.ids | (parameters or {}),
            service=self.sent_from_service,
            server=self.sent_from_server,
        )
