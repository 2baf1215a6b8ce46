"""What may be called what: servers, services, commands, parameters, features; knows nothing of who holds a name."""

import re

from communicator.protocol.limits import TOKEN_CHARACTERS

ROUTER_SERVICE = "communicatord"
"""The name under which every router answers."""

ANY_SERVER = "*"
"""As a server: anywhere in the cluster. As a service: a broadcast to the whole cluster."""
PRIVATE_NETWORK = "?"
"""As a server or service: the private network."""
THIS_SERVER = "."
"""As a server: this host. As a service: a broadcast to this host's services."""

BROADCAST_SERVICES = frozenset((ANY_SERVER, PRIVATE_NETWORK, THIS_SERVER))
"""Service tokens that mean a broadcast."""

WILDCARD_SERVERS = BROADCAST_SERVICES
"""Server tokens that do not name one server."""

TOKEN = rf"[A-Za-z0-9_.*?-]{{1,{TOKEN_CHARACTERS}}}"
"""A server, service or command as it may stand on the wire.

The ancestor does not verify these on parse and passes on ``pay-load``, so the wire is laxer than the names one may take.
"""

CORRELATION_ID = "correlation_id"
"""The parameter that tells a request from others: its answer repeats it."""
SHADOW = "shadow"
"""The parameter that marks a copy for a shadow."""
SHADOW_ID = "shadow_id"
"""The parameter that tells such a copy from others: its answer repeats it."""
CORRELATION = "correlation/1"
"""The feature of a router that knows these parameters, whatever it checks, and repeats the ID of a message that it refuses."""

_TOOL = re.compile(r"bellwether_[0-9]+")


def is_server_name(text: str) -> bool:
    """Whether a router may be called this."""
    return is_parameter_name(text)


def is_service_name(text: str) -> bool:
    """Whether a service may register under this name."""
    return is_parameter_name(text)


def is_command_name(text: str) -> bool:
    """Whether this is a proper command: upper case letters, digits and underscores."""
    return is_parameter_name(text) and text.upper() == text


def is_parameter_name(text: str) -> bool:
    """Whether a parameter may be called this: ASCII letters, digits and underscores, no digit in front."""
    return len(text) <= TOKEN_CHARACTERS and text.isascii() and text.isidentifier()


def tool_name(pid: int) -> str:
    """The name under which a passing command of the suite registers, such as ``bellwether send``.

    Args:
        pid: Its process.
    """
    return f"bellwether_{pid}"


def is_tool_name(service: str) -> bool:
    """Whether this is a passing command and no service: it has no version worth a verdict or a series."""
    return _TOOL.fullmatch(service) is not None


def server_name_from_host(host_name: str) -> str:
    """The default server name of a host: its name up to the first dot, with ``-`` as ``_``.

    Args:
        host_name: What the operating system calls this host.

    Returns:
        A valid server name; characters that none may have become ``_``.
    """
    name = re.sub(r"[^A-Za-z0-9_]", "_", host_name.partition(".")[0])[:TOKEN_CHARACTERS]
    return name if is_server_name(name) else f"_{name}"[:TOKEN_CHARACTERS]
