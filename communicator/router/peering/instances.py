"""The services of this host, as they are told to other routers and to whoever asks."""

from typing import Any

from communicator.answers.services import Instance, Role
from communicator.router.delivery.repertoire import known_commands
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.registry import Link, Registration


def local_instances(board: Switchboard) -> list[Instance]:
    """Every instance of this host, and each known service that has none."""
    config, registry = board.config, board.registry
    here = [
        _present(config, link, link.registration, registry.role_of(link) or link.registration.role)
        for link in registry.registered()
        if link.registration
    ]
    absent = config.known_services - {instance.service for instance in here}
    return here + [
        _instance(
            config, service, state="down", commands=tuple(sorted(known_commands(config, board.learning, service)))
        )
        for service in absent
    ]


def _present(config: RouterConfig, link: Link, registration: Registration, role: Role) -> Instance:
    """A service that is here; made anew only when it says another thing, since all are asked for whenever one changes."""
    told = link.told
    is_same = told is not None and told[0] is registration and told[1] == len(link.commands) and told[2] is config
    if told is not None and is_same and told[3].role is role:
        return told[3]
    instance = _instance(
        config,
        registration.service,
        version=registration.version,
        build=registration.build,
        role=role,
        up_since=registration.up_since_s,
        pid=registration.pid,
        metrics_port=registration.metrics_port,
        probe_port=registration.probe_port,
        commands=tuple(sorted(link.commands)),
    )
    link.told = (registration, len(link.commands), config, instance)  # a link takes no command back
    return instance


def _instance(config: RouterConfig, service: str, **known: Any) -> Instance:  # noqa: ANN401 - whatever fields are known
    return Instance(
        server=config.server_name,
        service=service,
        address=config.my_address,
        boot_id=config.boot_id,
        description=config.packaged_as(service).description,
        **known,
    )
