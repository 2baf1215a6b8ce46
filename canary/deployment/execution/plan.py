"""PURE: what a task comes to on this host: jobs of systemd, or a command; it does nothing of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from canary.deployment.execution.placeholders import fill
from canary.deployment.execution.settings import AnyExecutor, CommandExecutor, SystemdExecutor
from canary.deployment.execution.unit_names import unit_of
from canary.deployment.plain_word import fault_of
from canary.deployment.spec import NOBODY
from canary.deployment.task import Task

Method = Literal["start", "stop", "restart"]
"""What systemd does to a unit; polkit calls it by the same word."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """Jobs of systemd, one after the other."""

    steps: tuple[tuple[Method, str], ...]
    """What is done, and to which unit."""
    limit_s: float
    """All of them together."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments."""

    argv: tuple[str, ...]
    limit_s: float


@dataclass(frozen=True, slots=True)
class Nothing:
    """Somebody else does it."""


Plan = Jobs | Command | Nothing


def plan(task: Task, executors: Mapping[str, AnyExecutor]) -> Plan:
    """Find out what is to be done.

    Args:
        task: What the deployment wants.
        executors: Those of this host, by name.

    Raises:
        ValueError: This host does not define it, or it cannot be done; the text says what to do.
    """
    match executors.get(task.executor):
        case None if task.executor == NOBODY:
            return Nothing()
        case None:
            raise ValueError(
                f"executor {task.executor!r} is not defined on this host: "
                f"canaryd.toml needs a table [deploy.executors.{task.executor}]"
            )
        case SystemdExecutor() as settings:
            return Jobs(_steps(task, settings.unit), settings.timeout_s)
        case CommandExecutor() as settings:
            return Command(_argv(task, settings.command), settings.timeout_s)


def unit_for(executors: Mapping[str, AnyExecutor], executor: str, service: str, version: str) -> str:
    """The systemd unit in which an executor has a version run; empty: it has none, or there can be none.

    Args:
        executors: Those of this host, by name.
        executor: Which one.
        service: Of the version.
        version: Which one.
    """
    settings = executors.get(executor)
    if not isinstance(settings, SystemdExecutor):
        return ""
    try:
        return unit_of(settings.unit, service, version)
    except ValueError:
        return ""


def _steps(task: Task, template: str) -> tuple[tuple[Method, str], ...]:
    unit = unit_of(template, task.service, task.version)
    if task.verb != "replace":
        return ((task.verb, unit),)
    stops: tuple[tuple[Method, str], ...] = ()
    if task.previous:
        stops = (("stop", unit_of(template, task.service, task.previous)),)
    return (*stops, ("start", unit))


def _argv(task: Task, command: tuple[str, ...]) -> tuple[str, ...]:
    values = {
        "verb": task.verb,
        "service": task.service,
        "version": task.version,
        "previous": task.previous,
        "build": task.build,
        "deployment": task.deployment,
        "step": str(task.step),
        "attempt": str(task.attempt),
    }
    for name in ("version", "previous", "build", "deployment"):
        if fault := fault_of(values[name]):
            raise ValueError(f"{name} {values[name]!r} must not reach a command: it {fault}")
    return tuple(fill(word, values) for word in command)
