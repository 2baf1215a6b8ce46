"""What a run has found of linked servers, and the bars it is held against; it measures nothing."""

import statistics
from dataclasses import dataclass, field

from benchmarks.bars import MIB, Bar
from benchmarks.convergence import HEAL, JOIN, LOSS
from benchmarks.deploying import Deploying
from benchmarks.hops import Chain, HopRates
from benchmarks.measure import Rate
from benchmarks.passwords import Attack
from benchmarks.servers import OURS
from benchmarks.switching import ROUTERS, Switching

CONVERGED_S = 3.0
SWITCHED_S = 1.0
RESTORED_S = 2.0


@dataclass(frozen=True, slots=True)
class HopCell:
    """All runs of one pair of linked servers with lines of one size."""

    server: str
    line_bytes: int
    rates: HopRates

    @property
    def local_per_s(self) -> float | None:
        """The median rate within one server."""
        return _median(self.rates.local)

    @property
    def hop_per_s(self) -> float | None:
        """The median rate from one server to the other."""
        return _median(self.rates.hop)

    @property
    def ratio(self) -> float | None:
        """The rate over the hop as a part of the local one."""
        return self.hop_per_s / self.local_per_s if self.hop_per_s and self.local_per_s else None

    @property
    def local_cpu_us(self) -> float:
        """Processor time of the server for a local message."""
        return statistics.median(run.server_cpu_us for run in self.rates.local)

    @property
    def hop_cpu_us(self) -> tuple[float, float]:
        """Processor time for a message over the hop, of the first server and of the other."""
        hop = self.rates.hop
        return statistics.median(run.server_cpu_us for run in hop), statistics.median(run.far_cpu_us for run in hop)

    @property
    def cpu_ratio(self) -> float | None:
        """The local processor time as a part of the busier server's: the ratio where each process has a core of its own."""
        busier = max(self.hop_cpu_us)
        return self.local_cpu_us / busier if busier else None


@dataclass(slots=True)
class MeshResults:
    """What one run has found of linked servers; what was left out stays empty."""

    hops: list[HopCell] = field(default_factory=list)
    chain: Chain | None = None
    attacks: list[Attack] = field(default_factory=list)
    converged_s: dict[str, list[float]] = field(default_factory=dict)
    """By event."""
    switching: Switching | None = None
    deploying: Deploying | None = None
    linked_bytes: int = 0
    """Resident size of a router with 100 idle links and one to another router; 0 when it was not taken."""


def judge_mesh(results: MeshResults) -> list[Bar]:
    """Hold the figures against the bars of the design; a figure that was not taken has no bar."""
    bars = [*_hop_bars(results), *_chain_bars(results), *_attack_bars(results)]
    bars += [
        Bar(
            f"five in a line agree after {event}",
            f"<= {CONVERGED_S:.2f} s",
            f"{max(taken):.2f} s",
            max(taken) <= CONVERGED_S,
        )
        for event in (JOIN, LOSS, HEAL)
        if (taken := results.converged_s.get(event))
    ]
    bars += [*_switching_bars(results.switching), *_deploying_bars(results.deploying)]
    if results.linked_bytes:
        size_mib = results.linked_bytes / MIB
        bars.append(Bar("resident with a router link too", "<= 64 MiB", f"{size_mib:.1f} MiB", size_mib <= 64))
    return bars


def _hop_bars(results: MeshResults) -> list[Bar]:
    bars = []
    for cell in results.hops:
        if cell.server == OURS and cell.ratio is not None:
            found = f"{cell.ratio:.2f} x (CPU {cell.cpu_ratio or 0:.2f} x)"
            bars.append(
                Bar(f"rate over one hop, {cell.line_bytes}-byte lines", ">= 0.60 x local", found, cell.ratio >= 0.6)
            )
    return bars


def _chain_bars(results: MeshResults) -> list[Bar]:
    if results.chain is None:
        return []
    tally, sent = results.chain.tally, results.chain.sent
    wrong = tally.lost + tally.doubled + tally.disordered + tally.foreign
    found = f"{tally.lost:,} / {tally.doubled:,} / {tally.disordered + tally.foreign:,}"
    return [Bar(f"of {sent:,} over {results.chain.hops} hops lost/doubled/wrong", "0 / 0 / 0", found, wrong == 0)]


def _attack_bars(results: MeshResults) -> list[Bar]:
    bars = []
    for attack in results.attacks:
        what = f"p99, {attack.attempts:,} wrong passwords, {attack.sources} address{'es' if attack.sources > 1 else ''}"
        bars.append(Bar(what, "<= 2.00 x idle", f"{attack.p99_ratio:.2f} x", attack.p99_ratio <= 2))
    return bars


def _switching_bars(found: Switching | None) -> list[Bar]:
    if found is None:
        return []
    worst_s, wrong = max(found.acknowledged_s), found.lost + found.doubled + found.disordered
    told = f"{found.lost:,} / {found.doubled:,} / {found.disordered:,}"
    return [
        Bar(
            f"switch acknowledged by {ROUTERS} routers",
            f"<= {SWITCHED_S:.2f} s",
            f"{worst_s:.2f} s",
            worst_s <= SWITCHED_S,
        ),
        Bar(f"of {found.sent:,} while switching lost/doubled/wrong", "0 / 0 / 0", told, wrong == 0),
    ]


def _deploying_bars(found: Deploying | None) -> list[Bar]:
    if found is None:
        return []
    load = found.load
    wrong, told = load.lost + load.doubled + load.disordered, f"{load.lost:,} / {load.doubled:,} / {load.disordered:,}"
    return [
        _within(f"{ROUTERS} routers obey promote", found.switched_s, SWITCHED_S),
        _within(f"{ROUTERS} routers obey abort, of colours", found.back_s, RESTORED_S),
        _within(f"{ROUTERS} routers obey abort, of weights", found.restored_s, RESTORED_S),
        Bar(f"of {load.sent:,} while deploying lost/doubled/wrong", "0 / 0 / 0", told, wrong == 0),
    ]


def _within(what: str, taken_s: list[float], limit_s: float) -> Bar:
    return Bar(what, f"<= {limit_s:.2f} s", f"{max(taken_s):.2f} s", max(taken_s) <= limit_s)


def _median(runs: list[Rate]) -> float | None:
    taken = [run.per_s for run in runs if run.per_s is not None]
    return statistics.median(taken) if taken else None
