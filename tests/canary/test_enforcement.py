"""What a real router is made to obey, and when: anew on each change, again before its lease ends, and after whatever it refused."""

import asyncio
import json

import msgspec
import pytest
import structlog

from canary import ordered, policy
from canary.book.book import Book
from canary.book.entry import Lift
from canary.book.order import Order
from canary.deployment.spec import read_table
from canary.deployment.task import SHADOW, Outcome, Task
from canary.enforcement import REFUSED_S, RENEW_S, Enforcement
from canary.judge.state import State
from canary.leadership import SILENT_S
from canary.ledger.errors import LedgerError
from canary.mind import Mind
from canary.records import Before, DeploymentMoved, PolicyIssued, TaskBegun, TaskEnded, VersionJudged
from canary.rules import Rules
from communicator.client import Service
from communicator.protocol import Message
from tests.canary.running import crash
from tests.canary.test_mind import Shelf, propose

HELD = VersionJudged(
    service="billing", version="2.0", build="b1", state="held", rule="d", reason="never worked on 2 of 2 servers"
)


def unit_of(executor, service, version):
    return f"{service}@{version}.service" if executor == "systemd" else ""


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
        self.mind = Mind(self.shelf, state or State(), Rules(), lambda: self.at_s, lambda _entry: None, propose)
        self.mind.me = "alpha"
        self.enforcement = Enforcement(
            self.service, self.mind, self.book, unit_of, lambda: self.at_s, structlog.get_logger()
        )

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

    async def judge(self, state):
        """What a leader has decided has come into the ledger."""
        await self.mind.take([msgspec.structs.replace(HELD, state=state, until_at_s=self.at_s + 500.0)])

    async def follow(self, *, is_current=False):
        await self.enforcement.follow(is_current=is_current)

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


async def test_nothing_is_set_before_others_had_the_time_to_tell_what_they_hold(agent):
    agent.begin()
    agent.at_s += SILENT_S - 0.1
    await agent.follow()
    assert (await agent.of_router(), agent.enforcement.age_s) == (((0, 0), []), None)
    agent.at_s += 0.1
    await agent.follow()
    assert await agent.of_router() == ((0, 1), [])


def shadow_moved(**changes):
    spec = read_table(
        {
            "name": "web",
            "service": "billing",
            "version": "2.0",
            "executor": "systemd",
            "strategy": "shadow",
            "shadow": {"server": "alpha", "primary": "beta"},
        }
    )
    about = {"id": "d1", "spec": spec, "by": "root@alpha", "servers": (Before("beta", "1.0"),), "from_version": "1.0"}
    return DeploymentMoved(**{**about, "phase": "shadow", "leader": "alpha", "term": 1, "number": 1, **changes})


def begun(verb, shadows):
    return Task(
        deployment="d1",
        step=SHADOW,
        attempt=1,
        verb=verb,
        executor="systemd",
        service="billing",
        version="2.0",
        shadows=shadows,
    )


async def test_a_fence_stands_once_the_router_has_said_so_and_until_the_shadow_is_stopped_for_sure(agent):
    async def shadows():
        reply = await agent.service.request(Message("POLICY_GET"), "POLICY_CURRENT")
        return [(one["version"], one["primary"], one["unit"]) for one in json.loads(reply.get("policy"))["shadows"]]

    await agent.follow()
    assert not agent.enforcement.fence.keeps("billing", "2.0")
    await agent.mind.take([shadow_moved()])
    assert not agent.enforcement.fence.keeps("billing", "2.0"), "it was decided, and the router does not know yet"
    await agent.follow()
    assert agent.enforcement.fence.keeps("billing", "2.0")
    assert await shadows() == [("2.0", "beta", "billing@2.0.service")]
    await agent.mind.take([TaskBegun(server="alpha", task=begun("start", ("2.0",)))])
    await agent.mind.take([TaskEnded(server="alpha", task=begun("start", ("2.0",)), outcome=Outcome(status="done"))])
    await agent.mind.take([shadow_moved(phase="done", number=2, moves=2)])
    await agent.follow()
    assert await shadows() == [("2.0", "", "billing@2.0.service")], "it gets no copies, and is kept back"
    for status in ("failed", "unknown"):
        await agent.mind.take([TaskEnded(server="alpha", task=begun("stop", ()), outcome=Outcome(status=status))])
        await agent.follow()
        assert agent.enforcement.fence.keeps("billing", "2.0")
    await agent.mind.take([TaskEnded(server="alpha", task=begun("stop", ()), outcome=Outcome(status="done"))])
    assert not agent.enforcement.fence.is_gone("billing"), "the router has not been told yet"
    await agent.follow()
    assert agent.enforcement.fence.is_gone("billing")
    assert await shadows() == []


