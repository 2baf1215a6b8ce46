"""PURE: remembers instances that went away, for a while, since an alert on a target that is gone needs the target."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from communicator.protocol.addresses import HostPort
from exporters.discovery.instances import DOWN, LIVE, Place

REMEMBERED = 10_000
"""Instances remembered after they went: as many as a router registers. The longest gone are forgotten first."""


class _Key(NamedTuple):
    """What makes an instance the same one again."""

    service: str
    server: str
    target: HostPort | None


@dataclass(slots=True)
class Memory:
    """What was there, and until when it is told though it is gone.

    Args:
        keep_s: How long an instance is told after it was last seen, in seconds.
        most: How many of those that went are remembered.
    """

    keep_s: float
    most: int = REMEMBERED
    _seen: dict[_Key, tuple[Place, float]] = field(default_factory=dict)

    def update(self, places: Iterable[Place], now_s: float) -> list[Place]:
        """Take note of all that is there.

        Args:
            places: All instances, complete: what is missing has gone.
            now_s: The time, in seconds, of a clock that nobody sets.

        Returns:
            Them, and those that went, as state ``down``, in order.
        """
        there = [place for place in places if place.state != DOWN]
        seen = {_key_of(place): (place, now_s) for place in there if place.target is not None}
        replaced = {(place.service, place.server) for place in there if place.role == LIVE}
        gone = [
            (key, (place, last_s))
            for key, (place, last_s) in self._seen.items()
            if key not in seen
            and now_s - last_s < self.keep_s
            and not (place.role == LIVE and (place.service, place.server) in replaced)
        ]
        gone.sort(key=lambda item: item[1][1])
        kept = dict(gone[max(0, len(gone) - self.most) :])
        self._seen = {**kept, **seen}
        absent = [place for place in places if place.state == DOWN]
        return sorted([*there, *_down(kept), *_unknown(absent, kept)], key=_order)


def _down(kept: dict[_Key, tuple[Place, float]]) -> Iterator[Place]:
    return (place._replace(state=DOWN) for place, _ in kept.values())


def _unknown(absent: Iterable[Place], kept: dict[_Key, tuple[Place, float]]) -> Iterator[Place]:
    """Services that are away and of which nothing better is remembered."""
    known = {(key.service, key.server) for key in kept}
    return (place for place in absent if (place.service, place.server) not in known)


def _key_of(place: Place) -> _Key:
    return _Key(place.service, place.server, place.target)


def _order(place: Place) -> tuple[str, str, str, str]:
    return place.service, place.server, place.role, str(place.target)
