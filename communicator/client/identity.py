"""PURE: who registers with the router, and with which words; it knows no link."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from communicator.answers.services import Role
from communicator.errors import LocalProtocolError
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE, is_parameter_name, is_service_name

MESSAGE_VERSION = "1"
"""The version of the message format, as REGISTER gives it."""

PROBE = Role.PROBE
"""The role of a blocked version that may show that it works by now, without live traffic."""

_WORDS = ("service", "service_version", "build", "role", "username", "password")


@dataclass(frozen=True, slots=True)
class Identity:
    """What REGISTER says of a service; texts left empty are not sent.

    Raises:
        LocalProtocolError: The name, the role or an announcement is not one the router could take.
    """

    service: str
    service_version: str = ""
    build: str = ""
    role: str = "live"
    pid: int = 0
    """The process that registers; 0 is not told."""
    announce: Mapping[str, str] = field(default_factory=dict)
    """Further parameters of REGISTER, such as ``metrics_port``."""
    username: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not is_service_name(self.service) or self.service == ROUTER_SERVICE:
            raise LocalProtocolError(
                f"{self.service!r} cannot be the name of a service: letters, digits and '_', not starting with a digit, "
                f"and not {ROUTER_SERVICE!r}",
            )
        if self.role not in set(Role):
            raise LocalProtocolError(f"role {self.role!r} is none of {', '.join(Role)}")
        own = self._own_parameters()
        for name in self.announce:
            if name in own or not is_parameter_name(name):
                raise LocalProtocolError(
                    f"{name!r} cannot be announced: not a parameter name, or one of REGISTER's own"
                )

    def registration(self, role: str = "") -> Message:
        """The REGISTER message.

        Args:
            role: Takes the place of the role given at first, where not empty.
        """
        parameters = self._own_parameters() | dict(self.announce)
        if role:
            parameters["role"] = role
        return Message("REGISTER", {name: value for name, value in parameters.items() if value})

    def _own_parameters(self) -> dict[str, str]:
        own = {word: getattr(self, word) for word in _WORDS}
        return own | {"version": MESSAGE_VERSION, "pid": str(self.pid) if self.pid else ""}
