"""How far off our estimates of a clock are on this machine, where the truth is 0; it judges no clock."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.clock_host import run_hosts
from benchmarks.clock_probing import bursts_of, probe_spaced, probe_unspaced
from benchmarks.clock_spread import Accuracy, Guess, describe
from timekeeper.pairs import Exchange, PairWindow

HOSTS = 29
"""The others of the largest full mesh."""
_PEER = "peer_0"


def measure_windows(what: str, duration_s: float, *, kernel_timestamps: bool, hosts: int = HOSTS) -> Accuracy:
    """Probe many hosts as a timekeeper does, and estimate after each exchange from all that came before it.

    Args:
        what: What to call it.
        duration_s: How long to probe.
        kernel_timestamps: Whether the kernel's receive stamps are used, at both ends.
        hosts: How many are probed.
    """
    with run_hosts(hosts, kernel_timestamps=kernel_timestamps) as addresses:
        taken = asyncio.run(probe_spaced(addresses, duration_s, kernel_timestamps=kernel_timestamps))
    return describe(what, guess_by_windows(taken))


def measure_exchanges(count: int) -> tuple[Accuracy, Accuracy, int]:
    """Ask one host again and again without a pause, with kernel stamps.

    Args:
        count: How many questions.

    Returns:
        Estimates by each exchange alone, those by each burst of eight alone, and how many exchanges were refused.
    """
    with run_hosts(1, kernel_timestamps=True) as addresses:
        taken = probe_unspaced(_PEER, addresses[_PEER], count, kernel_timestamps=True)
    usable, refused = _sift(taken)
    singles = describe("exchange alone, no pause", _guess_by_groups([one] for one in usable))
    bursts = describe("burst of 8 alone, no pause", _guess_by_groups(bursts_of(usable)))
    return singles, bursts, count - len(taken) + refused


def guess_by_windows(taken: Mapping[str, Sequence[Exchange]]) -> Iterator[Guess]:
    """After each exchange what the window of its pair says."""
    for exchanges in taken.values():
        window = PairWindow()
        for exchange in exchanges:
            if window.add(exchange) is None:
                yield _guess(window, exchange)


def _guess_by_groups(groups: Iterable[Sequence[Exchange]]) -> Iterator[Guess]:
    """What each group says without the others."""
    for group in groups:
        window = PairWindow()
        for exchange in group:
            window.add(exchange)
        yield _guess(window, group[-1])


def _sift(taken: Sequence[Exchange]) -> tuple[list[Exchange], int]:
    """Those that a window takes, and how many it does not."""
    usable = [exchange for exchange in taken if PairWindow().add(exchange) is None]
    return usable, len(taken) - len(usable)


def _guess(window: PairWindow, newest: Exchange) -> Guess:
    estimate = window.estimate(newest.t4_ns)
    assert estimate is not None  # it has taken one just now
    return Guess(estimate.offset_s, estimate.bound_s)
