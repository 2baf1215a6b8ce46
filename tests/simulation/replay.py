"""Plays a recorded run with leaves in place of the C++ routers, and notes what they say as the recording does."""

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial

from communicator.router.vocabulary.effects import Close, Dial, KeptFile, Send
from communicator.router.vocabulary.events import CloseReason, LinkClosed, LinkOpened, LoadSampled
from simulation.leaf import Leaf
from simulation.mixed import UNDERSTOOD, Cast, Mixed
from tests.simulation.recording import SECTIONS, Entry

WATCHED = (
    f"{UNDERSTOOD},STATUS,CLUSTER_UP,CLUSTER_DOWN,CLUSTER_COMPLETE,CLUSTER_INCOMPLETE,NEW_REMOTE_CONNECTION,"
    "UNREACHABLE,DISCONNECTED,DISCONNECTING,HANGUP"
)
INPUTS = frozenset(("operator", "client writes"))
EPOCH_S = 1_796_062_500
"""About when the recordings were made; where one shows what the clocks were, that counts."""
SLACK_S = 0.005
"""A line is captured a moment after it was written."""
RAW = re.compile(r"(dials|wrote|closes)")
LOAD = re.compile(r"the load of (\w) is ([0-9.]+)")
STARTS = re.compile(r"router (\w) starts")
ENDS = re.compile(r"router (\w): (kill -9|SIGTERM|SIGINT)|router (\w) has ended")


@dataclass
class Run:
    """What a recording says of its run in words, or leaves out."""

    sections: tuple[str, ...]
    hosts: str = "abc"
    starts: dict[str, float] = field(default_factory=dict)
    """When routers started, where that is not recorded."""
    edges: tuple[str, ...] | None = None
    neighbors: dict[str, str] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Beside offline.service, which all have."""
    saved: dict[str, str] = field(default_factory=dict)
    watchers_after_s: float = 0.0
    """How long after its router's start ``watch_x`` registers; 0 where there is none."""
    watch: str = WATCHED
    left_out: tuple[Entry, ...] = ()
    """What clients and operators did, and the file does not repeat."""
    second_s: float | None = None
    """A moment when a new second began on the clocks, where dials show it."""
    raw: str = ""
    """The section in which the connections of host d are made by hand: it has no router there."""
    plugins: bool = False
    skipped_s: tuple[float, float] = (0.0, 0.0)
    """In between a router failed of itself, and was started again."""
    slow: dict[str, float] = field(default_factory=dict)
    """By dialler and dialled: by how much a dial came later than another one of the same moment."""


class Hand:
    """A host without a router: it says only what it is told to."""

    def __init__(self):
        self.link = None

    def handle(self, event, _now):
        if isinstance(event, LinkOpened):
            self.link = event.link
        return []

    def next_deadline(self):
        return None


