"""PURE: what a deployment asks of routers: weights while it is under way, and the colours of a service; routers obey it."""

from collections.abc import Iterable, Iterator

from canary.deployment.findings import step_of
from canary.records.deployments import Deploying, DeploymentMoved
from communicator.answers.policy import ALL, Colour, Weight


def weights(deployments: Iterable[Deploying]) -> Iterator[Weight]:
    """The weights in force, by service: none before the first step and none after the end."""
    for deploying in deployments:
        weight = _weight(deploying.at)
        if weight < 1:
            version, build = deploying.at.trial
            yield Weight(deploying.at.service, version, build, ALL, weight)


def colours(deployments: Iterable[Deploying]) -> Iterator[Colour]:
    """The colours of the services that have some, or had."""
    for deploying in deployments:
        at = deploying.at
        if at.spec.strategy == "blue-green":
            version, build = at.trial if at.is_switched else (at.from_version, at.from_build or ALL)
            yield Colour(
                service=at.service, generation=at.colour, active=version, active_build=build, drain_s=at.spec.drain
            )
        elif at.colour:
            yield Colour(service=at.service, generation=at.colour, active=ALL)


def _weight(at: DeploymentMoved) -> float:
    """A version that is on its way back gets nothing, as long as somebody else is there."""
    if at.spec.strategy != "canary" or not at.from_version:
        return 1.0
    if at.phase == "aborting" and at.placed < len(at.servers):
        return 0.0
    is_weighed = (at.resume if at.phase == "paused" else at.phase) == "step" and at.placed > 0
    return step_of(at).weight if is_weighed else 1.0
