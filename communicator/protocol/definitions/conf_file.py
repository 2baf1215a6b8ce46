"""Reader of the ancestor's configuration files (advgetopt): sections of keys and values. It does not check which keys are valid.

A line is blank, a comment after ``#`` or ``;``, a ``[section]``, or ``key = value``. In names ``-`` and ``_`` are one. Whatever is
none of this is said and skipped: such a file never fails to be read.
"""

import re

import msgspec

from communicator.protocol.conf_text import logical_lines, read_value

_SECTION = re.compile(r"\[([^\]]*)\]\s*(.*)")
_COMMENTS = ("#", ";")
_SHOWN = 60


class Entry(msgspec.Struct, frozen=True):
    """The value of one key, and where it stands."""

    value: str
    line: int


class Section(msgspec.Struct):
    """The keys of one section; the last of two entries of one key counts, as in the ancestor."""

    line: int
    """Where it begins."""
    entries: dict[str, Entry] = {}


class ConfFile(msgspec.Struct):
    """What a file holds."""

    preamble: Section = msgspec.field(default_factory=lambda: Section(1))
    """The keys before any section."""
    sections: dict[str, Section] = {}
    """In the order in which they begin; names with ``_``."""
    remarks: list[tuple[int, str]] = []
    """Line and what is odd about it."""


def read_conf_file(content: bytes) -> ConfFile:
    """Read a file.

    Args:
        content: Its bytes, whatever they are.
    """
    conf = ConfFile()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode(errors="replace")
        conf.remarks.append((0, "is not UTF-8 throughout: what is none is replaced"))
    current = conf.preamble
    for number, line in logical_lines(text):
        stripped = line.strip()
        if not stripped or stripped.startswith(_COMMENTS):
            continue
        if stripped.startswith("["):
            current = _begin_section(conf, stripped, number) or current
        else:
            _take_entry(conf, current, stripped, number)
    return conf


def _begin_section(conf: ConfFile, line: str, number: int) -> Section | None:
    matched = _SECTION.fullmatch(line)
    if matched is None:
        conf.remarks.append((number, f"{line[:_SHOWN]!r} is no section: the ']' is missing"))
        return None
    written, rest = matched.groups()
    name = written.strip().replace("-", "_")
    if rest and not rest.startswith(_COMMENTS):
        conf.remarks.append((number, f"nothing may follow a section on its line: {rest[:_SHOWN]!r} is not read"))
    if written != written.strip():
        conf.remarks.append((number, f"blanks around the name of section [{name[:_SHOWN]}]: the C++ reader skips it"))
    if not name:
        return conf.preamble
    if name in conf.sections:
        conf.remarks.append((number, f"section [{name[:_SHOWN]}] has begun on line {conf.sections[name].line} already"))
    return conf.sections.setdefault(name, Section(number))


def _take_entry(conf: ConfFile, section: Section, line: str, number: int) -> None:
    written, equal, value = line.partition("=")
    key = written.strip().replace("-", "_")
    if not equal or not key or any(character.isspace() for character in key):
        conf.remarks.append((number, f"{line[:_SHOWN]!r} is not KEY = VALUE, and not read"))
        return
    before = section.entries.get(key)
    if before is not None:
        conf.remarks.append((number, f"{key[:_SHOWN]!r} stands on line {before.line} already: this one counts"))
    section.entries[key] = Entry(read_value(value.strip()), number)