class Recorder(Mixed):
    """A cluster of leaves that is recorded as the C++ routers were."""

    def __init__(self, run, epoch_s):
        everyone = run.hosts.replace("d", "") if run.raw else run.hosts
        files = run.files | {"offline": run.hosts}
        neighbors = {host: everyone.replace(host, "") for host in run.hosts} | run.neighbors
        cast = Cast(
            kinds="c" * len(run.hosts),
            edges=run.edges,
            neighbors=neighbors,
            services=run.services,
            files=files,
            saved=run.saved,
        )
        super().__init__(cast)
        self.plays, self.epoch_s = run, epoch_s
        if run.plugins:
            for node in self.nodes.values():
                node.make_core = partial(Leaf, plugins=True)
        self.section = ""
        self.seen = []
        self.links = {}
        self.dials = defaultdict(int)
        self.kept = {}
        self.dial_takes_s = run.slow

    def note(self, kind, **parts):
        if self.section:
            self.seen.append(Entry(self.now_s, kind, section=self.section, **parts))

    def start(self, host):
        super().start(host)
        if self.plays.watchers_after_s:
            self._later_on(self.plays.watchers_after_s, lambda: self.join(host, self.watcher(host), self.plays.watch))

    def watcher(self, host):
        """The second watcher of a host has a name of its own in one recording."""
        return f"watch_{host}2" if "09/3" in self.plays.sections and self.nodes[host].lives > 1 else f"watch_{host}"

    def kill(self, host):
        for client in self.nodes[host].clients.values():
            self.note("client hears", who=host, client=client, what=b"(closed)")
        super().kill(host)

    def muted(self, action, *arguments):
        section, self.section = self.section, ""
        action(*arguments)
        self.section = section

    def _send(self, node, link, data):
        if link in node.far and not isinstance(node.core, Hand):
            named = self.links.get(frozenset(((node.name, link), (node.far[link][0].name, node.far[link][1]))), "")
            for line in data.splitlines(keepends=True):
                self.note("wrote", who=node.name, to=node.far[link][0].name, link=named, what=line)
        elif link in node.clients:
            for line in data.splitlines(keepends=True):
                self.note("client hears", who=node.name, client=node.clients[link], what=line)
        super()._send(node, link, data)

    def _close(self, node, link, reason):
        if link in node.clients:
            self.note("client hears", who=node.name, client=node.clients[link], what=b"(closed)")
        super()._close(node, link, reason)

    def join(self, host, service, commands=UNDERSTOOD):
        self.muted(super().join, host, service, commands)

    def _dialled(self, node, life, dial, address):
        other = self._by_address.get(address)
        if other not in (None, node) and self._reaches(node, other) and not isinstance(node.core, Hand):
            kind = "dials" if other.core is not None else "refused"
            self.note(kind, who=node.name, to=other.name)
        before = set(node.far)
        super()._dialled(node, life, dial, address)
        for link in set(node.far) - before:
            if self.section:
                self.dials[node.name, other.name] += 1
                number = self.dials[node.name, other.name]
                self.links[frozenset(((node.name, link), (other.name, node.far[link][1])))] = (
                    node.name,
                    other.name,
                    number,
                )

    def act(self, entry):
        """Do what an operator, a client or a hand-made connection did."""
        self.keep_files()
        if entry.kind == "operator":
            self.section = entry.section
            self._operate(entry.what)
        elif entry.section:
            self.section = entry.section
            self._say(entry)
        else:
            self.muted(self._say, entry)

    def keep_files(self):
        """Remember neighbors.txt of all hosts as it is now."""
        if self.section:
            files = {host: node.files.get(KeptFile.NEIGHBORS, "") for host, node in self.nodes.items()}
            self.kept[self.section] = {host: text for host, text in files.items() if text}

    def _operate(self, what):
        if found := STARTS.search(what):
            self.start(found[1])
        elif found := LOAD.fullmatch(what):
            self._tell(self.nodes[found[1]], LoadSampled(float(found[2])))
            self._work()
        elif what.startswith("a router on host d"):
            self.nodes["d"].plan.name = "b"
            self.start("d")
        elif found := ENDS.search(what):
            host = found[1] or found[3]
            if self.nodes[host].core is not None:
                self.stop(host, found[2]) if found[2] in ("SIGTERM", "SIGINT") else self.kill(host)

    def _say(self, entry):
        if entry.kind == "client writes":
            clients = self.nodes[entry.who].clients
            if entry.client not in clients.values():
                self.connect(entry.who, entry.client)
            if entry.what:
                self.write(entry.who, entry.client, entry.what)
            else:
                self.note("client hears", who=entry.who, client=entry.client, what=b"(closed)")
                self.leave(entry.who, entry.client)
        else:
            self._by_hand(self.nodes[entry.who], entry)

    def _by_hand(self, node, entry):
        if entry.kind == "dials":
            node.lives, node.core = 1, node.core or Hand()
            node.core.link = None
            host, _, port = self.nodes[entry.to].plan.address.partition(":")
            self._do(node, Dial(1, host, int(port), secure=False))
        elif entry.kind == "wrote":
            self._do(node, Send(node.core.link, entry.what))
        elif entry.what == "closes":
            self._do(node, Close(node.core.link, CloseReason.HUP))
        elif node.core.link in node.far:
            other, link = node.far.pop(node.core.link)
            self._tell(other, LinkClosed(link, CloseReason.HUP))
        self._work()


