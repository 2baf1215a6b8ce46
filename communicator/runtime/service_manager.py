"""Talks to systemd by the sd_notify protocol, one datagram a word; without systemd it says nothing."""

import os
import socket
import time
from collections.abc import Mapping

_US_PER_S = 1_000_000


class ServiceManager:
    """The init system that started us, if it wants to hear of us.

    Args:
        environment: Where ``NOTIFY_SOCKET``, ``WATCHDOG_USEC`` and ``WATCHDOG_PID`` stand.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog_s = _watchdog_s(environment) if self._address else 0.0
        """How long it waits for a keep-alive before it kills us; 0 when it does not."""

    def ready(self) -> None:
        """The daemon serves (again)."""
        self._notify("READY=1")

    def reloading(self) -> None:
        """The configuration is being read again; `ready` follows."""
        self._notify(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """The daemon is on its way out."""
        self._notify("STOPPING=1")

    def keep_alive(self) -> None:
        """The loop still turns."""
        self._notify("WATCHDOG=1")

    def _notify(self, text: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to_manager:
                to_manager.setblocking(False)  # noqa: FBT003 - its one parameter
                to_manager.sendto(text.encode(), self._address)
        except OSError:
            return  # it is the manager's loss; a daemon must not die of it


def _watchdog_s(environment: Mapping[str, str]) -> float:
    span_us = environment.get("WATCHDOG_USEC", "")
    if not span_us.isdecimal() or environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    return int(span_us) / _US_PER_S
