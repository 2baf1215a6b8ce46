"""PURE: which processes are time daemons, by name and command line; it looks at no process itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_NAMES = {
    "chronyd": "chronyd",
    "ntpd": "ntpd",
    "ntpd-rs": "ntpd-rs",
    "ntp-daemon": "ntpd-rs",
    "systemd-timesyncd": "systemd-timesyncd",
    "systemd-timesyn": "systemd-timesyncd",  # the kernel keeps 15 characters of a process's name
}
"""The name of a process to the daemon it is; ntpd is ntpsec, the reference ntpd or OpenNTPD."""
_OBSERVERS = frozenset({"clockbound"})
"""Daemons that tell how far off the clock may be and leave it to another one."""
_CHRONYD_VALUES = "FLPfltu"
"""The options of chronyd that take a value (chronyd(8))."""


@dataclass(frozen=True, slots=True)
class TimeDaemons:
    """The time daemons that run on this host."""

    names: frozenset[str] = field(default_factory=frozenset)
    steering: frozenset[str] = field(default_factory=frozenset)
    """Those of `names` that may steer the clock: not those told to leave it alone (``chronyd -x``)."""
    observers: frozenset[str] = field(default_factory=frozenset)
    """Daemons, not among `names`, that only watch how another one keeps the clock."""

    def is_running(self, daemon: str) -> bool:
        """Whether a daemon of this name was seen, whatever it does."""
        return daemon in self.names or daemon in self.observers


def classify(processes: Iterable[tuple[str, Sequence[str]]]) -> TimeDaemons:
    """Pick the time daemons out of names and command lines.

    Args:
        processes: Name and arguments of each process.

    Returns:
        The daemons among them.
    """
    names, steering, observers = set(), set(), set()
    for name, arguments in processes:
        if name in _OBSERVERS:
            observers.add(name)
        daemon = _NAMES.get(name)
        if daemon is None:
            continue
        names.add(daemon)
        if not (daemon == "chronyd" and "x" in _chronyd_flags(arguments[1:])):
            steering.add(daemon)
    return TimeDaemons(frozenset(names), frozenset(steering), frozenset(observers))


def _chronyd_flags(arguments: Iterable[str]) -> set[str]:
    """The letters of its options, which getopt(3) lets one write together, as in ``-nx``; a value is none of them."""
    flags: set[str] = set()
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            break
        letters = argument[1:] if argument.startswith("-") else ""
        for place, letter in enumerate(letters):
            flags.add(letter)
            if letter in _CHRONYD_VALUES:
                if place == len(letters) - 1:
                    next(rest, None)
                break
    return flags
