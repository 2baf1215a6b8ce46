"""What every daemon needs: settings, logs, signals, readiness; each part loads when it is named. It knows no router."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from communicator.runtime.command import Mode, Shortcut, daemon_command
    from communicator.runtime.daemon import Daemon
    from communicator.runtime.secret_file import read_private_file, read_secret
    from communicator.runtime.settings_type import Settings

__all__ = ["Daemon", "Mode", "Settings", "Shortcut", "daemon_command", "read_private_file", "read_secret"]

_HOMES = dict.fromkeys(("Mode", "Shortcut", "daemon_command"), "command") | {
    "Daemon": "daemon",
    "Settings": "settings_type",
    "read_private_file": "secret_file",
    "read_secret": "secret_file",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: a service that keeps one file must not pay for logs and settings."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - the point of this function

    value: object = getattr(import_module(f"communicator.runtime.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
