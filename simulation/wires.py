"""Routers on links without delay: what they ask for happens at once and in its order, and time jumps from deadline to deadline.

`simulation.host` and `simulation.network` play the same cores with delays, losses and faults.
"""

from collections import deque
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import NamedTuple

from communicator.router.vocabulary.effects import (
    CheckCredential,
    Close,
    Continue,
    Dial,
    Effect,
    Identify,
    Keep,
    KeptPath,
    Measure,
    Send,
    Stop,
)
from communicator.router.vocabulary.events import (
    CloseReason,
    Continued,
    CredentialChecked,
    DeadlineReached,
    DialFailed,
    Event,
    Instant,
    LinesReceived,
    LinkClosed,
    LinkEnded,
    LinkKind,
    LinkOpened,
    Measured,
    UserIdentified,
)
from simulation.agenda import ViolationError
from simulation.host import ROOT, CoreMaker, Plan
from simulation.leaf.neighbors import ip_of
from simulation.life import EPOCH_S, Core, handle

DIAL_TIMEOUT_S = 2.0
MOMENT_S = 1e-6
"""What is due within it is due at once."""
DEADLINES_MAX = 100_000
"""So many deadlines in one wait are a loop."""


class Heard(NamedTuple):
    """A line that a client received."""

    host: str
    client: str
    line: bytes


@dataclass(slots=True, eq=False)
class Node:
    """A host: its router, while it runs, and what is connected with it."""

    name: str
    plan: Plan
    make_core: CoreMaker
    core: Core | None = None
    due_s: float = float("inf")
    lives: int = 0
    files: dict[KeptPath, str] = field(default_factory=dict)
    far: dict[int, tuple["Node", int]] = field(default_factory=dict)
    """By link: the other router, and its number of it."""
    clients: dict[int, str] = field(default_factory=dict)
    """By link: the name of the process."""

    def link_of(self, client: str) -> int:
        """The link of a process."""
        return next(link for link, name in self.clients.items() if name == client)


