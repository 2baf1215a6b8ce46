"""What every daemon needs: settings, logs, signals, readiness; it knows no protocol and no router."""

from communicator.runtime.command import Mode, Shortcut, daemon_command
from communicator.runtime.daemon import Daemon
from communicator.runtime.secret_file import read_private_file, read_secret
from communicator.runtime.settings_type import Settings

__all__ = ["Daemon", "Mode", "Settings", "Shortcut", "daemon_command", "read_private_file", "read_secret"]
