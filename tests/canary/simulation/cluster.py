"""Several canaries as they are, but for their routers' links: messages between them are late, lost, doubled or out of order.

The ledger, the judge, what is told to others, who leads and what the router is made to obey are the daemon's own; the network
is a list, and time is an argument. Each server has its own clock.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence

import msgspec
import structlog

from canary import ordered
from canary.book.book import Book
from canary.book.decision import Body
from canary.book.exchange import Exchange
from canary.enforcement import Enforcement
from canary.gossip import Gossip
from canary.judge.apply import apply
from canary.judge.state import State
from canary.mind import Mind
from canary.records import (
    AnyRecord,
    CellKey,
    Entry,
    Record,
    RunBegan,
    RunEnded,
    RunPassed,
    Started,
    decode_record,
    encode_record,
)
from canary.rules import Rules
from communicator.client.status import ClusterStatus
from communicator.errors import MessageRefusedError, NotConnectedError, RemoteProtocolError
from communicator.protocol import Message
from communicator.router.cores.policy import EMPTY, PolicyInForce, parse_policy, render_generation, render_policy

ROUNDS = 10
STEP_S = 4.0
"""So many rounds of so many seconds, and canaries that hear each other have said all; one silent for 35 s is taken for gone."""


class Shelf:
    """A ledger in memory, which outlives its canary."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.kept: list[Entry] = []
        self._now_s = now_s

    async def append(self, records: Sequence[Record]) -> list[Entry]:
        first, at_s = len(self.kept) + 1, self._now_s()
        new = [Entry(first + place, at_s, at_s, _read_again(record)) for place, record in enumerate(records)]
        self.kept += new
        return new

    def entries(self, after_seq: int = 0) -> Iterator[Entry]:
        return iter(self.kept[after_seq:])


