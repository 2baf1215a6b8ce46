"""Reads the recordings of C++ routers in tests/transcripts/mesh; what their notation means stands in the README there."""

import ast
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "transcripts" / "mesh"
HEADING = re.compile(r"## (\d+)\.")
NEIGHBORS = re.compile(r"    neighbors\.txt of (?:(\w)|all (\d)): (b'.*')$")
ENTRY = re.compile(r"\s+(\d+\.\d+)  (.*)")
MORE = re.compile(r"(.*?)\s+… \d+ more like this: (.*)")
FORMS = (
    ("operator", re.compile(r"--- (?P<what>.*)")),
    ("wrote", re.compile(r"(?P<link>L\d+) (?P<who>\w)>(?P<to>\w)  (?P<what>b'.*')")),
    ("dials", re.compile(r"(?P<link>L\d+) (?P<who>\w) dials (?P<to>\w)")),
    ("refused", re.compile(r"(?P<who>\w) dials (?P<to>\w): refused")),
    ("closes", re.compile(r"(?P<link>L\d+) (?P<who>\w) (?P<what>closes|resets)")),
    ("client writes", re.compile(r"(?P<client>\w+)@(?P<who>\w) >>>  (?P<what>b'.*')")),
    ("client hears", re.compile(r"(?P<client>\w+)@(?P<who>\w) <<<  (?P<what>b'.*')")),
)


@dataclass(frozen=True)
class Entry:
    """One line of a recording."""

    time_s: float
    kind: str
    who: str = ""
    to: str = ""
    link: str = ""
    client: str = ""
    what: str | bytes = ""
    section: str = ""
    """File and section, such as ``04/5``; a second run within a section has a ``+``. Empty for what is not recorded."""


@dataclass
class Section:
    """One run of a file, or a part of it."""

    name: str
    entries: list[Entry] = field(default_factory=list)
    neighbors: dict[str, str] = field(default_factory=dict)
    """By host: neighbors.txt at the end."""


def _entry(time_s, text, section):
    for kind, form in FORMS:
        if found := form.fullmatch(text):
            parts = found.groupdict()
            if parts.get("what", "").startswith("b'"):
                parts["what"] = ast.literal_eval(parts["what"].replace("…", "<LIST>"))
            return Entry(float(time_s), kind, section=section, **parts)
    raise ValueError(f"{section}: {text!r} is no line of a recording")


def _entries(time_s, text, section):
    """The entry, and those that only differ in time."""
    more = MORE.fullmatch(text)
    first = _entry(time_s, more[1] if more else text, section)
    return [first] + [replace(first, time_s=float(time)) for time in (more[2].split(", ") if more else ())]


def read(number):
    """The sections of a file, by name.

    Args:
        number: How its name begins, such as ``04``.
    """
    (path,) = FOLDER.glob(f"{number}-*.md")
    sections, section = {}, None
    for line in path.read_text().splitlines():
        if heading := HEADING.match(line):
            section = Section(f"{number}/{heading[1]}")
        elif section is not None and line.startswith("Another run") and section.entries:
            section = Section(f"{section.name}+")
        if section is None:
            continue
        sections[section.name] = section
        if found := ENTRY.fullmatch(line):
            section.entries += _entries(*found.groups(), section.name)
        elif found := NEIGHBORS.fullmatch(line):
            hosts = found[1] or "abcd"[: int(found[2])]
            section.neighbors |= dict.fromkeys(hosts, ast.literal_eval(found[3]).decode())
    return sections


SECTIONS = {name: section for path in sorted(FOLDER.glob("[0-9]*.md")) for name, section in read(path.name[:2]).items()}
"""Every section of every file."""
