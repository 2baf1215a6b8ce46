"""PURE: what a deployment asks of routers: weights while it is under way, colours, and shadows; routers obey it."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from canary.deployment.findings import step_of
from canary.deployment.shadow_sight import wanted_shadows
from canary.records.deployments import Deploying, DeploymentMoved, Doing
from communicator.answers.policy import ALL, Colour, Shadow, Weight


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
        elif at.colour and at.spec.strategy != "shadow":  # else routers keep the colours that they have
            yield Colour(service=at.service, generation=at.colour, active=ALL)


def shadows(
    deployments: Iterable[Deploying],
    shadowing: Mapping[tuple[str, str], Doing],
    me: str,
    unit_of: Callable[[str, str, str], str],
) -> Iterator[Shadow]:
    """The shadows in force: what gets copies, and what may still run on this host and stays behind the fence until it is stopped.

    Whatever build registers is kept back, so an entry is about all of them.

    Args:
        deployments: Where each is.
        shadowing: By server and service, the last task about shadows there.
        me: This host.
        unit_of: The unit in which an executor of this host has a version of a service run; empty: none.
    """
    found: dict[tuple[str, str, str], tuple[Shadow, str]] = {}
    for deploying in deployments:
        for one in _copied(deploying.at):
            found[one.server, one.service, one.version] = one, deploying.at.spec.executor
    for (server, service), doing in shadowing.items():
        for version in doing.shadows if server == me else ():
            left = Shadow(service=service, version=version, server=server, deployment=doing.task.deployment)
            found.setdefault((server, service, version), (left, doing.task.executor))
    for _, (one, executor) in sorted(found.items(), key=lambda each: (each[0][0] != me, each[0])):
        unit = unit_of(executor, one.service, one.version) if one.server == me else ""
        yield msgspec.structs.replace(one, unit=unit)


def _copied(at: DeploymentMoved) -> Iterator[Shadow]:
    wanted = at.shadowing
    if wanted is None:
        return
    for number, (version, _build) in enumerate(wanted_shadows(at)):
        yield Shadow(
            service=at.service,
            version=version,
            server=wanted.server,
            primary=wanted.primary,
            share=wanted.share,
            key=wanted.key,
            is_reference=number > 0,
            deployment=at.comparison,
        )


def _weight(at: DeploymentMoved) -> float:
    """A version that is on its way back gets nothing, as long as somebody else is there."""
    if at.spec.strategy != "canary" or not at.from_version:
        return 1.0
    if at.phase == "aborting" and 0 < at.placed < len(at.servers):
        return 0.0
    is_weighed = (at.resume if at.phase == "paused" else at.phase) == "step" and at.placed > 0
    return step_of(at).weight if is_weighed else 1.0
