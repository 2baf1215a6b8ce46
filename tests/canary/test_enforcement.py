"""What a real router is made to obey, and when: anew on each change, again before its lease ends, and after whatever it refused."""

import asyncio
import json

import pytest
import structlog

from canary import policy
from canary.book.book import Book
from canary.book.entry import Lift
from canary.book.order import Order
from canary.enforcement import REFUSED_S, RENEW_S, REPEAT_S, Enforcement
from canary.judge.state import State
from canary.leadership import SILENT_S
from canary.ledger.errors import LedgerError
from canary.mind import Mind
from canary.policy import Denial, render_cluster_policy
from canary.records import HoldHeard, PolicyIssued, RunBegan, VersionJudged
from canary.rules import Rules
from communicator.answers.policy import ENTRIES
from communicator.client import Service
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from tests.canary.running import crash
from tests.canary.test_mind import Shelf

HELD = Denial("billing", "2.0", "b1", "*", 0.0, "never worked on 2 of 2 servers", probe_allowed=False)


class Agent:
    """What sets the policy of one router, with a clock of its own."""

    def __init__(self, service) -> None:
        self.at_s = 1_000.0
        self.service = service
        self.shelf = Shelf()
        self.book = Book()
        self.begin()

    def begin(self, state=None):
        """A new life, with what is known."""
        self.mind = Mind(self.shelf, state or State(), Rules(), lambda: self.at_s, lambda _entry: None)
        self.mind.me = "alpha"
        self.enforcement = Enforcement(self.service, self.mind, self.book, lambda: self.at_s, structlog.get_logger())

    def order(self, version="2.0"):
        """An operator blocks a version."""
        order = Order(
            kind="block",
            service="billing",
            version=version,
            span_s=50_000.0,
            reason="told so",
            user="root",
            given_on="alpha",
            origin="alpha",
            nonce=f"{len(self.book):016}",
        )
        return self.book.take(order, self.at_s)

    async def hear(self, *denials, generation=(1, 1), server="beta", accepts=lambda _server, _term: True):
        text = render_cluster_policy(
            [one._replace(until_at_s=self.at_s + 500.0) for one in denials], generation, self.at_s
        )
        message = Message("CANARY_POLICY", {"policy": text}, sent_from_server=server, sent_from_service="canary")
        return await self.enforcement.hear(message, accepts)

    async def orders_of_router(self):
        """Which orders the router says that its policy is made of."""
        reply = await self.service.request(Message("POLICY_GET"), "POLICY_CURRENT")
        return json.loads(reply.get("policy"))["orders"]

    async def of_router(self):
        """The generation and the versions denied by the router."""
        reply = await self.service.request(Message("POLICY_GET"), "POLICY_CURRENT")
        found = json.loads(reply.get("policy"))
        return tuple(found["generation"]), sorted(one["version"] for one in found.get("denylist", ()))

    async def is_linked(self):
        return self.service.connected

    def issued(self):
        return [
            (entry.record.term, entry.record.number)
            for entry in self.shelf.kept
            if isinstance(entry.record, PolicyIssued)
        ]

    def holds(self):
        return [entry.record for entry in self.shelf.kept if isinstance(entry.record, HoldHeard)]


@pytest.fixture
async def agent(router):
    service = Service(router.unix, "canary")
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        agent = Agent(service)
        await agent.enforcement.meet_router()
        agent.at_s += SILENT_S
        yield agent
        service.stop()


async def test_nothing_is_set_before_a_leader_had_the_time_to_speak(agent):
    agent.begin()
    agent.at_s += SILENT_S - 0.1
    await agent.enforcement.follow()
    assert (await agent.of_router(), agent.enforcement.age_s) == (((0, 0), []), None)
    agent.at_s += 0.1
    await agent.enforcement.follow()
    assert await agent.of_router() == ((0, 1), [])


async def test_an_order_is_obeyed_at_once_beside_what_the_router_denies_until_a_leader_had_the_time(agent):
    await agent.hear(HELD)
    await agent.enforcement.follow()
    lifted = agent.order("1.0")
    await agent.enforcement.follow()
    agent.shelf = Shelf()
    agent.begin()
    await agent.enforcement.meet_router()
    agent.book.lift([lifted], Lift(user="root"), agent.at_s)
    agent.order("3.0")
    await agent.enforcement.follow()
    assert (await agent.of_router())[1] == ["2.0", "3.0"]
    assert agent.enforcement.obeyed_revision == agent.book.revision
    assert agent.enforcement.obeyed_generation == agent.book.generation() == await agent.orders_of_router()
    agent.at_s += SILENT_S
    await agent.enforcement.follow()
    assert (await agent.of_router())[1] == ["3.0"], "nobody leads who holds the other one"


async def test_an_order_is_obeyed_though_the_ledger_cannot_be_written(agent):
    agent.shelf.takes = 0
    agent.order()
    with pytest.raises(LedgerError):
        await agent.enforcement.follow()
    assert (await agent.of_router())[1] == ["2.0"]
    assert agent.enforcement.obeyed_revision == agent.book.revision


