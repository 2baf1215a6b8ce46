"""A cluster on which deployments are played: hosts with versions, and a leader that looks once a second; no daemon, no clock."""

from dataclasses import dataclass, field

from canary.deployment.duty import task_of
from canary.deployment.machine import advance
from canary.deployment.pace import Pace
from canary.deployment.sight import Instance, Seen
from canary.deployment.spec import read_table
from canary.deployment.start import Ground, Word, begin
from canary.deployment.steering import steer
from canary.deployment.task import Outcome
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


class World:
    """A service on some hosts."""

    def __init__(self, *names, hosts=None, **spec):
        self.now_s = 0.0
        self.hosts = hosts or {name: Host() for name in names or ("a", "b", "c", "d")}
        self.at = None
        self.told = []
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
                    one, "", one in host.running, one in host.running, host.faults.get(one, ""), one not in host.faults
                )
                for one in sorted(host.known)
            )
        reach = frozenset(name for name, host in self.hosts.items() if host.is_up)
        doing = {name: host.doing for name, host in self.hosts.items() if host.doing}
        behind = frozenset(name for name in reach if self.hosts[name].obeys < len(self.told))
        known = {"pace": Pace(), **self.seen_now}
        return Seen(self.now_s, reach, frozenset(self.hosts), instances, doing, behind, **known)

    def pass_time(self, seconds, until=None, each_s=1):
        """Let time pass, a second or more at a time, or until a phase is there."""
        for _ in range(0, int(seconds), each_s):
            if until is not None and self.phase == until:
                return
            self.now_s += each_s
            self.tick()
        assert until is None or self.phase == until, self.trace()

    def tick(self):
        for name, host in self.hosts.items():
            if host.is_up and host.acknowledges:
                host.obeys = len(self.told)
            self.work(name, host)
        moved = advance(self.at, self.seen()) if self.is_led else None
        if moved is not None:
            self.tell(moved)

    def work(self, name, host):
        if not host.is_up:
            return
        is_obeyed = host.obeys == len(self.told)
        task = task_of(self.at.at, name, self.seen().instances[name], host.doing, is_obeyed=is_obeyed)
        if task is None:
            return
        host.done.append(task)
        host.doing = Doing(task, self.now_s, host.outcome)
        if host.outcome.status != "done" and not (host.outcome.status == "unknown" and host.worked):
            return
        if task.verb == "replace":
            host.running.discard(task.previous)
        if task.verb == "stop":
            host.running.discard(task.version)
        elif task.version not in host.never_up:
            host.running.add(task.version)

    @property
    def phase(self):
        return self.at.at.phase

    @property
    def versions(self):
        return "".join(f"{name}{'+'.join(sorted(host.running))} " for name, host in self.hosts.items()).strip()

    def trace(self):
        return [(moved.phase, moved.step, moved.placed, moved.pause, moved.reason) for moved in self.told]
