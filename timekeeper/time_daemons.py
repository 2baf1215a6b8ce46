"""PURE: which processes are time daemons, by name and command line; it looks at no process itself."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

OPENNTPD, PTP4L, PHC2SYS = "openntpd", "ptp4l", "phc2sys"

_NAMES = {
    "chronyd": "chronyd",
    "ntpd": "ntpd",
    "ntpd-rs": "ntpd-rs",
    "ntp-daemon": "ntpd-rs",
    "systemd-timesyncd": "systemd-timesyncd",
    "systemd-timesyn": "systemd-timesyncd",  # the kernel keeps 15 characters of a process's name
    PTP4L: PTP4L,
    PHC2SYS: PHC2SYS,
    "ts2phc": "ts2phc",
    "timemaster": "timemaster",
}
"""The name of a process to the daemon it is; ntpd is ntpsec, the reference ntpd or OpenNTPD."""
_OPENNTPD_TITLES = frozenset({"ntpd: ntp engine", "ntpd: dns engine"})
"""What children of OpenNTPD call themselves; their parent looks like any other ntpd."""
_OBSERVERS = frozenset({"clockbound"})
"""Daemons that tell how far off the clock may be and leave it to another one."""

_Options: TypeAlias = Mapping[str, Sequence[str]]
"""The values of each option; one that takes none has empty ones."""


def _chronyd_steers(options: _Options) -> bool:
    return "x" not in options


def _ptp4l_steers(options: _Options) -> bool:
    """Without stamps of the software it steers the clock of a network card. What its file says is not seen here."""
    is_software = "S" in options or "software" in options.get("time_stamping", ())
    return is_software and not _is_free_running(options)


def _phc2sys_steers(options: _Options) -> bool:
    """With ``-a -rr`` it goes either way: on the grandmaster another daemon steers the system clock."""
    if _is_free_running(options) or _SERVOS_THAT_TELL & {*options.get("E", ()), *options.get("clock_servo", ())}:
        return False
    if "a" in options:
        return len(options.get("r", ())) == 1
    return "CLOCK_REALTIME" in options.get("c", ("CLOCK_REALTIME",))


def _is_free_running(options: _Options) -> bool:
    return "1" in options.get("free_running", ())


def _never(_options: _Options) -> bool:
    return False


_SERVOS_THAT_TELL = frozenset({"ntpshm", "refclock_sock"})
"""They hand the time to chronyd or ntpd, which steers."""
_STEERS: Mapping[str, tuple[str, Callable[[_Options], bool]]] = {
    "chronyd": ("FLPfltu", _chronyd_steers),
    PTP4L: ("filp", _ptp4l_steers),
    PHC2SYS: ("EFILMNOPRScdfilnstuz", _phc2sys_steers),
    "ts2phc": ("", _never),  # it steers the clocks of network cards
    "timemaster": ("", _never),  # it starts others
}
"""The options of a daemon that take a value (its manual, section 8), and whether it steers the system clock by them."""


@dataclass(frozen=True, slots=True)
class TimeDaemons:
    """The time daemons that run on this host."""

    names: frozenset[str] = field(default_factory=frozenset)
    steering: frozenset[str] = field(default_factory=frozenset)
    """Those of `names` that may steer the system clock: not those told to leave it alone (``chronyd -x``)."""
    observers: frozenset[str] = field(default_factory=frozenset)
    """Daemons, not among `names`, that only watch how another one keeps the clock."""

    def is_running(self, daemon: str) -> bool:
        """Whether a daemon of this name was seen, whatever it does."""
        return daemon in self.names or daemon in self.observers

    def steers(self, daemon: str) -> bool:
        """Whether the clock is steered by what a daemon knows: ptp4l leaves the system clock to phc2sys."""
        return daemon in self.steering or (daemon == PTP4L and PHC2SYS in self.steering)


def is_known(name: str) -> bool:
    """Whether a process of this name is of interest here."""
    return name in _NAMES or name in _OBSERVERS


def classify(processes: Iterable[tuple[str, Sequence[str]]]) -> TimeDaemons:
    """Pick the time daemons out of names and command lines.

    Args:
        processes: Name and arguments of each process.

    Returns:
        The daemons among them.
    """
    known = [(name, arguments) for name, arguments in processes if is_known(name)]
    is_openntpd = any(
        name == "ntpd" and arguments[:1] and arguments[0] in _OPENNTPD_TITLES for name, arguments in known
    )
    own_names = _NAMES | ({"ntpd": OPENNTPD} if is_openntpd else {})
    daemons = [(own_names[name], arguments) for name, arguments in known if name in own_names]
    return TimeDaemons(
        names=frozenset(daemon for daemon, _ in daemons),
        steering=frozenset(daemon for daemon, arguments in daemons if _may_steer(daemon, arguments[1:])),
        observers=frozenset(name for name, _ in known if name in _OBSERVERS),
    )


def _may_steer(daemon: str, arguments: Iterable[str]) -> bool:
    if daemon not in _STEERS:
        return True
    with_value, steers = _STEERS[daemon]
    return steers(_read_options(arguments, with_value))


def _read_options(arguments: Iterable[str], with_value: str) -> _Options:
    """As getopt_long(3) has them: letters may be written together, as in ``-nx``, and a value is none of them."""
    found: dict[str, list[str]] = defaultdict(list)
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            break
        if argument.startswith("--"):
            name, is_joined, value = argument[2:].partition("=")
            found[name].append(value if is_joined else next(rest, ""))
            continue
        letters = argument[1:] if argument.startswith("-") else ""
        for place, letter in enumerate(letters, 1):
            if letter in with_value:
                found[letter].append(letters[place:] or next(rest, ""))
                break
            found[letter].append("")
    return found
