"""SHELL: reads what a person wants deployed, from a file of deployments.d or from the command alone; it asks nobody."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

import msgspec

from bellwether.canary_scope import USAGE
from bellwether.failure import CommandError
from canary.deployment.spec import Spec, read_file, read_table

SUFFIX = ".toml"
_LONGEST_NAME = 64


def read_spec(what: str, version: str, directory: Path, said: Mapping[str, str]) -> Spec:
    """What is to be deployed.

    Args:
        what: The name of a file in `directory`, a file, or a service that has no file.
        version: Which version; empty: the one that the file names.
        directory: Where files are looked for by name.
        said: What options say; it goes before what the file says.

    Raises:
        CommandError: There is no such file, it makes no sense, or the options make none of it.
    """
    is_path = "/" in what or what.endswith(SUFFIX)
    file = Path(what) if is_path else directory / f"{what}{SUFFIX}"
    if is_path or file.exists():
        return _with(_read(file, version), said)
    if not version:
        raise CommandError(_not_found(what, directory), USAGE)
    name = what.lower().lstrip("_")[:_LONGEST_NAME]
    return _made({"name": name, "service": what, "version": version, **said})


def _read(file: Path, version: str) -> Spec:
    try:
        return read_file(file.read_text(encoding="utf-8"), file.stem, version)
    except OSError as error:
        raise CommandError(f"cannot read {str(file)!r}: {error.strerror}", os.EX_CONFIG) from None
    except ValueError as error:
        hint = (
            " (or behind its name: bellwether deploy start NAME VERSION)"
            if str(error).startswith("version: is missing")
            else ""
        )
        raise CommandError(f"{str(file)!r} is wrong: {error}{hint}", os.EX_CONFIG) from None


def _with(spec: Spec, said: Mapping[str, str]) -> Spec:
    return _made({**msgspec.to_builtins(spec), **said}) if said else spec


def _made(table: dict[str, object]) -> Spec:
    try:
        return read_table(table)
    except ValueError as error:
        raise CommandError(str(error), USAGE) from None


def _not_found(what: str, directory: Path) -> str:
    names = sorted(file.stem for file in directory.glob(f"*{SUFFIX}"))
    close = get_close_matches(what, names, n=1)
    known = f"do you mean {close[0]!r}?" if close else f"there are: {', '.join(names) or 'none'}"
    also = f"for a service without a file give the version, too: bellwether deploy start {what} VERSION"
    return f"there is no {directory / what}{SUFFIX}; {known} ({also})"
