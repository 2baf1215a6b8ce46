"""Reads a secret from a file that nobody else may read; it never shows what it read."""

import stat
from pathlib import Path

from communicator.errors import ConfigError
from communicator.runtime.own_file import read_plain

_SECRET_BYTES = 4096
"""A password or key; a file larger than this is not one."""


def read_secret(path: Path, key: str) -> bytes:
    """Read a secret.

    Args:
        path: The file; its mode must give nothing to group and others.
        key: The setting that names the file, for the error.

    Returns:
        Its content without the white space around it, never empty.

    Raises:
        ConfigError: It cannot be read, is no plain file, is readable by others, is empty or too large.
    """
    content = read_private_file(path, key, _SECRET_BYTES).strip()
    if not content:
        raise ConfigError(key, f"{str(path)!r} is empty")
    return content


def read_private_file(path: Path, key: str, limit_bytes: int) -> bytes:
    """Read a file that holds secrets.

    Args:
        path: The file; its mode must give nothing to group and others.
        key: The setting that names the file, for the error.
        limit_bytes: A larger one is refused.

    Raises:
        ConfigError: It cannot be read, is no plain file, is readable by others or too large.
    """
    try:
        content, status = read_plain(path, limit_bytes)
    except OSError as error:
        raise ConfigError(key, f"{str(path)!r} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(key, f"{str(path)!r} is {error}") from None
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise ConfigError(key, f"{str(path)!r} has mode {mode:04o}: a secret must have 0600")
    return content
