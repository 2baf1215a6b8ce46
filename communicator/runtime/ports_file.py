"""Writes the addresses a daemon really bound to where a starter waits for them; it does not bind any."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from communicator.errors import ConfigError
from communicator.runtime.own_file import open_new

Ports = Mapping[str, str | list[str]]
"""Keyed like ``[listen]``."""


def write_ports(path: Path, ports: Ports) -> None:
    """Write the file in one step: a reader sees all of it or none.

    Raises:
        ConfigError: It cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            with open(open_new(draft), "wb") as file:  # noqa: PTH123 - a descriptor has no path
                file.write(msgspec.json.encode(ports) + b"\n")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError("--ports-file", f"{str(path)!r} cannot be written: {error.strerror}") from error
