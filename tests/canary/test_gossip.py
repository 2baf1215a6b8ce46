"""What canaries tell each other: at once when there is news or a newcomer, every ten seconds else; and who leads by that."""

import pytest

from canary.evidence.exchange import KEEP_ALIVE_S, SERVERS
from canary.gossip import Gossip
from canary.judge.apply import apply
from canary.judge.state import State
from canary.leadership import GRACE_S, SILENT_S
from canary.records import Entry, Led, LedgerMet, RunBegan, RunEnded, Stopped
from communicator.client.status import ClusterStatus
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message

UP = ClusterStatus(status="up", servers=("alpha", "beta", "gamma"))


class Link:
    """Keeps what is sent, and says what a router would say of the cluster."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.cluster_status: ClusterStatus | None = UP

    async def send(self, message):
        self.sent.append(message)

    def take(self, sender):
        """What was sent, as others get it."""
        found, self.sent = self.sent, []
        return [as_from(message, sender) for message in found]


def as_from(message, server, service="canary"):
    return Message(
        message.command,
        dict(message.parameters),
        message.service,
        message.server,
        sent_from_server=server,
        sent_from_service=service,
    )


class Talker:
    """One canary's word to the others, and its ledger."""

    def __init__(self, server, entries=(), now_s=0.0) -> None:
        self.link = Link()
        self.server = server
        self.state = State()
        self.entries = list(entries)
        for entry in self.entries:
            apply(self.state, entry)
        self.gossip = Gossip(self.link, server, f"ledger-{server}", self.entries, self.state, now_s)

    def keep(self, *records, at_s=0.0):
        for record in records:
            entry = Entry(self.state.seq + 1, at_s, 0.0, record)
            apply(self.state, entry)
            self.entries.append(entry)
            self.gossip.observe(entry)

    async def tell(self, now_s):
        await self.gossip.tell(now_s)
        return self.link.take(self.server)

    async def hear(self, messages, now_s):
        """What it keeps of them, and what it asks."""
        for message in messages:
            self.keep(*await self.gossip.hear(message, now_s), at_s=now_s)
        return self.link.take(self.server)


def began(number, server="alpha"):
    return RunBegan(server=server, run_id=f"r{number}", service="billing", version="2.0")


@pytest.fixture
def alpha():
    return Talker("alpha")


@pytest.fixture
def beta():
    return Talker("beta")


async def test_it_speaks_at_once_and_then_every_ten_seconds(alpha):
    (first,) = await alpha.tell(0.0)
    assert (first.command, first.service, first.get("deliver"), first.get("term")) == (
        "CANARY_EVIDENCE",
        "canary",
        "all",
        "0",
    )
    assert await alpha.tell(KEEP_ALIVE_S - 0.1) == []
    assert alpha.gossip.next_deadline_s == KEEP_ALIVE_S
    assert len(await alpha.tell(KEEP_ALIVE_S)) == 1


async def test_what_happens_is_told_once_and_heard_once(alpha, beta):
    await alpha.tell(0.0)
    alpha.keep(began(1), at_s=1.0)
    assert alpha.gossip.next_deadline_s <= 1.0
    told = await alpha.tell(1.0)
    assert await alpha.tell(1.0) == []
    for _ in range(2):
        assert await beta.hear(told, 1.5) == []
    met, fact = (entry.record for entry in beta.entries)
    assert met == LedgerMet(server="alpha", ledger="ledger-alpha")
    assert (fact.server, fact.run_id, fact.origin_seq, fact.happened_at_s) == ("alpha", "r1", 1, 1.5)


async def test_however_many_servers_there_ever_were_a_new_one_is_heard(beta):
    for number in range(SERVERS + 3):
        await beta.hear(await Talker(f"h{number}").tell(0.0), 0.0)
    again = Talker("beta", beta.entries)
    assert again.state.heard == beta.state.heard
    assert list(beta.state.heard) == [f"h{number}" for number in range(3, SERVERS + 3)]
    await again.hear(await Talker("new").tell(0.0), 0.0)
    assert ("new" in again.state.heard, "h3" in again.state.heard, len(again.state.heard)) == (True, False, SERVERS)


async def test_what_is_heard_is_not_told_on(alpha, beta):
    alpha.keep(began(1))
    await beta.hear(await alpha.tell(0.0), 0.0)
    beta.keep(Stopped())
    (batch,) = await beta.tell(0.0)
    assert '"facts":[]' in batch.get("report")


async def test_what_was_missed_is_asked_for_and_answered(alpha, beta):
    alpha.keep(began(1), began(2))
    await alpha.tell(0.0)
    alpha.keep(began(3))
    (question,) = await beta.hear(await alpha.tell(1.0), 1.0)
    assert (question.command, question.server, question.get("after")) == ("CANARY_GET_EVIDENCE", "alpha", "0")
    answer = as_from(alpha.gossip.answer(question, 1.0), "alpha")
    assert answer.server == "beta"
    await beta.hear([answer], 1.0)
    assert [entry.record.run_id for entry in beta.entries if isinstance(entry.record, RunBegan)] == ["r1", "r2", "r3"]


