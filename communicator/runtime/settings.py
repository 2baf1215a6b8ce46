"""Reads settings from TOML files and assignments; it knows their shape only by the type it is given."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from communicator.errors import ConfigError
from communicator.runtime.shape_fault import Table, explain

S = TypeVar("S", bound=msgspec.Struct)

_COMMAND_LINE = "command line"


def configuration_files(config: Path) -> list[Path]:
    """The files of a configuration that are there, in the order in which they are laid over each other.

    Args:
        config: The main file, such as ``/etc/bellwether/communicatord.toml``; its drop-ins are
            ``communicatord.d/*.toml`` beside it.

    Raises:
        ConfigError: A directory is there but cannot be looked into: what it holds must not be passed over in silence.
    """
    return [*_where_there(config), *_drop_ins(config.with_suffix(".d"))]


def load_settings(settings_type: type[S], files: Sequence[Path], assignments: Iterable[str] = ()) -> S:
    """Read settings: later files and then assignments win, table by table.

    Args:
        settings_type: A msgspec Struct that forbids unknown fields.
        files: TOML files in order.
        assignments: ``KEY=VALUE`` with a dotted TOML path; a value that is no TOML is taken as text.

    Raises:
        ConfigError: A file cannot be read, or a key is unknown or has a wrong value.
    """
    layers = [(str(path), _read_toml(path)) for path in files]
    layers += [(_COMMAND_LINE, _parse_assignment(text)) for text in assignments]
    merged: Table = {}
    sources: dict[str, str] = {}
    for source, table in layers:
        try:
            _lay_over(merged, table)
            sources.update(dict.fromkeys(_paths(table), source))
        except RecursionError:
            raise _too_deep(source) from None
    try:
        return msgspec.convert(merged, settings_type)
    except msgspec.ValidationError as error:
        key, reason = explain(error, merged, settings_type)
        raise ConfigError(key, reason, _source_of(key, sources)) from None


def _where_there(config: Path) -> list[Path]:
    try:
        config.stat()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError("", f"cannot be read: {error.strerror}", str(config)) from error
    return [config]


def _drop_ins(directory: Path) -> list[Path]:
    try:
        return sorted(path for path in directory.iterdir() if path.suffix == ".toml")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError("", f"cannot be read: {error.strerror}", str(directory)) from error


def _read_toml(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("", f"cannot be read: {error.strerror}", str(path)) from error
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError
        raise ConfigError("", f"is not TOML: {error}", str(path)) from error
    except RecursionError:
        raise _too_deep(str(path)) from None


def _too_deep(source: str) -> ConfigError:
    return ConfigError("", "is nested a thousand levels deep: no setting is", source)


def _parse_assignment(text: str) -> Table:
    key, separator, value = text.partition("=")
    if not separator or not key.strip():
        raise ConfigError("", f"{text!r} is not KEY=VALUE", _COMMAND_LINE)
    for toml_value in (value, msgspec.json.encode(value).decode()):
        try:
            return tomllib.loads(f"{key.strip()} = {toml_value}")
        except tomllib.TOMLDecodeError:
            continue
    raise ConfigError("", f"{key!r} is not a dotted key", _COMMAND_LINE)


def _lay_over(below: Table, above: Table) -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            _lay_over(below[key], value)
        else:
            below[key] = value


def _paths(table: Table, prefix: str = "") -> Iterator[str]:
    for key, value in table.items():
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _paths(value, f"{prefix}{key}.")


def _source_of(key: str, sources: dict[str, str]) -> str:
    while key and key not in sources:
        key = key.rpartition(".")[0]
    return sources.get(key, "")
