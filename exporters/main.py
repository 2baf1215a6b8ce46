"""SHELL: the life of ``bellwether-exporter``; it does not know what is exported: that stands in the targets."""

import asyncio

from communicator.client import Service
from communicator.protocol import HostPort, Message
from communicator.protocol.names import THIS_SERVER
from communicator.runtime import Daemon, daemon_command
from communicator.runtime.settings import changed_keys
from communicator.version import __version__
from exporters.http_server import bind, serving
from exporters.metric import AnyTarget, MalformedReportError
from exporters.scraper import DEADLINE_S, Scraper
from exporters.settings import ExporterSettings
from exporters.targets import select_targets
from exporters.web import application

SERVICE = "exporter"
"""The name on the router."""


async def ask(service: Service, target: AnyTarget) -> str:
    """Ask a target of this host for its report.

    Raises:
        ClientError: The router is away, knows no such service, or no answer came in time.
        MalformedReportError: The answer carries no report.
    """
    # not kept for later: a target that is away is to be known at once
    question = Message(target.command, {"cache": "no"}, service=target.service, server=THIS_SERVER)
    reply = await service.request(question, target.reply, timeout_s=DEADLINE_S)
    report = reply.get(target.parameter)
    if not report:
        raise MalformedReportError(f"{target.reply} of {target.service} has no {target.parameter!r}")
    return report


async def serve(daemon: Daemon[ExporterSettings]) -> None:
    """Serve /metrics until the daemon is to stop."""
    listener = bind("listen", daemon.settings.listen_address)
    host, port = listener.getsockname()[:2]
    service = Service(
        daemon.settings.communicator,
        SERVICE,
        service_version=__version__,
        announce={"metrics_port": str(port)},
    )
    targets = select_targets(cluster=daemon.settings.cluster)
    scraper = Scraper(targets, lambda target: ask(service, target), daemon.log)
    daemon.on_reload(lambda new: changed_keys(daemon.settings, new))
    async with asyncio.TaskGroup() as group, serving(application(scraper.scrape), listener):
        conversation = group.create_task(service.run())
        conversation.add_done_callback(lambda _: daemon.stop(cause="router"))
        daemon.ready({"http": str(HostPort(host, port))})
        await daemon.stopping.wait()
        service.stop()


main = daemon_command(
    "bellwether-exporter",
    ExporterSettings,
    serve,
    help="Serve what the router, the clock check and the canary of this host know, as Prometheus metrics.",
)
