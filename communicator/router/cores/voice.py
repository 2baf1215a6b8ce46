"""What the router says: to links, to services and routers by name, to the log and to the shell; it decides nothing."""

from collections.abc import Callable

from msgspec.structs import replace

from communicator.errors import LocalProtocolError
from communicator.protocol.line_form import encode_line, representable
from communicator.protocol.message import Message, given
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.cores.statistics import Statistics
from communicator.router.cores.tapping import shown
from communicator.router.vocabulary import effects
from communicator.router.vocabulary.carrier import Carrier
from communicator.router.vocabulary.effects import Effect, Level, Send
from communicator.router.vocabulary.envelope import Envelope
from communicator.router.vocabulary.events import CloseReason, Instant, LinkKind
from communicator.router.vocabulary.registry import Link, Party, Registry

REASON_CHARACTERS = 300
"""Enough to name what is wrong; what a peer wrote may be quoted in it, and is not to fill the log."""
ID_CHARACTERS = 128
"""The longest ID of a message that is repeated: four times that of a UUID."""
WORK_PER_TURN = 50
"""Pieces of work done before others get a turn: a quarter of a millisecond. One, some 5 us, is to hold one line to its definition
and pass it on unread, or to find a route that was not known."""
WORK_PER_LOOK = 4
"""What it takes to look into a short line, to obey or refuse it, and to answer;"""
BYTES_PER_WORK = 128
"""and one more for so many of its bytes, which may hold a parameter each ten, or an escape each two."""
DISCARDS_PER_WORK = 2
"""Lines of a shadow, of which the head is read, that are discarded in that time."""
SAID_BYTES_PER_WORK = 1024
"""Bytes of an answer that are written in the same time."""
BYTES_PER_TURN = 1024 * 1024
"""Bytes written before others get a turn: questions may be short and answers long."""

LOOK_AFTER_S = 0.05
"""How long what was put off waits for more of its kind. All that is done about it cools the caches of the processor for what comes
next: that is to happen once in a while, and not after each message."""
_LOOK_SOON, _LOOK_LATER = effects.LookAgain(), effects.LookAgain(LOOK_AFTER_S)


def repeated_ids(message: Message) -> dict[str, str]:
    """What the router repeats of a message when it tells its sender what became of it, as far as that can be written."""
    return {name: value for name, value in message.ids.items() if value == representable(value, ID_CHARACTERS)}


