"""SHELL: reads the raw clock and REALTIME, and receives datagrams with the time they came in; it decodes nothing.

SO_TIMESTAMPNS has the kernel stamp each datagram as it comes out of the network driver, so a busy host does not
look like a slow network. The stamp is of the kernel's own REALTIME; to compare it, that clock is read with a plain
system call: a library laid over ``clock_gettime`` (as in tests with shifted clocks) shifts what programs see and so
what a reading must tell, but never the stamps.
"""

import ctypes
import platform
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from timekeeper.pairs import RealtimeReading
from timekeeper.probes.kernel_stamp import Stamp, place_on_raw
from timekeeper.probes.packet import PACKET_BYTES
from timekeeper.probes.return_path import PATH_BYTES, Control, ask_for_path, find_return_path

Address: TypeAlias = tuple[Any, ...]
"""What the socket module takes and gives: host, port, and more for IPv6."""

_READINGS = 9
"""The narrowest bracket of so many is nearly always one that nothing interrupted."""
_KERNEL_READINGS = 5
_NARROW_NS = 1_000
"""Half of a bracket that nothing interrupted; the first one after a pause is wider, and widens every bound."""

_SO_TIMESTAMPNS = 35
"""Not in Python's socket module; the control message has the same number and holds a ``struct timespec``."""
_TIMESPEC = struct.Struct("@ll")
_CONTROL_BYTES = socket.CMSG_SPACE(_TIMESPEC.size) + PATH_BYTES
_SYS_CLOCK_GETTIME = {"x86_64": 228, "aarch64": 113, "riscv64": 113}
_NS_PER_S = 1_000_000_000


def read_raw_ns() -> int:
    """CLOCK_MONOTONIC_RAW: no daemon steers it, nobody can set it."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)


def read_realtime() -> RealtimeReading:
    """REALTIME as the programs of this host see it, against the raw clock."""
    return min((_read_bracketed(_read_programs_ns) for _ in range(_READINGS)), key=_error_ns)


def kernel_stamps_are_possible() -> bool:
    """Whether this machine's kernel can be asked for its own REALTIME."""
    return platform.system() == "Linux" and platform.machine() in _SYS_CLOCK_GETTIME


def read_kernel_realtime() -> RealtimeReading:
    """REALTIME as the kernel keeps it, against the raw clock; read again while the bracket is wide, a few times."""
    best = _read_bracketed(_read_kernel_ns)
    for _ in range(_KERNEL_READINGS - 1):
        if best.error_ns <= _NARROW_NS:
            break
        best = min(best, _read_bracketed(_read_kernel_ns), key=_error_ns)
    return best


@dataclass(frozen=True, slots=True)
class Datagram:
    """A datagram, from where and when it came."""

    data: bytes
    address: Address
    stamp: Stamp
    return_path: Control
    """To be sent with the answer."""


class StampedSocket:
    """A bound, non-blocking UDP socket.

    Args:
        sock: The socket; it is closed with this.
        kernel: Whether to use the kernel's stamps where there are any; else the moment of reading counts.
    """

    def __init__(self, sock: socket.socket, *, kernel: bool) -> None:
        sock.settimeout(0)
        self.socket = sock
        self._last: RealtimeReading | None = None
        sock.setsockopt(*ask_for_path(sock.family), 1)
        if kernel and kernel_stamps_are_possible():
            self._last = read_kernel_realtime()
            with suppress(OSError):  # where the kernel gives none, the moment of reading counts too
                sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)

    def receive(self) -> Datagram | None:
        """The next datagram; None when there is none now."""
        try:
            data, control, _, address = self.socket.recvmsg(PACKET_BYTES + 1, _CONTROL_BYTES)
        except OSError:  # nothing there, or a complaint of the network about what was sent: that is lost anyway
            return None
        return Datagram(data, address, self._stamp(control), find_return_path(control))

    def send(self, data: bytes, address: Address, return_path: Control = ()) -> bool:
        """Send a datagram.

        Args:
            data: Its content.
            address: To whom.
            return_path: That of the datagram it answers.

        Returns:
            False when this host's network would not take it.
        """
        try:
            self.socket.sendmsg([data], return_path, 0, address)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()

    def _stamp(self, control: Control) -> Stamp:
        read = Stamp(read_raw_ns(), 0)
        for level, kind, value in control:
            if (level, kind, len(value)) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS, _TIMESPEC.size):
                seconds, nanoseconds = _TIMESPEC.unpack(value)
                return self._place(seconds * _NS_PER_S + nanoseconds) or read
        return read

    def _place(self, kernel_ns: int) -> Stamp | None:
        last = self._last
        if last is None:
            return None
        self._last = read_kernel_realtime()
        return place_on_raw(kernel_ns, self._last, last)


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


_timespec = _Timespec()
_timespec_address = ctypes.byref(_timespec)
_syscall = ctypes.PyDLL(None).syscall  # it keeps the interpreter's lock: giving that up takes longer than the call
_syscall_number = _SYS_CLOCK_GETTIME.get(platform.machine(), 0)


def _read_kernel_ns() -> int:
    _syscall(_syscall_number, time.CLOCK_REALTIME, _timespec_address)
    return int(_timespec.seconds) * _NS_PER_S + int(_timespec.nanoseconds)


def _read_programs_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_REALTIME)


def _read_bracketed(read_ns: Callable[[], int]) -> RealtimeReading:
    before_ns = read_raw_ns()
    value_ns = read_ns()
    after_ns = read_raw_ns()
    middle_ns = (before_ns + after_ns) // 2
    return RealtimeReading(value_ns - middle_ns, middle_ns, (after_ns - before_ns + 1) // 2)


def _error_ns(reading: RealtimeReading) -> int:
    return reading.error_ns
