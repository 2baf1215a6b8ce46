"""The comparator on a real router: what the router tells is compared, shown and written down, and the primary is asked again."""

import asyncio
import math
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from canary import comparator as room
from canary.deployment.spec import read_table
from canary.ledger.store import Ledger
from canary.records import Deploying, DeploymentMoved, ShadowCompared, Shadowed
from canary.shadow.terms import Vocabulary
from communicator.answers.shadows import LIMIT_LOG10, Comparison, Steps
from communicator.client import Service
from communicator.errors import MessageRefusedError
from communicator.protocol import Message
from tests.canary.running import run_canary
from tests.canary.shadow.talk import SHADOW, asked, ended, said
from tests.conftest import EVENTUALLY_S


@pytest.fixture
def tell(canary):
    """Has the canary hear what the router would tell it."""

    async def tell(*steps, server=None, service="communicatord", **more):
        told = msgspec.json.encode(Steps(**SHADOW | more, steps=steps)).decode()
        server = canary._service.server_name if server is None else server
        await canary._comparator.hear(Message("SHADOW_STEPS", {"steps": told}, "canary", "", server, service))

    return tell


@pytest.fixture
def comparisons(desk):
    """What the canary answers."""

    async def comparisons():
        told = await desk.report(view="shadows")
        return msgspec.convert(told["comparisons"], list[Comparison])

    return comparisons


def conversation(name, amount="12", shown="12"):
    return (
        asked(name, order=name),
        said("primary", name, amount=amount, number=0, after_s=0.01),
        said("shadow", name, amount=shown, number=0, after_s=0.02),
        ended(name),
    )


@pytest.fixture
def quick(monkeypatch):
    """No grace, told at once, answered as late as a busy machine is, and however busy that is."""
    monkeypatch.setattr(room, "BUSY_LOAD", math.inf)
    monkeypatch.setattr("canary.shadow.conversations.GRACE_S", 0.0)
    monkeypatch.setattr(room, "TOLD_EVERY_S", 0.0)
    monkeypatch.setattr(room, "IDLE_S", 0.01)
    monkeypatch.setattr(room, "ANSWER_S", EVENTUALLY_S)


@pytest.fixture
async def repeatable(canary):
    """A definition says that CHARGE may be asked again."""
    await canary._comparator._has_learnt.wait()
    canary._comparator._vocabulary = Vocabulary(repeatable=frozenset(("CHARGE",)))


@pytest.fixture
def asking(router, comparisons, eventually):
    """What a test of questions to the primary needs."""
    return router, comparisons, eventually


@pytest.fixture
def differ_twice(tell, comparisons, eventually):
    """Two conversations that differ: since nothing explains the first difference, the second one is asked again."""

    async def differ_twice():
        await tell(*conversation("a", shown="13"))
        await eventually(comparisons, lambda found: found and found[0].conversations == 1)
        await tell(*conversation("b", shown="13"))
        await eventually(comparisons, lambda found: found[0].conversations == 2)

    return differ_twice


@pytest.mark.usefixtures("quick")
async def test_what_the_router_tells_is_compared_and_shown(tell, comparisons, eventually):
    await tell(*conversation("a"), *conversation("b", shown="13"), asked("c"), ended("c", cut="queue"))
    (found,) = await eventually(comparisons, lambda found: found and found[0].conversations == 2)
    assert (found.matching, found.differing, found.incomplete) == (1, 1, {"queue": 1})
    assert (found.primary, found.server, found.deployment) != ("", "", "")
    (row,) = found.differences
    assert (row.path, row.compared, row.differing, row.is_news) == ("CHARGED.amount", 2, 1, True)
    assert found.latency.replies == 2
    assert found.latency.primary_p50_s < found.latency.shadow_p50_s
    assert found.limit_log10 == LIMIT_LOG10


async def test_it_is_told_at_which_evidence_a_deployment_pauses_here(canary, tell, comparisons, eventually):
    canary._mind.rules = replace(canary._mind.rules, c=replace(canary._mind.rules.c, suspect_log10=2.5))
    await tell(*conversation("a"))
    (found,) = await eventually(comparisons, bool)
    assert found.limit_log10 == 2.5


@pytest.mark.usefixtures("quick")
async def test_what_has_come_of_it_is_in_the_ledger(canary, tell, eventually):
    def told():
        return [entry.record for entry in canary._ledger.entries() if isinstance(entry.record, ShadowCompared)]

    async def newest():
        return await asyncio.to_thread(told)

    await tell(*conversation("a", shown="13"))
    records = await eventually(newest, lambda records: records and records[-1].compared == 1)
    record = records[-1]
    assert (record.shadow, record.service, record.version, record.deployment) == ("gamma", "billing", "2.0", "d1")
    assert (record.conversations, record.matching, record.differing) == (1, 0, 1)
    assert canary._mind.state.shadows[canary._mind.me, "gamma", "billing"].told == record


