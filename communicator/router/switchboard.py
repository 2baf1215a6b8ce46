"""The router's state and the few ways to speak from it; which command means what is told elsewhere."""

import uuid
from collections import deque
from collections.abc import Callable

from communicator.errors import LocalProtocolError
from communicator.protocol.line_form import encode_line, representable
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.cores.balancing import Balancer
from communicator.router.cores.cache import MessageCache
from communicator.router.cores.clock import CHECKING
from communicator.router.cores.cluster_news import ClusterNews
from communicator.router.cores.contests import Contests
from communicator.router.cores.deadlines import Deadlines
from communicator.router.cores.learning import Learning
from communicator.router.cores.load_listeners import LoadListeners
from communicator.router.cores.policy import PolicyInForce, read_kept
from communicator.router.cores.run_budget import RunBudget
from communicator.router.cores.statistics import Statistics
from communicator.router.cores.tapping import shown
from communicator.router.mesh.acknowledgements import Acknowledgements
from communicator.router.mesh.mesh import Mesh
from communicator.router.mesh.received import Received
from communicator.router.vocabulary.carrier import Carrier
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.effects import (
    Close,
    Continue,
    Effect,
    Identify,
    Keep,
    KeptFile,
    Level,
    Measure,
    Notice,
    Send,
)
from communicator.router.vocabulary.envelope import Envelope
from communicator.router.vocabulary.events import CloseReason, Instant, LinkKind
from communicator.router.vocabulary.registry import Link, Party, Registration, Registry, Route

RUN_ENDS_KEPT = 1024
"""Ends of runs remembered while no canary is registered: one a second for a quarter of an hour."""
REASON_CHARACTERS = 300
"""Enough to name what is wrong; what a peer wrote may be quoted in it, and is not to fill the log."""
LINES_PER_TURN = 256
"""Lines looked into before others get a turn: a few milliseconds of work."""
CHECKS_PER_LOOK = 4
"""Lines held to their definition one by one, and passed on unread, in the time in which one is looked into."""
BYTES_PER_TURN = 4 * 1024 * 1024
"""Bytes written before others get a turn: questions may be short and answers long."""


