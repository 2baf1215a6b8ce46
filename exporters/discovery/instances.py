"""PURE: where each instance of a service is scraped; it asks nobody and remembers nothing."""

from collections.abc import Iterable
from typing import NamedTuple

from communicator.answers.services import Instance
from communicator.errors import AddressError
from communicator.protocol.addresses import HostPort, parse_host_port

UP, DOWN = "up", "down"
LIVE = "live"


class Place(NamedTuple):
    """One instance of a service, and where it is scraped."""

    service: str
    server: str
    role: str
    state: str
    """``up``, ``down`` or ``blocked``."""
    version: str
    build: str
    target: HostPort | None
    """Where it is scraped; None when it has told no port that others can reach."""


class Own(NamedTuple):
    """This exporter itself."""

    server: str
    """The server it is registered at."""
    service: str
    """The name it is registered under."""
    listen: HostPort
    """Where it listens, really."""

    @property
    def host(self) -> str:
        """Where this machine is reached by those who can ask this exporter."""
        return "127.0.0.1" if self.listen.is_unspecified else self.listen.host


def announces_port(listen: HostPort) -> bool:
    """Whether an exporter that listens there is of use to others, so that it tells the cluster its port.

    The loopback address of each machine is not; further ones (127.0.0.2) are how a cluster is tried on one machine.
    """
    return not listen.is_loopback or listen.host not in {"localhost", "127.0.0.1", "::1"}


def places(instances: Iterable[Instance], own: Own) -> list[Place]:
    """Where all instances are scraped, in order."""
    found = [_place(instance, own) for instance in instances]
    return sorted(found, key=lambda place: (place.service, place.server, place.role, str(place.target)))


def _place(instance: Instance, own: Own) -> Place:
    return Place(
        instance.service,
        instance.server,
        instance.role,
        instance.state,
        instance.version,
        instance.build,
        _target(instance, own),
    )


def _target(instance: Instance, own: Own) -> HostPort | None:
    is_here = instance.server == own.server
    if is_here and instance.service == own.service and instance.state != DOWN and not announces_port(own.listen):
        return HostPort(own.host, own.listen.port)  # whoever asks us is on this machine, and finds us there
    if not instance.metrics_port:
        return None
    host = _host_of(instance.address) or (own.host if is_here else "")
    return HostPort(host, instance.metrics_port) if host else None


def _host_of(address: str) -> str:
    """The host of a cluster address; empty when there is none that a scraper could use."""
    try:
        found = parse_host_port(address, 0)
    except AddressError:
        return ""
    return "" if found.is_unspecified else found.host
