"""The router's state and the few ways to speak from it; which command means what is told elsewhere."""

import uuid
from collections import deque
from collections.abc import Callable
from typing import Literal, NamedTuple

from communicator.errors import LocalProtocolError
from communicator.protocol.line_form import encode_line, representable
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.cache import MessageCache
from communicator.router.clock import CHECKING
from communicator.router.config import RouterConfig
from communicator.router.contests import Contests
from communicator.router.effects import Close, Continue, Effect, Identify, Level, Measure, Notice, Send
from communicator.router.events import CloseReason, Instant, LinkKind
from communicator.router.registry import Link, Registry
from communicator.router.statistics import Statistics
from communicator.router.tapping import shown

NS_PER_S = 1_000_000_000
RUN_ENDS_KEPT = 1024
"""Ends of runs remembered while no canary is registered: one a second for a quarter of an hour."""
REASON_CHARACTERS = 300
"""Enough to name what is wrong; what a peer wrote may be quoted in it, and is not to fill the log."""
LINES_PER_TURN = 256
"""Lines looked into before others get a turn: a few milliseconds of work."""
BYTES_PER_TURN = 4 * 1024 * 1024
"""Bytes written before others get a turn: questions may be short and answers long."""


class Route(NamedTuple):
    """Where lines with one header go."""

    targets: tuple[Link, ...]
    kind: Literal["local", "broadcast"]


class Switchboard:
    """Everything the router knows, and the effects it has asked for since they were last taken.

    Args:
        config: Its identity and rules.
        now: When it starts.
    """

    def __init__(self, config: RouterConfig, now: Instant) -> None:
        self.config = config
        self.started = now
        self.registry = Registry()
        self.statistics = Statistics()
        self.cache = MessageCache(
            config.limits.cache_messages, config.limits.cache_bytes, config.limits.cache_service_bytes
        )
        self.routes: dict[bytes, Route] = {}
        """Header of a line to its route; emptied whenever registrations or commands change."""
        self.contests = Contests()
        self.clock = CHECKING
        self.load_listeners: dict[Link, float | None] = {}
        """Who wants LOADAVG, and which average they were told last."""
        self.taps: set[Link] = set()
        self.draining = False
        self.run_ends: deque[Message] = deque(maxlen=RUN_ENDS_KEPT)
        self._boot = uuid.UUID(config.boot_id)
        self._runs = 0
        self._effects: list[Effect] = []
        self._lines = 0
        self._bytes = 0

    def take_effects(self) -> list[Effect]:
        """What is to be done, in order; the list starts anew, and so does the turn."""
        effects, self._effects = self._effects, []
        self._lines = self._bytes = 0
        return effects

    def may_look(self) -> bool:
        """Whether one more line may be looked into in this turn; counts it."""
        self._lines += 1
        return self._lines <= LINES_PER_TURN and self._bytes <= BYTES_PER_TURN

    def park(self, link: Link, lines: bytes, question: Identify | Measure | Continue) -> None:
        """Ask something of the shell; these lines of the link, and all that follow, wait for the answer."""
        link.is_parked = True
        link.parked = lines
        self._effects.append(question)

    def ask(self, effect: Effect) -> None:
        """Ask the shell for something."""
        self._effects.append(effect)

    def notice(self, level: Level, event: str, /, **fields: object) -> None:
        """Ask for one line of the log."""
        self._effects.append(Notice(level, event, fields))

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
        self.statistics.bytes_sent[link.kind] += len(data)
        if self.taps:
            self.tap("out", link, data)

    def say(self, link: Link, message: Message) -> None:
        """Send a message of the router itself, signed with its name."""
        try:
            line = encode_line(self.signed(message))
        except LocalProtocolError as error:
            self.notice(Level.ERROR, "answer_unsendable", command=message.command, link=link.name, error=str(error))
            return
        self.transmit(link, line, 1)

    def answer(self, link: Link, command: str, /, **parameters: str) -> None:
        """Say a command with parameters to a link, addressed to nobody in particular as the ancestor does."""
        self.say(link, Message(command, parameters))

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
