"""PURE: the flags of this host as metrics: those that are up; it does not know where they are, nor who has raised them."""

from collections import Counter
from dataclasses import dataclass

from communicator.flags.flag import Flag, FlagName
from exporters.collectors.metric import Definition, Kind, Row, Samples, Target, read_field


@dataclass(frozen=True, slots=True)
class FlagsReport:
    """What is in the directory of flags."""

    flags: tuple[tuple[FlagName, Flag], ...] = ()
    """Each with the name that its file has."""
    unreadable: int = 0
    """Files that hold no flag, or that we may not read."""
    unread: int = 0
    """Files beyond those that are looked at."""


_NAME = ("unit", "section", "name")


def _labels(name: FlagName) -> tuple[str, str, str]:
    return name.unit, name.section, name.name


def _info(report: FlagsReport) -> Samples:
    return {_labels(name): 1.0 for name, _ in report.flags}


def _priorities(report: FlagsReport) -> Samples:
    return {_labels(name): float(flag.priority) for name, flag in report.flags}


def _raised(report: FlagsReport) -> Samples:
    return {_labels(name): float(flag.date_s) for name, flag in report.flags if flag.date_s > 0}


def _manual(report: FlagsReport) -> Samples:
    return {_labels(name): float(flag.manual_down) for name, flag in report.flags}


def _by_unit(report: FlagsReport) -> Samples:
    return {(unit,): float(count) for unit, count in Counter(name.unit for name, _ in report.flags).items()}


def _gauge(name: str, text: str, *labels: str) -> Definition:
    return Definition(f"sitter_{name}", Kind.GAUGE, text, labels)


FLAGS = Target(
    "flags",
    (
        Row(_gauge("flags", "Flags of a unit that are up.", "unit"), _by_unit),
        Row(_gauge("flag_info", "A flag that is up; always 1.", *_NAME), _info),
        Row(
            _gauge("flag_priority", "How urgent a flag is, 0 to 100; the sitter mails daily from 90 on.", *_NAME),
            _priorities,
        ),
        Row(
            _gauge(
                "flag_raised_timestamp_seconds", "When a flag was first raised, in seconds since the epoch.", *_NAME
            ),
            _raised,
        ),
        Row(_gauge("flag_manual", "1 when only a person takes a flag down, else 0.", *_NAME), _manual),
        Row(
            _gauge("flags_unreadable", "Files that hold no flag; the sitter may stumble over them."),
            read_field("unreadable"),
        ),
        Row(
            _gauge("flags_unread", "Files beyond the hundred that the sitter loads: nobody is told of them."),
            read_field("unread"),
        ),
    ),
    "sitter",
    up_help="1 when the directory of flags, which the sitter reads, could be read, else 0; whether the sitter runs is not known.",
    duration_help="How long it took to read the directory of flags, or not to, in seconds.",
)
"""The flags of this host."""
