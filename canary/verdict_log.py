"""SHELL: writes what was decided to the log of the daemon, in the words of the verdict; it decides nothing."""

import msgspec
from structlog.typing import FilteringBoundLogger

from canary.records import AnyRecord, CellMoved, DeploymentMoved, Frozen, Led, ServerJudged, VersionJudged

_EVENTS = {
    VersionJudged: "version_judged",
    ServerJudged: "server_judged",
    Frozen: "frozen",
    Led: "leader_changed",
}
_ALARMING = frozenset(("blocked", "suspect"))


def note(log: FilteringBoundLogger, record: AnyRecord) -> None:
    """Tell what an operator would want to read the next day; runs by themselves are no news.

    Args:
        log: Where.
        record: What was put into the ledger.
    """
    match record:
        case CellMoved() if record.rule != "run":
            tell = log.warning if record.new in _ALARMING else log.info
            tell(
                "version_moved",
                version=f"{record.server}/{record.service}/{record.version}",
                build=record.build,
                move=f"{record.old} -> {record.new}",
                rule=record.rule,
                mode=record.mode,
                reason=record.reason,
            )
        case DeploymentMoved():
            log.info(
                "deployment_moved",
                id=record.id,
                service=record.service,
                version=record.version,
                phase=record.phase,
                step=record.step,
                reason=record.reason,
            )
        case VersionJudged() | ServerJudged() | Frozen() | Led():
            told = {name: value for name, value in msgspec.to_builtins(record).items() if name != "record"}
            log.info(_EVENTS[type(record)], **told)
        case _:
            pass