async def test_messages_that_come_late_twice_and_in_another_order_come_to_the_same(alpha, beta):
    batches = []
    for number in range(6):
        alpha.keep(began(number), at_s=float(number))
        batches += await alpha.tell(float(number))
    for batch in (batches[3], batches[0], batches[3], batches[1], batches[5], batches[2], batches[4], *batches):
        for question in await beta.hear([batch], 60.0):
            await beta.hear([as_from(alpha.gossip.answer(question, 60.0), "alpha")], 60.0)
    assert [entry.record.run_id for entry in beta.entries if isinstance(entry.record, RunBegan)] == [
        f"r{n}" for n in range(6)
    ]


async def test_a_newcomer_is_spoken_to_at_once(alpha, beta):
    await alpha.tell(0.0)
    await alpha.hear(await beta.tell(3.0), 3.0)
    assert len(await alpha.tell(3.0)) == 1
    await alpha.hear([], 4.0)
    assert await alpha.tell(4.0) == []


async def test_another_life_goes_on_where_it_was(alpha, beta):
    alpha.keep(began(1), began(2))
    await beta.hear(await alpha.tell(0.0), 0.0)
    again = Talker("beta", beta.entries)
    assert await again.hear(await alpha.tell(KEEP_ALIVE_S), KEEP_ALIVE_S) == [], "it has missed nothing"
    assert len(again.entries) == len(beta.entries)
    told_again = Talker("alpha", alpha.entries)
    (batch,) = await told_again.tell(0.0)
    assert '"facts":[]' in batch.get("report"), "what is in its ledger was told"


async def test_what_cannot_be_read_is_counted(alpha, beta):
    alpha.keep(
        RunEnded(server="alpha", run_id="r", service="billing", outcome="failure", cause="CRASH", lasted_s=1e300)
    )
    await beta.hear(await alpha.tell(0.0), 0.0)
    assert beta.gossip.skipped == 1


@pytest.mark.parametrize("parameters", [{}, {"report": "{"}, {"report": "[]"}])
async def test_what_is_no_evidence_is_refused(beta, parameters):
    with pytest.raises(RemoteProtocolError, match="report"):
        await beta.hear([as_from(Message("CANARY_EVIDENCE", parameters), "alpha")], 0.0)


async def test_who_speaks_for_another_is_refused(alpha, beta):
    told = [as_from(message, "gamma") for message in await alpha.tell(0.0)]
    with pytest.raises(RemoteProtocolError, match="it is of 'alpha', and comes from 'gamma'"):
        await beta.hear(told, 0.0)


@pytest.mark.parametrize("service", ["", "billing", "communicatord"])
def test_only_canaries_ask_each_other(alpha, service):
    question = Message("CANARY_GET_EVIDENCE", {"after": "0"}, sent_from_server="beta", sent_from_service=service)
    with pytest.raises(RemoteProtocolError, match="only canaries"):
        alpha.gossip.answer(question, 0.0)


@pytest.mark.parametrize("after", ["", "-1", "x"])
def test_a_question_has_to_say_behind_what(alpha, after):
    question = Message("CANARY_GET_EVIDENCE", {"after": after}, sent_from_server="beta", sent_from_service="canary")
    with pytest.raises(RemoteProtocolError):
        alpha.gossip.answer(question, 0.0)


async def test_who_is_heard_and_lowest_leads_in_the_highest_term(alpha, beta):
    assert beta.gossip.settle(State(leader="", term=0), 0.0) == [], "it waits for those that are there"
    (led,) = alpha.gossip.settle(State(leader="", term=0), GRACE_S)
    assert led == Led(leader="alpha", term=1)
    assert alpha.gossip.settle(State(leader="alpha", term=1), GRACE_S) == []
    await beta.hear(await alpha.tell(GRACE_S), GRACE_S)
    assert beta.gossip.settle(State(leader="", term=0), GRACE_S) == [Led(leader="alpha", term=1)]
    assert beta.gossip.settle(State(leader="alpha", term=1), GRACE_S + SILENT_S) == [Led(leader="beta", term=2)], (
        "it is silent"
    )


@pytest.mark.parametrize(
    "status", [None, ClusterStatus(status="down", servers=("alpha", "beta"))], ids=["unknown", "down"]
)
def test_without_a_quorum_nobody_leads(alpha, status):
    assert alpha.gossip.settle(State(leader="", term=0), GRACE_S) == [Led(leader="alpha", term=1)]
    alpha.link.cluster_status = status
    assert alpha.gossip.settle(State(leader="alpha", term=1), GRACE_S + 1) == [Led(leader="", term=1)]


def test_the_term_of_another_life_is_known():
    again = Talker("alpha", [Entry(1, 0.0, 0.0, Led(leader="alpha", term=8))])
    assert again.gossip.settle(State(leader="alpha", term=8), GRACE_S) == [Led(leader="alpha", term=9)]
