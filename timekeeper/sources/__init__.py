"""Who can tell how this host's clock is kept: each time daemon behind one small interface, asked and never steered."""

from timekeeper.sources.belief import believe
from timekeeper.sources.chrony import read_chrony
from timekeeper.sources.clockbound import ClockBound
from timekeeper.sources.ntpd import read_ntpd
from timekeeper.sources.ptp import Ptp
from timekeeper.sources.selection import select_sources
from timekeeper.sources.source import Source, switched_off
from timekeeper.sources.timesyncd import read_timesyncd

__all__ = [
    "ClockBound",
    "Ptp",
    "Source",
    "believe",
    "read_chrony",
    "read_ntpd",
    "read_timesyncd",
    "select_sources",
    "switched_off",
]
