"""PURE: entries of the ledger about deployments -> what the judge knows of them; it moves none."""

from canary.judge.state import State
from canary.records import Deploying, DeploymentMoved, Doing, Entry, ShadowCompared, Shadowed, TaskBegun, TaskEnded

SERVICES = 512
"""Services with a deployment that are remembered; ended ones are forgotten first."""
DOING = 4_096
"""Last tasks that are remembered, of all servers and services."""
SHADOWS = 4_096
"""Comparisons of shadows that are remembered, those that were told longest ago forgotten first."""


def move_deployment(state: State, entry: Entry, record: DeploymentMoved) -> None:
    """A deployment is at another point."""
    known = state.deployments.pop(record.service, None)
    is_same = known is not None and known.at.id == record.id
    began_s = known.began_s if known is not None and is_same else entry.at_s
    state.deployments[record.service] = Deploying(record, entry.at_s, began_s)
    if len(state.deployments) > SERVICES:
        ended = (service for service, one in state.deployments.items() if one.at.is_over)
        del state.deployments[next(ended, next(iter(state.deployments)))]


def begin_task(state: State, entry: Entry, record: TaskBegun) -> None:
    """A host is about to do something."""
    _note(state, record.server, Doing(record.task, entry.at_s))


def end_task(state: State, entry: Entry, record: TaskEnded) -> None:
    """A host has done it, or could not."""
    _note(state, record.server, Doing(record.task, entry.at_s, record.outcome))


def compare_shadow(state: State, entry: Entry, record: ShadowCompared) -> None:
    """A shadow was compared with a primary once more."""
    which = (record.server, record.shadow, record.service)
    state.shadows.pop(which, None)
    state.shadows[which] = Shadowed(record, entry.at_s)
    while len(state.shadows) > SHADOWS:
        del state.shadows[next(iter(state.shadows))]


def _note(state: State, server: str, doing: Doing) -> None:
    known = state.shadowing if doing.task.is_shadow else state.doing
    known.pop((server, doing.task.service), None)
    known[server, doing.task.service] = doing
    while len(known) > DOING:
        del known[next(iter(known))]
