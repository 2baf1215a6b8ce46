"""Known addresses by their text and by the server that is there, and which servers are linked; it decides nothing."""

from collections.abc import Iterator

from communicator.router.mesh.known_address import KnownAddress


class AddressTable:
    """Each address once; a server may have several."""

    def __init__(self) -> None:
        self.linked: set[str] = set()
        """The servers that are linked."""
        self._by_address: dict[str, KnownAddress] = {}
        self._by_server: dict[str, set[KnownAddress]] = {}

    def __len__(self) -> int:
        return len(self._by_address)

    def __iter__(self) -> Iterator[KnownAddress]:
        return iter(list(self._by_address.values()))

    def get(self, address: str) -> KnownAddress | None:
        """The address of that text."""
        return self._by_address.get(address)

    def of_server(self, server: str) -> list[KnownAddress]:
        """All addresses of a server, in the order of their text."""
        return sorted(self._by_server.get(server, ()), key=lambda known: known.address)

    def has_moved(self, known: KnownAddress) -> bool:
        """Whether the server that was at this address is proven to be at another."""
        return not known.is_proven and any(mate.is_proven for mate in self.of_server(known.server))

    def add(self, known: KnownAddress) -> None:
        """Enter an address that is not in it."""
        self._by_address[known.address] = known

    def assign(self, known: KnownAddress, server: str) -> None:
        """Another server than before is at this address."""
        if known.server == server:
            return
        self._take_off(known)
        known.server, known.is_proven = server, False
        self._by_server.setdefault(server, set()).add(known)

    def remove(self, known: KnownAddress) -> None:
        """Strike an address out."""
        self._take_off(known)
        self._by_address.pop(known.address, None)

    def counted(self) -> list[KnownAddress]:
        """All that count."""
        return [known for known in self._by_address.values() if not known.is_provisional]

    def groups(self) -> list[list[KnownAddress]]:
        """Those that count, one list for each router; an address whose server is not known stands alone."""
        groups: dict[str, list[KnownAddress]] = {}
        for known in self.counted():
            groups.setdefault(known.server or known.address, []).append(known)
        return list(groups.values())

    def _take_off(self, known: KnownAddress) -> None:
        mates = self._by_server.get(known.server)
        if mates is None:
            return
        mates.discard(known)
        if not mates:
            del self._by_server[known.server]
