"""All machines, roads and services of one scenario, when they were last disturbed, and who can reach whom by right."""

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from communicator.router import Router
from simulation.agenda import Stage
from simulation.host import CoreMaker, Host, Plan
from simulation.leaf import Leaf
from simulation.liar import Liar
from simulation.network import Network, Road
from simulation.scenario import Scenario
from simulation.service import Hearing, Service

SETTLE_S = 20.0
"""So long after the last disturbance every router knows the cluster as it is: 10 s to notice that a peer is silent, two
dials of 2 s each to a place that does not answer, the pause between them, and the news going round."""
BOOT_S = 3.0
"""The machines come up within this time."""
NEWS_S = 8.0
"""So long after a link of a C++ router has come or gone, everyone has heard of it."""
LOOKS_EVERY_S = 0.5
IN_TIME_S = 3.0
"""A C++ router drops what is older than 10 s by the clock of whoever sent it first; so far a clock may be ahead, with the way."""
WATCHER = "watcher"
"""A service on every machine that asks the router about the cluster; no message of the traffic is for it."""


def pair(one: Host, other: Host) -> frozenset[str]:
    """Two machines, in no order, by address: the new machine of a name is another one."""
    return frozenset((one.address, other.address))


class World:
    """What is simulated.

    Args:
        scenario: What there is.
        stage: Time, chance and journal.
        hearing: Called with what the services hear.
        make_core: Makes the router cores.
    """

    def __init__(self, scenario: Scenario, stage: Stage, hearing: Hearing, make_core: CoreMaker = Router) -> None:
        self.scenario, self.stage = scenario, stage
        self.network = Network(self.stage, scenario.reset_after_s, off_road=scenario.off_road)
        self.hosts: dict[str, Host] = {}
        """By name."""
        self.services: list[Service] = []
        self.watchers: dict[str, Service] = {}
        self.epoch = 0
        """Counts the disturbances."""
        self.disturbed_s = 0.0
        self.is_certain = False
        """Whether it is known for certain what the settled cluster looks like."""
        self.leaf_links: frozenset[tuple[str, str]] = frozenset()
        """C++ routers and whom they are linked with; looked at again and again, since they link on a grid of a minute."""
        self.leaf_links_changed_s = 0.0
        self.replaced: set[str] = set()
        """Names of machines that came under a new address: C++ routers go on sending to the old one, too."""
        self.liar: Liar | None = None
        """A member that lies, while it is there."""
        self._hearing, self._make_core = hearing, make_core
        self._known: set[frozenset[str]] = set()
        """Pairs that have each other's address for certain."""
        self._perhaps: dict[str, set[str]] = {}
        """Address of a machine to those it may have heard of: all that anyone it was ever in one part with may have."""
        for one, other in scenario.roads:
            delays_s = (self._draw_delay_s(), self._draw_delay_s())
            self.network.build_road(scenario.plans[one].name, scenario.plans[other].name, delays_s, scenario.loss)
        for plan in scenario.plans:
            self.add_host(plan)
        for place in scenario.placements:
            self.add_service(self.hosts[scenario.plans[place.host].name], place.name, place.accepts)

    def _draw_delay_s(self) -> float:
        return self.stage.random.uniform(0.0001, self.scenario.slowest_s)

    def add_host(self, plan: Plan) -> Host:
        """Put a machine there, switched off; one of the same name is gone for good."""
        host = Host(self.stage, self.network, plan, self._make_core if plan.features else Leaf)
        host.changed = self.disturb
        self.hosts[plan.name] = host
        for address in plan.neighbors if has_directory(host) else plan.neighbors[:1]:  # a C++ router reads the first
            self._known.add(frozenset((address, plan.address)))
        self.watchers[plan.name] = Service(host, WATCHER, frozenset({"CLUSTER_CURRENT_STATUS"}), self._hearing)
        return host

    def remove_host(self, host: Host) -> None:
        """Take a machine away; its services go with it."""
        if host.life is not None:
            host.crash(silently=True)
        host.powered = False
        self.replaced.add(host.name)
        self.services = [service for service in self.services if service.host is not host]
        self.network.machines.pop(host.address, None)

    def add_service(self, host: Host, name: str, accepts: frozenset[str]) -> Service:
        """Put a service on a machine; it does not run yet."""
        service = Service(host, name, accepts, self._hearing)
        service.changed = self.disturb
        self.services.append(service)
        return service

    def add_twin(self, service: Service, version: str) -> None:
        """Put another version of a service beside it, on standby; it comes and goes with it."""
        party = service.party
        twin = Service(service.host, party.service, party.accepts, self._hearing, version=version, role="standby")
        twin.changed = self.disturb
        service.twin, service.is_of_two, twin.is_of_two = twin, True, True
        self.services.append(twin)

    def boot(self) -> None:
        """Switch everything on within `BOOT_S`, and let time pass until it is."""
        agenda = self.stage.agenda
        for host in self.hosts.values():
            agenda.after(self.stage.random.uniform(0, BOOT_S), host.start)
        for service in (*self.services, *self.watchers.values()):
            agenda.after(self.stage.random.uniform(0, BOOT_S), service.start)
        if not all(map(has_directory, self.hosts.values())):
            self._look_at_leaves()
        agenda.run(agenda.now_s + BOOT_S)

    def _look_at_leaves(self) -> None:
        """Take note of the links of C++ routers, and whether they are others than a moment ago."""
        leaves = [host for host in self.live() if not has_directory(host)]
        links = frozenset((leaf.name, other.name) for leaf in leaves for other in self.live() if is_linked(leaf, other))
        if links != self.leaf_links:
            self.leaf_links, self.leaf_links_changed_s = links, self.stage.agenda.now_s
        self.stage.agenda.after(LOOKS_EVERY_S, self._look_at_leaves)

    def disturb(self) -> None:
        """Something has just changed: from now on the cluster has to settle again."""
        self.epoch += 1
        self.disturbed_s = self.stage.agenda.now_s
        for part in self.parts(certain=False):
            heard = {host.address for host in part}.union(*(self._perhaps.get(host.address, ()) for host in part))
            self._perhaps.update((host.address, set(heard)) for host in part)
        self.is_certain = False

    @property
    def calm(self) -> int | None:
        """Which time without disturbance this is; None while the cluster may still be settling."""
        return self.epoch if self.stage.agenda.now_s >= self.disturbed_s + SETTLE_S else None

    def settled(self) -> None:
        """Take note that the cluster has settled.

        What it looks like is not certain where a part may be held together by what its members have heard in passing.
        """
        self.is_certain = {frozenset(part) for part in self._parts_of_ours(certain=True)} == {
            frozenset(part) for part in self._parts_of_ours(certain=False)
        }
        for part in map(self.reach, filter(has_directory, self.live())):
            pairs = combinations(part, 2)  # what they tell each other, C++ routers do not
            self._known.update(pair(one, other) for one, other in pairs if has_directory(one) or has_directory(other))

    # ----------------------------------------------------------------------------------------------- who reaches whom

    def live(self) -> list[Host]:
        """Machines whose router runs, and is not stopped in its tracks."""
        return [host for host in self.hosts.values() if host.life is not None and not host.life.frozen]

    def may_link(self, one: Host, other: Host, *, certain: bool = True) -> bool:
        """Whether two live machines are to have a link."""
        road = self.network.road(one.name, other.name)
        if one is other or road is None or road.cut_since_s is not None:
            return False
        if not (one.plan.discover and other.plan.discover):
            return one.address in other.plan.neighbors and other.address in one.plan.neighbors
        return pair(one, other) in self._known or (not certain and self._may_have_heard(one, other))

    def _may_have_heard(self, one: Host, other: Host) -> bool:
        return any(
            far.address in self._perhaps.get(near.address, ()) or far.address in near.plan.neighbors
            for near, far in ((one, other), (other, one))
        )

    def parts(self, *, certain: bool = True) -> list[list[Host]]:
        """The live machines, in groups that are connected; whatever they speak."""
        return _groups(self.live(), lambda one, other: self.may_link(one, other, certain=certain))

    def _parts_of_ours(self, *, certain: bool) -> list[list[Host]]:
        """The live machines with our routers, in groups that are connected without C++ ones."""
        ours = filter(has_directory, self.live())
        return _groups(ours, lambda one, other: self.may_link(one, other, certain=certain))

    def reach(self, host: Host) -> list[Host]:
        """The live machines whose services this one reaches, itself among them.

        C++ routers carry nothing on for certain: they reach those they are linked with, and are reached by the part they are
        linked with. When they link is their own business, so that the links they have count.
        """
        live = self.live()
        if not has_directory(host):
            return [other for other in live if other is host or (host.name, other.name) in self.leaf_links]
        part = next((part for part in self._parts_of_ours(certain=True) if host in part), [host])
        leaves = [other for other in live if not has_directory(other)]
        return part + [leaf for leaf in leaves if any((leaf.name, other.name) in self.leaf_links for other in part)]

    def _has_dead_links(self, host: Host) -> bool:
        """Whether a C++ router takes a router for linked that is no more; it may stand for all that dialled it."""
        linked = host.core.linked if isinstance(host.core, Leaf) else {}
        return any(not any(host.has_connection(link, other) for other in self.live()) for link in linked)

    @property
    def leaves_rest(self) -> bool:
        """Whether everyone knows which links the C++ routers have."""
        return self.stage.agenda.now_s >= self.leaf_links_changed_s + NEWS_S

    def is_close(self) -> bool:
        """Whether every machine is there and linked with every other: then C++ routers lose nothing, if their clocks agree."""
        live = self.live()
        skews_s = [host.clocks.wall_skew_s for host in live]
        if len(live) < len(self.hosts) or not self.leaves_rest or max(skews_s) - min(skews_s) > IN_TIME_S:
            return False
        if any(map(self._has_dead_links, live)):
            return False
        return all(
            self.may_link(one, other)
            if has_directory(one) and has_directory(other)
            else (one.name, other.name) in self.leaf_links or (other.name, one.name) in self.leaf_links
            for one, other in combinations(live, 2)
        )

    def all_speak(self, feature: str) -> bool:
        """Whether every machine has a feature."""
        return all(feature in host.plan.features for host in self.hosts.values())

    def safe_from_liar(self, host: Host) -> frozenset[str]:
        """The machines that a machine reaches over honest ones by a shorter way than any that a liar would be on.

        That is who is promised to be reached while a member lies. What goes through it, it may drop; and it is believed of those
        who are no farther over it than otherwise.
        """
        there = self.liar.hosts if self.liar else []
        hops = {other.name: self._hops(other) for other in (host, *there)}
        far = 1 + len(self.hosts)
        to_liar = 1 + min((hops[host.name].get(each.name, far) for each in there), default=far)
        safe = set()
        for name, count in hops[host.name].items():
            from_liar = 1 + min((hops[each.name].get(name, far) for each in there), default=far)
            if count < to_liar + from_liar:
                safe.add(name)
        return frozenset(safe)

    def _hops(self, host: Host) -> dict[str, int]:
        """How many links each live machine is away."""
        hops, ahead = {host.name: 0}, [host]
        for near in ahead:
            found = [other for other in self.live() if other.name not in hops and self.may_link(near, other)]
            hops.update((other.name, hops[near.name] + 1) for other in found)
            ahead.extend(found)
        return hops

    def road_list(self) -> list[Road]:
        """Every road, in a fixed order."""
        return [self.network.roads[names] for names in sorted(self.network.roads, key=sorted)]


def has_directory(host: Host) -> bool:
    """Whether a machine takes part in the link-state exchange."""
    return "directory/1" in host.plan.features


def is_linked(leaf: Host, other: Host) -> bool:
    """Whether a C++ router has a link with another router as both are now."""
    core = leaf.core
    linked = core.linked if isinstance(core, Leaf) else {}
    return any(server == other.name and leaf.has_connection(link, other) for link, server in linked.items())


def in_time(sender: Host, receiver: Host) -> bool:
    """Whether what a router has sent is not too old for a C++ one when it arrives, by their two clocks."""
    return receiver.clocks.wall_skew_s - sender.clocks.wall_skew_s <= IN_TIME_S


def _groups(hosts: Iterable[Host], linked: Callable[[Host, Host], bool]) -> list[list[Host]]:
    left = list(hosts)
    groups = []
    while left:
        group = [left.pop(0)]
        for member in group:
            found = [other for other in left if linked(member, other)]
            left = [other for other in left if other not in found]
            group.extend(found)
        groups.append(sorted(group, key=_by_name))
    return groups


def _by_name(host: Host) -> str:
    return host.name


def named(hosts: Iterable[Host]) -> Iterator[str]:
    """Their names."""
    return (host.name for host in hosts)
