"""SHELL: probes this host over loopback, where the true offset is 0, and tells how far off that comes out; it judges no clock."""

import asyncio
import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from communicator.protocol import HostPort
from timekeeper.pairs import Exchange
from timekeeper.probes.doors import open_door
from timekeeper.probes.epoch import EpochWatch
from timekeeper.probes.identity import ProbeIdentity
from timekeeper.probes.packet import Seal, hash_cluster
from timekeeper.probes.prober import BURST, Prober, Target
from timekeeper.probes.responder import Responder

_LOOPBACK = HostPort("127.0.0.1", 0)
_INTERVAL_S = 1.0
_JITTER = 0.1
_BOOT_ID = "loopback"


@dataclass(frozen=True, slots=True)
class Spread:
    """Sizes of errors, in nanoseconds."""

    p50_ns: float
    p99_ns: float
    max_ns: float


@dataclass(frozen=True, slots=True)
class LoopbackErrors:
    """How far off the true offset was what probes told."""

    exchanges: int
    bursts: int
    of_exchanges: Spread
    """Middle between the two ways of each single exchange."""
    of_bursts: Spread
    """Middle between the shortest of each way of a burst."""
    half_width: Spread
    """What those bursts give as their bound, without the uncertainty of the stamps."""
    exchanges_beyond: int
    """Exchanges off by more than half their delay."""
    bursts_beyond: int
    """Bursts off by more than their half width."""
    bursts_beyond_stamps: int
    """Bursts off by more than that and the uncertainty of their stamps together."""


async def measure_loopback(
    bursts: int, *, peers: int = 20, kernel_timestamps: bool = True, key: bytes = b""
) -> LoopbackErrors:
    """Probe this host.

    Args:
        bursts: How many complete bursts are awaited; each peer gives one a second.
        peers: How many responders are probed at a time.
        kernel_timestamps: Whether the kernel's receive stamps are used.
        key: The cluster key; empty for none.
    """
    collected: dict[str, list[Exchange]] = {}
    complete: list[Sequence[Exchange]] = []
    done = asyncio.Event()

    def collect(peer: str, exchange: Exchange) -> None:
        burst = collected.setdefault(peer, [])
        burst.append(exchange)
        if len(burst) == BURST:
            complete.append(collected.pop(peer))
            if len(complete) >= bursts:
                done.set()

    seal, epochs = Seal(hash_cluster("loopback"), key), EpochWatch()
    with ExitStack() as stack:
        targets = {}
        for name in (f"peer_{number}" for number in range(peers)):
            door = await open_door(_LOOPBACK, kernel_timestamps=kernel_timestamps)
            responder = Responder(door, ProbeIdentity(name, seal, _BOOT_ID), epochs)
            stack.callback(responder.close)
            targets[name] = Target(responder.address, _INTERVAL_S)
        door = await open_door(_LOOPBACK, kernel_timestamps=kernel_timestamps)
        prober = Prober(door, ProbeIdentity("loopback", seal, _BOOT_ID), epochs, collect, _JITTER)
        prober.follow(targets)
        async with asyncio.TaskGroup() as group:
            probing = group.create_task(prober.run())
            await done.wait()
            probing.cancel()
    return summarise(complete)


def summarise(bursts: Sequence[Sequence[Exchange]]) -> LoopbackErrors:
    """Compare exchanges of this host with itself to the truth.

    Args:
        bursts: Complete bursts, one or more.
    """
    exchanges = [exchange for burst in bursts for exchange in burst]
    singles = [_interval(exchange) for exchange in exchanges]
    intervals = [_intersect([_interval(exchange) for exchange in burst]) for burst in bursts]
    slacks = [max(exchange.stamp_error_ns for exchange in burst) for burst in bursts]
    return LoopbackErrors(
        exchanges=len(singles),
        bursts=len(intervals),
        of_exchanges=_spread([_error(interval) for interval in singles]),
        of_bursts=_spread([_error(interval) for interval in intervals]),
        half_width=_spread([_half_width(interval) for interval in intervals]),
        exchanges_beyond=sum(_error(interval) > _half_width(interval) for interval in singles),
        bursts_beyond=sum(_error(interval) > _half_width(interval) for interval in intervals),
        bursts_beyond_stamps=sum(
            _error(interval) > _half_width(interval) + slack for interval, slack in zip(intervals, slacks, strict=True)
        ),
    )


def _interval(exchange: Exchange) -> tuple[int, int]:
    """The lowest and the highest offset with which neither way takes less than no time."""
    return exchange.t3_ns - exchange.t4_ns, exchange.t2_ns - exchange.t1_ns


def _intersect(intervals: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return max(low for low, _ in intervals), min(high for _, high in intervals)


def _error(interval: tuple[int, int]) -> float:
    return abs(sum(interval)) / 2


def _half_width(interval: tuple[int, int]) -> float:
    return (interval[1] - interval[0]) / 2


def _spread(sizes: Sequence[float]) -> Spread:
    ordered = sorted(sizes)

    def quantile(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return Spread(quantile(0.5), quantile(0.99), ordered[-1])
