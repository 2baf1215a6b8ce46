"""How long a large cluster takes until all routers agree on it, in virtual time, and what that costs in traffic."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from communicator.protocol.message import Message
from simulation.agenda import Stage, ViolationError
from simulation.host import Host, Plan
from simulation.scenario import Scenario, graph
from simulation.service import Service
from simulation.world import World

ASKED_EVERY_S = 0.1
"""How often a router that does not agree yet is asked again."""
GIVEN_UP_S = 60.0
REST_S = 30.0
"""Between two measurements, for what it costs when nothing happens."""
SLOWEST_S = 0.02

Agrees = Callable[[Host, dict[str, Message]], bool]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one change took."""

    what: str
    took_s: float
    messages: float
    bytes: float
    """Both per router, from the change until all agreed."""

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"{self.what:<34} {self.took_s:6.2f} virtual s, {self.messages:8.1f} messages and "
            f"{self.bytes / 1024:8.1f} KiB written per router"
        )


class Convergence:
    """A cluster whose routers are asked again and again what they see.

    Args:
        size: How many routers.
        degree: How many neighbors each has, or nearly so.
        seed: What the graph, the delays and the moments follow from.
    """

    def __init__(self, size: int, degree: int, seed: int) -> None:
        random = Random(seed)
        edges = tuple(graph(size, random, degree))
        self.world = World(_scenario(size, edges, seed), Stage(random), self._hear)
        self.answers: dict[str, dict[str, Message]] = {}

    def measure(self) -> Iterator[Measurement]:
        """All measurements, one after the other."""
        world, agenda = self.world, self.world.stage.agenda
        began_s = agenda.now_s
        world.boot()
        yield self._until("join of all, from cold", began_s, self._sees_servers)
        yield self._rest()
        one, other = self._lose_link()
        yield self._until(f"loss of the link {one} - {other}", agenda.now_s, self._lacks_link(one, other))
        yield self._rest()
        for silently in (False, True):
            host = world.stage.random.choice(world.live())
            host.crash(silently=silently)
            what = f"{'silent ' if silently else ''}loss of the router {host.name}"
            yield self._until(what, agenda.now_s, self._sees_servers)
            yield self._rest()
            began_s = agenda.now_s
            host.start()
            yield self._until(f"return of the router {host.name}", began_s, self._sees_servers)

    def _until(self, what: str, began_s: float, agrees: Agrees) -> Measurement:
        """Ask every router until it agrees; those that did are asked once more at the end."""
        before, agenda = self._traffic(), self.world.stage.agenda
        if began_s < agenda.now_s:
            before = (0, 0)
        waiting = self.world.live()
        while waiting:
            if agenda.now_s - began_s > GIVEN_UP_S:
                raise ViolationError(f"{what}: {len(waiting)} routers do not agree after {GIVEN_UP_S:g} s")
            waiting = [host for host in self._ask(waiting) if not agrees(host, self.answers[host.name])]
        took_s, after = agenda.now_s - began_s, self._traffic()
        if wrong := [host.name for host in self._ask(self.world.live()) if not agrees(host, self.answers[host.name])]:
            raise ViolationError(f"{what}: {', '.join(wrong)} agreed, and then no longer")
        size = len(self.world.hosts)
        return Measurement(what, took_s, (after[0] - before[0]) / size, (after[1] - before[1]) / size)

    def _ask(self, hosts: list[Host]) -> list[Host]:
        self.answers.clear()
        for host in hosts:
            self.answers[host.name] = {}
            for command in self._questions:
                self.world.watchers[host.name].say(Message(command))
        self.world.stage.agenda.run(self.world.stage.agenda.now_s + ASKED_EVERY_S)
        return hosts

    def _hear(self, service: Service, message: Message) -> None:
        self.answers.get(service.host.name, {})[message.command] = message

    _questions: tuple[str, ...] = ("CLUSTER_GET_STATUS",)

    def _sees_servers(self, _host: Host, answers: dict[str, Message]) -> bool:
        status = answers.get("CLUSTER_CURRENT_STATUS")
        return status is not None and set(status.get("servers").split(",")) == {host.name for host in self.world.live()}

    def _lacks_link(self, one: str, other: str) -> Agrees:
        self._questions = ("CLUSTER_GET_GRAPH",)

        def agrees(_host: Host, answers: dict[str, Message]) -> bool:
            told = answers.get("CLUSTER_GRAPH")
            links = json.loads(told.get("graph"))["links"] if told else [{"from": one, "to": other}]
            return not any({link["from"], link["to"]} == {one, other} for link in links)

        return agrees

    def _lose_link(self) -> tuple[str, str]:
        """Reset a connection and let it not be made again."""
        network = self.world.network
        names = self.world.stage.random.choice(sorted(network.roads, key=sorted))
        one, other = sorted(names)
        self.world.hosts[one].reset_links_over(network.roads[names])
        network.cut(network.roads[names])
        return one, other

    def _rest(self) -> Measurement:
        """What it costs when nothing happens."""
        self._questions = ("CLUSTER_GET_STATUS",)
        agenda, before = self.world.stage.agenda, self._traffic()
        agenda.run(agenda.now_s + REST_S)
        after, size = self._traffic(), len(self.world.hosts)
        return Measurement("rest", REST_S, (after[0] - before[0]) / size, (after[1] - before[1]) / size)

    def _traffic(self) -> tuple[int, int]:
        hosts = self.world.hosts.values()
        return sum(host.traffic.messages for host in hosts), sum(host.traffic.bytes for host in hosts)


def _scenario(size: int, edges: tuple[tuple[int, int], ...], seed: int) -> Scenario:
    addresses = [f"10.{at // 250}.{at % 250}.1:4042" for at in range(size)]
    neighbors: list[list[str]] = [[] for _ in range(size)]
    for one, other in edges:
        neighbors[one].append(addresses[other])
        neighbors[other].append(addresses[one])
    return Scenario(
        seed=seed,
        shape="random graph",
        edges=edges,
        roads=edges,
        plans=tuple(
            Plan(name=f"host{at}", address=addresses[at], neighbors=tuple(neighbors[at]), discover=False)
            for at in range(size)
        ),
        placements=(),
        discover=False,
        slowest_s=SLOWEST_S,
        loss=0.0,
        reset_after_s=15.0,
        off_road="no route to host",
        rounds=0,
        message_every_s=1.0,
    )
