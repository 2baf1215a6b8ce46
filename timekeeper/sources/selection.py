"""SHELL: the sources that the settings name, ready to be asked; it asks none of them itself."""

from functools import partial

from timekeeper.settings import SourceSettings
from timekeeper.sources import chrony_discipline, clockbound_segment, ntpd_discipline, timesyncd_message
from timekeeper.sources.chrony import read_chrony
from timekeeper.sources.clockbound import ClockBound
from timekeeper.sources.ntpd import read_ntpd
from timekeeper.sources.ptp import Ptp
from timekeeper.sources.source import Question, Source, switched_off
from timekeeper.sources.timesyncd import read_timesyncd
from timekeeper.time_daemons import PTP4L


def select_sources(settings: SourceSettings) -> tuple[Source, ...]:
    """Make the sources.

    Args:
        settings: Where each is, and which are switched off; these stay in the list, so that their silence is explained.

    Returns:
        All of them, in the order in which they are believed: ClockBound, which only repeats chronyd's word with a
        bound of its own, comes last.
    """
    chrony, ntpd = settings.chrony_address, settings.ntpd_address
    ptp, clockbound = settings.ptp_path, settings.clockbound_path
    return (
        _source(chrony_discipline.DAEMON, "chrony", partial(read_chrony, chrony) if chrony else None),
        _source(ntpd_discipline.DAEMON, "ntpd", partial(read_ntpd, ntpd) if ntpd else None),
        _source(timesyncd_message.DAEMON, "timesyncd", read_timesyncd if settings.timesyncd else None),
        _source(PTP4L, "ptp", Ptp(ptp, settings.ptp_domain).ask if ptp else None),
        _source(clockbound_segment.DAEMON, "clockbound", ClockBound(clockbound).ask if clockbound else None),
    )


def _source(daemon: str, key: str, ask: Question | None) -> Source:
    return Source(daemon, ask) if ask else switched_off(daemon, key)
