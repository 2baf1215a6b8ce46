"""PURE: which of several daemons' words about one clock is believed; it judges no clock and asks nobody."""

from collections.abc import Mapping

from timekeeper.discipline import Discipline, NoAnswer
from timekeeper.time_daemons import PTP4L, TimeDaemons

ALL_SILENT = "no source is asked"
"""The reason where there is not a single one."""


def believe(answers: Mapping[str, Discipline | NoAnswer], daemons: TimeDaemons | NoAnswer) -> Discipline | NoAnswer:
    """Choose one.

    Args:
        answers: What each daemon answered, the most telling one first.
        daemons: Those that run.

    Returns:
        The word of a daemon that steers the clock; else of one that runs and only watches it; else of one that is not
        seen, such as a chronyd outside this container or a file a dead daemon has left. Among equals the first counts.
        Where nobody gave one: why, as those that run say it, or all when none of them does.
    """
    words = [
        answer
        for answer in answers.values()
        if isinstance(answer, Discipline) and not _serves_alone(answer.daemon, daemons)
    ]
    if words:
        return min(words, key=lambda word: _doubt(word.daemon, daemons))
    return NoAnswer("; ".join(_reasons(answers, daemons)) or ALL_SILENT)


def _serves_alone(daemon: str, daemons: TimeDaemons | NoAnswer) -> bool:
    """Whether it only brings to others the clock that another daemon keeps, as ptp4l does on a grandmaster."""
    if daemon != PTP4L or isinstance(daemons, NoAnswer):
        return False
    return bool(daemons.steering) and not daemons.steers(daemon)


def _doubt(daemon: str, daemons: TimeDaemons | NoAnswer) -> int:
    if isinstance(daemons, NoAnswer) or daemons.steers(daemon):
        return 0
    return 1 if daemons.is_running(daemon) else 2


def _reasons(answers: Mapping[str, Discipline | NoAnswer], daemons: TimeDaemons | NoAnswer) -> list[str]:
    reasons = {daemon: answer.reason for daemon, answer in answers.items() if isinstance(answer, NoAnswer)}
    if isinstance(daemons, TimeDaemons):
        running = [reason for daemon, reason in reasons.items() if daemons.is_running(daemon)]
        return running or list(reasons.values())
    return list(reasons.values())