async def test_of_a_router_that_has_just_let_us_in_nothing_is_known(agent):
    await agent.mind.take([shadow_moved()])
    await agent.follow()
    await agent.enforcement.meet_router()
    assert not agent.enforcement.fence.keeps("billing", "2.0")
    assert not agent.enforcement.fence.is_gone("billing")
    await agent.follow()
    assert agent.enforcement.fence.keeps("billing", "2.0")


async def test_an_order_is_obeyed_at_once_beside_what_the_router_denies_until_others_had_the_time(agent):
    await agent.judge("held")
    await agent.follow()
    lifted = agent.order("1.0")
    await agent.follow()
    agent.shelf = Shelf()
    agent.begin()
    await agent.enforcement.meet_router()
    agent.book.lift([lifted], Lift(user="root"), agent.at_s)
    agent.order("3.0")
    await agent.follow()
    assert (await agent.of_router())[1] == ["2.0", "3.0"]
    assert agent.enforcement.obeyed_revision == agent.book.revision
    assert agent.enforcement.obeyed_generation == agent.book.generation_of_rules() == await agent.orders_of_router()
    agent.at_s += SILENT_S
    await agent.follow()
    assert (await agent.of_router())[1] == ["3.0"], "nobody leads who holds the other one"


async def test_what_is_decided_but_not_in_the_ledger_yet_is_not_said_to_be_obeyed(agent):
    agent.order("1.0")
    await agent.follow()
    before = agent.enforcement.obeyed_generation
    agent.book.commit(agent.book.propose(HELD, "alpha", 1, agent.at_s, 0.0))
    await agent.follow()
    assert agent.enforcement.obeyed_generation == before != agent.book.generation_of_rules()
    await agent.mind.take_from(lambda state: ordered.records_of(agent.book, state, "alpha", agent.at_s))
    await agent.follow()
    assert agent.enforcement.obeyed_generation == agent.book.generation_of_rules() == await agent.orders_of_router()


async def test_what_others_hold_too_is_obeyed_at_once(agent):
    agent.begin()
    await agent.judge("held")
    await agent.follow(is_current=True)
    assert (await agent.of_router())[1] == ["2.0"]


async def test_an_order_is_obeyed_though_the_ledger_cannot_be_written(agent):
    agent.shelf.takes = 0
    agent.order()
    with pytest.raises(LedgerError):
        await agent.follow()
    assert (await agent.of_router())[1] == ["2.0"]
    assert agent.enforcement.obeyed_revision == agent.book.revision


async def test_a_change_is_written_down_and_then_set_and_the_same_again_is_not(agent, router):
    blocked = agent.order()
    await agent.follow()
    assert (agent.issued(), await agent.of_router()) == ([(0, 1)], ((0, 1), ["2.0"]))
    assert await crash(router) == "VERSION_BLOCKED"
    agent.at_s += 5.0
    await agent.follow()
    assert (agent.issued(), agent.enforcement.age_s) == ([(0, 1)], 5.0)
    agent.book.lift([blocked], Lift(user="root"), agent.at_s)
    await agent.follow()
    assert (agent.issued(), await agent.of_router()) == ([(0, 1), (0, 2)], ((0, 2), []))
    assert await crash(router) == "READY"


async def test_a_policy_that_does_not_change_is_renewed(agent):
    agent.order()
    await agent.follow()
    agent.at_s += RENEW_S - 1.0
    await agent.follow()
    assert agent.enforcement.age_s == RENEW_S - 1.0
    agent.at_s += 1.0
    await agent.follow()
    assert agent.enforcement.age_s == 0.0
    assert (agent.issued(), await agent.of_router()) == ([(0, 1)], ((0, 1), ["2.0"])), "the router takes it as the same"


