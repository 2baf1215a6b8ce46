"""The console script ``communicatord``: names the router, its settings and its help."""

from pathlib import Path

from communicator.daemon.doors import BoundDoors
from communicator.daemon.message_checks import survey_definitions
from communicator.daemon.router_config import check_host, group_id
from communicator.daemon.server import Server
from communicator.daemon.service_files import find_doubts
from communicator.daemon.settings import CommunicatordSettings
from communicator.router import Router
from communicator.runtime.command import daemon_command
from communicator.runtime.daemon import Daemon


def survey(settings: CommunicatordSettings) -> list[str]:
    """What is doubtful among the files that the settings name, in words."""
    return [*survey_definitions(settings), *map(str, find_doubts(Path(settings.services_path)))]


async def serve(daemon: Daemon[CommunicatordSettings]) -> None:
    """Route messages until told to stop."""
    listen = daemon.settings.listen
    with BoundDoors(listen, group_id(listen.socket_group)) as doors:
        await Server(daemon, Router, doors).run()


main = daemon_command(
    "communicatord",
    CommunicatordSettings,
    serve,
    help=(
        "Route messages between the services of this host, and those of other hosts.\n\n"
        "Services connect to a Unix socket or to a loopback TCP port, register under a name and send each other lines; "
        "a datagram on the loopback UDP port is a message too. Routers of other hosts are linked to when the settings say "
        "so. SIGHUP reads the settings again, SIGTERM takes leave of everyone and ends."
    ),
    check=check_host,
    survey=survey,
)
