"""SHELL: what ``bellwether reporter`` does: checks scripts, or plays them one after the other."""

import asyncio
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from bellwether.failure import CommandError
from bellwether.screen_text import tell
from communicator.errors import ScriptError, ScriptFailedError
from communicator.reporter.lint import lint
from communicator.reporter.player import Player
from communicator.reporter.resolver import Program, load
from communicator.reporter.values import Value, ValueTypeError, parse_address, parse_float, parse_integer

UNREADABLE = 2
"""Exit code: a script, or an option, is wrong in itself."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"[+-]?[0-9]+\.[0-9]+")
_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9A-Fa-f]+|[0-9]+)")


def reporter(files: Sequence[Path], *, check: bool, params: Sequence[str], process_id: int | None) -> None:
    """Check every script, then play them; or warn of what they may fail on later, when that is all that is wanted.

    Raises:
        CommandError: One is wrong in itself, or what one expects is not so, or a variable is set for nothing.
    """
    variables = dict(map(read_param, params))
    programs = _load_all(files)
    for name in variables:
        if not any(program.may_look_at(name) for program in programs):
            raise CommandError(f"--param {name}: no script looks at ${name}", UNREADABLE)
    for program in programs:
        if check:
            _warn(program, variables)
        else:
            _play(program, variables, process_id)


def _warn(program: Program, variables: Collection[str]) -> None:
    warnings = lint(program, variables)
    for flaw in warnings:
        tell(f"{program.source}:{flaw.position.line}:{flaw.position.column}: warning: {flaw.text}")
    found = _counted(len(warnings), "warning") if warnings else "nothing wrong"
    tell(f"{program.source}: {_counted(len(program.steps), 'instruction')}, {found}")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def read_param(text: str) -> tuple[str, Value]:
    """Read ``NAME=VALUE``: an integer, a number, an ``<address>``, else a string.

    Raises:
        CommandError: It is not of that form.
    """
    name, equal, value = text.partition("=")
    if not equal or not _NAME.fullmatch(name):
        raise CommandError(f"{text!r} is not NAME=VALUE", UNREADABLE)
    try:
        return name, _value(value)
    except ValueTypeError as error:
        raise CommandError(f"{name}: {error}", UNREADABLE) from None


def _value(text: str) -> Value:
    if _INTEGER.fullmatch(text):
        return parse_integer(text)
    if _NUMBER.fullmatch(text):
        return parse_float(text)
    if text.startswith("<") and text.endswith(">"):
        return parse_address(text[1:-1])
    return text


def _load_all(files: Sequence[Path]) -> list[Program]:
    programs, errors = [], []
    for file in files:
        try:
            programs.append(load(file.read_text(encoding="utf-8"), str(file)))
        except ScriptError as error:
            errors.append(str(error))
        except OSError as error:
            errors.append(f"{file}: {error.strerror}")
        except UnicodeDecodeError as error:
            errors.append(f"{file}: it is not UTF-8 at byte {error.start}")
    if errors:
        raise CommandError("\n".join(["not every script can be played", *errors]), UNREADABLE)
    return programs


def _play(program: Program, variables: dict[str, Value], process_id: int | None) -> None:
    try:
        asyncio.run(Player(program, variables, process_id=process_id).play())
    except ScriptFailedError as error:
        raise CommandError(str(error)) from None
    tell(f"{program.source}: passed")
