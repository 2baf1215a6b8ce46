"""What the kernel says of a clock that is steered, and of one that is not."""

from timekeeper.discipline import Leap
from timekeeper.timex import KernelClock

STEERED = KernelClock(
    leap=Leap.NORMAL,
    unsync=False,
    offset_s=0.0,
    maxerror_s=0.010,
    esterror_s=0.0,
    frequency_ppm=0.0,
    tai_offset_s=0,
)
UNSTEERED = KernelClock(
    leap=Leap.UNSYNCHRONIZED,
    unsync=True,
    offset_s=0.0,
    maxerror_s=16.0,
    esterror_s=16.0,
    frequency_ppm=0.0,
    tai_offset_s=0,
)
