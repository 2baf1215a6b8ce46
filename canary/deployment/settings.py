"""PURE: the settings of deployments on this host: what the names mean that a deployment holds."""

import re

import msgspec

from canary.deployment.execution.settings import AnyExecutor
from canary.deployment.spec import NOBODY
from communicator.errors import ConfigError
from communicator.runtime.settings_type import Settings

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


class DeploySettings(Settings, frozen=True):
    """``[deploy]``."""

    executors: dict[str, AnyExecutor] = msgspec.field(default_factory=dict)
    """``[deploy.executors.NAME]``: who puts versions on this host, where deployments say ``executor = "NAME"`` (docs/executors.md).
    ``kind = "systemd"`` with ``unit``, by default ``{service}@{version}.service``, and ``timeout``, by default ``2m``; or
    ``kind = "command"`` with ``command``, a list of words, and ``timeout``, by default ``10m``."""

    def __post_init__(self) -> None:
        """Refuse names that no deployment can say."""
        for name in self.executors:
            if not _NAME.fullmatch(name) or name == NOBODY:
                raise ConfigError(
                    f"executors.{name}", f"{name!r} is no name for an executor: small letters, digits, _ and -"
                )
