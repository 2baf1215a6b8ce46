"""SHELL: reads the shared memory of ClockBound; what it says and whether that counts is not its business."""

import os
import stat
import time

from timekeeper.discipline import Discipline, NoAnswer
from timekeeper.sources.clockbound_segment import (
    SEGMENT_BYTES,
    Segment,
    SegmentError,
    decode_unchanged,
    describe_clockbound,
)


class ClockBound:
    """Reads the segment again and again, so that a disruption between two looks is noticed.

    Args:
        path: Of the segment, usually ``/var/run/clockbound/shm0``.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._marker: int | None = None

    async def ask(self) -> Discipline | NoAnswer:
        """Read what ClockBound says; this takes microseconds, so it needs no thread.

        Returns:
            Its word, or why there is none.
        """
        try:
            return self._describe(_read_segment(self._path))
        except FileNotFoundError:
            return NoAnswer(f"no ClockBound has its segment at {self._path}")
        except OSError as error:
            return NoAnswer(f"the ClockBound segment {self._path} cannot be read: {error.strerror}")
        except SegmentError as error:
            return NoAnswer(f"the ClockBound segment {self._path}: {error}")

    def _describe(self, segment: Segment) -> Discipline:
        before, self._marker = self._marker, segment.disruption_marker
        return describe_clockbound(segment, time.monotonic_ns(), time.time_ns(), before)


def _read_segment(path: str) -> Segment:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # not to wait for the writer of a pipe
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise SegmentError("it is no file")
        return decode_unchanged(lambda: os.pread(descriptor, SEGMENT_BYTES, 0))
    finally:
        os.close(descriptor)