async def test_a_change_is_written_down_and_then_set_and_the_same_again_is_not(agent, router):
    blocked = agent.order()
    await agent.enforcement.follow()
    assert (agent.issued(), await agent.of_router()) == ([(0, 1)], ((0, 1), ["2.0"]))
    assert await crash(router) == "VERSION_BLOCKED"
    agent.at_s += 5.0
    await agent.enforcement.follow()
    assert (agent.issued(), agent.enforcement.age_s) == ([(0, 1)], 5.0)
    agent.book.lift([blocked], Lift(user="root"), agent.at_s)
    await agent.enforcement.follow()
    assert (agent.issued(), await agent.of_router()) == ([(0, 1), (0, 2)], ((0, 2), []))
    assert await crash(router) == "READY"


async def test_a_policy_that_does_not_change_is_renewed(agent):
    agent.order()
    await agent.enforcement.follow()
    agent.at_s += RENEW_S - 1.0
    await agent.enforcement.follow()
    assert agent.enforcement.age_s == RENEW_S - 1.0
    agent.at_s += 1.0
    await agent.enforcement.follow()
    assert agent.enforcement.age_s == 0.0
    assert (agent.issued(), await agent.of_router()) == ([(0, 1)], ((0, 1), ["2.0"])), "the router takes it as the same"


@pytest.mark.parametrize("number", [2, 7])
async def test_a_router_that_has_a_newer_one_refuses_and_is_set_right_by_the_next_look(number, agent):
    """Somebody has set it in our name, such as a canary that was put back to an older ledger."""
    agent.order()
    await agent.enforcement.follow()
    newer = {"generation": [0, number], "lease_s": 60.0, "denylist": []}
    await agent.service.request(Message("POLICY_SET", {"policy": json.dumps(newer)}), "POLICY_CURRENT")
    agent.order("3.0")
    await agent.enforcement.follow()
    assert await agent.of_router() == ((0, number), [])
    await agent.enforcement.follow()
    assert await agent.of_router() == ((0, number + 1), ["2.0", "3.0"])
    assert agent.enforcement.generation == (0, number + 1)


async def test_what_the_router_does_not_take_is_not_set_again_and_again(agent, monkeypatch):
    monkeypatch.setattr(policy, "TEXT_CHARACTERS", 999)
    agent.order(version="v" * 300)
    await agent.enforcement.follow()
    assert await agent.of_router() == ((0, 0), [])
    agent.at_s += REFUSED_S - 0.1
    await agent.enforcement.follow()
    monkeypatch.undo()
    await agent.enforcement.follow()
    assert await agent.of_router() == ((0, 0), [])
    agent.at_s += 0.2
    agent.order()
    await agent.enforcement.follow()
    assert (await agent.of_router())[1] == ["2.0"]


async def test_the_term_of_the_policy_never_goes_back(agent):
    newer = {"generation": [4, 2], "lease_s": 60.0, "denylist": []}
    await agent.service.request(Message("POLICY_SET", {"policy": json.dumps(newer)}), "POLICY_CURRENT")
    await agent.enforcement.meet_router()
    agent.order()
    await agent.enforcement.follow()
    assert await agent.of_router() == ((4, 3), ["2.0"])


async def test_a_router_that_has_started_anew_is_told_anew(agent, router, eventually):
    agent.order()
    await agent.enforcement.follow()
    await asyncio.to_thread(router.stop)
    await eventually(agent.is_linked, lambda is_linked: not is_linked)
    await asyncio.to_thread(router.start)
    await agent.service.wait_ready()
    assert await agent.of_router() == ((0, 1), ["2.0"]), "what it has kept"
    agent.at_s += 100.0
    await agent.enforcement.meet_router()
    await agent.enforcement.follow()
    assert (await agent.of_router(), agent.enforcement.age_s) == (((0, 2), ["2.0"]), 0.0), "with the time that is left"


async def test_without_a_link_nothing_is_set_and_with_one_it_is(agent, router, eventually):
    await asyncio.to_thread(router.stop)
    await eventually(agent.is_linked, lambda is_linked: not is_linked)
    agent.order()
    await agent.enforcement.follow()
    assert agent.enforcement.age_s is None
    await asyncio.to_thread(router.start)
    await agent.service.wait_ready()
    await agent.enforcement.follow()
    assert (await agent.of_router())[1] == ["2.0"]


