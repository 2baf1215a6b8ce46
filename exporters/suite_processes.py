"""SHELL: which processes are the suite's own on this host, as the router tells; it looks at none of them closely."""

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress

import psutil

from communicator.answers.services import Instance
from communicator.errors import AddressError
from communicator.protocol.addresses import parse_router_address

_SERVICES = {"timekeeper": "timekeeperd", "canary": "canaryd"}
_ROUTER = "communicatord"
_OWN = "exporter"
_CREDENTIALS = struct.Struct("3i")
"""What SO_PEERCRED gives: process, user, group; see socket(7)."""


class SuiteProcesses:
    """Remembers them, so that one which lives on beside a dead router is known, and one of its number after its end is not.

    Args:
        communicator: Where the router listens; behind a Unix socket the kernel says which process that is, else it is not known.
    """

    def __init__(self, communicator: str) -> None:
        self._socket = _socket_path(communicator)
        self._known: dict[str, psutil.Process | None] = {_OWN: psutil.Process()}
        if self._socket:
            self._known[_ROUTER] = None

    def learn(self, instances: Iterable[Instance]) -> None:
        """Take in what the router tells of the services of this host."""
        for one in instances:
            name = _SERVICES.get(one.service)
            if name and one.pid and one.state == "up" and one.role == "live":
                self._learn(name, one.pid)
            elif name and one.state == "down":
                self._known.setdefault(name, None)

    def learn_router(self) -> None:
        """Find out which process the router is, unless the one that is known still runs."""
        known = self._known.get(_ROUTER)
        if not self._socket or (known is not None and known.is_running()):
            return
        pid = _listener(self._socket)
        if pid:
            self._learn(_ROUTER, pid)

    def known(self) -> dict[str, psutil.Process | None]:
        """By name: None where there is to be one and is none; one that has ended since knows it itself."""
        return dict(self._known)

    def _learn(self, name: str, pid: int) -> None:
        known = self._known.get(name)
        if known is not None and known.pid == pid and known.is_running():
            return
        with suppress(psutil.Error):  # gone already, or of another container, where numbers are others
            self._known[name] = psutil.Process(pid)


def _socket_path(communicator: str) -> str:
    try:
        return parse_router_address(communicator).path
    except AddressError:
        return ""


def _listener(path: str) -> int:
    """The process that listens on a Unix socket; 0 when there is none, or none that this namespace knows."""
    try:
        with socket.socket(socket.AF_UNIX) as asker:
            asker.settimeout(1.0)
            asker.connect(path)
            credentials = asker.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return 0
    pid, _, _ = _CREDENTIALS.unpack(credentials)
    return int(pid)