class Switchboard:
    """Everything the router knows, and the effects it has asked for since they were last taken.

    Args:
        config: Its identity and rules.
        now: When it starts.
        carrier: What brings lines to other routers; without one the mesh of links.
    """

    def __init__(self, config: RouterConfig, now: Instant, carrier: Carrier | None = None) -> None:
        self.config = config
        self.started = now
        self._effects: list[Effect] = []
        self.deadlines = Deadlines()
        limits, due = config.limits, self.deadlines.add
        self.registry = Registry()
        self.statistics = Statistics()
        self.cache = MessageCache(limits.cache_messages, limits.cache_bytes, limits.cache_service_bytes, due("cache"))
        self.learning = Learning()
        self.routes: dict[bytes, Route] = {}
        """Front of a line from this host to its route; emptied by `routes_changed`."""
        self.route_changes = 0
        """Grows with each `routes_changed`."""
        self.mesh = Mesh(config, now, self.deadlines, carrier)
        self.carrier: Carrier = carrier or self.mesh
        """What brings lines to other routers."""
        self.received = Received()
        self.pending = Acknowledgements(limits.pending_messages, limits.pending_bytes, due("acknowledgements"))
        self.policy = self._kept_policy(now)
        self.policy_due = due("policy")
        """When something of the policy ends by itself."""
        self.policy_due.set(self.policy.next_deadline_s(now.monotonic_s))
        self.balancers: dict[str, Balancer] = {}
        """By service, where the policy splits its traffic."""
        self.cluster_news = ClusterNews()
        self.contests = Contests[Registration](due("contests of services"))
        self.clock = CHECKING
        self.clock_due = due("clock")
        """When the word on the clock is too old."""
        self.load = LoadListeners()
        self.taps: set[Link] = set()
        self.draining = False
        self.deadlines.watch("dials", lambda: None if self.draining else self.mesh.next_dial_s)
        self._neighbors_kept = config.cluster.saved_neighbors
        self.run_ends: deque[Message] = deque(maxlen=RUN_ENDS_KEPT)
        self.run_budget = RunBudget(due("runs"))
        self._boot = uuid.UUID(config.boot_id)
        self._runs = self._messages = 0
        self._work = self._bytes = 0

    def take_effects(self) -> list[Effect]:
        """What is to be done, in order; the list starts anew, and so does the turn."""
        effects, self._effects = self._effects, []
        self._work = self._bytes = 0
        return effects

    def may_look(self) -> bool:
        """Whether one more line may be looked into in this turn; counts it."""
        self._work += CHECKS_PER_LOOK
        return self._work <= LINES_PER_TURN * CHECKS_PER_LOOK and self._bytes <= BYTES_PER_TURN

    def may_check(self) -> bool:
        """Whether one more line may be held to its definition in this turn; counts it. Else none may be looked into either."""
        self._work += 1
        return self._work <= LINES_PER_TURN * CHECKS_PER_LOOK

    def hold(self, link: Link, lines: bytes) -> None:
        """These lines of the link, and all that follow, wait for an answer of the shell."""
        link.is_parked = True
        link.parked = lines

    def park(self, link: Link, lines: bytes, question: Identify | Measure | Continue) -> None:
        """Ask something of the shell; these lines of the link, and all that follow, wait for the answer."""
        self.hold(link, lines)
        self._effects.append(question)

    def ask(self, effect: Effect) -> None:
        """Ask the shell for something."""
        self._effects.append(effect)

    def notice(self, level: Level, event: str, /, **fields: object) -> None:
        """Ask for one line of the log."""
        self._effects.append(Notice(level, event, fields))

    def new_message_id(self) -> str:
        """An identifier for one message: unique in the cluster, also over lives of this router."""
        self._messages += 1
        return f"{self.config.server_name}-{self._boot.hex[:12]}-{self._messages}"

    def routes_changed(self) -> None:
        """Forget every remembered route: registrations, commands, links or the policy have changed."""
        self.route_changes += 1
        self.routes.clear()

    def obey(self, policy: PolicyInForce, now: Instant) -> None:
        """Put a policy into force, or the same one again when something of it has ended."""
        self.policy = policy
        self.policy_due.set(policy.next_deadline_s(now.monotonic_s))
        self.routes_changed()

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
        return PolicyInForce(kept.policy, now.monotonic_s)

    def new_run_id(self) -> str:
        """An identifier for one registration: unique in the cluster, the same when the same events are replayed."""
        self._runs += 1
        return str(uuid.uuid5(self._boot, str(self._runs)))

    def transmit(self, link: Link, data: bytes, messages: int) -> None:
        """Write whole lines to a link.

        Args:
            link: Where to; a datagram's sender or a link being closed gets nothing.
            data: The lines, each with its newline.
            messages: How many they are.
        """
        if link.kind is LinkKind.SIGNAL or link.closing:
            return
        self._effects.append(Send(link.id, data))
        self._bytes += len(data)
        self.statistics.messages_sent[link.kind] += messages
        self.statistics.sent_bytes[link.kind] += len(data)
        if self.taps:
            self.tap("out", link, data)

    def say(self, link: Link, message: Message) -> None:
        """Send a message of the router itself, signed with its name; who asked over the mesh is addressed by name."""
        if link.answers_to is not None and not message.service:
            asker = link.answers_to
            message = Message(message.command, message.parameters, asker.service, asker.server)
        try:
            line = encode_line(self.signed(message))
        except LocalProtocolError as error:
            self.notice(Level.ERROR, "answer_unsendable", command=message.command, link=link.name, error=str(error))
            return
        self.transmit(link, line, 1)

    def answer(self, link: Link, command: str, /, **parameters: str) -> None:
        """Say a command with parameters to a link, addressed to nobody in particular as the ancestor does."""
        self.say(link, Message(command, parameters))

    def tell(self, envelope: Envelope, command: str, /, **parameters: str) -> None:
        """Tell the sender of a message something about it, wherever it is."""
        if envelope.is_ours:
            self.answer(envelope.link, command, **parameters)
        elif envelope.sender is not None:
            self.tell_party(envelope.sender, Message(command, parameters))

    def tell_party(self, party: Party, message: Message) -> None:
        """Say something to a service, or to the router, of some server; nothing when there is no way there."""
        addressed = Message(message.command, message.parameters, party.service, party.server)
        hop = self.carrier.hop(party.server)
        if hop is not None:
            self.say(hop.link, addressed)
        elif party.server == self.config.server_name:
            live = self.registry.live(party.service)
            if live is not None:
                self.say(live, addressed)

    def refuse(self, link: Link, command: str, reason: str) -> None:
        """Answer INVALID with the reason."""
        known = {"command": command} if command else {}
        self.answer(link, "INVALID", **known, message=representable(reason, REASON_CHARACTERS))

    def tell_listeners(self, command: str, /, **parameters: str) -> None:
        """Tell every registered link that lists a command, whatever its role, since it is the router who speaks."""
        listeners = [link for link in self.registry.registered() if link.accepts(command)]
        if not listeners:
            return
        line = encode_line(self.signed(Message(command, parameters)))
        for link in listeners:
            self.transmit(link, line, 1)

    def close(self, link: Link, reason: CloseReason) -> None:
        """Close a link once what was said to it is written; it hears and says nothing from now on."""
        if not link.closing:
            link.closing = True
            self._effects.append(Close(link.id, reason))

    def tap(self, direction: str, link: Link, lines: bytes) -> None:
        """Copy lines to everyone who watches, without secrets."""
        if link in self.taps:
            return
        for line in lines.removesuffix(b"\n").split(b"\n"):
            tapped = Message("TAPPED", {"direction": direction, "link": link.name, "line": shown(line)})
            copy = encode_line(self.signed(tapped))
            for watcher in self.taps:
                self._effects.append(Send(watcher.id, copy, droppable=True))

    def signed(self, message: Message) -> Message:
        """The message with the router as its sender."""
        return Message(
            message.command,
            message.parameters,
            message.service,
            message.server,
            self.config.server_name,
            ROUTER_SERVICE,
        )


Handler = Callable[[Switchboard, Link, Message, Instant], None]
"""What the router does about one command addressed to itself; a ValueError it raises is answered by INVALID."""
