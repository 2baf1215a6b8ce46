"""PURE: who has announced a leap second lately: daemons forget it once it is over, while clocks still stand apart by it."""

from collections.abc import Container, Iterable
from dataclasses import replace

from timekeeper.solution.measurement import HostClaim

ANNOUNCING = frozenset({"insert", "delete"})
REMEMBERED_S = 86_400.0
"""A smear is over then, and a time daemon has taken off what its clock had not been told."""


class Announcements:
    """The last announcement of each host."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[str, float]] = {}

    def recall(self, claims: Iterable[HostClaim], now_s: float, hosts: Container[str]) -> list[HostClaim]:
        """Put what was announced lately back into claims that say nothing of it any more.

        Args:
            claims: What hosts say of their clocks now.
            now_s: Now, on a monotonic clock.
            hosts: Who belongs to the cluster; what others have announced is forgotten, so that their number is no matter.

        Returns:
            The same claims, in the same order.
        """
        claims = list(claims)
        self._heard |= {claim.host: (claim.leap, now_s) for claim in claims if claim.leap in ANNOUNCING}
        self._heard = {
            host: heard for host, heard in self._heard.items() if host in hosts and now_s - heard[1] <= REMEMBERED_S
        }
        return [
            replace(claim, leap=self._heard[claim.host][0]) if claim.host in self._heard else claim for claim in claims
        ]