async def test_what_is_told_waits_until_definitions_were_read(canary, tell):
    """A comparison that began without them would ask nobody again, and would not know what is secret."""
    await canary._comparator._has_learnt.wait()
    canary._comparator._has_learnt.clear()
    async with asyncio.TaskGroup() as group:
        telling = group.create_task(tell(*conversation("a")))
        await asyncio.wait([telling], timeout=0.05)
        assert canary._comparator._shadows.comparings == []
        canary._comparator._has_learnt.set()
    assert len(canary._comparator._shadows.comparings) == 1


@pytest.mark.usefixtures("quick", "repeatable")
@pytest.mark.parametrize(("refusal", "differs"), [("", 1), ("not now", 0)])
async def test_the_primary_is_asked_again_what_may_be(asking, differ_twice, refusal, differs):
    router, comparisons, eventually = asking
    service, heard = Service(router.unix, "billing", service_version="1.0"), []

    @service.on("CHARGE")
    async def charge(message):
        heard.append(message)
        if refusal:
            raise MessageRefusedError(message.command, refusal)
        return Message("CHARGED", {"amount": "14"})

    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        await differ_twice()
        (found,) = await eventually(comparisons, lambda found: found[0].differences[0].noise_compared)
        service.stop()
    (message,) = heard
    assert (message.command, message.parameters["order"], message.sent_from_service) == ("CHARGE", "b", "canary")
    assert not {"shadow", "shadow_id"} & message.parameters.keys()
    assert found.differences[0].noise_differing == differs
    assert found.noise == "self-replay"


@pytest.mark.usefixtures("quick", "repeatable")
async def test_nobody_is_asked_again_while_the_host_is_busy(canary, differ_twice, monkeypatch):
    monkeypatch.setattr(room, "BUSY_LOAD", -1.0)
    monkeypatch.setattr(room, "ASK_EVERY_S", 0.0)
    await differ_twice()
    (comparing,) = canary._comparator._shadows.comparings
    assert comparing.replays.take() is not None


@pytest.mark.usefixtures("quick", "repeatable")
async def test_where_nobody_can_be_asked_there_is_no_noise(canary, differ_twice, comparisons, eventually):
    await differ_twice()  # there is no billing
    (comparing,) = canary._comparator._shadows.comparings

    async def waiting():
        return len(comparing.replays._waiting)

    await eventually(waiting, lambda count: count == 0)
    (found,) = await comparisons()
    assert found.differences[0].noise_compared == 0


@pytest.mark.parametrize(
    "who", [{"server": "beta"}, {"service": "billing"}, {"server": "beta", "service": "billing"}], ids=str
)
async def test_nobody_else_is_believed(tell, who):
    with pytest.raises(MessageRefusedError):
        await tell(*conversation("a"), **who)


@pytest.mark.usefixtures("canary")
async def test_a_client_cannot_tell(asker):
    told = msgspec.json.encode(Steps(**SHADOW)).decode()
    with pytest.raises(MessageRefusedError):
        await asker.request(Message("SHADOW_STEPS", {"steps": told}, "canary", "."), "NOTHING", timeout_s=5)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"service":1}', '{"steps":' + "[" * 10_000])
async def test_what_is_no_news_of_shadows_is_refused(canary, text):
    me = canary._service.server_name
    with pytest.raises(MessageRefusedError, match="parameter steps"):
        await canary._comparator.hear(Message("SHADOW_STEPS", {"steps": text}, "canary", "", me, "communicatord"))


async def test_without_shadows_there_is_nothing_to_compare(canary, desk):
    told = await desk.report(view="shadows")
    assert (told["server"], told["comparisons"]) == (canary._mind.me, [])


def in_force(deployment="d1", phase="step", **shadow):
    table = {"server": "gamma", **shadow}
    spec = read_table({"name": "web", "service": "billing", "version": "2.0", "executor": "roll", "shadow": table})
    at = DeploymentMoved(id=deployment, spec=spec, by="root@alpha", phase=phase, reason="so it is")
    return Deploying(at, 0.0, 0.0)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("deploying", "example", "news"),
    [
        (in_force(payloads=True, ignore=["CHARGED.at"]), ("12", "13"), True),
        (in_force(payloads=True, ignore=["CHARGED.amount"]), ("12", "13"), False),
        (in_force("d2", payloads=True), None, True),
    ],
    ids=["payloads", "declared", "another deployment"],
)
async def test_the_deployment_in_force_says_how(canary, differ_twice, comparisons, deploying, example, news):
    canary._mind.state.deployments["billing"] = deploying
    await differ_twice()
    (found,) = await comparisons()
    (row,) = found.differences
    assert row.is_news is news
    assert (row.example == example) is (example is not None)
    assert found.noise == ("self-replay" if example is None else "declared paths")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("deployment", "compared"), [("d1", 8), ("d0", 1)])
