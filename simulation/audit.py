"""What every router says of a cluster that has settled, compared with what is so; it asks as any service may."""

import json
from collections.abc import Iterable

from communicator.protocol.message import Message
from communicator.protocol.values import parse_integer
from simulation.agenda import ViolationError
from simulation.census import take_census
from simulation.host import Host
from simulation.service import Service
from simulation.world import WATCHER, World, has_directory, named

ANSWER_S = 1.0
"""A router answers a service of its own machine within this time."""
SIZE_BASE = 600
SIZE_PER_HOST = 60
"""No table of a core is longer than this, beside those that hold recent messages."""
RECENT_MESSAGES = 2_500
"""Those are no longer than this: what the services of a whole cluster say in two minutes, if all of it goes to many."""
RECENT = ("Received._seen", "Announced._digests")
"""Their tables."""


class Audit:
    """Asks all routers about the cluster, and judges the answers.

    Args:
        world: Which cluster.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.done = 0
        """How many answers were judged."""
        self.statuses: dict[str, Message] = {}
        self._graphs: dict[str, Message] = {}
        self.files_lost = False
        """Whether a router has begun anew without what it had kept."""
        self._whole = False
        """Whether all have counted all since membership last changed; only then a majority is one."""

    def membership_changed(self) -> None:
        """A machine has come under a new address, or has lost what it knew of the others."""
        self._whole = False

    def hear(self, service: Service, message: Message) -> None:
        """A watcher has heard something."""
        if service.party.service != WATCHER:
            return
        if message.command == "CLUSTER_CURRENT_STATUS":
            self.statuses[service.host.name] = message
        elif message.command == "CLUSTER_GRAPH":
            self._graphs[service.host.name] = message

    def run(self) -> None:
        """Ask everyone and judge what they say.

        Raises:
            ViolationError: A router is wrong about the cluster, or remembers too much.
        """
        epoch = self.world.epoch
        live = self._ask()
        if self.world.epoch == epoch:
            self._judge(live)

    def _ask(self) -> list[Host]:
        """Ask all that run, and wait for their answers."""
        self.statuses.clear()
        self._graphs.clear()
        live = [host for host in self.world.live() if has_directory(host)]
        for host in live:
            watcher = self.world.watchers[host.name]
            if not watcher.ready:
                raise ViolationError(f"the watcher on {host.name} is not registered")
            watcher.say(Message("CLUSTER_GET_STATUS"))
            watcher.say(Message("CLUSTER_GET_GRAPH"))
        agenda = self.world.stage.agenda
        agenda.run(agenda.now_s + ANSWER_S)
        return live

    def run_beside_liar(self) -> None:
        """Ask everyone while a member lies: whoever is reached past it is said to be, and whom it has invented does not count.

        Raises:
            ViolationError: A router believes it.
        """
        epoch = self.world.epoch
        live = self._ask()
        for host in live if self.world.epoch == epoch else ():
            status = self.statuses[host.name]
            safe = self.world.safe_from_liar(host)
            missing = safe - set(status.get("servers").split(","))
            if missing:
                raise ViolationError(f"{host.name} does not reach {sorted(missing)} while a member lies: {status}")
            is_sure = all(other.name in safe for other in live)  # else it may vouch in the name of another one
            if is_sure and parse_integer(status.get("neighbors_count")) > len(self.world.hosts) + 1:
                raise ViolationError(f"{host.name} counts routers that a member has invented: {status}")
            self._judge_size(host)
            self.done += 1

    def _judge(self, live: list[Host]) -> None:
        for host in live:
            if host.name not in self.statuses:
                raise ViolationError(f"{host.name} does not answer CLUSTER_GET_STATUS")
            self._judge_status(host, self.statuses[host.name])
            self._judge_graph(host)
            self._judge_size(host)
            self.done += 1
        whole = len(live) == len(self.world.hosts) == len(self.world.reach(live[0])) if live else False
        if whole:
            self._judge_whole(live)
        self._judge_quorum(live)

    def _judge_status(self, host: Host, status: Message) -> None:
        expected = sorted(named(self.world.reach(host)))
        told = sorted(filter(None, status.get("servers").split(",")))
        if self._sure(told) != self._sure(expected):
            raise ViolationError(f"{host.name} says the servers are {told}, and they are {expected}: {status}")
        count = parse_integer(status.get("live_count"))
        if count != len(told) - len(_uncounted(status)):
            raise ViolationError(f"{host.name} counts {count} live, and there are {len(told)}: {status}")
        up = count >= parse_integer(status.get("quorum"))
        if (status.get("status") == "up") != up:
            raise ViolationError(f"{host.name} contradicts itself: {status}")

    def _sure(self, servers: Iterable[str]) -> list[str]:
        """Those of which everyone must know whether they are linked."""
        return [name for name in servers if self.world.leaves_rest or has_directory(self.world.hosts[name])]

    def _judge_graph(self, host: Host) -> None:
        if host.name not in self._graphs:
            raise ViolationError(f"{host.name} does not answer CLUSTER_GET_GRAPH")
        graph = json.loads(self._graphs[host.name].get("graph"))
        reachable = sorted(node["server"] for node in graph["nodes"] if node["state"] != "unreachable")
        expected = sorted(named(self.world.reach(host)))
        if self._sure(reachable) != self._sure(expected):
            raise ViolationError(f"{host.name} shows {reachable} as reachable, and these are: {expected}")

    def _judge_size(self, host: Host) -> None:
        bound = SIZE_BASE + SIZE_PER_HOST * len(self.world.hosts)
        for name, size in take_census(host.core).items():
            if size > (RECENT_MESSAGES if name in RECENT else bound) and not name.endswith((".routes", ".commands")):
                raise ViolationError(f"{host.name} remembers {size} entries in {name}, more than {bound}")

    def _judge_whole(self, live: list[Host]) -> None:
        """Everyone is there and sees everyone: then all say so, and count no one who has left.

        Where a host is linked to one other alone, those farther away do not count it. A neighbor that the configuration still
        names at an address where nobody is any more may go on counting; where a router has lost its files it no longer knows
        whose that was, and tells all others of it.
        """
        addresses = {host.address for host in live}
        told_of = {address for host in live for address in host.plan.neighbors} if self.files_lost else set()
        for host in live:
            status = self.statuses[host.name]
            count = parse_integer(status.get("neighbors_count"))
            stale = len({*host.plan.neighbors, *told_of} - addresses)
            there = len(live) - len(_uncounted(status))
            completeness = "complete" if count == there else "incomplete"
            told = (status.get("status"), status.get("completeness"))
            if told != ("up", completeness) or not there <= count <= there + stale:
                raise ViolationError(f"{host.name} sees all {len(live)}, and says {status}")
        self._whole = not any(_uncounted(self.statuses[host.name]) for host in live)

    def _judge_quorum(self, live: list[Host]) -> None:
        """Two parts never both hold the majority."""
        if not self._whole:
            return
        up = [host for host in live if self.statuses[host.name].get("status") == "up"]
        for host in up[1:]:
            if host not in self.world.reach(up[0]):
                raise ViolationError(f"{up[0].name} and {host.name} do not reach each other, and both say up")


def _uncounted(status: Message) -> list[str]:
    """The servers that are reached and do not count."""
    return [name for name in status.get("uncounted").split(",") if name]
