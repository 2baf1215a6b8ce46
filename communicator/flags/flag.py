"""PURE: a flag, what it may be called and say, and when its file is written again; it reads no clock and touches no file."""

import re
from dataclasses import dataclass, replace

from communicator.errors import FlagError

REWRITE_S = 60
"""The file of a standing flag is written at most once in this time, however often it is raised."""
PRIORITY_MAX = 100
DEFAULT_PRIORITY = 5
"""The sitter shows no less."""
PART_CHARACTERS = 64
"""Three of these, and what is written beside them, fit into the name of a file."""
COUNT_MAX = 1_000_000_000
"""Raised once a minute: in two thousand years. The ancestor's reader gives up its whole round at a number too large for it."""
NAME_RULE = "lower case letters, digits and single dashes between them, a letter first"

_PART = re.compile(r"[a-z](?:-?[a-z0-9])*")


@dataclass(frozen=True, slots=True, order=True)
class FlagName:
    """Which flag; as read from a file it may break the rule, and then it leads to no file."""

    unit: str
    """The program, or the part of the system."""
    section: str
    """The part of it that is in trouble."""
    name: str
    """The trouble."""

    def __str__(self) -> str:
        """As a person types it."""
        return f"{self.unit}/{self.section}/{self.name}"

    @property
    def file_name(self) -> str:
        """The name of its file.

        Raises:
            FlagError: No flag may be called so.
        """
        _check_name(self)
        return f"{self.unit}_{self.section}_{self.name}.flag"


@dataclass(frozen=True, slots=True)
class Source:
    """Where in the source a flag is raised; what is empty or 0 is not known."""

    function: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """All that the file of a flag says; times are seconds since the epoch, 0 where it does not say."""

    name: FlagName
    message: str
    priority: int = DEFAULT_PRIORITY
    """0 to 100; from 10 on the sitter mails weekly, from 50 every third day, from 90 daily."""
    manual_down: bool = False
    """Only a person takes it down."""
    tags: frozenset[str] = frozenset()
    source: Source = Source()
    version: str = ""
    hostname: str = ""
    help: str = ""
    """What it means, and what to do."""
    help_uri: str = ""
    """Where more is told."""
    date_s: int = 0
    """When it was first raised."""
    modified_s: int = 0
    """When it was last raised."""
    count: int = 1
    """How often."""

    @property
    def texts(self) -> tuple[str, ...]:
        """All that may hold any character."""
        free = (self.message, self.version, self.hostname, self.help, self.help_uri)
        return (*free, self.source.function, self.source.file)


def make_flag_name(unit: str, section: str, name: str) -> FlagName:
    """The name of a flag; ``_`` stands for ``-``, since it separates the parts in the name of the file.

    Raises:
        FlagError: No flag may be called so.
    """
    made = FlagName(*(part.replace("_", "-") for part in (unit, section, name)))
    _check_name(made)
    return made


def parse_flag_name(text: str) -> FlagName:
    """Read ``UNIT/SECTION/NAME``.

    Raises:
        FlagError: It is none.
    """
    parts = text.split("/")
    if len(parts) != len(FlagName.__slots__):
        raise FlagError(f"{text!r} is not UNIT/SECTION/NAME")
    return make_flag_name(*parts)


def check_flag(flag: Flag) -> None:
    """Make sure that the flag can be written so that the sitter, and we, read the same again.

    Raises:
        FlagError: It cannot.
    """
    _check_name(flag.name)
    for tag in flag.tags:
        _check_part("tag", tag)
    if not flag.message:
        raise FlagError(f"the message of {flag.name} is empty")
    if not 0 <= flag.priority <= PRIORITY_MAX:
        raise FlagError(f"the priority of {flag.name} is {flag.priority!r}, not from 0 to {PRIORITY_MAX}")
    if min(flag.source.line, flag.date_s, flag.modified_s, flag.count) < 0:
        raise FlagError(f"a number of {flag.name} is negative")
    try:
        "".join(flag.texts).encode(errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise FlagError(f"{flag.name} holds {error.object[error.start]!r}, which is no character") from None


def raise_again(standing: Flag | None, wanted: Flag, now_s: int) -> Flag | None:
    """What the file of a flag is to hold when it is raised.

    A running sitter shows what it read of a flag first. So message and priority stay as they are for as long as it stands.

    Args:
        standing: What the file holds now; None when the flag is down.
        wanted: What it is raised with; its times and count do not matter.
        now_s: The time, in seconds since the epoch.

    Returns:
        None when the file is to be left as it is: it was written less than `REWRITE_S` ago.
    """
    if standing is None:
        return replace(wanted, date_s=now_s, modified_s=now_s, count=1)
    if 0 <= now_s - standing.modified_s < REWRITE_S:
        return None
    return replace(
        wanted,
        message=standing.message or wanted.message,
        priority=standing.priority,
        manual_down=standing.manual_down or wanted.manual_down,
        date_s=standing.date_s if standing.date_s > 0 else now_s,
        modified_s=now_s,
        count=min(max(standing.count, 0) + 1, COUNT_MAX),
    )


def _check_name(name: FlagName) -> None:
    for what in FlagName.__slots__:
        _check_part(what, getattr(name, what))


def _check_part(what: str, text: str) -> None:
    if _PART.fullmatch(text) is None:
        raise FlagError(f"{what} {text!r} will not do: {NAME_RULE}")
    if len(text) > PART_CHARACTERS:
        raise FlagError(f"{what} {text!r} has more than {PART_CHARACTERS} characters")
