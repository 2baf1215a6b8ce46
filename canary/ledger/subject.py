"""PURE: which versions on which servers a record is about, so that it can be found by them; it searches nothing."""

from typing import NamedTuple

from canary.records import (
    ALL,
    DeploymentMoved,
    Frozen,
    OfCell,
    OfRun,
    OfTask,
    Overridden,
    OverrideEnded,
    Pardoned,
    Record,
    ServerBack,
    ServerBooted,
    ServerJudged,
    ServerLost,
    VersionCompared,
    VersionJudged,
)


class Subject(NamedTuple):
    """Each part a name, `canary.records.ALL` for every one, or None when the record is about none."""

    server: str | None = None
    service: str | None = None
    version: str | None = None
    build: str | None = None


def subject_of(record: Record) -> Subject:
    """What a record is about; an end of an override names none, so that it is found with all."""
    match record:
        case OfRun() | OfCell() | OfTask() | Overridden() | Pardoned():
            return Subject(record.server, record.service, record.version, record.build)
        case VersionJudged() | VersionCompared() | DeploymentMoved():
            return Subject(ALL, record.service, record.version, record.build)
        case ServerBooted() | ServerBack() | ServerLost() | ServerJudged():
            return Subject(record.server, ALL, ALL, ALL)
        case Frozen():
            return Subject(ALL, record.scope, ALL, ALL)
        case OverrideEnded():
            return Subject(ALL, ALL, ALL, ALL)
        case _:
            return Subject()
