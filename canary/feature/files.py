"""PURE: what follows from the files of flags on this host: a file counts when it changes; it reads none itself.

Each host remembers what its files said last. So two hosts with different files never take turns, and a host that comes back with an
old file does not undo what is newer: only what somebody has changed in a file goes into the book.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from canary.book.book import Book
from canary.book.definition import Definition
from canary.feature.commands import file_of


class Written(msgspec.Struct, frozen=True, array_like=True):
    """What a file said of a flag."""

    file: str
    """Its path."""
    sha256: str
    """Of the definition."""


class Found(NamedTuple):
    """What the files say."""

    flags: Mapping[str, tuple[str, bytes]] = {}
    """By flag, the path of the file and the definition."""
    broken: Collection[str] = ()
    """Flags that a file speaks of, and that are not sound there: they count as they were."""
    unread: Collection[str] = ()
    """Paths of files that could not be read, and of directories: what they said last still counts."""
    faults: tuple[str, ...] = ()
    """What is wrong with files and flags, in words."""


class Change(NamedTuple):
    """A flag that is to be defined anew, or removed."""

    feature: str
    file: str
    flag: bytes | None


class Plan(NamedTuple):
    """What follows."""

    changes: tuple[Change, ...]
    memory: dict[str, Written]
    """What is to be remembered once the changes are made."""
    differing: tuple[str, ...]
    """Flags that this host's files define in another way than what is in force, in words."""
    waits: bool
    """Whether something waits for the book to be what the others hold."""


def plan(found: Found, memory: Mapping[str, Written], book: Book, *, is_current: bool, is_patient: bool = True) -> Plan:
    """What is to be done about the files.

    Args:
        found: What they say.
        memory: What they said last.
        book: What is in force.
        is_current: Whether the book is what the others hold.
        is_patient: Whether a change waits for that. What was never seen before waits in any case: it may be older than what the
            cluster has.
    """
    changes: list[Change] = []
    kept: dict[str, Written] = {}
    differing = list(found.faults)
    waits = False
    for feature, (file, flag) in sorted(found.flags.items()):
        wanted = Written(file, hashlib.sha256(flag).hexdigest())
        before, known = memory.get(feature), book.definition(feature)
        is_new = before is None or before.sha256 != wanted.sha256
        if known is not None and known.flag == flag:
            kept[feature] = wanted
        elif is_new and not is_current and (before is None or is_patient):
            waits = True
            if before is not None:
                kept[feature] = before
        elif is_new and (before is not None or known is None):
            changes.append(Change(feature, file, flag))
            kept[feature] = wanted
        else:
            kept[feature] = wanted
            differing.append(_differs(feature, file, known))
    for feature, gone in _gone(found, memory):
        removal = _removal(feature, gone, book.definition(feature))
        if removal is None:
            continue
        if is_current or not is_patient:
            changes.append(removal)
        else:
            waits, kept[feature] = True, gone
    kept |= {name: one for name, one in memory.items() if name in found.broken or _is_unread(one.file, found.unread)}
    return Plan(tuple(changes), kept, tuple(differing), waits)


def _gone(found: Found, memory: Mapping[str, Written]) -> Iterator[tuple[str, Written]]:
    """The flags that have left the files."""
    for feature, written in memory.items():
        if feature not in found.flags and feature not in found.broken and not _is_unread(written.file, found.unread):
            yield feature, written


def _removal(feature: str, written: Written, known: Definition | None) -> Change | None:
    """What another file or a command has made of it meanwhile is not undone."""
    if known is None or known.flag is None or not file_of(known):
        return None
    is_ours = hashlib.sha256(known.flag).hexdigest() == written.sha256
    return Change(feature, written.file, None) if is_ours else None


def _is_unread(file: str, unread: Collection[str]) -> bool:
    return file in unread or any(file.startswith(f"{path.rstrip('/')}/") for path in unread)


def _differs(feature: str, file: str, known: Definition | None) -> str:
    if known is None:
        return f"flag {feature!r}: {file} defines it, and nothing is in force; change the file to define it"
    what = "it was removed" if known.flag is None else "another definition is in force"
    by = f"by the file {known.file}" if known.file else f"by {known.by}"
    return f"flag {feature!r}: {file} defines it, and {what} ({by}); a file counts when it changes"


def merged(read: Sequence[tuple[str, Mapping[str, bytes]]]) -> tuple[dict[str, tuple[str, bytes]], list[str]]:
    """What several files say together: of a flag that two define, the first one counts.

    Args:
        read: Paths with their flags, in the order of their names.

    Returns:
        By flag, the path and the definition; and what is wrong, in words.
    """
    flags: dict[str, tuple[str, bytes]] = {}
    faults = []
    for path, defined in read:
        for feature, flag in defined.items():
            if feature in flags:
                faults.append(
                    f"flag {feature!r}: {path} defines it, and {flags[feature][0]} does already; take one out"
                )
            else:
                flags[feature] = (path, flag)
    return flags, faults
