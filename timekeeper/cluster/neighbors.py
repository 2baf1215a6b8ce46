"""SHELL: measures the clocks of other hosts, directly or through the routers, and says how they stand; it judges none."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from communicator.answers.clocks import Peer, Probes
from communicator.errors import ListenError
from communicator.protocol import HostPort
from timekeeper.cluster.assignment import Assignment
from timekeeper.cluster.routed import Answer, RoutedWindow
from timekeeper.pairs import Correction, Exchange, PairEstimate, PairWindow, Restarted, Side
from timekeeper.probes import EpochWatch, ProbeIdentity, Prober, Responder, Target, open_door
from timekeeper.probes.result import ProbeResult
from timekeeper.probes.stamps import StampedSocket, read_raw_ns, read_realtime
from timekeeper.solution.measurement import PROBE, ROUTER

JITTER = 0.1
SUSPECT_INTERVAL_S = 2.0
"""How often a host under suspicion is probed, so that it is cleared, or accused, soon."""
SILENT_INTERVALS = 3
"""Of probes without an answer, until a host is asked through the routers instead."""
QUESTIONS = 4
"""To one host in one round through the routers: the best of them counts."""
AT_ONCE = 8
"""Hosts asked at once through the routers."""

_NONE = Correction()
_NOBODYS: Mapping[str, Correction] = MappingProxyType({})

AskRouter = Callable[[str], Awaitable[Answer | None]]
"""Asks the router of a host for its time; None when it does not answer."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Bound sockets, for a moment that nobody uses yet."""

    answering: StampedSocket
    asking: StampedSocket

    @property
    def address(self) -> HostPort:
        """Where probes will be answered."""
        host, port = self.answering.socket.getsockname()[:2]
        return HostPort(host, port)

    def close(self) -> None:
        """Give them up; may be called twice."""
        self.answering.close()
        self.asking.close()


async def open_doors(listen: HostPort, *, kernel_timestamps: bool) -> Doors:
    """Bind what probes need.

    Args:
        listen: Where they are answered; port 0 for any.
        kernel_timestamps: Whether the kernel's receive stamps are used.

    Raises:
        ListenError: The address cannot be had.
    """
    answering = await open_door(listen, kernel_timestamps=kernel_timestamps)
    try:
        return Doors(answering, await open_door(HostPort(listen.host, 0), kernel_timestamps=kernel_timestamps))
    except ListenError:
        answering.close()
        raise


