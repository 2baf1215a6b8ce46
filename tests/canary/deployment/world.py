"""A cluster on which deployments are played: hosts with versions, and a leader that looks once a second; no daemon, no clock."""

from dataclasses import dataclass, field

from canary.deployment.duty import Host as Place
from canary.deployment.duty import task_of
from canary.deployment.fence import Fence
from canary.deployment.machine import advance
from canary.deployment.pace import Pace
from canary.deployment.shadow_duty import Shadows
from canary.deployment.shadow_sight import ShadowSeen, wanted_shadows
from canary.deployment.sight import Instance, Seen
from canary.deployment.spec import read_table
from canary.deployment.start import Ground, Word, begin
from canary.deployment.steering import steer
from canary.deployment.task import Outcome
from canary.deployment.traffic import shadows
from canary.records.deployments import Deploying, Doing

OLD, NEW = "1.0", "2.0"


@dataclass
class Host:
    """One server."""

    running: set = field(default_factory=lambda: {OLD})
    known: set = field(default_factory=set)
    is_up: bool = True
    """In reach."""
    outcome: Outcome = field(default_factory=lambda: Outcome(status="done"))
    """What becomes of a task there."""
    faults: dict = field(default_factory=dict)
    """By version, what a rule finds."""
    failing: set = field(default_factory=set)
    """Versions that have failed and had no success since, and which no rule finds bad yet."""
    doing: Doing | None = None
    obeys: int = 0
    """How many changes its router has acknowledged."""
    acknowledges: bool = True
    done: list = field(default_factory=list)
    """Its tasks."""
    never_up: set = field(default_factory=set)
    """Versions that are started, and do not run."""
    worked: bool = False
    """Whether a task whose end its canary did not see was done all the same."""
    shadows: set = field(default_factory=set)
    """The versions that run as such."""
    shadowing: Doing | None = None
    """Its last task about them."""
    fenced: frozenset = frozenset()
    """What its router keeps back, as it has acknowledged."""
    failed: int = 0
    """How often its shadow of the new version has failed."""


class World:
    """A service on some hosts."""

    def __init__(self, *names, hosts=None, **spec):
        self.now_s = 0.0
        self.hosts = hosts or {name: Host() for name in names or ("a", "b", "c", "d")}
        self.at = None
        self.told = []
        self.comparisons = []
        """What the canaries of the primaries tell."""
        self.ran_s = 0.0
        self.is_led = True
        """Somebody decides."""
        self.seen_now = {}
        """What else is seen: fields of `Seen`."""
        self.spec = spec

    def start(self, **spec):
        table = {"name": "web", "service": "billing", "version": NEW, "executor": "systemd", **self.spec, **spec}
        moved = begin(read_table(table), f"d{len(self.told)}", Word("start", "root@a"), self.ground(), self.at)
        self.tell(moved)

    def ground(self):
        return Ground(self.seen().instances, frozenset(self.hosts))

    def say(self, command, **how):
        self.tell(steer(self.at.at, Word(command, "root@a", **how), self.seen()))

    def tell(self, moved):
        is_same = self.at is not None and self.at.at.id == moved.id
        self.at = Deploying(moved, self.now_s, self.at.began_s if is_same else self.now_s)
        self.told.append(moved)

    def seen(self):
        instances = {}
        for name, host in self.hosts.items():
            host.known |= host.running
            instances[name] = tuple(
                Instance(
                    one,
                    "",
                    one in host.running,
                    one in host.running,
                    host.faults.get(one, ""),
                    one not in host.faults,
                    one in host.failing,
                )
                for one in sorted(host.known)
            )
        reach = frozenset(name for name, host in self.hosts.items() if host.is_up)
        doing = {name: host.doing for name, host in self.hosts.items() if host.doing}
        behind = frozenset(name for name in reach if self.hosts[name].obeys < len(self.told))
        shadowing = {name: host.shadowing for name, host in self.hosts.items() if host.shadowing}
        known = {"pace": Pace(), "shadowing": shadowing, "shadow": self.shadow_seen(), **self.seen_now}
        return Seen(self.now_s, reach, frozenset(self.hosts), instances, doing, behind, **known)

    def shadow_seen(self):
        """What is seen of the shadow of the deployment."""
        at = None if self.at is None else self.at.at
        if at is None or at.spec.shadow is None:
            return None
        host = self.hosts[at.spec.shadow.server]
        return ShadowSeen(
            down=tuple(version for version, _ in wanted_shadows(at) if version not in host.shadows),
            left=() if host.shadowing is None else host.shadowing.shadows,
            ran_s=self.ran_s,
            failures=host.failed,
            failure="it crashed",
            comparisons=tuple(self.comparisons),
        )

    def pass_time(self, seconds, until=None, each_s=1):
        """Let time pass, a second or more at a time, or until a phase is there."""
        for _ in range(0, int(seconds), each_s):
            if until is not None and self.phase == until:
                return
            self.now_s += each_s
            self.tick()
        assert until is None or self.phase == until, self.trace()

    def tick(self):
        self.ran_s += any(host.shadows for host in self.hosts.values())
        for name, host in self.hosts.items():
            if host.is_up and host.acknowledges:
                host.obeys = len(self.told)
                host.fenced = self.fence_of(name)
            self.work(name, host)
        moved = advance(self.at, self.seen()) if self.is_led else None
        if moved is not None:
            self.tell(moved)

    def fence_of(self, name):
        """What the policy of a host keeps back there."""
        last = self.hosts[name].shadowing
        known = {} if last is None else {(name, "billing"): last}
        found = shadows([self.at], known, name, lambda *_: "")
        return frozenset((one.service, one.version) for one in found if one.server == name)

    def work(self, name, host):
        if not host.is_up:
            return
        is_obeyed = host.obeys == len(self.told)
        here = Shadows(host.shadowing, host.shadows, Fence(host.fenced, host.fenced))
        task = task_of(self.at.at, Place(name, self.seen().instances[name], host.doing, here, is_obeyed))
        if task is None:
            return
        host.done.append(task)
        doing = Doing(task, self.now_s, host.outcome)
        if task.is_shadow:
            host.shadowing = doing
        else:
            host.doing = doing
        if host.outcome.status != "done" and not (host.outcome.status == "unknown" and host.worked):
            return
        self.do(task, host)

    def do(self, task, host):
        running = host.shadows if task.is_shadow else host.running
        if task.verb == "replace":
            running.discard(task.previous)
        if task.verb == "stop":
            running.discard(task.version)
        elif task.version not in host.never_up:
            running.add(task.version)
            assert task.is_shadow == (("billing", task.version) in host.fenced), "the fence stands before, or is gone"

    @property
    def phase(self):
        return self.at.at.phase

    @property
    def versions(self):
        return "".join(f"{name}{'+'.join(sorted(host.running))} " for name, host in self.hosts.items()).strip()

    def trace(self):
        return [(moved.phase, moved.step, moved.placed, moved.pause, moved.reason) for moved in self.told]
