"""Plays the scenario of a seed from its first moment to its last, and says how to see a failure again."""

from dataclasses import dataclass, replace
from random import Random

from communicator.protocol.message import Message
from communicator.router import Router
from communicator.router.vocabulary.config import ALL_FEATURES
from simulation.agenda import EVENTS_KEPT, Stage, ViolationError
from simulation.audit import Audit
from simulation.colours import Colours
from simulation.host import OPERATORS_BUSINESS, CoreMaker
from simulation.liar import Liar
from simulation.lies import INVENTED, LIAR
from simulation.oracle import Oracle
from simulation.scenario import Scenario, draw
from simulation.service import Service
from simulation.traffic import DELIVERY_S, Traffic
from simulation.trouble import TROUBLES_S, Trouble
from simulation.world import SETTLE_S, World

LIES_S = 12.0
"""A member lies for up to this time before all are asked."""
FORGETTING_S = 0.3
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
    """One seed, with troubles.

    Args:
        seed: Everything follows from it.
        make_core: Makes the router cores.
        events_kept: How many events the journal holds; None for all.
    """

    option = "--seed"
    """Of the command that plays it again."""
    without: frozenset[str] = frozenset()
    """Troubles that do not happen."""

    def __init__(self, seed: int, make_core: CoreMaker = Router, events_kept: int | None = EVENTS_KEPT) -> None:
        random = Random(seed)
        self.scenario = self._draw(seed, random)
        self.world = World(self.scenario, Stage(random, events_kept), self._hear, make_core)
        self.oracle = Oracle()
        self.traffic = Traffic(self.world, self.oracle)
        self.audit = Audit(self.world)
        self.trouble = Trouble(self.world, self.audit, self.without)

    @staticmethod
    def _draw(seed: int, random: Random) -> Scenario:
        return draw(seed, random)

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
            f"see it again with: python -m simulation {self.option} {seed}"
        )


class ColourPlay(Play):
    """One seed, with troubles, in which two services have two versions on each machine and are switched all the time."""

    option = "--colour"
    without = frozenset({"replace"})  # a new machine has none of the colours of the old one

    def __init__(self, seed: int, make_core: CoreMaker = Router, events_kept: int | None = EVENTS_KEPT) -> None:
        super().__init__(seed, make_core, events_kept)
        self.colours = Colours(self.world)

    @staticmethod
    def _draw(seed: int, random: Random) -> Scenario:
        drawn = draw(seed, random)
        plans = tuple(replace(plan, features=ALL_FEATURES, known_services=frozenset()) for plan in drawn.plans)
        return replace(drawn, plans=plans)

    def _act(self) -> None:
        self.colours.start()
        super()._act()

    def _calm_down(self) -> None:
        super()._calm_down()
        self.colours.rests = True
        self.world.stage.agenda.run(self.world.stage.agenda.now_s + DELIVERY_S)
        self.colours.judge_agreement()
        self.colours.rests = False

    def _hear(self, service: Service, message: Message) -> None:
        if message.get("id"):
            self.colours.judge(service)
            if self.colours.is_beside(service):
                return
        super()._hear(service, message)


class LiarPlay(Play):
    """One seed, in which a member lies about everything for a while, and leaves."""

    option = "--liar"

    @staticmethod
    def _draw(seed: int, random: Random) -> Scenario:
        # What members say of C++ routers is believed, for those cannot speak for themselves.
        drawn = draw(seed, random)
        ours = (replace(plan, features=plan.features or ALL_FEATURES) for plan in drawn.plans)
        return replace(drawn, plans=tuple(replace(plan, known_services=frozenset()) for plan in ours))

    def _act(self) -> None:
        world, agenda, random = self.world, self.world.stage.agenda, self.world.stage.random
        self.traffic.start()
        world.boot()
        self._calm_down()
        self._let_lie()
        self.trouble.repair_all()
        world.disturb()
        agenda.run(world.disturbed_s + SETTLE_S)
        world.liar = None
        self._forget_liar()
        self._calm_down()
        if random.random() < 0.5:  # and after a restart, of what a router has kept
            host = random.choice(world.live())
            host.crash(silently=False)
            agenda.run(agenda.now_s + random.uniform(0.1, 3))
            host.start()
            self._calm_down()
        self.traffic.stop()
        agenda.run(agenda.now_s + 2 * DELIVERY_S)

    def _let_lie(self) -> None:
        """The liar comes, lies while all others rest, and then perhaps while one of them starts again; and leaves."""
        world, agenda, random = self.world, self.world.stage.agenda, self.world.stage.random
        hosts = world.live()
        for host in hosts:
            host.operators_business = OPERATORS_BUSINESS | {"server_name_conflict"}
        world.liar = Liar(world.stage, world.network, random.sample(hosts, random.randint(1, len(hosts))))
        self.trouble.made.append(
            f"{agenda.now_s:.3f} liar linked with {', '.join(each.name for each in world.liar.hosts)}"
        )
        world.liar.begin(hosts)
        self.traffic.liar_has_come()
        for _ in range(random.randint(1, 3)):
            agenda.run(agenda.now_s + random.uniform(2, LIES_S))
            self.audit.run_beside_liar()
        if random.random() < 0.5:
            self.trouble.restart_one()
            agenda.run(agenda.now_s + random.uniform(0.1, LIES_S))
        world.liar.leave()
        self.trouble.made.append(f"{agenda.now_s:.3f} liar leaves")

    def _forget_liar(self) -> None:
        """What an operator does: whoever was linked once counts until it is forgotten."""
        world, agenda = self.world, self.world.stage.agenda
        for host in world.live():
            book = host.core._board.mesh.book if isinstance(host.core, Router) else None  # noqa: SLF001 - who knows of it is told
            for name in (LIAR, *INVENTED) if book else ():
                if book.knows(name):
                    world.watchers[host.name].say(Message("FORGET", {"server": name}))
            agenda.run(agenda.now_s + FORGETTING_S)


def run_seed(seed: int, make_core: CoreMaker = Router, kind: type[Play] = Play) -> Tally:
    """Play the scenario of a seed.

    Args:
        seed: Which.
        kind: With troubles, or with a liar.
        make_core: Makes the router cores; another than `Router` only to see whether the simulator notices.

    Returns:
        What was seen.

    Raises:
        FoundError: Something that was promised did not hold.
    """
    return kind(seed, make_core).run()