class Neighbors:
    """The other hosts, as far as this one measures them.

    Args:
        ask_router: See `AskRouter`.
        interval_s: Between two bursts to one host.
        epochs: Knows when our raw clock broke.
        notice: Called with an event and its details when a clock was set, or the windows of a pair began anew.
    """

    def __init__(
        self,
        ask_router: AskRouter,
        interval_s: float,
        epochs: EpochWatch,
        notice: Callable[..., None],
    ) -> None:
        self.interval_s = interval_s
        """May be changed; counts from the next `follow` on."""
        self._refused: dict[str, int] = {}
        self._ask_router = ask_router
        self._epochs = epochs
        self._epoch = epochs.look()
        self._notice = notice
        self._windows: dict[str, PairWindow] = {}
        self._routed: dict[str, RoutedWindow] = {}
        self._responder: Responder | None = None
        self._prober: Prober | None = None
        self._others: frozenset[str] = frozenset()
        self._targets: Mapping[str, Target] = {}

    @property
    def probe_address(self) -> HostPort | None:
        """Where probes are answered; None where they are not."""
        return None if self._responder is None else self._responder.address

    async def probe(self, doors: Doors, identity: ProbeIdentity) -> None:
        """Answer probes and ask by them, until cancelled.

        Args:
            doors: Where; they are closed at the end.
            identity: Who we are.
        """
        self._responder = Responder(doors.answering, identity, self._epochs)
        self._prober = Prober(doors.asking, identity, self._epochs, self._take, JITTER)
        self._prober.follow(self._targets)
        try:
            await self._prober.run()
        finally:
            self._responder.close()
            self._responder = self._prober = None

    def follow(self, assignment: Assignment, suspects: Iterable[str]) -> None:
        """Measure these from now on, and no others.

        Args:
            assignment: Whom, and how.
            suspects: Who of them is in doubt.
        """
        doubted = frozenset(suspects)
        self._targets = {
            host: Target(address, min(self.interval_s, SUSPECT_INTERVAL_S) if host in doubted else self.interval_s)
            for host, address in assignment.probed.items()
        }
        if self._prober is not None:
            self._prober.follow(self._targets)
        self._others = assignment.routed
        for windows, known in (
            (self._windows, self._targets.keys()),
            (self._routed, self._others | self._targets.keys()),
        ):
            for gone in windows.keys() - known:
                del windows[gone]

    async def ask_routers(self) -> None:
        """One round through the routers: to hosts without an agent, and to those whose probes are not answered."""
        gate = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for host in sorted(self._others | self._silent()):
                group.create_task(self._ask_host(host, gate))

    def measured(self, own_left_s: float = 0.0, corrections: Mapping[str, Correction] = _NOBODYS) -> list[Peer]:
        """How the clocks of others stand to ours now, the better of both ways.

        Of a peer that answers probes no more, what its router said since counts: its clock may have been set meanwhile.

        Args:
            own_left_s: What this host's daemon has left to correct, in either direction.
            corrections: The same of others, as far as they tell.
        """
        self._look_at_epoch()
        now_ns, ours = read_raw_ns(), read_realtime()
        found: dict[str, Peer] = {}
        for host, window in self._windows.items():
            correction = corrections.get(host, _NONE)
            correction = replace(correction, remaining_s=correction.remaining_s + own_left_s)
            estimate = window.estimate(now_ns, ours, correction)
            if estimate is not None:
                found[host] = describe_peer(host, estimate, PROBE)
        for host, routed in self._routed.items():
            estimate = routed.estimate(now_ns, ours)
            if estimate is None:
                continue
            peer = describe_peer(host, estimate, ROUTER)
            if host not in found or self._is_better(peer, found[host]):
                found[host] = peer
        return sorted(found.values(), key=lambda one: one.peer)

    @property
    def names(self) -> frozenset[str]:
        """The hosts that are to be measured."""
        return self._others | self._targets.keys()

    def unanswered(self) -> frozenset[str]:
        """Hosts that were to be measured, and are not."""
        return self.names - {one.peer for one in self.measured()}

    def probe_counts(self) -> Probes:
        """What became of our probes and of those of others."""
        asked = {} if self._prober is None else self._prober.results
        return Probes(
            asked={host: _by_name(counts) for host, counts in asked.items()},
            answered={} if self._responder is None else _by_name(self._responder.results),
            refused=dict(self._refused),
        )

    def _look_at_epoch(self) -> None:
        epoch = self._epochs.look()
        if epoch != self._epoch:
            self._epoch = epoch
            for window in self._windows.values():
                window.enter_epoch(epoch)
            for routed in self._routed.values():
                routed.forget()

    def _is_better(self, routed: Peer, probed: Peer) -> bool:
        is_silent = probed.age_seconds > max(self._silent_s, routed.age_seconds)
        return is_silent or routed.bound_seconds < probed.bound_seconds

    @property
    def _silent_s(self) -> float:
        return SILENT_INTERVALS * self.interval_s

    def _silent(self) -> set[str]:
        """Hosts whose probes have not been answered for a while, or never yet."""
        now_ns = read_raw_ns()
        silent = set()
        for host in self._targets:
            window = self._windows.get(host)
            estimate = None if window is None else window.estimate(now_ns)
            if estimate is None or estimate.age_s > self._silent_s:
                silent.add(host)
        return silent

    async def _ask_host(self, host: str, gate: asyncio.Semaphore) -> None:
        async with gate:
            for _ in range(QUESTIONS):
                answer = await self._ask_router(host)
                if answer is None:
                    return
                self._look_at_epoch()
                self._routed.setdefault(host, RoutedWindow()).add(answer)

    def _take(self, peer: str, exchange: Exchange) -> None:
        window = self._windows.setdefault(peer, PairWindow())
        refusal = window.add(exchange)
        if refusal is not None:
            self._refused[refusal.value] = self._refused.get(refusal.value, 0) + 1
        for event in window.take_events():
            if isinstance(event, Restarted):
                self._notice("pair_began_anew", peer=peer, reason=event.reason.value)
            elif event.side is Side.THEIRS:
                self._notice("peer_clock_stepped", peer=peer, step_s=event.step.size_ns / 1e9)


def describe_peer(host: str, estimate: PairEstimate, via: str) -> Peer:
    """How the clock of a host stands to ours, as others are told.

    Args:
        host: Which one.
        estimate: What the exchanges with it come to.
        via: How it was asked: ``probe`` or ``router``.
    """
    return Peer(
        peer=host,
        offset_seconds=estimate.offset_s,
        bound_seconds=estimate.bound_s,
        rtt_seconds=estimate.rtt_s,
        age_seconds=estimate.age_s,
        via=via,
        drift_ppm=estimate.drift_ppm,
        rate_bound_ppm=estimate.rate_bound_ppm,
    )


def _by_name(counts: Mapping[ProbeResult, int]) -> dict[str, int]:
    return {result.value: number for result, number in counts.items()}