class House:
    """One server: a router, which obeys the real policy, and a canary, which may be started anew."""

    def __init__(self, name: str, cluster: "Cluster", ahead_s: float) -> None:
        self.server_name = name
        self.cluster = cluster
        self.connected = True
        self.policy = PolicyInForce(EMPTY, 0.0)
        self.shelf = Shelf(self.now_s)
        self.book = Book()
        self.members: frozenset[str] = frozenset((name,))
        """The servers with a canary, as it has kept them."""
        self.runs: dict[str, RunBegan] = {}
        """What runs here, by service."""
        self._ahead_s = ahead_s
        self.start()

    def now_s(self) -> float:
        """This ledger's clock."""
        return self.cluster.now_s + self._ahead_s

    @property
    def cluster_status(self) -> ClusterStatus:
        """What the router says of the cluster."""
        live = self.cluster.reached_from(self.server_name)
        is_up = 2 * len(live) > len(self.cluster.houses)
        return ClusterStatus(status="up" if is_up else "down", servers=tuple(live))

    def start(self) -> None:
        """The canary begins, and takes from its ledger what it has known."""
        state = State()
        for entry in self.shelf.kept:
            apply(state, entry)
        self.mind = Mind(self.shelf, state, self.cluster.rules, self.now_s, self._observe, self._propose)
        self.mind.me = self.server_name
        self.gossip = Gossip(self, self.server_name, f"ledger-{self.server_name}", self.shelf.kept, state, self.now_s())
        self.enforcement = Enforcement(self, self.mind, self.book, lambda *_: "", self.now_s, structlog.get_logger())
        self.exchange = Exchange(self.server_name, self.book, self.members, self.now_s())
        self.pending: list[Record] = [Started(release="1", boot_id="b", was_clean=False)]
        self.is_met = False

    def restart_router(self) -> None:
        """It comes back with the policy that it has kept, whose spans count anew, and lets the canary in again."""
        self.policy = PolicyInForce(self.policy.policy, self.cluster.now_s)
        self.is_met = False

    async def turn(self) -> None:
        """What the daemon does in each of its rounds."""
        if not self.is_met:
            self.is_met = True
            await self.enforcement.meet_router()
        now_s = self.now_s()
        self.exchange.keep(frozenset(self.cluster.houses))
        self.members = self.exchange.members
        await self._tell([*self.exchange.announce(now_s), *self.exchange.push(self.exchange.settle(), now_s)])
        self.gossip.leadership.members = self.members
        self.gossip.leadership.know(*self.book.latest)
        self.exchange.highest_term = self.gossip.leadership.limit
        self.pending += self.gossip.settle(self.mind.state, now_s)
        records, self.pending = self.pending, []
        await self.mind.take(records)
        self.book.advance(now_s)
        await self.mind.take_from(lambda known: ordered.records_of(self.book, known, self.server_name, now_s))
        self.mind.leads = self.mind.state.leader == self.server_name
        await self.mind.look()
        await self.mind.take_from(lambda known: ordered.records_of(self.book, known, self.server_name, now_s))
        await self.enforcement.follow(is_current=self.exchange.is_current or len(self.cluster_status.servers) == 1)
        await self.gossip.tell(self.now_s())

    async def hear(self, message: Message) -> None:
        """A message from another canary."""
        if message.command == "CANARY_EVIDENCE":
            self.pending += await self.gossip.hear(message, self.now_s())
        elif message.command == "CANARY_GET_EVIDENCE":
            answer = self.gossip.answer(message, self.now_s())
            await self.send(msgspec.structs.replace(answer, server=message.sent_from_server))
        else:
            heard = self.exchange.hear(message, self.now_s())
            assert heard.refused == ()
            await self._tell(heard.answers)

    async def send(self, message: Message) -> None:
        """As `communicator.client.Service` does."""
        self.cluster.post(self.server_name, message)

    async def request(self, message: Message, _replies: str) -> Message:
        """As `communicator.client.Service` does; the router answers at once."""
        if not self.connected:
            raise NotConnectedError("no link to the router now")
        if message.command == "POLICY_SET":
            try:
                policy = parse_policy(message.get("policy"))
                self.policy = self.policy.succeeded_by(policy, self.cluster.now_s)
            except RemoteProtocolError as error:
                raise MessageRefusedError(message.command, str(error)) from None
        policy = self.policy.policy
        return Message("POLICY_CURRENT", {"generation": render_generation(policy), "policy": render_policy(policy)})

    def let_in(self, service: str, version: str) -> bool:
        """Whether the router lets a version in that does not know probes."""
        return self.policy.barred(service, version, "", self.server_name, self.cluster.now_s) is None

    def gets_messages(self, service: str, version: str) -> bool:
        """Whether the router gives it any."""
        named = (service, version, "", self.server_name, self.cluster.now_s)
        return self.policy.blocked(*named) is None and self.policy.weight(*named) > 0

    def begin(self, service: str, version: str) -> None:
        """A version starts in the place of what runs, if the router lets it in."""
        self.stop(service)
        if self.let_in(service, version):
            run_id = f"{self.server_name}{next(self.cluster.numbers)}"
            self.runs[service] = RunBegan(server=self.server_name, run_id=run_id, service=service, version=version)
            self.pending.append(self.runs[service])

    def succeed(self, service: str) -> None:
        """What runs has lasted long enough."""
        if service in self.runs:
            self.pending.append(RunPassed(**_of(self.runs[service]), lasted_s=60.0))

    def stop(self, service: str, outcome: str = "clean") -> None:
        """What runs ends."""
        run = self.runs.pop(service, None)
        if run is not None:
            self.pending.append(RunEnded(**_of(run), outcome=outcome, cause="CRASH"))

    def fail(self, service: str, version: str) -> None:
        """A version dies at once, if it is let in."""
        self.begin(service, version)
        self.stop(service, "failure")

    async def _propose(self, bodies: Sequence[Body]) -> None:
        now_s, term = self.now_s(), self.mind.state.term
        proposed = [self.book.propose(body, self.server_name, term, now_s, now_s) for body in bodies]
        await self._tell(self.exchange.push([*filter(None, proposed), *self.exchange.settle()], now_s))

    async def _tell(self, messages: Sequence[Message]) -> None:
        for message in messages:
            await self.send(message)

    def _observe(self, entry: Entry) -> None:
        if hasattr(self, "gossip"):
            self.gossip.observe(entry)


