"""What goes wrong in a cluster, and how it is put right again; it knows machines and roads, not what is said on them."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from simulation.audit import Audit
from simulation.host import Host
from simulation.network import Road
from simulation.scenario import HOURS_S
from simulation.world import World, has_directory

LONGEST_S = 40.0
"""Trouble that passes by itself does so within this time."""
TROUBLES_S = 6.0
"""The troubles of one round begin within this time."""
PASSES = 0.65
"""Share of troubles that pass by themselves; the others stay until the round is over."""

Repair = Callable[[], None]


class Trouble:
    """Draws troubles, makes them, and undoes them.

    Args:
        world: Where.
        audit: Is told when membership changes.
        without: Troubles that are not made.
    """

    def __init__(self, world: World, audit: Audit, without: frozenset[str] = frozenset()) -> None:
        self.world, self.audit = world, audit
        self._repairs: list[Repair] = []
        self._replacements = 0
        self.made: list[str] = []
        """What was done, for people."""
        self._kinds: dict[str, tuple[int, Callable[[], Repair | None]]] = {
            "partition": (4, self._partition),
            "cut": (4, self._cut),
            "crash": (4, self._crash),
            "stop": (1, self._stop),
            "freeze": (1, self._freeze),
            "replace": (1, self._replace),
            "slow": (1, self._slow),
            "clock": (1, self._step_clock),
            "leave": (2, self._leave),
        }
        self._kinds = {kind: made for kind, made in self._kinds.items() if kind not in without}

    def begin_round(self) -> None:
        """Enter one to three troubles into the agenda, within the next `TROUBLES_S`."""
        random, agenda = self.world.stage.random, self.world.stage.agenda
        for _ in range(random.randint(1, 3)):
            agenda.after(random.uniform(0, TROUBLES_S), self._make)

    def repair_all(self) -> None:
        """Put everything right that is still wrong."""
        repairs, self._repairs = self._repairs, []
        for repair in repairs:
            repair()

    def _make(self) -> None:
        random, agenda = self.world.stage.random, self.world.stage.agenda
        kind = random.choices(list(self._kinds), [weight for weight, _ in self._kinds.values()])[0]
        repair = self._kinds[kind][1]()
        if repair is None:
            return
        if random.random() < PASSES:
            agenda.after(random.choice((random.uniform(0.05, 3), random.uniform(3, LONGEST_S))), repair)
        else:
            self._repairs.append(repair)

    def restart_one(self) -> None:
        """End one router without a word; it is started again soon, or when all is repaired."""
        repair = self._crash()
        if repair is not None and self.world.stage.random.random() < 0.5:
            self.world.stage.agenda.after(self.world.stage.random.uniform(0.1, 8), repair)
        elif repair is not None:
            self._repairs.append(repair)

    def _say(self, text: str) -> None:
        self.made.append(f"{self.world.stage.agenda.now_s:.3f} {text}")
        self.world.stage.journal.note("trouble", "", text)

    def _any_live(self) -> Host | None:
        live = self.world.live()
        return self.world.stage.random.choice(live) if live else None

    def _cut_roads(self, roads: list[Road], what: str) -> Repair:
        for road in roads:
            self.world.network.cut(road)
        self.world.disturb()
        self._say(f"cut {what}")

        def heal() -> None:
            self._say(f"heal {what}")
            for road in roads:
                self.world.network.heal(road)
            self.world.disturb()

        return heal

    def _partition(self) -> Repair | None:
        names = sorted(self.world.hosts)
        half = set(self.world.stage.random.sample(names, self.world.stage.random.randint(1, max(len(names) // 2, 1))))
        roads = [
            road
            for ends, road in sorted(self.world.network.roads.items(), key=lambda item: sorted(item[0]))
            if len(ends & half) == 1 and road.cut_since_s is None
        ]
        return self._cut_roads(roads, f"off {', '.join(sorted(half))}") if roads else None

    def _cut(self) -> Repair | None:
        roads = [road for road in self.world.road_list() if road.cut_since_s is None]
        if not roads:
            return None
        road = self.world.stage.random.choice(roads)
        return self._cut_roads([road], " - ".join(sorted(road.delays_s)))

    def _crash(self) -> Repair | None:
        host = self._any_live()
        if host is None:
            return None
        silently = self.world.stage.random.random() < 0.5
        self._say(f"crash {host.name}{' silently' if silently else ''}")
        host.crash(silently=silently)
        if self.world.stage.random.random() < 0.2:
            host.files.clear()
            self.audit.files_lost = True
            self.audit.membership_changed()
        return partial(self._start, host)

    def _stop(self) -> Repair | None:
        host = self._any_live()
        if host is None:
            return None
        self._say(f"stop {host.name}")
        host.stop()
        self.world.disturb()
        return partial(self._start, host)

    def _start(self, host: Host) -> None:
        if self.world.hosts.get(host.name) is host and host.life is None:
            self._say(f"start {host.name}")
            host.start()

    def _freeze(self) -> Repair | None:
        host = self._any_live()
        if host is None:
            return None
        lasts_s = self.world.stage.random.uniform(0.5, 25)
        self._say(f"freeze {host.name} for {lasts_s:.1f} s")
        host.freeze(lasts_s)
        self.world.disturb()
        self.world.stage.agenda.after(lasts_s + 0.001, self.world.disturb)
        return None

    def _replace(self) -> Repair | None:
        host = self._any_live()
        others = [other for other in self.world.live() if other is not host]
        if host is None or not others or not host.plan.discover:
            return None
        self._replacements += 1
        self.audit.membership_changed()
        self._say(f"replace {host.name}")
        services = [service for service in self.world.services if service.host is host]
        self.world.remove_host(host)
        reached = [other for other in others if self.world.network.road(host.name, other.name)]
        plan = replace(
            host.plan,
            address=f"10.0.{self._replacements}.{self.world.stage.random.randint(1, 250)}:4042",
            neighbors=tuple(other.address for other in reached),
        )
        new = self.world.add_host(plan)
        for service in services:
            self.world.add_service(new, service.party.service, service.party.accepts).start()
        self.world.watchers[new.name].start()
        self.world.disturb()
        if has_directory(new):
            new.start()
            return None
        return partial(self._start, new)

    def _slow(self) -> Repair | None:
        road = self.world.stage.random.choice(self.world.road_list() or [None])
        if road is None:
            return None
        road.slowness = self.world.stage.random.uniform(2, 20) if self.world.scenario.slowest_s < 0.1 else 2.0
        self._say(f"slow {' - '.join(sorted(road.delays_s))} by {road.slowness:.0f}")

        def hasten() -> None:
            road.slowness = 1.0

        return hasten

    def _step_clock(self) -> Repair | None:
        host = self._any_live()
        if host is None:
            return None
        step_s = self.world.stage.random.uniform(-2, 2) * HOURS_S
        self._say(f"step the clock of {host.name} by {step_s:.0f} s")
        host.clocks.wall_skew_s += step_s
        return None

    def _leave(self) -> Repair | None:
        services = [service for service in self.world.services if service.ready and service.role == "live"]
        if not services:
            return None
        service = self.world.stage.random.choice(services)
        self._say(f"{service.party} leaves")
        service.stop()
        return service.start
