"""Writes the addresses a daemon really bound to where a starter waits for them; it does not bind any."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from communicator.errors import ConfigError
from communicator.runtime.own_file import replace_file

Ports = Mapping[str, str | list[str]]
"""Keyed like ``[listen]``."""


def write_ports(path: Path, ports: Ports) -> None:
    """Write the file in one step: a reader sees all of it or none.

    Raises:
        ConfigError: It cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        replace_file(path, msgspec.json.encode(ports) + b"\n", draft=draft, is_lasting=False)
    except OSError as error:
        raise ConfigError("--ports-file", f"{str(path)!r} cannot be written: {error.strerror}") from error
