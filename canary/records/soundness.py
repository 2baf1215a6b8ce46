"""PURE: whether a record that another host tells can be written down and read again; it says nothing of whether it is true."""

from collections.abc import Callable, Mapping

import msgspec

from canary.deployment.spec import SERVERS, require_sound
from canary.deployment.task import OUTPUT_CHARACTERS, SHADOWS, Outcome
from canary.records.deployments import DeploymentMoved, OfTask, ShadowCompared, TaskBegun, TaskEnded
from canary.records.facts import Record
from communicator.answers.policy import TEXT_CHARACTERS
from communicator.protocol.names import is_server_name, is_service_name

CAUSES = 32
"""More than there are kinds of evidence, or numbers in a verdict."""
LONGEST_S = 1e10
"""No time is further away than that, by anybody's clock: the rules allow a tenth of it at most."""
LARGEST = 2**53
"""No number is larger than what every reader of JSON can read."""


def is_sound(record: Record) -> bool:
    """Whether its texts are no longer than ours, and its numbers make sense and can be written down and read again."""
    if not _SOUND.get(type(record), _is_any)(record):
        return False
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    texts = [value for value in fields.values() if isinstance(value, str)]
    parts = [value for part in fields.get("servers", ()) for value in msgspec.structs.astuple(part)]
    texts += [value for value in parts if isinstance(value, str)]
    many = [*fields.get("causes", ()), *fields.get("differs_on", ()), *fields.get("numbers", ())]
    values = (*fields.values(), *fields.get("numbers", {}).values(), *parts)
    return (
        all(map(is_plausible, values))
        and is_service_name(fields.get("service", "canary"))
        and len(many) <= CAUSES
        and all(len(text) <= TEXT_CHARACTERS for text in (*texts, *many))
        and fields.get("lasted_s", 0.0) >= 0.0
        and fields.get("ago_s", 0.0) >= 0.0
    )


def _is_any(_record: Record) -> bool:
    return True


def _is_deployment(record: DeploymentMoved) -> bool:
    texts = [*record.overruled, *(text for pair in record.trail for text in pair)]
    servers = [one.server for one in record.servers]
    try:
        require_sound(record.spec)
    except ValueError:
        return False
    return (
        all(map(is_server_name, servers))
        and len(servers) <= SERVERS
        and max(len(record.trail), len(record.overruled)) <= CAUSES
        and all(len(text) <= TEXT_CHARACTERS for text in texts)
    )


def _is_task(record: OfTask) -> bool:
    task, outcome = record.task, record.outcome if isinstance(record, TaskEnded) else Outcome(status="done")
    shadows = task.shadows or ()
    texts = (task.deployment, task.executor, task.version, task.build, task.previous, outcome.text, *shadows)
    return (
        is_service_name(task.service)
        and max(map(len, texts)) <= TEXT_CHARACTERS
        and len(shadows) <= SHADOWS
        and len(outcome.output) <= OUTPUT_CHARACTERS
        and is_plausible(task.step)
        and is_plausible(task.attempt)
    )


def _is_shadow(record: ShadowCompared) -> bool:
    paths = record.paths
    return (
        is_server_name(record.shadow) and len(paths) <= CAUSES and all(len(path) <= TEXT_CHARACTERS for path in paths)
    )


_SOUND: Mapping[type[Record], Callable[..., bool]] = {
    DeploymentMoved: _is_deployment,
    ShadowCompared: _is_shadow,
    TaskBegun: _is_task,
    TaskEnded: _is_task,
}


def is_plausible(value: object) -> bool:
    """Whether a number is one that a canary may have told; what is no number is."""
    if isinstance(value, float):
        return -LONGEST_S <= value <= LONGEST_S
    return not isinstance(value, int) or -LARGEST <= value <= LARGEST
