"""How fast routers in a line agree on who is there: after one joins, after one is killed, after it is back."""

import time
from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks.clusters import AGREE_TIMEOUT_S, LETTERS, await_true, make_line_of_routers, open_askers, sees_only
from communicator.testing import RouterProcess

JOIN, LOSS, HEAL = "join", "kill -9", "restart"


def measure_convergence(rounds: int) -> dict[str, list[float]]:
    """Let the last of five join, kill the middle one, start it again; so many times.

    Returns:
        For each event the seconds from its beginning until every running router tells of exactly those that it can reach.

    Raises:
        BenchmarkError: They do not agree in the end.
    """
    took_s: dict[str, list[float]] = {JOIN: [], LOSS: [], HEAL: []}
    routers = make_line_of_routers(len(LETTERS))
    with ExitStack() as stack:
        for router in routers[:-1]:
            stack.enter_context(router)
        for _ in range(rounds):
            _await_agreement(routers[:-1])
            _one_round(routers, took_s)
    return took_s


def _one_round(routers: Sequence[RouterProcess], took_s: dict[str, list[float]]) -> None:
    """Three events, each once all agree on what was before it; at the end the last router is gone again."""
    middle = len(routers) // 2
    start_s = time.monotonic()
    with routers[-1]:
        _await_agreement(routers)
        took_s[JOIN].append(time.monotonic() - start_s)
        start_s = time.monotonic()
        routers[middle].kill()
        _await_agreement(routers[:middle], routers[middle + 1 :])
        took_s[LOSS].append(time.monotonic() - start_s)
        start_s = time.monotonic()
        routers[middle].start()
        _await_agreement(routers)
        took_s[HEAL].append(time.monotonic() - start_s)


def _await_agreement(*groups: Sequence[RouterProcess]) -> None:
    """Wait until each router sees its group, and nobody else."""
    names = [[router.server_name for router in group] for group in groups]
    with open_askers([router for group in groups for router in group]) as askers:
        await_true(lambda: sees_only(askers, names), AGREE_TIMEOUT_S)
