"""The table of commands the router itself obeys; whatever is not in it is answered by UNKNOWN."""

from collections.abc import Mapping

from communicator.router.delivery.acknowledgement import acknowledged
from communicator.router.features import information, load, stopping
from communicator.router.features.clock_status import clock_status, clock_word
from communicator.router.features.cluster_graph import cluster_get_graph, cluster_get_route, forget
from communicator.router.features.cluster_status import cluster_get_status, cluster_status
from communicator.router.features.fencing import register
from communicator.router.features.policy_word import colours, policy_get, policy_set
from communicator.router.features.registration import absolutely, commands, unregister
from communicator.router.features.service_status import list_services, service_status
from communicator.router.features.shadow_copies import shadow_copy, shadow_get_discarded, shadow_said, shadow_taken
from communicator.router.peering import handshake, parting
from communicator.router.peering.exchange import link_state, link_state_summary
from communicator.router.switchboard import Handler

_HANDLERS: dict[str, Handler] = {
    "ABSOLUTELY": absolutely,
    "ACCEPT": handshake.accept,
    "ACKNOWLEDGED": acknowledged,
    "ALIVE": information.alive,
    "CHALLENGE": handshake.challenged,
    "CLOCK_STABLE": clock_word,
    "CLOCK_STATUS": clock_status,
    "CLOCK_UNSTABLE": clock_word,
    "CLUSTER_GET_GRAPH": cluster_get_graph,
    "CLUSTER_GET_ROUTE": cluster_get_route,
    "CLUSTER_GET_STATUS": cluster_get_status,
    "CLUSTER_STATUS": cluster_status,
    "COLOURS": colours,
    "COMMANDS": commands,
    "CONNECT": handshake.connect,
    "DISCONNECT": parting.disconnect,
    "FORGET": forget,
    "GOSSIP": handshake.gossip,
    "INVALID": handshake.complaint,
    "LINK_STATE": link_state,
    "LINK_STATE_SUMMARY": link_state_summary,
    "LISTEN_LOADAVG": load.listen_to_load,
    "LIST_SERVICES": list_services,
    "LOADAVG": load.load_of_another,
    "LOG_ROTATE": stopping.log_rotate,
    "POLICY_GET": policy_get,
    "POLICY_SET": policy_set,
    "PROOF": handshake.proven,
    "PUBLIC_IP": information.public_ip,
    "QUITTING": handshake.complaint,
    "READY": information.ignore,
    "RECEIVED": handshake.received,
    "REFUSE": handshake.refuse,
    "REGISTER": register,
    "REGISTER_FOR_LOADAVG": load.register_for_load,
    "RESTART": stopping.restart,
    "ROUTER_GET_STATS": information.router_get_stats,
    "SERVICE_STATUS": service_status,
    "SERVICE_UNAVAILABLE": information.ignore,
    "SHADOW_COPY": shadow_copy,
    "SHADOW_GET_DISCARDED": shadow_get_discarded,
    "SHADOW_SAID": shadow_said,
    "SHADOW_TAKEN": shadow_taken,
    "SHUTDOWN": stopping.shutdown,
    "STOP": stopping.stop,
    "TAP": information.tap,
    "UNKNOWN": handshake.complaint,
    "UNREGISTER": unregister,
    "UNREGISTER_FROM_LOADAVG": load.unregister_from_load,
}

HANDLERS: Mapping[str, Handler] = {**_HANDLERS, "HELP": information.help_with((*_HANDLERS, "HELP"))}
"""Command to what the router does about it."""
