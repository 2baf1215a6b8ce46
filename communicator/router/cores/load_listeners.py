"""Who wants to hear of a load average, of this host or of others, and which routers were asked to tell theirs; it sends nothing."""

from typing import NamedTuple

import msgspec

from communicator.router.vocabulary.registry import Link, Party


class Asked(NamedTuple):
    """Another router that was asked to tell its load."""

    address: str
    """Its ``IP:port``: it speaks of no other host."""
    link: int
    """Over which it was asked."""
    boot_id: str
    """Which life of it; empty where that is not known."""
    until_s: float
    """When it is to be asked again, on the monotonic clock: it may have taken us for gone."""

    def is_same(self, other: "Asked") -> bool:
        """Whether it was the same router, on the same way."""
        return self[:-1] == other[:-1]


class LoadListeners(msgspec.Struct):
    """What each listener wants; bounded by the links there are, and by the hosts of the cluster."""

    of_this_host: dict[Link | Party, float | None] = {}
    """A link, or the router of a host behind others, and which average it was told last."""
    of_others: dict[str, dict[Link, None]] = {}
    """``IP:port``, or the IP address alone, to the links that want to hear of that host."""
    asked: dict[str, Asked] = {}
    """By server."""
    for_shadows: bool = False
    """Whether the load is looked at for those who send copies to shadows of this host."""
    average: float | None = None
    """Of this host, by processor, while it is looked at."""
    is_sampled: bool = False
    """Whether the shell has been told to look at the load every second."""

    @property
    def is_empty(self) -> bool:
        """Whether nobody wants to hear of any host."""
        return not self.of_this_host and not self.of_others

    def of_host(self, address: str) -> list[Link]:
        """The links that want to hear of the host at this ``IP:port``, each once."""
        found = [self.of_others.get(name, {}) for name in names_of(address)]
        return list({link: None for links in found for link in links})

    def remove(self, listener: Link | Party) -> None:
        """It wants to hear of no host any more."""
        self.of_this_host.pop(listener, None)
        for name, links in list(self.of_others.items()):
            if isinstance(listener, Link):
                links.pop(listener, None)
            if not links:
                del self.of_others[name]


def names_of(address: str) -> tuple[str, str]:
    """What a listener may call the host at an ``IP:port``: that, or its IP address alone."""
    return address, address.rpartition(":")[0].strip("[]")