@pytest.mark.parametrize("number", [2, 7])
async def test_a_router_that_has_a_newer_one_refuses_and_is_set_right_by_the_next_look(number, agent):
    """Somebody has set it in our name, such as a canary that was put back to an older ledger."""
    agent.order()
    await agent.follow()
    newer = {"generation": [0, number], "lease_s": 60.0, "denylist": []}
    await agent.service.request(Message("POLICY_SET", {"policy": json.dumps(newer)}), "POLICY_CURRENT")
    agent.order("3.0")
    await agent.follow()
    assert await agent.of_router() == ((0, number), [])
    await agent.follow()
    assert await agent.of_router() == ((0, number + 1), ["2.0", "3.0"])
    assert agent.enforcement.generation == (0, number + 1)


async def test_what_the_router_does_not_take_is_not_set_again_and_again(agent, monkeypatch):
    monkeypatch.setattr(policy, "TEXT_CHARACTERS", 999)
    agent.order(version="v" * 300)
    await agent.follow()
    assert await agent.of_router() == ((0, 0), [])
    agent.at_s += REFUSED_S - 0.1
    await agent.follow()
    monkeypatch.undo()
    await agent.follow()
    assert await agent.of_router() == ((0, 0), [])
    agent.at_s += 0.2
    agent.order()
    await agent.follow()
    assert (await agent.of_router())[1] == ["2.0"]


async def test_the_term_of_the_policy_never_goes_back(agent):
    newer = {"generation": [4, 2], "lease_s": 60.0, "denylist": []}
    await agent.service.request(Message("POLICY_SET", {"policy": json.dumps(newer)}), "POLICY_CURRENT")
    await agent.enforcement.meet_router()
    agent.order()
    await agent.follow()
    assert await agent.of_router() == ((4, 3), ["2.0"])


async def test_a_router_that_has_started_anew_is_told_anew(agent, router, eventually):
    agent.order()
    await agent.follow()
    await asyncio.to_thread(router.stop)
    await eventually(agent.is_linked, lambda is_linked: not is_linked)
    await asyncio.to_thread(router.start)
    await agent.service.wait_ready()
    assert await agent.of_router() == ((0, 1), ["2.0"]), "what it has kept"
    agent.at_s += 100.0
    await agent.enforcement.meet_router()
    await agent.follow()
    assert (await agent.of_router(), agent.enforcement.age_s) == (((0, 2), ["2.0"]), 0.0), "with the time that is left"


async def test_without_a_link_nothing_is_set_and_with_one_it_is(agent, router, eventually):
    await asyncio.to_thread(router.stop)
    await eventually(agent.is_linked, lambda is_linked: not is_linked)
    agent.order()
    await agent.follow()
    assert agent.enforcement.age_s is None
    await asyncio.to_thread(router.start)
    await agent.service.wait_ready()
    await agent.follow()
    assert (await agent.of_router())[1] == ["2.0"]


async def test_what_a_leader_holds_is_obeyed(agent, router):
    await agent.judge("held")
    await agent.follow()
    assert (await agent.of_router())[1] == ["2.0"]
    assert await crash(router) == "VERSION_BLOCKED"
    await agent.judge("ok")
    await agent.follow()
    assert await crash(router) == "READY"


async def test_a_canary_that_starts_again_and_hears_nobody_goes_on_with_what_was_held(agent, router):
    await agent.judge("held")
    await agent.follow()
    agent.begin(agent.mind.state)
    await agent.enforcement.meet_router()
    await agent.follow()
    assert await agent.of_router() == ((0, 1), ["2.0"]), "at once"
    agent.at_s += SILENT_S + 1.0
    agent.order("3.0")
    await agent.follow()
    assert await agent.of_router() == ((0, 2), ["2.0", "3.0"]), "and later"
    assert await crash(router) == "VERSION_BLOCKED"
    agent.at_s += 500.0
    await agent.follow()
    assert await agent.of_router() == ((0, 3), ["3.0"]), "until it ends"
