"""The daemons of a private suite and the command line of each; it starts none of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from bellwether.places import Layout

Setting = tuple[str, object]
"""A dotted key and its value."""


@dataclass(frozen=True, slots=True)
class Program:
    """One daemon."""

    name: str
    module: str
    config_name: str
    """The name of its configuration file."""
    service: str = ""
    """Its name on the router; empty for the router itself."""
    ports: Mapping[str, str] = field(default_factory=dict)
    """Entry of its ports file to the setting that brings it about."""
    addresses: tuple[str, ...] = ()
    """Settings for which `PREFERRED` has a standard address."""

    @property
    def is_companion(self) -> bool:
        """Whether it talks to the router."""
        return bool(self.service)


ROUTER = Program(
    "communicatord",
    "communicator.daemon.main",
    "communicatord.toml",
    ports={"unix": "listen.unix", "local": "listen.local", "signal": "listen.signal"},
    addresses=("listen.local", "listen.signal"),
)
TIMEKEEPER = Program(
    "timekeeperd",
    "timekeeper.main",
    "timekeeperd.toml",
    service="timekeeper",
    ports={"probe": "probe_listen"},
    addresses=("probe_listen",),
)
CANARY = Program("canaryd", "canary.main", "canaryd.toml", service="canary")
EXPORTER = Program(
    "bellwether-exporter",
    "exporters.main",
    "exporter.toml",
    service="exporter",
    ports={"http": "listen", "ofrep": "ofrep.listen"},
    addresses=("listen", "ofrep.listen"),
)

PROGRAMS = (ROUTER, TIMEKEEPER, CANARY, EXPORTER)
"""In the order of their start."""

PREFERRED: Mapping[str, str] = {
    "listen.local": "127.0.0.1:4040",
    "listen.signal": "127.0.0.1:4041",
    "probe_listen": "127.0.0.1:4044",
    "listen": "127.0.0.1:9740",
    "ofrep.listen": "127.0.0.1:9741",
}
"""The standard addresses, by the setting that asks for them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a private suite keeps its things and listens."""

    layout: Layout
    socket: str
    """The path of the router's Unix socket."""
    addresses: Mapping[str, str]
    """The address to ask for, by setting; a port 0 takes a free one."""
    configured: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By program: the dotted keys the user's own files set, which are left alone."""

    @property
    def communicator(self) -> str:
        """The router's URL."""
        return f"cd://{self.socket}"

    def settings(self, program: Program) -> list[Setting]:
        """What `program` is told over its configuration file, so that it keeps to the private directory."""
        wanted: list[Setting] = [(key, self.addresses[key]) for key in program.addresses]
        if program is ROUTER:
            wanted.append(("listen.unix", self.socket))
        wanted += [("data_path", str(self.layout.data)), ("flags_path", str(self.layout.flags))]
        if program is CANARY:
            wanted.append(("mode", "enforce"))  # whoever tries it wants to see it act
        configured = self.configured.get(program.name, frozenset())
        return [(key, value) for key, value in wanted if key not in configured]


def arguments(program: Program, config: str, settings: list[Setting], communicator: str, ports_file: str) -> list[str]:
    """The command line of a daemon, without the interpreter.

    Args:
        program: Which.
        config: Its configuration file.
        settings: What is set over that file.
        communicator: The router's URL.
        ports_file: Where it tells what it bound to.
    """
    line = ["--config", config, "--ports-file", ports_file]
    for key, value in settings:
        line += ["--set", f"{key}={json.dumps(value, ensure_ascii=False)}"]
    return [*line, "--communicator", communicator] if program.is_companion else line


def settings_of_ports(program: Program, ports: Mapping[str, object]) -> list[Setting]:
    """What makes a daemon that starts again listen where it did."""
    return [(program.ports[key], value) for key, value in ports.items() if key in program.ports]


def dotted_keys(table: Mapping[str, object], prefix: str = "") -> frozenset[str]:
    """The dotted path of every key in a TOML table."""
    keys: set[str] = set()
    for key, value in table.items():
        keys.add(f"{prefix}{key}")
        if isinstance(value, Mapping):
            keys |= dotted_keys(value, f"{prefix}{key}.")
    return frozenset(keys)
