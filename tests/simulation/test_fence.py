"""No line of a shadow reaches anybody but whoever compares; a fence with a hole is found."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communicator.router import router
from communicator.router.cores.fence import Fence
from communicator.router.path import fence as path_fence
from simulation.agenda import ViolationError
from simulation.fence import FencePlay

LINES = 2_000
SLOW_LINES, SLOW_SEEDS = 20_000, 5


@pytest.mark.short
@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_no_line_of_a_shadow_reaches_anybody_but_whoever_compares(seed):
    tally = FencePlay(seed).play(LINES)
    assert tally.lines >= LINES


@pytest.mark.short
def test_copies_are_handed_out_and_answers_told_meanwhile():
    tallies = [FencePlay(seed).play(LINES) for seed in range(5)]
    assert sum(tally.copies for tally in tallies) > 0
    assert sum(tally.answers for tally in tallies) > 0


@pytest.mark.parametrize("seed", range(SLOW_SEEDS))
def test_nor_does_any_of_many(seed):
    assert FencePlay(seed).play(SLOW_LINES).discarded > SLOW_LINES // 2


def _open_to_tcp(fence, process, find=Fence.find_process):
    return None if process is not None and process.pid is None else find(fence, process)


HOLES = {
    "whoever belongs to a process is not known again": (Fence, "_marked", lambda _fence, _process: iter(())),
    "the policy is not asked": (Fence, "fits", lambda _fence, _registration: False),
    "what comes over TCP is free": (Fence, "find_process", _open_to_tcp),
    "datagrams are free": (
        router,
        "hear_datagram",
        lambda board, link, _, line, now: router.forward(board, link, line, now),
    ),
    "other hosts are asked": (path_fence, "OBEYED", path_fence.OBEYED | {"LISTEN_LOADAVG"}),
    "routers are stopped": (path_fence, "OBEYED", path_fence.OBEYED | {"STOP"}),
}


@pytest.mark.parametrize("hole", HOLES)
def test_a_hole_is_found(hole, monkeypatch):
    monkeypatch.setattr(*HOLES[hole])
    with pytest.raises(ViolationError):
        _play_all(range(20))


def _play_all(seeds):
    for seed in seeds:
        FencePlay(seed).play(LINES)
