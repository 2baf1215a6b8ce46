"""PURE: the deployments that the canary of this host knows of as metrics: where each is, and what was seen; it judges none."""

from collections.abc import Callable
from typing import get_args

from communicator.answers.deployments import Deployment, Deployments, Phase, ServerState
from communicator.wording.deployments import steps_total
from exporters.collectors.metric import Answer, Definition, Kind, Row, Samples, asked_target, samples_of
from exporters.questions import VERSIONS

DEPLOYMENTS_ANSWER = Answer(VERSIONS, Deployments)
DEPLOYMENTS_VIEW = {"view": "deployments"}
"""What the question needs besides."""
PHASES: tuple[Phase, ...] = get_args(Phase)
SERVER_STATES: tuple[ServerState, ...] = get_args(ServerState)
_ABOUT = ("service", "version")
"""Of a service the newest deployment is told, so there is one series for each service."""


def _about(one: Deployment) -> tuple[str, str]:
    return one.service, one.version


def _each(read: Callable[[Deployment], float | None]) -> Callable[[Deployments], Samples]:
    """One number of each deployment; where it is None there is none."""

    def samples(told: Deployments) -> Samples:
        known = ((one, read(one)) for one in told.deployments)
        return {_about(one): float(value) for one, value in known if value is not None}

    return samples


def _info(told: Deployments) -> Samples:
    return {
        (one.service, one.id, one.version, one.build, one.from_version, one.strategy): 1.0 for one in told.deployments
    }


def _phases(told: Deployments) -> Samples:
    return {(*_about(one), phase): float(one.phase == phase) for one in told.deployments for phase in PHASES}


def _servers(told: Deployments) -> Samples:
    return {
        (*_about(one), state): float(sum(server.state == state for server in one.servers))
        for one in told.deployments
        for state in SERVER_STATES
    }


def _limits(told: Deployments) -> Samples:
    return {
        (*_about(one), level): limit
        for one in told.deployments
        for level, limit in (("suspect", one.suspect_log10), ("block", one.block_log10))
        if limit
    }


def _gauge(name: str, text: str, read: Callable[[Deployments], Samples], *labels: str) -> Row[Deployments]:
    return Row(Definition(f"bellwether_deployment_{name}", Kind.GAUGE, text, labels), read)


DEPLOYMENTS = asked_target(
    "deployments",
    "bellwether_deployment",
    VERSIONS.service,
    (
        _gauge(
            "info",
            "The newest deployment of a service; always 1.",
            _info,
            *("service", "id", "version", "build", "from_version", "strategy"),
        ),
        _gauge("phase", "1 for the phase that a deployment is in, else 0.", _phases, *_ABOUT, "phase"),
        _gauge(
            "phase_seconds",
            "How long it has been in that phase, in seconds.",
            _each(lambda one: one.in_phase_s),
            *_ABOUT,
        ),
        _gauge(
            "step",
            "The step that it is at, from 1.",
            _each(lambda one: one.step + 1 if steps_total(one) else None),
            *_ABOUT,
        ),
        _gauge("steps", "How many steps it has.", _each(steps_total), *_ABOUT),
        _gauge(
            "needs_human",
            "1 while nothing moves until somebody says something.",
            _each(lambda one: one.needs_human),
            *_ABOUT,
        ),
        _gauge(
            "overdue",
            "1 when a deadline has passed without what was to happen until then.",
            _each(lambda one: one.is_overdue),
            *_ABOUT,
        ),
        _gauge(
            "behind_routers",
            "Routers in reach that have not acknowledged what was decided last.",
            _each(lambda one: len(one.behind)),
            *_ABOUT,
        ),
        _gauge(
            "log10_evidence",
            "Evidence that the new version fails more; absent where nothing is compared.",
            _each(lambda one: one.log10_evidence if one.suspect_log10 else None),
            *_ABOUT,
        ),
        _gauge(
            "log10_evidence_limit",
            "The evidence at which it pauses (suspect), or goes back (block).",
            _limits,
            *_ABOUT,
            "level",
        ),
        _gauge(
            "servers", "Its servers by how the version that they are to have does there.", _servers, *_ABOUT, "state"
        ),
        _gauge(
            "untold",
            "Deployments that the canary knows and could not tell, since there are too many.",
            lambda told: samples_of(told.omitted),
        ),
    ),
)
"""What this host's canary knows of deployments; each host's knows of all."""
