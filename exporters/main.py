"""SHELL: the life of ``bellwether-exporter``; it does not know what is exported: that stands in the targets."""

import asyncio
from pathlib import Path

from communicator.client import Service
from communicator.protocol.addresses import HostPort
from communicator.runtime.command import Mode, Shortcut, daemon_command
from communicator.runtime.daemon import Daemon
from communicator.runtime.settings_type import changed_keys
from communicator.version import __version__
from exporters.asking import DEADLINE_S, await_link
from exporters.checking import check_once
from exporters.collecting import make_scraper
from exporters.collectors.own import Standing
from exporters.collectors.targets import COLLECTORS
from exporters.discovery.file_writer import FileWriter, check_files
from exporters.discovery.finder import Finder
from exporters.discovery.instances import Own, announces_port
from exporters.discovery.memory import Memory
from exporters.discovery.routes import discovery_routes
from exporters.doors import Doors
from exporters.page.gather import Gatherer
from exporters.page.routes import page_routes
from exporters.page.source import RouterSource
from exporters.readiness import Readiness
from exporters.scraper import Scraper
from exporters.settings import ExporterSettings
from exporters.textfile import TextFile, keep_writing
from exporters.web.entrance import read_entrance
from exporters.web.health import health_routes
from exporters.web.metrics import metrics_routes
from exporters.web.reception import LIVE_KEYS

SERVICE = "exporter"
"""The name on the router."""


async def serve(daemon: Daemon[ExporterSettings]) -> None:
    """Serve /metrics, and feature flags on a listener of their own, until the daemon is to stop."""
    settings = daemon.settings
    doors = Doors(settings, daemon.log, lambda: service.server_name)
    listen = doors.places["listen"]
    announced = {"metrics_port": str(listen.port)} if announces_port(listen) else {}
    service = Service(settings.communicator, SERVICE, service_version=__version__, announce=announced)
    scraper = make_scraper(service, settings, daemon.log)
    finder = make_finder(service, listen, settings)
    put_routes(doors, service, scraper, finder, daemon)
    async with asyncio.TaskGroup() as group, doors.serving():
        scraper.standing = lambda: Standing(
            refused=doors.refused,
            reload_ok=daemon.reload_ok,
            reloaded_wall_s=daemon.reloaded_wall_s,
        )
        daemon.on_reload(lambda new: renew(daemon.settings, new, doors))
        conversation = group.create_task(service.run())
        conversation.add_done_callback(lambda _: daemon.stop(cause="router"))
        writer = FileWriter(settings.discovery.files, finder.find, daemon.log)
        writing = group.create_task(writer.keep_writing(settings.discovery.interval_s, service.wait_ready))
        daemon.ready({_PORTS[key]: str(place) for key, place in doors.places.items()})
        await daemon.stopping.wait()
        writing.cancel()
        await scraper.close()
        service.stop()


_PORTS = {"listen": "http", "ofrep.listen": "ofrep"}
"""What each listener is called in the file of ports."""


def put_routes(
    doors: Doors, service: Service, scraper: Scraper, finder: Finder, daemon: Daemon[ExporterSettings]
) -> None:
    """Say what is answered at each listener."""
    routes = [
        *page_routes(Gatherer(RouterSource(service), Path(daemon.settings.flags_path))),
        *metrics_routes(scraper.scrape),
        *discovery_routes(finder.find),
        *health_routes(Readiness(service, scraper).look),
    ]
    doors.put("listen", routes)
    if "ofrep.listen" in doors.places:
        from communicator.features.store import FlagStore  # noqa: PLC0415 - an evaluator that nobody else needs
        from exporters.ofrep.routes import OFREP_FORM, ofrep_routes  # noqa: PLC0415 - the same

        doors.put("ofrep.listen", ofrep_routes(FlagStore(service), daemon.log), OFREP_FORM)


def make_finder(service: Service, listen: HostPort, settings: ExporterSettings) -> Finder:
    """What knows what there is to scrape in the cluster."""
    return Finder(
        lambda question, reply: service.request(question, reply, timeout_s=DEADLINE_S),
        lambda: Own(service.server_name, SERVICE, listen),
        Memory(settings.discovery.keep_s),
    )


def renew(old: ExporterSettings, new: ExporterSettings, doors: Doors) -> list[str]:
    """Go by new settings where that is possible while it serves; gives the others that changed."""
    doors.renew(new)
    return [key for key in changed_keys(old, new) if not key.startswith(LIVE_KEYS)]


def check_named(settings: ExporterSettings) -> None:
    """See whether what the settings name on this host is there, and what it should be.

    Raises:
        ConfigError: It is not; names the key.
    """
    for listen in settings.listen_addresses.values():
        read_entrance(listen, settings.auth, settings.tls, settings.web_config_file)
    check_files(settings.discovery.files)
    if settings.textfile.directory:
        TextFile(Path(settings.textfile.directory))


async def write(daemon: Daemon[ExporterSettings]) -> None:
    """Write the page into a file, every so often, until the daemon is to stop."""
    settings = daemon.settings.textfile
    file = TextFile(Path(settings.directory))
    service = Service(daemon.settings.communicator, SERVICE, service_version=__version__)
    scraper = make_scraper(service, daemon.settings, daemon.log)
    scraper.standing = lambda: Standing(reload_ok=daemon.reload_ok, reloaded_wall_s=daemon.reloaded_wall_s)
    daemon.on_reload(lambda new: changed_keys(daemon.settings, new))

    async def write_pages() -> None:
        await await_link(service)  # or the first page would tell of trouble that is none
        await keep_writing(scraper.scrape, file, settings.interval_s, daemon.log)

    async with asyncio.TaskGroup() as group:
        conversation = group.create_task(service.run())
        conversation.add_done_callback(lambda _: daemon.stop(cause="router"))
        writing = group.create_task(write_pages())
        daemon.ready()
        await daemon.stopping.wait()
        writing.cancel()
        await scraper.close()
        service.stop()
    file.remove()


async def serve_or_write(daemon: Daemon[ExporterSettings]) -> None:
    """Do what the settings say until the daemon is to stop."""
    await (write if daemon.settings.textfile.directory else serve)(daemon)


_SHORTCUTS = (
    *(
        Shortcut(
            f"--collector.{name}/--no-collector.{name}",
            f"collectors.{name}",
            f"Look at it or not; short for --set collectors.{name}=BOOL.",
        )
        for name in COLLECTORS
    ),
    Shortcut(
        "--textfile",
        "textfile.directory",
        "Serve nothing, write DIR/bellwether.prom every textfile.interval_s seconds.",
        metavar="DIR",
    ),
)
_CHECK: Mode[ExporterSettings] = Mode(
    "--check",
    "Print the page once and exit: 0 when every target is up, 1 when one is down, 78 for bad settings.",
    check_once,
)

main = daemon_command(
    "bellwether-exporter",
    ExporterSettings,
    serve_or_write,
    help="Serve what the router, the clock check and the canary of this host know, as Prometheus metrics.",
    check=check_named,
    shortcuts=_SHORTCUTS,
    mode=_CHECK,
)