def epoch_of(run):
    """What the clocks showed at the start of a recording, by what the routers wrote of them."""
    earliest_s, latest_s = EPOCH_S * 0.0, float("inf")
    for entry in recorded(run):
        low, high = _bounds(entry)
        earliest_s, latest_s = max(earliest_s, low), min(latest_s, high)
    if latest_s == float("inf"):
        earliest_s = latest_s = EPOCH_S
    middle_s = (earliest_s + latest_s) / 2
    if run.second_s is None:
        return middle_s
    return round(middle_s + run.second_s) - run.second_s


def _bounds(entry):
    """Between what the clocks were at the start, as far as one line tells."""
    text = entry.what.decode() if isinstance(entry.what, bytes) else ""
    if entry.kind == "wrote" and f"broadcast_msgid={entry.who}-" in text and "broadcast_hops=1;" in text:
        wall_s = int(re.search(r"broadcast_timeout=(\d+)", text)[1]) - 10
    elif entry.kind == "client hears" and "communicator (in)" in text and "status=up" in text:
        wall_s = int(re.search(r"up_since=(\d+)", text)[1])
    else:
        return 0.0, float("inf")
    return wall_s - entry.time_s, wall_s + 1 + SLACK_S - entry.time_s


def recorded(run):
    """All lines of a run, in order of time."""
    since_s, until_s = run.skipped_s
    everything = [entry for name in run.sections for entry in SECTIONS[name].entries]
    entries = [entry for entry in everything if not since_s < entry.time_s < until_s]
    return sorted(entries, key=lambda entry: entry.time_s)


def is_input(entry, run):
    """Whether something was done to the routers, not by them."""
    return entry.kind in INPUTS or (entry.who == "d" and entry.section == run.raw and RAW.fullmatch(entry.kind))


def replay(run):
    """Play a run.

    Returns:
        The recorder, whose `seen` is what the leaves did.
    """
    entries = recorded(run)
    recorder = Recorder(run, epoch_of(run))
    starts = [Entry(time_s, "operator", what=f"router {host} starts") for host, time_s in run.starts.items()]
    inputs = [entry for entry in entries if is_input(entry, run)]
    for entry in sorted([*starts, *inputs, *run.left_out], key=lambda entry: entry.time_s):
        recorder.run(entry.time_s - recorder.now_s)
        recorder.act(entry)
    recorder.run(entries[-1].time_s + 0.1 - recorder.now_s)
    recorder.keep_files()
    return recorder


MASKS = (
    (re.compile(rb"(up_since|down_since|timestamp)=[0-9.]+"), rb"\1=TIME"),
    (re.compile(rb"(10\.9\.0\.\d):(?!4042)\d+"), rb"\1:PORT"),
    (re.compile(rb"COMMANDS list=.*\n"), b"COMMANDS list=LIST\n"),
)


def masked(line):
    """A line without what differs from run to run."""
    for pattern, stands_for in MASKS:
        line = pattern.sub(stands_for, line)
    return line


def link_names(entries):
    """What the recording calls each connection between two routers: the n-th of this one to that one."""
    counted, names = defaultdict(int), {}
    for entry in entries:
        if entry.kind == "dials":
            counted[entry.who, entry.to] += 1
            names[entry.link] = (entry.who, entry.to, counted[entry.who, entry.to])
    return names


def with_names(entries, names):
    """The same, with connections named alike in recording and replay."""
    return [replace(entry, link=names.get(entry.link, "")) if entry.kind == "wrote" else entry for entry in entries]
