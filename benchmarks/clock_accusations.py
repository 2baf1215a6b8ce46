"""Several agents on this machine, whose clocks all are right: whether any is accused; it knows no router."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations

from benchmarks.clock_host import BOOT_ID, PROBE_HOST, SEAL
from communicator.protocol import HostPort
from timekeeper.pairs import Exchange, PairWindow
from timekeeper.probes import EpochWatch, ProbeIdentity, Prober, Responder, Target, open_door
from timekeeper.probes.stamps import read_raw_ns, read_realtime
from timekeeper.solution import HostClaim, Judge, Judgement, Measurement, Patience, Verdict, solve

AGENTS = 6
CLAIMED_S = 0.002
_INTERVAL_S = 1.0
_JITTER = 0.1
_IMPATIENT = Patience(bursts=1, grace_s=0.0)
"""A single measurement accuses, from the start on: a daemon takes three, a minute after its start."""

Windows = dict[tuple[str, str], PairWindow]


@dataclass(frozen=True, slots=True)
class Accusations:
    """What was held against right clocks."""

    agents: int
    judgements: int
    """Verdicts on one host at one moment."""
    wrong: int
    doubted: int
    """Suspect, or without a majority: no accusation, but no acquittal either."""
    false_claims: int
    """True claims that were called false."""
    widest_s: float
    """The widest bound of a pair that was judged by."""


async def measure_accusations(duration_s: float, agents: int = AGENTS) -> Accusations:
    """Let agents probe each other, and judge them once a second.

    Args:
        duration_s: How long.
        agents: How many; three or more.
    """
    names = [f"agent_{number}" for number in range(agents)]
    windows: Windows = {}
    judgements: list[Judgement] = []
    with ExitStack() as stack:
        probers = await _start(names, windows, stack)
        async with asyncio.TaskGroup() as group:
            probing = [group.create_task(prober.run()) for prober in probers]
            await _judge_rounds(names, windows, duration_s, judgements)
            for task in probing:
                task.cancel()
    return count_accusations(agents, judgements)


def count_accusations(agents: int, judgements: list[Judgement]) -> Accusations:
    """Count what is held against the hosts of all these judgements."""
    verdicts = [host for judgement in judgements for host in judgement.hosts]
    bounds_s = [pair.bound_s for judgement in judgements for pair in judgement.solution.measurements]
    return Accusations(
        agents=agents,
        judgements=len(verdicts),
        wrong=sum(host.verdict is Verdict.WRONG for host in verdicts),
        doubted=sum(host.verdict in {Verdict.SUSPECT, Verdict.NO_MAJORITY} for host in verdicts),
        false_claims=sum(host.solved.claim_holds is False for host in verdicts),
        widest_s=max(bounds_s, default=0.0),
    )


async def _start(names: list[str], windows: Windows, stack: ExitStack) -> list[Prober]:
    """Everybody answers; of each pair the first asks."""
    epochs, answering = EpochWatch(), {}
    for name in names:
        door = await open_door(HostPort(PROBE_HOST, 0), kernel_timestamps=True)
        responder = Responder(door, ProbeIdentity(name, SEAL, BOOT_ID), epochs)
        stack.callback(responder.close)
        answering[name] = Target(responder.address, _INTERVAL_S)
    probers = []
    for name in names[:-1]:
        door = await open_door(HostPort(PROBE_HOST, 0), kernel_timestamps=True)
        prober = Prober(door, ProbeIdentity(name, SEAL, BOOT_ID), epochs, _Taker(name, windows), _JITTER)
        prober.follow({peer: answering[peer] for own, peer in combinations(names, 2) if own == name})
        probers.append(prober)
    return probers


@dataclass(frozen=True, slots=True)
class _Taker:
    """Puts the exchanges of one agent into the windows of its pairs."""

    own: str
    windows: Windows

    def __call__(self, peer: str, exchange: Exchange) -> None:
        self.windows.setdefault((self.own, peer), PairWindow()).add(exchange)


async def _judge_rounds(names: list[str], windows: Windows, duration_s: float, judgements: list[Judgement]) -> None:
    """Once all pairs are measured, judge once a second until the time is over."""
    loop = asyncio.get_running_loop()
    end_s = loop.time() + duration_s
    judge, claims = Judge(patience=_IMPATIENT), [_claim(name) for name in names]
    while loop.time() < end_s:
        await asyncio.sleep(_INTERVAL_S)
        if len(windows) == len(names) * (len(names) - 1) // 2:
            judgements.append(judge.judge(solve(names, _measurements(windows), claims), loop.time()))


def _measurements(windows: Mapping[tuple[str, str], PairWindow]) -> Iterator[Measurement]:
    now_ns, ours = read_raw_ns(), read_realtime()
    for (own, peer), window in windows.items():
        estimate = window.estimate(now_ns, ours)
        if estimate is not None:
            yield Measurement(
                source=own,
                target=peer,
                offset_s=estimate.offset_s,
                bound_s=estimate.bound_s,
                rtt_s=estimate.rtt_s,
                age_s=estimate.age_s,
                via="probe",
                drift_ppm=estimate.drift_ppm,
            )


def _claim(name: str) -> HostClaim:
    """True: all these clocks are one; each has an upstream of its own, and so a vote."""
    return HostClaim(
        host=name,
        state="synchronized",
        offset_s=0.0,
        bound_s=CLAIMED_S,
        daemon="chronyd",
        upstreams=frozenset({f"ntp.{name}"}),
        age_s=0.0,
        boot_id=BOOT_ID,
    )