async def test_what_the_leader_holds_is_kept_on_a_change_alone_and_obeyed(agent, router):
    assert await agent.hear(HELD, generation=(3, 1)) == (3, 1)
    await agent.enforcement.follow()
    assert (await agent.of_router())[1] == ["2.0"]
    assert await crash(router) == "VERSION_BLOCKED"
    for number in range(2, 9):
        agent.at_s += REPEAT_S
        until_at_s = agent.mind.state.holds[next(iter(agent.mind.state.holds))].until_at_s
        text = render_cluster_policy([HELD._replace(until_at_s=until_at_s)], (3, number), agent.at_s)
        message = Message("CANARY_POLICY", {"policy": text}, sent_from_server="beta", sent_from_service="canary")
        await agent.enforcement.hear(message, lambda _server, _term: True)
    (hold,) = agent.holds()
    assert (hold.leader, hold.term, hold.number, hold.server, hold.until_at_s) == ("beta", 3, 1, "*", 1_535.0)
    await agent.hear(generation=(3, 9))
    await agent.enforcement.follow()
    assert agent.holds()[1:] == [
        HoldHeard(leader="beta", term=3, number=9, service="billing", version="2.0", build="b1", reason=HELD.reason)
    ]
    assert await crash(router) == "READY"


async def test_a_canary_that_starts_again_and_hears_nobody_goes_on_with_what_was_held(agent, router):
    await agent.hear(HELD)
    state = agent.mind.state
    agent.begin(state)
    await agent.enforcement.follow()
    assert await agent.of_router() == ((0, 1), ["2.0"]), "at once"
    agent.at_s += SILENT_S + 1.0
    agent.order("3.0")
    await agent.enforcement.follow()
    assert await agent.of_router() == ((0, 2), ["2.0", "3.0"]), "and later"
    assert await crash(router) == "VERSION_BLOCKED"
    agent.at_s += 500.0
    await agent.enforcement.follow()
    assert await agent.of_router() == ((0, 3), ["3.0"]), "until it ends"


async def test_what_cannot_be_kept_is_not_obeyed(agent):
    agent.shelf.takes = 0
    with pytest.raises(Exception, match="it is full"):
        await agent.hear(HELD)
    agent.shelf.takes = 9
    await agent.enforcement.follow()
    assert (await agent.of_router())[1] == []


@pytest.mark.parametrize(
    ("first", "second", "complaint"),
    [
        (((2, 5), "beta"), ((2, 4), "beta"), r"older than \(2, 5\)"),
        (((2, 5), "beta"), ((1, 9), "beta"), r"older than \(2, 5\)"),
    ],
)
async def test_what_a_leader_said_before_is_not_believed_after(agent, first, second, complaint):
    await agent.hear(HELD, generation=first[0], server=first[1])
    with pytest.raises(RemoteProtocolError, match=complaint):
        await agent.hear(generation=second[0], server=second[1])
    assert len(agent.mind.state.holds) == 1


async def test_another_leader_begins_its_own_count(agent):
    await agent.hear(HELD, generation=(2, 5))
    assert await agent.hear(generation=(3, 1), server="alef") == (3, 1)
    assert agent.mind.state.holds == {}


async def test_who_does_not_lead_is_not_believed(agent):
    with pytest.raises(RemoteProtocolError, match="'gamma' does not lead in term 1"):
        await agent.hear(HELD, server="gamma", accepts=lambda server, _term: server == "beta")
    assert agent.holds() == []


@pytest.mark.parametrize("text", ["", "{", '{"generation":[1]}', '{"generation":[1,1],"lease_s":1,"denylist":[{}]}'])
async def test_what_is_no_policy_is_refused_by_name(agent, text):
    message = Message("CANARY_POLICY", {"policy": text}, sent_from_server="beta", sent_from_service="canary")
    with pytest.raises(RemoteProtocolError, match="parameter policy"):
        await agent.enforcement.hear(message, lambda _server, _term: True)


async def test_of_holds_without_end_so_many_are_kept_as_a_router_takes(agent):
    many = [HELD._replace(version=f"v{number}", reason="x" * 999) for number in range(ENTRIES + 50)]
    never = [HELD._replace(service="canary"), HELD._replace(version="v" * 999), HELD._replace(server="no/server")]
    await agent.hear(*never, *many)
    assert 0 < len(agent.holds()) <= ENTRIES
    assert all(len(hold.reason) <= 256 and hold.service == "billing" for hold in agent.holds())


async def test_a_leader_tells_what_it_holds_on_each_change_and_every_few_seconds(agent):
    told = []
    agent.mind.leads = True
    send = agent.service.send

    async def note_and_send(message):
        told.append(json.loads(message.get("policy")))
        await send(message)

    agent.service.send = note_and_send
    await agent.hear(HELD, generation=(1, 4))
    await agent.enforcement.follow()
    assert [one["denylist"][0]["version"] for one in told] == ["2.0"], "who takes over does not let go"
    agent.at_s += REPEAT_S - 0.1
    await agent.enforcement.follow()
    assert len(told) == 1
    agent.at_s += 0.1
    await agent.enforcement.follow()
    assert [tuple(one["generation"]) for one in told] == [(0, 1), (0, 2)]
    run = RunBegan(server="alpha", run_id="r", service="billing", version="9")
    judged = VersionJudged(
        service="billing", version="9", build="", state="held", rule="d", until_at_s=agent.at_s + 100.0
    )
    await agent.mind.take([run, judged])
    await agent.enforcement.follow()
    assert sorted(one["version"] for one in told[-1]["denylist"]) == ["2.0", "9"]
