"""Plays the cluster of a seed: every timekeeper looks when it is time, and its word travels to the others."""

from collections.abc import Callable
from dataclasses import replace
from heapq import heappop, heappush
from itertools import count
from random import Random

from communicator.protocol import Message
from tests.timekeeper.simulation.checks import Checks
from tests.timekeeper.simulation.clocks import Path, measure
from tests.timekeeper.simulation.draw import draw
from tests.timekeeper.simulation.node import PATIENCE, THRESHOLDS, Node, members_of
from tests.timekeeper.simulation.scenario import SPAN_S, Access, Host, Part, Scenario
from tests.timekeeper.simulation.tally import Tally
from timekeeper.solution import Patience, Solution, solve
from timekeeper.solver import Solver

_WAY_S = 0.05
_SLOW = 0.1
"""The share of rows that are held up, where any are."""
_SOON_S = 1.0
"""A host notices within this that its own clock was set."""

Find = Callable[..., Solution]
Task = Callable[[float], None]


class Play:
    """One seed.

    Args:
        scenario: The cluster.
        find: Another than `solve` only to see whether the play notices.
        patience: Another than that of all only for the same reason.
        shift_s: Added to every clock, which must change nothing.
    """

    def __init__(
        self, scenario: Scenario, find: Find = solve, patience: Patience = PATIENCE, shift_s: float = 0.0
    ) -> None:
        self.scenario = scenario
        self.random = Random(f"play of {scenario.seed}")
        self._find, self._shift_s = find, shift_s
        self._patience = replace(patience, divided_s=Patience().divided_s) if scenario.wave_s else patience
        self._hosts = {host.name: host for host in scenario.hosts}
        self.nodes = {
            host.name: Node(host, self._new_solver()) for host in scenario.hosts if host.access is Access.PROBES
        }
        self.checks = Checks(scenario, self.nodes)
        self._tasks: list[tuple[float, int, str, int, Task]] = []
        """When, in which order, of which host, in which of its lives, and what is to be done."""
        self._order = count()

    def run(self) -> Tally:
        """Play until the end.

        Raises:
            FoundError: Something that was promised did not hold.
        """
        for node in self.nodes.values():
            self._plan_life(node)
        while self._tasks and self._tasks[0][0] <= SPAN_S:
            now_s, _, name, life, task = heappop(self._tasks)
            if not life or (life == self.nodes[name].life and self._hosts[name].is_up(now_s)):
                task(now_s)
        self.checks.end()
        return self.checks.tally

    def _new_solver(self) -> Solver:
        return Solver(THRESHOLDS, self._patience, self._find)

    def _plan(self, at_s: float, name: str, life: int, task: Task) -> None:
        heappush(self._tasks, (at_s, next(self._order), name, life, task))

    def _plan_life(self, node: Node) -> None:
        host = node.host
        self._plan(host.joins_s, host.name, 0, self._begin(node))
        for _, end_s in host.outages:
            self._plan(end_s, host.name, 0, self._begin(node, is_boot=True))
        for restart in host.restarts:
            if restart.part in (Part.TIMEKEEPER, Part.DISK):
                begin = self._begin(node, keeps_disk=restart.part is Part.TIMEKEEPER)
                self._plan(restart.at_s, host.name, 0, lambda _: node.stop())
                self._plan(restart.at_s + restart.lasts_s, host.name, 0, begin)
        for at_s, _ in host.clock.steps:
            self._plan(at_s + self.random.uniform(0.0, _SOON_S), host.name, 0, self._look_again(node))

    def _begin(self, node: Node, *, keeps_disk: bool = True, is_boot: bool = False) -> Task:
        def begin(now_s: float) -> None:
            node.start(now_s, self._new_solver(), keeps_disk=keeps_disk, is_boot=is_boot)
            self.checks.start(node)
            self._plan(now_s + node.host.phase_s, node.host.name, node.life, self._look(node))

        return begin

    def _look_again(self, node: Node) -> Task:
        """At once; the rounds go on from there."""

        def look(now_s: float) -> None:
            if node.judgement is not None and node.host.is_up(now_s):
                self._look(node)(now_s)

        return look

    def _look(self, node: Node) -> Task:
        """The next look; one that was planned before is dropped."""
        node.turn += 1
        turn = node.turn

        def look(now_s: float) -> None:
            if turn != node.turn:
                return
            reached = [host for host in self.scenario.hosts if self._reaches(node, host, now_s)]
            for host in reached:
                if node.is_due(host.name, now_s):
                    self._measure(node, host, now_s)
            names = [host.name for host in reached]
            addresses = len(self._hosts) + self.scenario.dead if self.scenario.is_configured else 0
            last = self.scenario.hosts[-1].name
            uncounted = [last] if self.scenario.voucher not in ("", node.host.name) and last != node.host.name else []
            word = node.judge(members_of(node, names, uncounted, addresses), now_s)
            self.checks.look(node, now_s)
            for name in names:
                if name in self.nodes:
                    self._send(word, self.nodes[name], now_s)
            self._plan(now_s + node.pace.interval_at(now_s), node.host.name, node.life, self._look(node))

        return look

    def _reaches(self, node: Node, host: Host, now_s: float) -> bool:
        return host is not node.host and self.scenario.meet(node.host, host, now_s)

    def _measure(self, node: Node, host: Host, now_s: float) -> None:
        path = self._path(node, host, now_s)
        if path is None:
            return
        ahead_s = (host.clock.at(now_s) + self._shift_s) - (node.host.clock.at(now_s) + self._shift_s)
        if host.lie:
            ahead_s += host.lie.answered_by(node.host.name)
        measured = measure(self.random, path, (node.host.name, host.name), ahead_s)
        if measured:
            node.take(host.name, now_s, measured)

    def _path(self, node: Node, host: Host, now_s: float) -> Path | None:
        """Who has not told yet where it answers probes is asked through the routers, if it is linked to ours."""
        if host.access is Access.HIDDEN:
            return None
        path = self.scenario.paths[node.host.name, host.name]
        if host.access is Access.PROBES and host.name in node.rows.hosts:
            return path if host.answers(now_s) else None
        return Path(path.there_s + 2e-4, path.back_s + 2e-4, path.queue_s + 5e-4, via="router")

    def _send(self, word: Message, to: Node, now_s: float) -> None:
        delay_s = self.random.uniform(0.001, self.scenario.way_s if self.random.random() < _SLOW else _WAY_S)

        def arrive(at_s: float) -> None:
            to.rows.hear(word, at_s)

        self._plan(now_s + delay_s, to.host.name, to.life, arrive)


def run_seed(seed: int, find: Find = solve, patience: Patience = PATIENCE) -> Tally:
    """Play the cluster of a seed.

    Raises:
        FoundError: Something that was promised did not hold.
    """
    return Play(draw(seed), find, patience).run()
