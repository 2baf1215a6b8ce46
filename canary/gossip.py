"""SHELL: tells the other canaries what happened here, hears what happened there, who is there and who leads; it judges nothing."""

from collections.abc import Iterable

import msgspec

from canary.evidence.exchange import Inbox, Outbox
from canary.judge.state import State
from canary.leadership import Leadership
from canary.reach import Reach
from canary.records import AnyRecord, Entry, Led, Record
from canary.wire import read_term
from communicator.client import Service
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message


class Gossip:
    """The other canaries, as this one hears them.

    Args:
        service: The link to the router.
        server: This server.
        ledger_id: What this server's ledger is called.
        recalled: What the ledger holds from another life, in order.
        state: What it comes to.
        now_s: The ledger's clock, in seconds.
    """

    def __init__(
        self, service: Service, server: str, ledger_id: str, recalled: Iterable[Entry], state: State, now_s: float
    ) -> None:
        self.leadership = Leadership(state.term, now_s)
        self._reach = Reach(now_s)
        self._service = service
        self._server = server
        self._outbox = Outbox(server, ledger_id, now_s)
        self._inbox = Inbox(server)
        for entry in recalled:
            self._outbox.recall(entry)
        for peer, heard in state.heard.items():
            self._inbox.recall(peer, heard.ledger, heard.seq)
        self._outbox.speak_soon()  # so that those who are there answer, and we know of them

    @property
    def next_deadline_s(self) -> float:
        """When `tell` has something to say, on the ledger's clock."""
        return self._outbox.next_deadline_s

    @property
    def skipped(self) -> int:
        """Facts that could not be read."""
        return self._inbox.skipped

    def observe(self, entry: Entry) -> None:
        """An entry is in the ledger."""
        self._outbox.add(entry)

    async def tell(self, now_s: float) -> None:
        """Say what there is to say.

        Args:
            now_s: The ledger's clock.
        """
        term = {"term": str(self.leadership.lead.term)}
        for message in self._outbox.take(now_s):
            await self._service.send(msgspec.structs.replace(message, parameters={**message.parameters, **term}))

    async def hear(self, message: Message, now_s: float) -> list[AnyRecord]:
        """CANARY_EVIDENCE: what happened on another server, for the ledger.

        Raises:
            RemoteProtocolError: It cannot be believed.
        """
        term = read_term(message)  # first: what is refused for it must not count as heard
        heard = self._inbox.hear(message, now_s)
        if self.leadership.hear(message.sent_from_server, now_s, term):
            self._outbox.speak_soon()
        if heard.question is not None:
            await self._service.send(heard.question)
        return list(heard.records)

    def answer(self, message: Message, now_s: float) -> Message:
        """CANARY_GET_EVIDENCE: what another canary has missed.

        Raises:
            RemoteProtocolError: It does not say behind what.
        """
        if message.sent_from_service != "canary":
            raise RemoteProtocolError("only canaries ask each other")
        return self._outbox.answer(message, now_s)

    def settle(self, state: State, now_s: float) -> list[Record]:
        """Conclude who leads, who is lost, and who is back.

        Args:
            state: What is known of that until now.
            now_s: The ledger's clock.

        Returns:
            For the ledger, what has changed.
        """
        status = self._service.cluster_status
        live = frozenset(status.servers) if status else frozenset[str]()
        has_quorum = status is not None and status.is_up
        lead = self.leadership.settle(self._server, live, now_s, has_quorum=has_quorum)
        led: list[Record] = [Led(leader=lead.leader, term=lead.term)] if lead != (state.leader, state.term) else []
        return led if status is None else [*led, *self._reach.compare(live, state, self._server, now_s)]
