"""Plays the scenario of a seed from its first moment to its last, and says how to see a failure again."""

from dataclasses import dataclass
from random import Random

from communicator.protocol.message import Message
from communicator.router import Router
from simulation.agenda import EVENTS_KEPT, Stage, ViolationError
from simulation.audit import Audit
from simulation.host import CoreMaker
from simulation.oracle import Oracle
from simulation.scenario import draw
from simulation.service import Service
from simulation.traffic import DELIVERY_S, Traffic
from simulation.trouble import TROUBLES_S, Trouble
from simulation.world import SETTLE_S, World

CALM_TRAFFIC_S = 14.0
"""How long the services talk in a cluster that has settled."""


class FoundError(AssertionError):
    """A seed has found something; says what, when, and how to see it again."""


@dataclass(slots=True)
class Tally:
    """What one or more seeds have seen."""

    seeds: int = 0
    virtual_s: float = 0.0
    events: int = 0
    messages: int = 0
    receipts: int = 0
    judged: int = 0
    audits: int = 0

    def add(self, other: "Tally") -> None:
        """Count another one in."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"{self.seeds} seeds, {self.virtual_s:.0f} virtual s, {self.events} events, {self.messages} messages, "
            f"{self.receipts} receipts, {self.judged} of which had to arrive, {self.audits} audits"
        )


class Play:
    """One seed.

    Args:
        seed: Everything follows from it.
        make_core: Makes the router cores.
        events_kept: How many events the journal holds; None for all.
    """

    def __init__(self, seed: int, make_core: CoreMaker = Router, events_kept: int | None = EVENTS_KEPT) -> None:
        random = Random(seed)
        self.scenario = draw(seed, random)
        self.world = World(self.scenario, Stage(random, events_kept), self._hear, make_core)
        self.oracle = Oracle()
        self.traffic = Traffic(self.world, self.oracle)
        self.audit = Audit(self.world)
        self.trouble = Trouble(self.world, self.audit)

    def run(self) -> Tally:
        """Play it.

        Raises:
            FoundError: Something that was promised did not hold.
        """
        try:
            self._act()
        except ViolationError as error:
            raise FoundError(self._explain(error)) from error
        stage, oracle = self.world.stage, self.oracle
        sent = self.traffic.sent
        return Tally(1, stage.agenda.now_s, stage.journal.events, sent, oracle.receipts, oracle.judged, self.audit.done)

    def _act(self) -> None:
        world, agenda = self.world, self.world.stage.agenda
        self.traffic.start()
        world.boot()
        self._calm_down()
        for last in (*(False,) * self.scenario.rounds, True):
            if last:
                self.trouble.repair_all()
            else:
                self.trouble.begin_round()
            agenda.run(agenda.now_s + TROUBLES_S)
            self._calm_down()
            if not last and world.stage.random.random() < 0.5:
                self.trouble.repair_all()
        self.traffic.stop()
        agenda.run(agenda.now_s + 2 * DELIVERY_S)

    def _calm_down(self) -> None:
        """Let the cluster settle, look at it, and let the services talk in it for a while."""
        world, agenda = self.world, self.world.stage.agenda
        while world.calm is None:
            agenda.run(world.disturbed_s + SETTLE_S)
        world.settled()
        if world.is_certain:
            self.audit.run()
        agenda.run(agenda.now_s + CALM_TRAFFIC_S)

    def _hear(self, service: Service, message: Message) -> None:
        self.audit.hear(service, message)
        self.traffic.hear(service, message)

    def _explain(self, error: ViolationError) -> str:
        seed, made = self.scenario.seed, "\n".join(self.trouble.made)
        return (
            f"seed {seed}: {error}\n\n{self.scenario}\n\ntroubles:\n{made or 'none'}\n\n"
            f"the last events, each with its time, its machine and what came in (->) or was asked for (<-):\n"
            f"{self.world.stage.journal.text()}\n\nseed {seed}: {error}\n"
            f"see it again with: python -m simulation --seed {seed}"
        )


def run_seed(seed: int, make_core: CoreMaker = Router) -> Tally:
    """Play the scenario of a seed.

    Args:
        seed: Which.
        make_core: Makes the router cores; another than `Router` only to see whether the simulator notices.

    Returns:
        What was seen.

    Raises:
        FoundError: Something that was promised did not hold.
    """
    return Play(seed, make_core).run()
