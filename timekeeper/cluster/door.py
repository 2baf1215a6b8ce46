"""SHELL: where this host answers probes: at the address of the settings, or at the one under which the cluster knows it."""

import asyncio
from collections.abc import Callable

from communicator.errors import AddressError, ConfigError, ListenError
from communicator.protocol import HostPort, parse_host_port
from communicator.protocol.addresses import plain_ip
from timekeeper.cluster.neighbors import Doors, Neighbors, open_doors
from timekeeper.probes import ProbeIdentity, Seal, check_probe_exposure, hash_cluster

CLUSTER = "bellwether"
"""Clusters have no name; who shares a network with another one sets a key."""
PORT = 4044
RETRY_S = 60.0
"""An address that cannot be had now may be free later."""


class Door:
    """The door of probes; it is open while `serve` runs.

    Args:
        listen: Where; None for port 4044 of the address that the router names.
        key: What the hosts of the cluster share; empty for none.
        mode: ``[auth] mode``.
        boot_id: Of this boot.
        kernel_timestamps: Whether the kernel's receive stamps are used.
        retry_s: How long after it could not be opened beside the router it is tried again.
    """

    def __init__(
        self,
        listen: HostPort | None,
        key: bytes,
        mode: str,
        boot_id: str,
        *,
        kernel_timestamps: bool,
        retry_s: float = RETRY_S,
    ) -> None:
        self._listen = listen
        self._seal = Seal(hash_cluster(CLUSTER), key)
        self._mode = mode
        self._boot_id = boot_id
        self._kernel_timestamps = kernel_timestamps
        self._retry_s = retry_s
        self._doors: Doors | None = None
        self._name = ""
        self._host = ""
        """Under which the cluster knows this host."""
        self._learnt = asyncio.Event()

    @property
    def port(self) -> int:
        """At which probes are, or will be, answered."""
        return PORT if self._doors is None else self._doors.address.port

    @property
    def address(self) -> HostPort | None:
        """What is bound already."""
        return None if self._doors is None else self._doors.address

    async def bind(self) -> None:
        """Bind the address of the settings, when they name one.

        Raises:
            ListenError: It cannot be had.
        """
        if self._listen is not None:
            self._doors = await open_doors(self._listen, kernel_timestamps=self._kernel_timestamps)

    def learn(self, name: str, router_address: str) -> None:
        """The router has said who we are.

        Args:
            name: Of this host.
            router_address: ``IP:port`` under which the cluster knows its router.
        """
        self._name = name
        try:
            self._host = parse_host_port(router_address).host
        except AddressError:
            self._host = ""
        self._learnt.set()

    def told_as(self, address: HostPort) -> HostPort:
        """An address as others can use it: a door on all addresses is known by the router's, if that can be reached there.

        What listens on all IPv4 addresses is at none of IPv6; `[::]` is at both.
        """
        is_reached = ":" in address.host or ":" not in plain_ip(self._host)
        return HostPort(self._host, address.port) if address.is_unspecified and self._host and is_reached else address

    async def serve(self, neighbors: Neighbors, warn: Callable[..., None]) -> None:
        """Answer probes and ask by them until cancelled.

        Args:
            neighbors: Who asks and answers.
            warn: Told with an event and its details why there is no door, or none that others use.
        """
        try:
            await self._learnt.wait()
            self._doors = self._doors or await self._open(warn)
            fault = self._find_fault(self.told_as(self._doors.address))
            if fault:
                warn("probe_listen_elsewhere", reason=fault)
            await neighbors.probe(self._doors, ProbeIdentity(self._name, self._seal, self._boot_id))
        finally:
            if self._doors is not None:
                self._doors.close()

    def _find_fault(self, told: HostPort) -> str:
        """Why others will not probe the address that they are told; empty when they will."""
        router = HostPort(self._host, told.port)
        if plain_ip(told.host) == plain_ip(router.host) or (told.is_loopback and router.is_loopback):
            return ""
        return (
            f"others do not probe {told.host}, for they know this host by its router, at {self._host or 'no address'}: "
            "make probe_listen the address of cluster.my_address, IPv4 or IPv6 alike; until then they measure this host through it"
        )

    async def _open(self, warn: Callable[..., None]) -> Doors:
        """Bind the router's address; as long as that cannot be, others are measured through the routers."""
        told = ""
        while True:
            try:
                return await self._open_beside_router()
            except (ConfigError, ListenError) as error:
                if str(error) != told:
                    told = str(error)
                    warn("probes_not_answered", reason=told)
            await asyncio.sleep(self._retry_s)

    async def _open_beside_router(self) -> Doors:
        if not self._host:
            raise ListenError("probe_listen", "", "the router tells no address under which others know this host")
        listen = HostPort(self._host, PORT)
        check_probe_exposure(listen, has_key=bool(self._seal.key), mode=self._mode)
        return await open_doors(listen, kernel_timestamps=self._kernel_timestamps)