class Cluster:
    """Some servers, and the network between them.

    Args:
        names: The servers.
        rules: By which each judges.
        ahead_s: How much further the clock of each server is than that of the one before.
    """

    def __init__(self, names: Sequence[str], rules: Rules, ahead_s: float = 1_000.0) -> None:
        self.now_s = 0.0
        self.rules = rules
        self.numbers = itertools.count(1)
        self.loop = asyncio.new_event_loop()
        self.under_way: list[tuple[str, str, Message]] = []
        """From whom to whom, in the order in which they were sent."""
        self.half: frozenset[str] = frozenset()
        """The servers that the others do not reach."""
        self.houses: dict[str, House] = {}
        for place, name in enumerate(names):
            self.houses[name] = House(name, self, place * ahead_s)

    def lose(self, name: str) -> None:
        """A server is gone for good, with its router and its canary; what it said last may still arrive."""
        del self.houses[name]
        self.half -= {name}
        self.under_way = [sent for sent in self.under_way if sent[1] != name]

    def close(self) -> None:
        """Nothing more is to come."""
        self.loop.close()

    def reached_from(self, name: str) -> list[str]:
        """The servers that a router reaches, itself among them."""
        return [other for other in self.houses if (other in self.half) == (name in self.half)]

    def post(self, name: str, message: Message) -> None:
        """Have a message go to whom it is for."""
        stamped = msgspec.structs.replace(message, sent_from_server=name, sent_from_service="canary")
        wanted = [message.server] if message.get("deliver") != "all" else list(self.houses)
        self.under_way += [(name, other, stamped) for other in wanted if other != name]

    def deliver(self, place: int = 0) -> None:
        """Have one message arrive, if its way is open; else it is lost."""
        sender, receiver, message = self.under_way.pop(place)
        if receiver in self.reached_from(sender):
            self.loop.run_until_complete(self.houses[receiver].hear(message))

    def deliver_all(self) -> None:
        """Have everything arrive, also what is said to that."""
        while self.under_way:
            self.deliver()

    def turn(self) -> None:
        """Each canary looks at what it knows."""
        for house in self.houses.values():
            self.loop.run_until_complete(house.turn())

    def pass_time(self, span_s: float, step_s: float = 5.0) -> None:
        """Time passes for all, and messages stay where they are."""
        end_s = self.now_s + span_s
        while self.now_s < end_s:
            self.now_s = min(end_s, self.now_s + step_s)
            self.turn()

    def settle(self, rounds: int = ROUNDS) -> None:
        """All is heard, by all who are there, for long enough."""
        for _ in range(rounds):
            self.now_s += STEP_S
            self.deliver_all()
            self.turn()
        for _ in range(ROUNDS):  # and what was decided in the last moment
            self.deliver_all()
            self.turn()

    def moves(self, name: str, service: str = "fluid") -> list[str]:
        """What a server has decided about its versions of a service, in order: the states, and whether that was held back."""
        records: list[AnyRecord] = [entry.record for entry in self.houses[name].shelf.kept]
        return [
            record.new + (f" ({record.suppressed_by})" if record.suppressed_by else "")
            for record in records
            if getattr(record, "new", "") and (record.server, record.service) == (name, service)
        ]

    def cell(self, name: str, version: str, service: str = "fluid", seen_by: str = ""):
        """A version on a server, as that server or another one sees it."""
        return self.houses[seen_by or name].mind.state.cells.get(CellKey(name, service, version, ""))


def _of(run: RunBegan) -> dict[str, str]:
    return {name: getattr(run, name) for name in ("server", "run_id", "service", "version", "build", "role")}


def _read_again(record: Record) -> AnyRecord:
    """As it is read from a ledger: what cannot be written shows here."""
    return decode_record(encode_record(record))
