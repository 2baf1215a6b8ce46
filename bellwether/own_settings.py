"""SHELL: looks which keys the user's own files set, so that they are left alone; what a key means it does not know."""

import tomllib
from pathlib import Path

from bellwether.failure import CommandError
from bellwether.places import Layout
from bellwether.suite import PROGRAMS, dotted_keys
from communicator.errors import ConfigError
from communicator.runtime.settings import configuration_files


def read_own_settings(config: Path | None, layout: Layout) -> tuple[dict[str, frozenset[str]], dict[str, Path]]:
    """Which keys the user's own files set, and which file each daemon is to read.

    Args:
        config: The directory with ``communicatord.toml`` and the like; None when there is none.
        layout: The private directory, which has an empty file for each daemon without one of the user's.

    Returns:
        Both by the name of the program.

    Raises:
        CommandError: A file cannot be read, or is no TOML.
    """
    if config is not None and not config.is_dir():
        raise CommandError(f"--config {str(config)!r} is not a directory with communicatord.toml and the like")
    keys: dict[str, frozenset[str]] = {}
    files: dict[str, Path] = {}
    for program in PROGRAMS:
        own = config / program.config_name if config is not None else None
        there = configuration_files(own) if own is not None else []
        keys[program.name] = frozenset[str]().union(*map(_keys_of, there))
        files[program.name] = own.absolute() if own is not None and there else layout.run / program.config_name
    return keys, files


def _keys_of(path: Path) -> frozenset[str]:
    try:
        return dotted_keys(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise CommandError(str(ConfigError("", f"cannot be read: {error}", str(path)))) from None
