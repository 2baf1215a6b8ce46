"""The router and the library every service links; importing it loads the library only, and each part when it is first named.

- `protocol`: bytes to messages and back, names, addresses, limits
- `definitions`: what each message of the suite may hold
- `router`: the router as a state machine
- `daemon`: the asyncio shell around the router
- `client`: the library a service links
- `reporter`: plays scripts against a service or a router
- `flags`: files that tell an operator what needs a hand
- `features`: feature flags in a service and in a daemon
- `runtime`: what every daemon needs: settings, logs, signals, readiness
- `fairness`: who goes first where not everybody can
- `answers`: what daemons answer about themselves, as values
- `wording`: clocks, versions and hosts in words and marks
- `testing`: real routers for a test
"""

from typing import TYPE_CHECKING

from communicator.version import __version__

if TYPE_CHECKING:
    from communicator import errors
    from communicator.client import (
        BlockingClient,
        Checks,
        Client,
        ClockStatus,
        ClusterStatus,
        Outbox,
        Service,
        send_signal,
    )
    from communicator.errors import (
        AddressError,
        BellwetherError,
        ClientError,
        FaultyReplyError,
        LocalProtocolError,
        MessageRefusedError,
        NoReceiverError,
        NotConnectedError,
        RegistrationRefusedError,
        ReplyTimeoutError,
        VersionBlockedError,
    )
    from communicator.protocol.message import Message

__all__ = [
    "AddressError",
    "BellwetherError",
    "BlockingClient",
    "Checks",
    "Client",
    "ClientError",
    "ClockStatus",
    "ClusterStatus",
    "FaultyReplyError",
    "LocalProtocolError",
    "Message",
    "MessageRefusedError",
    "NoReceiverError",
    "NotConnectedError",
    "Outbox",
    "RegistrationRefusedError",
    "ReplyTimeoutError",
    "Service",
    "VersionBlockedError",
    "__version__",
    "errors",
    "send_signal",
]

_CLIENT = ("BlockingClient", "Checks", "Client", "ClockStatus", "ClusterStatus", "Outbox", "Service", "send_signal")


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: the pure packages below must not pay for asyncio."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - the point of this function

    if name == "errors":
        return import_module("communicator.errors")
    if name == "Message":
        home = "communicator.protocol.message"
    else:
        home = "communicator.client" if name in _CLIENT else "communicator.errors"
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