async def test_what_had_come_of_a_deployment_in_another_life_counts(canary, tell, eventually, deployment, compared):
    which = {"server": canary._mind.me, "shadow": "gamma", "service": "billing"}
    before = ShadowCompared(**which, version="2.0", deployment=deployment, conversations=7, compared=7, matching=7)
    state = canary._mind.state
    state.shadows[tuple(which.values())] = Shadowed(before, 0.0)
    await tell(*conversation("a"))

    async def newest():
        return state.shadows[tuple(which.values())].told

    told = await eventually(newest, lambda told: told.compared == compared and told.deployment == "d1")
    assert told.conversations == compared
    (found,) = (await canary._comparator.describe()).comparisons
    assert found.conversations - found.earlier == 1, "a counter begins anew, and does not go back"


async def test_a_canary_that_is_ended_leaves_all_that_was_compared_to_its_next_life(
    router, tmp_path, eventually, monkeypatch
):
    monkeypatch.setattr("canary.shadow.conversations.GRACE_S", 0.0)
    async with run_canary(router, tmp_path) as canary:
        steps = msgspec.json.encode(Steps(**SHADOW, steps=conversation("a"))).decode()
        ours = (canary._service.server_name, "communicatord")
        await canary._comparator.hear(Message("SHADOW_STEPS", {"steps": steps}, "canary", "", *ours))
        told = await eventually(canary._comparator.describe, lambda told: told.comparisons[0].conversations == 1)
        assert told.comparisons[0].earlier == 0
        where = canary._settings.ledger_path
    with Ledger.open(Path(where)) as ledger:
        records = [entry.record for entry in ledger.entries() if isinstance(entry.record, ShadowCompared)]
    assert [one.conversations for one in records] == [1]


@pytest.mark.usefixtures("quick")
async def test_others_have_their_turn_while_much_is_compared(canary, tell, comparisons, eventually, monkeypatch):
    monkeypatch.setattr(room, "SLICE_S", 0.0)
    seen = set()

    async def look():
        while True:
            seen.update(found.conversations for found in (await canary._comparator.describe()).comparisons)
            await asyncio.sleep(0)

    looking = asyncio.get_running_loop().create_task(look())
    await tell(*(step for number in range(50) for step in conversation(f"c{number}")))
    await eventually(comparisons, lambda found: found and found[0].conversations == 50)
    looking.cancel()
    assert len(seen) > 10  # a look takes two turns, and a comparison one


@pytest.mark.parametrize(
    "look", [lambda one: one.describe(), lambda one: one._tell(0.0)], ids=["a report", "the leader"]
)
async def test_others_have_their_turn_after_each_shadow_that_is_told_of(canary, tell, look):
    for version in ("2.0", "3.0"):
        await tell(*conversation("a"), version=version)
    turns = look(canary._comparator)
    assert [turns.send(None) for _ in range(2)] == [None, None]
    with pytest.raises(StopIteration):
        turns.send(None)


@pytest.mark.usefixtures("quick")
async def test_without_definitions_nothing_is_asked_again(router, tmp_path, eventually):
    file = tmp_path / "file"
    file.touch()
    async with run_canary(router, tmp_path, f'definitions_path=["{file}"]') as canary:

        async def vocabulary():
            return canary._comparator._vocabulary

        assert await eventually(vocabulary, lambda _: True) == Vocabulary()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("phase", ["shadow", "done", "rolled_back", "superseded"])
async def test_what_no_deployment_has_compared_any_more_is_let_go(
    canary, tell, comparisons, eventually, monkeypatch, phase
):
    monkeypatch.setattr("canary.shadow.shadows.OVER_S", 0.0)
    canary._mind.state.deployments["billing"] = in_force(phase=phase)
    await tell(*conversation("a"))
    if phase != "shadow":
        await eventually(comparisons, lambda found: not found)
        return
    await eventually(comparisons, lambda found: found and found[0].conversations == 1)
    await tell(*conversation("b"))
    await eventually(comparisons, lambda found: found and found[0].conversations == 2)
