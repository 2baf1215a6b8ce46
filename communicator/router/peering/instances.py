"""The services of this host, as they are told to other routers and to whoever asks."""

from typing import Any

from communicator.router.delivery.repertoire import known_commands
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.registry import Link, Registration


def local_instances(board: Switchboard) -> list[dict[str, Any]]:
    """Every instance of this host, and each known service that has none."""
    here = [_instance(board, link, link.registration) for link in board.registry.registered() if link.registration]
    present = {instance["service"] for instance in here}
    absent = [_absent(board, service) for service in board.config.known_services - present]
    return [_described(board, instance) for instance in here + absent]


def _described(board: Switchboard, instance: dict[str, Any]) -> dict[str, Any]:
    """The instance with what the package says it is for, where it does."""
    description = board.config.packaged_as(instance["service"]).description
    return {**instance, "description": description} if description else instance


def _instance(board: Switchboard, link: Link, registration: Registration) -> dict[str, Any]:
    return {
        "server": board.config.server_name,
        "service": registration.service,
        "version": registration.version,
        "build": registration.build,
        "role": registration.role,
        "state": "up",
        "up_since": registration.up_since_s,
        "address": board.config.my_address,
        "pid": registration.pid,
        "boot_id": board.config.boot_id,
        "metrics_port": registration.metrics_port,
        "probe_port": registration.probe_port,
        "commands": sorted(link.commands),
    }


def _absent(board: Switchboard, service: str) -> dict[str, Any]:
    return {
        "server": board.config.server_name,
        "service": service,
        "version": "",
        "build": "",
        "role": "live",
        "state": "down",
        "up_since": None,
        "address": board.config.my_address,
        "pid": None,
        "boot_id": board.config.boot_id,
        "metrics_port": None,
        "probe_port": None,
        "commands": sorted(known_commands(board, service)),
    }
