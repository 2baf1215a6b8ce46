"""PURE: the settings of deployments on this host: what the names mean that a deployment holds."""

import re

import msgspec

from canary.deployment.analysis.settings import MeasuringCommand, MetricServer
from canary.deployment.execution.settings import AnyExecutor
from canary.deployment.notify.settings import AnyTarget
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
    metric_servers: dict[str, MetricServer] = msgspec.field(default_factory=dict)
    """``[deploy.metric_servers.NAME]``: a Prometheus for checks that say ``server = "NAME"`` (docs/analysis.md), with ``url``,
    ``token_file``, ``ca``, and ``timeout``, by default ``10s``."""
    commands: dict[str, MeasuringCommand] = msgspec.field(default_factory=dict)
    """``[deploy.commands.NAME]``: what checks of the provider ``command`` run by this name (docs/analysis.md): ``command``, a list
    of words, and ``timeout``, by default ``10s``."""
    notify: dict[str, AnyTarget] = msgspec.field(default_factory=dict)
    """``[deploy.notify.NAME]``: who is told of each change of deployments that say ``notify = ["NAME"]`` (docs/analysis.md).
    ``kind = "webhook"`` with ``url``, ``secret_file``, ``ca``; or ``kind = "command"`` with ``command``, a list of words; both with
    ``timeout``, by default ``10s``."""

    def __post_init__(self) -> None:
        """Refuse names that no deployment can say."""
        for table in self.__struct_fields__:
            for name in getattr(self, table):
                if not _NAME.fullmatch(name) or (table, name) == ("executors", NOBODY):
                    raise ConfigError(f"{table}.{name}", f"{name!r} is no name for it: small letters, digits, _ and -")
