"""The router's state and the few ways to speak from it; which command means what is told elsewhere."""

import uuid
from collections.abc import Callable

from communicator.protocol.message import Message
from communicator.router.cores.balancing import Balancer
from communicator.router.cores.cache import MessageCache
from communicator.router.cores.clock import Clock
from communicator.router.cores.cluster_news import ClusterNews
from communicator.router.cores.comparison import Comparison
from communicator.router.cores.contests import Contests
from communicator.router.cores.conversations import Conversations
from communicator.router.cores.copies import Copies
from communicator.router.cores.deadlines import Deadlines
from communicator.router.cores.discarded import DiscardedWords
from communicator.router.cores.fence import WAITING, Fence
from communicator.router.cores.learning import Learning
from communicator.router.cores.load_listeners import LoadListeners
from communicator.router.cores.mirrors import Mirrors
from communicator.router.cores.policy import PolicyInForce, read_kept
from communicator.router.cores.remembered import Recent, Remembered
from communicator.router.cores.run_budget import RunBudget
from communicator.router.cores.shares import Shares
from communicator.router.cores.statistics import Statistics
from communicator.router.cores.voice import Voice
from communicator.router.mesh.acknowledgements import Acknowledgements
from communicator.router.mesh.mesh import Mesh
from communicator.router.mesh.received import Received
from communicator.router.vocabulary.carrier import Carrier
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.effects import Keep, KeptFile, Level, TellUnits
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link, Registration, Registry, Route


class Switchboard(Voice):
    """Everything the router knows, and what it says of it. What needs less than all of it takes a core or two, or the `Voice`.

    Args:
        config: Its identity and rules.
        now: When it starts.
        carrier: What brings lines to other routers; without one the mesh of links.
    """

    policy: PolicyInForce

    def __init__(self, config: RouterConfig, now: Instant, carrier: Carrier | None = None) -> None:
        self.config = config
        self.started = now
        self.deadlines = Deadlines()
        limits, due = config.limits, self.deadlines.add
        self.registry, self.statistics = Registry(), Statistics()
        self.registrations = Shares(limits.registrations)  # by whose they are
        self.cache = MessageCache(limits.cache_messages, limits.cache_bytes, limits.cache_service_bytes, due("cache"))
        self.learning, self.received = Learning(), Received()
        self.routes: dict[bytes, Route] = {}
        """Front of a line from this host to its route; emptied by `routes_changed`."""
        self.route_changes = 0
        """Grows with each `routes_changed`."""
        self.links_noted = -1
        """The generation of the links of all routers at which the ways were last said to have changed."""
        self.mesh = Mesh(config, now, self.deadlines, carrier)
        self.carrier: Carrier = carrier or self.mesh
        """What brings lines to other routers."""
        super().__init__(config.server_name, self.registry, self.carrier, self.statistics)
        self.pending = Acknowledgements(limits.pending_messages, limits.pending_bytes, due("acknowledgements"))
        self.policy_due = due("policy")
        self._boot = uuid.UUID(config.boot_id)
        self.mirrors = Mirrors(due("mirrors"), self.server, self._boot.bytes, now.wall_ns // 1000)
        self.fence, self.copies, self.discarded = Fence(config.control_group), Copies(), DiscardedWords()
        self.obey(self._kept_policy(now), now)
        self.conversations, self.comparison = Conversations(), Comparison(due("colours"))
        self.balancers: dict[str, Balancer] = {}
        """By service, where the policy splits its traffic."""
        self.cluster_news = ClusterNews()
        self.contests = Contests[Registration](due("contests of services"))
        self.clock, self.load = Clock(due("clock")), LoadListeners()
        self.remembered = Remembered()
        """Lists of services, worked out anew when one has changed."""
        self.recent_statistics: Recent[bytes] = Recent()
        self.draining = False
        self.deadlines.watch("dials", lambda: None if self.draining else self.mesh.next_dial_s)
        self._neighbors_kept = config.cluster.saved_neighbors
        self.run_budget = RunBudget(due("runs"))
        self._runs = self._messages = 0

    def new_message_id(self) -> str:
        """An identifier for one message: unique in the cluster, also over lives of this router."""
        self._messages += 1
        return f"{self.server}-{self._boot.hex[:12]}-{self._messages}"

    def routes_changed(self) -> None:
        """Forget every remembered route: registrations, commands, links or the policy have changed."""
        self.route_changes += 1
        self.routes.clear()
        if self.mirrors or self.policy.policy.shadows:
            self.mirrors.changed()

    def obey(self, policy: PolicyInForce, now: Instant) -> None:
        """Put a policy into force, or the same one again when something of it has ended."""
        self.policy = policy
        self.registry.colours = policy.active
        self.fence.obey(policy.shadows_at(self.config.server_name))
        self.switch_units()
        self.policy_due.set(policy.next_deadline_s(now.monotonic_s))
        self.routes_changed()

    def switch_units(self) -> None:
        """Have the shell tell of processes while anything can be behind the fence; until it has, local links wait."""
        if self.fence.is_told is self.fence.is_up:
            return
        self.fence.is_told = self.fence.is_up
        self.ask(TellUnits(enabled=self.fence.is_told))
        for link in self.registry.links.values() if self.fence.is_told else ():
            if link.kind.is_local and link.fence is None:
                link.fence = WAITING

    def keep_neighbors(self) -> None:
        """Have the known addresses kept on disk, if they have changed."""
        content = self.mesh.book.render_file()
        if content != self._neighbors_kept:
            self._neighbors_kept = content
            self.ask(Keep(KeptFile.NEIGHBORS, content))

    def _kept_policy(self, now: Instant) -> PolicyInForce:
        """The policy of the last life of this router, in full again; a damaged one is told, and none then."""
        kept = read_kept(self.config.policy)
        if kept.reason:
            self.notice(Level.ERROR, "policy_unreadable", reason=kept.reason)
        return PolicyInForce(kept.policy, now.monotonic_s, colours={one.service: one for one in kept.colours})

    def new_run_id(self) -> str:
        """An identifier for one registration: unique in the cluster, the same when the same events are replayed."""
        self._runs += 1
        return str(uuid.uuid5(self._boot, str(self._runs)))


Handler = Callable[[Switchboard, Link, Message, Instant], None]
"""What the router does about one command addressed to itself; a ValueError it raises is answered by INVALID.

All of them are called from one table, so each is given the whole `Switchboard`. It hands on only what is needed below.
"""
