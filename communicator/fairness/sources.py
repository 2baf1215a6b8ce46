"""PURE: what stands for an address, and how it stands: whether it has shown who it is lately, or has failed to."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache

_NETWORK_BITS = 64
"""Who has one IPv6 address has as many as these leave (RFC 4291, section 2.5.1)."""
LATELY_S = 86_400.0
"""A day: services and routers that come and go have been there within it."""
REMEMBERED = 16_384
"""Addresses that are remembered of each kind, some 3 MB; beyond it the one that was heard of the longest ago is forgotten."""
_ADDRESSES_CACHED = 4_096


class Standing(IntEnum):
    """How an address stands; whoever has the smaller number goes first."""

    KNOWN = 0
    """It is configured, or has shown who it is within a day."""
    NEW = 1
    FAILED = 2
    """It, or its network, has failed to within a day, and not succeeded since."""


@lru_cache(maxsize=_ADDRESSES_CACHED)
def keys_of(address: str) -> tuple[str, ...]:
    """What an address is counted under: itself, and the network whose addresses one host has all of.

    Args:
        address: Without a port and without brackets. An IPv4 address in IPv6 form is that address; what is no address stands for
            itself.

    Returns:
        The address in its one spelling; of IPv6 the network of 64 bits behind it.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return (address,)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return (str(parsed), str(ipaddress.ip_network((int(parsed), _NETWORK_BITS), strict=False)))
        parsed = parsed.ipv4_mapped
    return (str(parsed),)


def network_of(address: str) -> str:
    """What stands for all addresses that one host has easily: the IPv4 address, or the first 64 bits of the IPv6 one."""
    return keys_of(address)[-1]


class Sources:
    """Remembers addresses for a day, a bounded number of them.

    Args:
        is_configured: Whether an address, in its one spelling, is known without having come.
    """

    def __init__(self, is_configured: Callable[[str], bool]) -> None:
        self._is_configured = is_configured
        self._proven_s: OrderedDict[str, float] = OrderedDict()
        """By address: when it was last proven."""
        self._failed_s: OrderedDict[str, float] = OrderedDict()
        """By network."""

    @property
    def knows_any(self) -> bool:
        """Whether anybody has shown who it is, ever."""
        return bool(self._proven_s)

    def standing(self, address: str, now_s: float) -> Standing:
        """How an address stands.

        Args:
            address: Without a port.
            now_s: On the monotonic clock.
        """
        keys = keys_of(address)
        if _is_lately(self._proven_s.get(keys[0]), now_s) or self._is_configured(keys[0]):
            return Standing.KNOWN
        return Standing.FAILED if _is_lately(self._failed_s.get(keys[-1]), now_s) else Standing.NEW

    def note_proven(self, address: str, now_s: float) -> None:
        """Whoever is there has shown who it is: it alone, and not its network."""
        _remember(self._proven_s, keys_of(address)[0], now_s)

    def note_failed(self, address: str, now_s: float) -> None:
        """Whoever is there has shown something wrong."""
        keys = keys_of(address)
        self._proven_s.pop(keys[0], None)
        _remember(self._failed_s, keys[-1], now_s)


def _is_lately(noted_s: float | None, now_s: float) -> bool:
    return noted_s is not None and now_s < noted_s + LATELY_S


def _remember(noted: OrderedDict[str, float], key: str, now_s: float) -> None:
    noted[key] = now_s
    noted.move_to_end(key)
    if len(noted) > REMEMBERED:
        noted.popitem(last=False)
