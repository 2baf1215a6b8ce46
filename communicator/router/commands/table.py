"""The table of commands the router itself obeys; whatever is not in it is answered by UNKNOWN."""

from collections.abc import Mapping

from communicator.router.commands import information, load, stopping
from communicator.router.commands.clock_status import clock_status, clock_word
from communicator.router.commands.cluster_status import cluster_get_status, cluster_status
from communicator.router.commands.registration import commands, elder_answered, register, unregister
from communicator.router.commands.service_status import list_services, service_status
from communicator.router.switchboard import Handler

_HANDLERS: dict[str, Handler] = {
    "ABSOLUTELY": elder_answered,
    "ALIVE": information.alive,
    "CLOCK_STABLE": clock_word,
    "CLOCK_STATUS": clock_status,
    "CLOCK_UNSTABLE": clock_word,
    "CLUSTER_GET_STATUS": cluster_get_status,
    "CLUSTER_STATUS": cluster_status,
    "COMMANDS": commands,
    "FORGET": stopping.forget,
    "INVALID": information.complaint,
    "LISTEN_LOADAVG": load.listen_to_load,
    "LIST_SERVICES": list_services,
    "LOG_ROTATE": stopping.log_rotate,
    "PUBLIC_IP": information.public_ip,
    "QUITTING": information.ignore,
    "READY": information.ignore,
    "REGISTER": register,
    "REGISTER_FOR_LOADAVG": load.register_for_load,
    "RESTART": stopping.restart,
    "ROUTER_GET_STATS": information.router_get_stats,
    "SERVICE_STATUS": service_status,
    "SERVICE_UNAVAILABLE": information.ignore,
    "SHUTDOWN": stopping.shutdown,
    "STOP": stopping.stop,
    "TAP": information.tap,
    "UNKNOWN": information.complaint,
    "UNREGISTER": unregister,
    "UNREGISTER_FROM_LOADAVG": load.unregister_from_load,
}

HANDLERS: Mapping[str, Handler] = {**_HANDLERS, "HELP": information.help_with((*_HANDLERS, "HELP"))}
"""Command to what the router does about it."""
