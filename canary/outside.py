"""SHELL: what deployments need of others than hosts: metrics, and people who are told; it decides nothing."""

import time
from collections.abc import Callable
from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from canary.deployment.analysis.analysis import Analysis, Part
from canary.deployment.analysis.providers import Providers
from canary.deployment.notify.notice import notice_of
from canary.deployment.notify.notifier import Notifier
from canary.deployment.settings import DeploySettings
from canary.deployment.spec import Spec
from canary.records import Deploying
from communicator.answers.deployments import Deployment, ShownCheck
from communicator.client import Service


class Watched(NamedTuple):
    """The metrics of which part of a deployment count now, and since when."""

    part: Part | None
    """None: all of them."""
    since_s: float


class Outside:
    """Metrics and notices.

    Args:
        service: The link to the router.
        settings: What names mean here, as it is now.
        now_s: The ledger's clock.
        log: Where it is told what was not heard.
    """

    def __init__(
        self,
        service: Service,
        settings: Callable[[], DeploySettings],
        now_s: Callable[[], float],
        log: FilteringBoundLogger,
    ) -> None:
        self._providers = Providers(service, settings, now_s)
        self._analysis = Analysis(self._providers, now_s)
        self._notifier = Notifier(settings, log)

    def follow(self, deploying: Deploying, *, leads: bool) -> None:
        """Look at the metrics of a deployment while they count, and only where this canary leads."""
        at = deploying.at
        watched = watched_of(deploying) if leads and at.spec.checks else None
        if watched is None:
            self._analysis.leave(at.id)
        else:
            self._analysis.follow(at.id, at.spec, watched.since_s, watched.part)

    def verdicts(self, deployment: str) -> tuple[ShownCheck, ...]:
        """What the metrics of a deployment come to; empty where nobody looks."""
        return self._analysis.verdicts(deployment)

    def tell(self, names: tuple[str, ...], deployment: Deployment, server: str) -> None:
        """Have people told of a change."""
        self._notifier.notify(names, notice_of(deployment, server, time.time()))

    def missing(self, spec: Spec) -> tuple[str, ...]:
        """What this host lacks for that, should it lead; reads files."""
        return (*self._providers.missing(spec), *self._notifier.missing(spec.notify))

    async def close(self) -> None:
        """Look at nothing and tell nothing any more."""
        await self._analysis.close()
        await self._notifier.close()
        self._providers.close()


def watched_of(deploying: Deploying) -> Watched | None:
    """The metrics that count where a deployment is; None: none do."""
    at = deploying.at
    if at.spec.strategy == "canary":
        return Watched(None, deploying.began_s) if at.place in ("step", "promoting", "baking") else None
    if at.place in ("preparing", "step"):
        return Watched("before", deploying.began_s)
    return Watched("after", deploying.since_s) if at.place == "baking" else None