class Wires:
    """Hosts, and what is between them.

    Args:
        nodes: The hosts.
        reach: Pairs of hosts that reach each other, by name; any other dial times out.
        wire: Called with every line that one router writes to another: from, to, and the line.
    """

    epoch_s = EPOCH_S
    """What the clocks of all hosts show at the beginning."""

    def __init__(
        self, nodes: Iterable[Node], reach: AbstractSet[frozenset[str]], wire: Callable[[str, str, bytes], None]
    ) -> None:
        self.now_s = 0.0
        self.nodes = {node.name: node for node in nodes}
        self.heard: list[Heard] = []
        """What clients have received."""
        self.dial_takes_s: dict[str, float] = {}
        """By dialler and dialled, such as ``ba``: how long it takes until they are connected, where it takes time."""
        self._by_address = {node.plan.address: node for node in self.nodes.values()}
        self._reach, self._wire = reach, wire
        self._queue: deque[tuple[Node, int, Event]] = deque()
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._links, self._ports = count(1), count(32_768)

    def run(self, lasts_s: float) -> None:
        """Let time pass, jumping from deadline to deadline."""
        until_s = self.now_s + lasts_s
        for _ in range(DEADLINES_MAX):
            node = min(self.nodes.values(), key=_due_s)
            later_s = self._later[0][0] if self._later else float("inf")
            due_s = max(self.now_s, min(node.due_s, later_s))
            if due_s > until_s:
                self.now_s = until_s
                return
            self.now_s = due_s
            if later_s <= node.due_s:
                self._do_what_is_due()
            else:
                self._tell(node, DeadlineReached())
            self._work()
        raise ViolationError(f"time stands still at {self.now_s:.6f} s")

    def _do_what_is_due(self) -> None:
        """Routers that dial at the same moment are all connected before one of them says a word."""
        until_s = self.now_s + MOMENT_S
        due = [action for due_s, action in self._later if due_s <= until_s]
        self._later = self._later[len(due) :]
        for action in due:
            action()

    def _reaches(self, one: Node, other: Node) -> bool:
        return frozenset((one.name, other.name)) in self._reach

    def _instant(self) -> Instant:
        return Instant(self.now_s, int((self.epoch_s + self.now_s) * 1e9))

    def _tell(self, node: Node, event: Event) -> None:
        self._queue.append((node, node.lives, event))

    def _answer(self, node: Node, event: Event) -> None:
        """Answer a question before anything else is told."""
        self._queue.appendleft((node, node.lives, event))

    def _work(self) -> None:
        while self._queue:
            node, life, event = self._queue.popleft()
            if node.core is None or life != node.lives:
                continue
            for effect in handle(node.core, node.name, event, self._instant()):
                self._do(node, effect)
            self._look_at(node)

    def _look_at(self, node: Node) -> None:
        due_s = node.core.next_deadline() if node.core is not None else None
        node.due_s = float("inf") if due_s is None else due_s

    def _do(self, node: Node, effect: Effect) -> None:
        match effect:
            case Send(link, data):
                self._send(node, link, data)
            case Close(link, reason):
                self._close(node, link, reason)
            case Dial(dial, host, port):
                self._dial(node, dial, f"{host}:{port}")
            case Keep(file, content):
                node.files[file] = content
            case Stop():
                self._later_on(0.0, partial(self.kill, node.name))
            case CheckCredential(link):
                self._answer(node, CredentialChecked(link, None))
            case Continue(link):
                self._answer(node, Continued(link))
            case Measure(link):
                self._answer(node, Measured(link, ()))
            case Identify(link):
                self._answer(node, UserIdentified(link, ROOT))
            case _:
                pass

    def _later_on(self, delay_s: float, action: Callable[[], None]) -> None:
        self._later.append((self.now_s + delay_s, action))
        self._later.sort(key=lambda entry: entry[0])

    def _send(self, node: Node, link: int, data: bytes) -> None:
        if link in node.far:
            other, far_link = node.far[link]
            for line in data.splitlines(keepends=True):
                self._wire(node.name, other.name, line)
            self._tell(other, LinesReceived(far_link, data))
        elif link in node.clients:
            client = node.clients[link]
            self.heard += [Heard(node.name, client, line) for line in data.splitlines()]

    def _close(self, node: Node, link: int, reason: CloseReason) -> None:
        if node.clients.pop(link, None) is None:
            self._hang_up(node, link)
        self._tell(node, LinkClosed(link, reason))

    def _hang_up(self, node: Node, link: int) -> None:
        if link not in node.far:
            return
        other, far_link = node.far.pop(link)
        if far_link in other.far:
            self._tell(other, LinkEnded(far_link))

    def _dial(self, node: Node, dial: int, address: str) -> None:
        """A dial takes longer than what is on its way already: it comes to something when all else has happened."""
        other = self._by_address.get(address)
        takes_s = DIAL_TIMEOUT_S
        if ip_of(address) == ip_of(node.plan.address):
            takes_s = 0.0
        elif other is not None and self._reaches(node, other):
            takes_s = self.dial_takes_s.get(f"{node.name}{other.name}", 0.0)
        self._later_on(takes_s, partial(self._dialled, node, node.lives, dial, address))

    def _dialled(self, node: Node, life: int, dial: int, address: str) -> None:
        other = self._by_address.get(address)
        if node.core is None or node.lives != life:
            return
        if other is None or other is node or not self._reaches(node, other):
            self._tell(node, DialFailed(dial, "timed out"))
        elif other.core is None:
            self._tell(node, DialFailed(dial, "connection refused"))
        else:
            near_link, far_link = next(self._links), next(self._links)
            node.far[near_link], other.far[far_link] = (other, far_link), (node, near_link)
            self._tell(other, LinkOpened(far_link, LinkKind.REMOTE, f"{ip_of(node.plan.address)}:{next(self._ports)}"))
            self._tell(node, LinkOpened(near_link, LinkKind.REMOTE, address, dial=dial))


def _due_s(node: Node) -> float:
    return node.due_s
