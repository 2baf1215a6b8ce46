"""PURE: which known run a word is about; it concludes nothing from the word."""

from collections.abc import Callable

from canary.evidence.kinds import Kind
from canary.evidence.life import Life
from canary.evidence.lives import Lives
from canary.evidence.words import ReportWord, RunStartedWord


def find_unregistered(lives: Lives, word: RunStartedWord) -> Life | None:
    """The run that a supervisor has told of before its process registered.

    Args:
        lives: The known runs.
        word: That the process has registered now.
    """
    life = None if word.pid is None else lives.of_process(word.service, word.pid)
    if life is None or life.registered_s is not None or life.is_refused or (life.is_over and life.has_exited):
        return None
    return life if word.version in ("", life.version) or not life.version else None


def find_last(lives: Lives, service: str, is_known: Callable[[str, str], bool]) -> Life | None:
    """The newest run of a service whose user may speak for it: what is started again is what he runs.

    Args:
        lives: The known runs.
        service: Which service.
        is_known: Whether a user is known to run a service; the service first.
    """
    return next((life for life in lives.newest_first(service) if life.by_owner or is_known(service, life.user)), None)


def find_reported(lives: Lives, word: ReportWord, kind: Kind) -> Life | None:
    """Which run a report is about; None: one that was not known yet.

    Args:
        lives: The known runs.
        word: The report.
        kind: What it means.
    """
    if word.run_id is not None:
        return lives.find(word.run_id)
    by_process = word.pid is not None
    life = lives.of_process(word.service, word.pid or 0) if by_process else lives.newest(word.service)
    if life is None or not life.is_over:
        return life
    is_another = life.has_exited or kind in life.kinds or kind is Kind.RUN_START
    return None if is_another else life
