"""PURE: every error the suite raises; the type says whose fault it is, the attributes carry the data.

.. code-block:: text

    BellwetherError
    ├── ProtocolError (ValueError)
    │   ├── LocalProtocolError       our caller's fault: what was asked for has no encoding
    │   └── RemoteProtocolError      the peer's fault: these bytes are not a message
    │       └── LineTooLongError
    ├── AddressError (ValueError)    not an address
    ├── ConfigError (ValueError)     a setting is wrong; names the key
    ├── ListenError (OSError)        a good address that cannot be had now
    ├── FlagError (ValueError)       no flag may be called so or say so, or a file holds none
    ├── FlagsPathError (OSError)     flags cannot be read or written where they should be
    ├── ScriptError (ValueError)     a reporter script cannot be run; names file, line and column
    ├── ScriptFailedError            a reporter script ran, and what it expects is not so
    ├── LedgerError (OSError)        the canary's ledger cannot be opened, read or written now; see `canary.ledger`
    └── ClientError
        ├── NotConnectedError (ConnectionError)
        ├── NoReceiverError (LookupError)       the router knows of no receiver
        ├── MessageRefusedError (ValueError)    the receiver, or the router, would not take a message
        ├── FaultyReplyError (ValueError)       a reply came, and is not as it was defined
        ├── ReplyTimeoutError (TimeoutError)
        ├── RegistrationRefusedError (PermissionError)
        └── VersionBlockedError (PermissionError)
"""

from collections.abc import Sequence


class BellwetherError(Exception):
    """The root: whatever we raise on purpose is one of these."""


class ProtocolError(BellwetherError, ValueError):
    """Something that was to be a message is none."""


class LocalProtocolError(ProtocolError):
    """The caller asked for a message that has no encoding."""


class RemoteProtocolError(ProtocolError):
    """A peer sent bytes that are not a message."""


class LineTooLongError(RemoteProtocolError):
    """A peer sent a line beyond the limit.

    Args:
        limit_bytes: The limit that was passed.
    """

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"line is longer than {limit_bytes} bytes")
        self.limit_bytes = limit_bytes


class MalformedAnswerError(BellwetherError, ValueError):
    """A daemon answered with something that is not of the shape its answer has."""


class AddressError(BellwetherError, ValueError):
    """A text that was to be an address is none."""


class ConfigError(BellwetherError, ValueError):
    """A setting is wrong.

    Args:
        key: The path of the setting, such as ``listen.local``; empty when the file itself cannot be read.
        reason: What is wrong with it.
        source: The file it came from, where known.
    """

    def __init__(self, key: str, reason: str, source: str = "") -> None:
        where = f"{source}: " if source else ""
        what = f"{key}: " if key else ""
        super().__init__(f"{where}{what}{reason}")
        self.key = key
        self.reason = reason
        self.source = source


class ListenError(BellwetherError, OSError):
    """An address cannot be listened on now: in use, or its directory is not there or not ours.

    Args:
        key: The path of the setting, such as ``listen.local``.
        address: What was to be bound.
        reason: What is in the way.
    """

    def __init__(self, key: str, address: str, reason: str) -> None:
        super().__init__(f"{key}: cannot listen on {address!r}: {reason}")
        self.key = key
        self.address = address
        self.reason = reason


class FlagError(BellwetherError, ValueError):
    """Something that was to be a flag, its name or its file is none."""


class FlagsPathError(BellwetherError, OSError):
    """Flags cannot be read or written where they should be.

    Args:
        path: The directory, or the file in it.
        reason: What is in the way.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"flags at {path!r}: {reason}")
        self.path = path
        self.reason = reason


class ScriptError(BellwetherError, ValueError):
    """A reporter script cannot be run as it is written.

    Args:
        source: The file it came from.
        flaws: Line, column (both count from 1) and what is wrong there; one or more.
    """

    def __init__(self, source: str, flaws: Sequence[tuple[int, int, str]]) -> None:
        super().__init__("\n".join(f"{source}:{line}:{column}: {what}" for line, column, what in flaws))
        self.source = source
        self.flaws = tuple(flaws)


class ScriptFailedError(BellwetherError):
    """A reporter script ran, and what it expects is not so.

    Args:
        source: The file it came from.
        line: The line of the instruction that failed, from 1.
        column: Its column, from 1.
        reason: What is not as expected.
        shown: That line of the script.
        held: The message held then, as it would stand on the wire; empty for none.
    """

    def __init__(self, source: str, line: int, column: int, reason: str, shown: str, held: str = "") -> None:
        message = f"\n    message held: {held}" if held else ""
        super().__init__(f"{source}:{line}:{column}: {reason}\n    {shown.strip()}{message}")
        self.source = source
        self.line = line
        self.column = column
        self.reason = reason
        self.shown = shown
        self.held = held


class ClientError(BellwetherError):
    """A conversation with the router did not go as hoped."""


class NotConnectedError(ClientError, ConnectionError):
    """There is no link to the router now."""


class NoReceiverError(ClientError, LookupError):
    """The router knows of no receiver for a message.

    Args:
        destination: The service (``server:service``) that was addressed.
        command: The command that could not be delivered.
    """

    def __init__(self, destination: str, command: str) -> None:
        super().__init__(f"no receiver for {command} at {destination!r}")
        self.destination = destination
        self.command = command


class MessageRefusedError(ClientError, ValueError):
    """The receiver, or the router on the way, answered INVALID or UNKNOWN.

    Args:
        command: The command that was refused.
        reason: Why, in the words of whoever refused it.
    """

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(f"{command} refused: {reason}")
        self.command = command
        self.reason = reason


class FaultyReplyError(ClientError, ValueError):
    """A reply came and is not as it was defined, so it was not taken; what was asked for may have been done all the same.

    Args:
        reply: The command of the reply.
        sender: Who sent it, as ``server:service``.
        reason: What is wrong with it.
    """

    def __init__(self, reply: str, sender: str, reason: str) -> None:
        super().__init__(f"the reply {reply} of {sender!r} is faulty: {reason}")
        self.reply = reply
        self.sender = sender
        self.reason = reason


class ReplyTimeoutError(ClientError, TimeoutError):
    """No reply came before the deadline.

    Args:
        command: The command that was not answered.
        timeout_s: How long was waited, in seconds.
        is_kept: Whether the router keeps the command for a service that is not there; it may still be obeyed.
    """

    def __init__(self, command: str, timeout_s: float, *, is_kept: bool = False) -> None:
        why = ": the router keeps it until the service comes" if is_kept else ""
        super().__init__(f"no reply to {command} within {timeout_s:g} s{why}")
        self.command = command
        self.timeout_s = timeout_s
        self.is_kept = is_kept


class RegistrationRefusedError(ClientError, PermissionError):
    """The router would not register this service under its name.

    Args:
        service: The name that was asked for.
        reason: The router's words.
    """

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"registration of {service!r} refused: {reason}")
        self.service = service
        self.reason = reason


class VersionBlockedError(ClientError, PermissionError):
    """This version of the service is blocked on this server.

    Args:
        reason: Why, in the canary's words.
        until_s: For how long from now, in seconds; None when it is not limited.
        probe_allowed: Whether the service may register as ``role=probe`` meanwhile.
    """

    def __init__(self, reason: str, until_s: float | None, probe_allowed: bool) -> None:  # noqa: FBT001 - data
        span = "until further notice" if until_s is None else f"for {until_s:g} s"
        super().__init__(f"version blocked {span}: {reason}")
        self.reason = reason
        self.until_s = until_s
        self.probe_allowed = probe_allowed
