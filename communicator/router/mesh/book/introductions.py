"""Introduces C++ routers to each other: at a link each of them learns of one other router alone, GOSSIP tells it of the rest.

Of the neighbors in CONNECT and ACCEPT a C++ router reads the first. GOSSIP names one address. Only larger addresses are told that
way: whoever hears of one waits to be dialled, and says GOSSIP to it after 5 s if it was not. To hear of a smaller one means to dial
it, linked or not.
"""

from collections.abc import Iterable, Iterator

from communicator.protocol.addresses import HostPort
from communicator.router.mesh.book.entry import Attempt

INTRODUCTIONS_AT_ONCE = 32
"""Connections that do nothing but say one line; what is left over has its turn when these are done."""


class Introductions:
    """Which addresses each leaf that is linked with us has been told.

    Args:
        numbers: Where the numbers of dials come from.
    """

    def __init__(self, numbers: Iterator[int]) -> None:
        self._numbers = numbers
        self._told: dict[str, set[str]] = {}
        """By leaf."""
        self._open: dict[int, Attempt] = {}

    def left(self, leaf: str) -> None:
        """A leaf is no longer linked: when it comes back it may have forgotten everybody."""
        self._told.pop(leaf, None)

    def begin(self, leaf: str, host_port: HostPort, addresses: Iterable[str], *, secure: bool) -> list[Attempt]:
        """The connections to open, so that a leaf hears of all these addresses.

        Args:
            leaf: Its server.
            host_port: Where it listens.
            addresses: Each ``IP:port``.
            secure: Whether it is dialled over TLS.
        """
        told = self._told.setdefault(leaf, set())
        untold = [address for address in addresses if address not in told]
        turn = untold[: INTRODUCTIONS_AT_ONCE - len(self._open)]
        begun = [Attempt(next(self._numbers), host_port, secure, address) for address in turn]
        told.update(turn)
        self._open.update((attempt.number, attempt) for attempt in begun)
        return begun

    def get(self, number: int) -> Attempt | None:
        """One that is under way."""
        return self._open.get(number)

    def end(self, number: int) -> bool:
        """One is over, however it ended; whether there was one of that number."""
        return self._open.pop(number, None) is not None