class Voice:
    """The effects that were asked for since they were last taken, and how much of its turn the router has used up.

    Args:
        server: The name of this router.
        registry: Who is here, and may be spoken to.
        carrier: The ways to other routers.
        statistics: Where what is said is counted.
    """

    def __init__(self, server: str, registry: Registry, carrier: Carrier, statistics: Statistics) -> None:
        self.server = server
        """The name of this router."""
        self._registry = registry
        self._carrier = carrier
        self._statistics = statistics
        self._effects: list[Effect] = []
        self._work, self._bytes = 0.0, 0
        self.taps: set[Link] = set()
        """Who watches every line."""
        self._offers: dict[int, tuple[Link, bytes, Callable[[bool, Instant], None]]] = {}
        """By ticket, what was offered to whom, and what is done once the shell has answered; it answers each."""
        self._tickets = 0
        self.now_s = 0.0
        """The time of the event that is dealt with."""
        self._looks_again = self._looks_soon = False
        """The shell was asked to let us look at what was put off, and at once."""

    def take_effects(self) -> list[Effect]:
        """What is to be done, in order; the list starts anew, and so does the turn."""
        asked, self._effects = self._effects, []
        self._work, self._bytes = 0.0, 0
        return asked

    @property
    def is_worn(self) -> bool:
        """Whether enough was done in this turn."""
        return self._work >= WORK_PER_TURN or self._bytes > BYTES_PER_TURN

    def may_look(self, line: bytes) -> bool:
        """Whether one more line may be looked into in this turn; counts it. The first one always may."""
        return self._may_do(WORK_PER_LOOK + len(line) // BYTES_PER_WORK)

    def may_check(self) -> bool:
        """Whether one more line may be held to its definition in this turn; counts it. Else none may be looked into either."""
        return self._may_do(1)

    def may_discard(self) -> bool:
        """Whether one more line of a shadow may be discarded in this turn; counts it."""
        return self._may_do(1 / DISCARDS_PER_WORK)

    def _may_do(self, work: float) -> bool:
        if self.is_worn:
            return False
        self._work += work
        return True

    def count_search(self) -> None:
        """A route was not known, and had to be found."""
        self._work += 1

    def hold(self, link: Link, lines: bytes) -> None:
        """These lines of the link, and all that follow, wait for an answer of the shell."""
        link.is_parked = True
        link.parked = lines

    def park(self, link: Link, lines: bytes, question: effects.Identify | effects.Measure | effects.Continue) -> None:
        """Ask something of the shell; these lines of the link, and all that follow, wait for the answer."""
        self.hold(link, lines)
        self._effects.append(question)

    def ask(self, effect: Effect) -> None:
        """Ask the shell for something."""
        self._effects.append(effect)

    def notice(self, level: Level, event: str, /, **fields: object) -> None:
        """Ask for one line of the log."""
        self._effects.append(effects.Notice(level, event, fields))

    def offer(self, link: Link, data: bytes, done: Callable[[bool, Instant], None]) -> None:
        """Write whole lines to a link if little waits there.

        Args:
            link: Where to.
            data: The lines, each with its newline.
            done: Called once, later: with whether they have left us, and the time.
        """
        self._tickets += 1
        self._offers[self._tickets] = link, data, done
        self._effects.append(effects.Offer(link.id, data, self._tickets))

    def offered(self, ticket: int, now: Instant, *, taken: bool) -> None:
        """The shell has answered what was offered."""
        link, data, done = self._offers.pop(ticket)
        if taken:
            self._statistics.messages_sent[link.kind] += data.count(b"\n")
            self._statistics.sent_bytes[link.kind] += len(data)
        done(taken, now)

    def look_later(self) -> None:
        """Ask the shell, once, to let us look at what was put off, together with what is put off until then."""
        if not self._looks_again:
            self._looks_again = True
            self._effects.append(_LOOK_LATER)

    def look_soon(self) -> None:
        """The same, for what has waited already: in place of a later look."""
        if not self._looks_soon:
            self._looks_again = self._looks_soon = True
            self._effects.append(_LOOK_SOON)

    def begin_looking(self) -> None:
        """The shell lets us: what is put off from now on takes another question."""
        self._looks_again = self._looks_soon = False

    def transmit(self, link: Link, data: bytes, messages: int, *, is_mixed: bool = False) -> None:
        """Write whole lines to a link.

        Args:
            link: Where to; a datagram's sender or a link being closed gets nothing.
            data: The lines, each with its newline.
            messages: How many they are.
            is_mixed: They may have several senders.
        """
        if link.kind is LinkKind.SIGNAL or link.closing:
            return
        self._effects.append(Send(link.id, data))
        self._bytes += len(data)
        self._statistics.messages_sent[link.kind] += messages
        self._statistics.sent_bytes[link.kind] += len(data)
        copied = link.copied  # shadows get copies: that is all that is done about it before it was written
        if (
            copied is not None
            and copied.note_asked(data, messages, self.now_s, is_mixed=is_mixed)
            and not self._looks_again
        ):
            self.look_later()
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
        self.say_line(link, line)

    def say_line(self, link: Link, line: bytes) -> None:
        """Send a line of the router itself that is written already; one to many links is written once."""
        self._work += len(line) // SAID_BYTES_PER_WORK
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
        hop = self._carrier.hop(party.server)
        if hop is not None:
            self.say(hop.link, addressed)
        elif party.server == self.server:
            live = self._registry.live(party.service)
            if live is not None:
                self.say(live, addressed)

    def refuse(self, link: Link, command: str, reason: str, /, **ids: str) -> None:
        """Answer INVALID with the reason, and the IDs of what is refused."""
        told = given(command=command, message=representable(reason, REASON_CHARACTERS))
        self.answer(link, "INVALID", **told, **ids)

    def tell_listeners(self, command: str, /, **parameters: str) -> None:
        """Tell every registered link that lists a command, whatever its role, since it is the router who speaks."""
        listeners = [link for link in self._registry.registered() if link.accepts(command)]
        if not listeners:
            return
        line = encode_line(self.signed(Message(command, parameters)))
        for link in listeners:
            self.transmit(link, line, 1)

    def close(self, link: Link, reason: CloseReason) -> None:
        """Close a link once what was said to it is written; it hears and says nothing from now on."""
        if not link.closing:
            link.closing = True
            self._effects.append(effects.Close(link.id, reason))

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
        return replace(message, sent_from_server=self.server, sent_from_service=ROUTER_SERVICE)
