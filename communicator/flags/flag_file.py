"""PURE: what the file of a flag holds, as bytes and as a flag: the form of the ancestor's flags; it touches no file.

A line is ``name=value``. ``#`` or ``;`` begins a comment. A value is trimmed, then read as `conf_text` has it. The writer writes
values so that they come back unchanged, here and in the ancestor.
"""

import re
from collections.abc import Iterator

from communicator.errors import FlagError
from communicator.flags.flag import DEFAULT_PRIORITY, PRIORITY_MAX, Flag, FlagName, Source, check_flag
from communicator.protocol.conf_text import ESCAPES, is_quoted, logical_lines, read_value

DEFAULT_DIRECTORY = "/var/lib/communicator/flags"
"""Where the sitter looks."""
FILE_BYTES = 64 * 1024
"""Of one file at most: a message of a page, with its help, takes a tenth of it."""

_HEAD = "# A flag is up while this file is here; 'bellwether flag show' tells more, 'bellwether flag lower' takes it down.\n"
_NUMBERS = frozenset(("priority", "manual_down", "date", "modified", "count"))
"""What is written also where it is nothing."""
_MANDATORY = ("unit", "section", "name", "message")
"""The ancestor's reader gives up its whole round where one is missing."""
_BLANKS = " \t\n\r\v\f"
"""What the ancestor trims; Python would trim more."""
_TO_ESCAPE = str.maketrans({character: f"\\{letter}" for letter, character in ESCAPES.items()})
_INTEGER = re.compile(rf"[{_BLANKS}]*([+-]?)0*([0-9]{{1,19}})(?![0-9])")
"""As strtol(3), a long of 64 bits: what follows the digits does not matter."""
_LONG_MAX = 2**63 - 1


def write_flag(flag: Flag) -> bytes:
    """The whole file.

    Raises:
        FlagError: The flag cannot be written so that it reads the same again.
    """
    check_flag(flag)
    texts = {key: _text(value) for key, value in sorted(fields_of(flag).items()) if value or key in _NUMBERS}
    lines = (f"{key}={_value(text)}\n" for key, text in texts.items())
    content = "".join((_HEAD, *lines)).encode(errors="surrogateescape")
    if len(content) > FILE_BYTES:
        raise FlagError(f"{flag.name} would take {len(content)} bytes, more than {FILE_BYTES}")
    return content


def read_flag(content: bytes) -> Flag:
    """The flag that a file holds, whether we have written it or the ancestor.

    Raises:
        FlagError: It holds none.
    """
    found = dict(_pairs(content.decode(errors="surrogateescape")))
    missing = [key for key in _MANDATORY if key not in found]
    if missing:
        raise FlagError(f"no flag: without {', '.join(missing)}")
    return Flag(
        name=FlagName(found["unit"], found["section"], found["name"]),
        message=found["message"],
        priority=min(PRIORITY_MAX, max(0, _number(found, "priority", DEFAULT_PRIORITY))),
        manual_down=found.get("manual_down") == "yes",
        tags=frozenset(filter(None, (tag.strip(_BLANKS) for tag in found.get("tags", "").split(",")))),
        source=Source(found.get("function", ""), found.get("source_file", ""), _number(found, "line", 0)),
        version=found.get("version", ""),
        hostname=found.get("hostname", ""),
        help=found.get("help", ""),
        help_uri=found.get("help_uri", ""),
        date_s=_number(found, "date", 0),
        modified_s=_number(found, "modified", 0),
        count=_number(found, "count", 1),
    )


def fields_of(flag: Flag) -> dict[str, str | int | list[str]]:
    """What the file of a flag says, by key."""
    return {
        "unit": flag.name.unit,
        "section": flag.name.section,
        "name": flag.name.name,
        "message": flag.message,
        "priority": flag.priority,
        "manual_down": flag.manual_down,
        "tags": sorted(flag.tags),
        "function": flag.source.function,
        "source_file": flag.source.file,
        "line": flag.source.line,
        "version": flag.version,
        "hostname": flag.hostname,
        "help": flag.help,
        "help_uri": flag.help_uri,
        "date": flag.date_s,
        "modified": flag.modified_s,
        "count": flag.count,
    }


def _text(value: str | int | list[str]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) if isinstance(value, list) else str(value)


def _value(text: str) -> str:
    """A text as the reader returns it unchanged."""
    value = text.translate(_TO_ESCAPE)
    if is_quoted(value) or value[0] in _BLANKS or value[-1] in _BLANKS:
        return f'"{value}"'
    return f"{value} " if value.endswith("\\") else value  # at the end of a line it would join the next one


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Each key, with ``_`` for ``-``, and its value; what is no such line is passed over, as the ancestor does."""
    for _, line in logical_lines(text):
        key, separator, value = line.partition("=")
        name = key.strip(_BLANKS)
        if separator and name and name[0] not in "#;":
            yield name.replace("-", "_"), read_value(value.strip(_BLANKS))


def _number(found: dict[str, str], key: str, default: int) -> int:
    """A number; the ancestor's reader gives up its whole round where it is none."""
    if key not in found:
        return default
    digits = _INTEGER.match(found[key])
    number = int(digits[1] + digits[2]) if digits else _LONG_MAX + 1
    if not -_LONG_MAX - 1 <= number <= _LONG_MAX:
        raise FlagError(f"no flag: {key} is {found[key][:80]!r}, no number")
    return number
