"""SHELL: asks the kernel about its clock; adjtimex(2) with no mode set changes nothing and needs no privilege."""

import ctypes
import os
import struct
import sys

from communicator.errors import RemoteProtocolError
from timekeeper.discipline import NoAnswer
from timekeeper.timex import TIMEX_BYTES, KernelClock, parse_timex

_LONG_BYTES = 8


def read_kernel() -> KernelClock | NoAnswer:
    """Ask the kernel; it answers at once, so this may be called on the event loop.

    Returns:
        The state of its clock, or why it cannot be told here.
    """
    if sys.platform != "linux" or struct.calcsize("@l") != _LONG_BYTES:
        return NoAnswer("the kernel's clock state is only read on 64-bit Linux")
    buffer = ctypes.create_string_buffer(TIMEX_BYTES)  # zeros: no mode, so the kernel only fills it in
    state = _libc().adjtimex(buffer)
    if state < 0:
        return NoAnswer(f"adjtimex failed: {os.strerror(ctypes.get_errno())}")
    try:
        return parse_timex(buffer.raw, state)
    except RemoteProtocolError as error:
        return NoAnswer(str(error))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
