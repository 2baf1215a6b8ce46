"""Facts from the ledger of one server to those of the others, over a network that loses, doubles and reorders."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary.evidence.exchange import FACTS, LATE_S, LONGEST_S, Inbox, Outbox
from canary.records import (
    CellMoved,
    Entry,
    GaveUp,
    LedgerMet,
    PolicyIssued,
    RunBegan,
    RunEnded,
    RunExcused,
    RunPassed,
    ServerBooted,
    ServerLost,
    ShadowCompared,
    decode_record,
    encode_record,
)
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message, decode, encode
from communicator.protocol.limits import LINE_BYTES

RUN = {"server": "alpha", "run_id": "r1", "service": "ping"}
CELL = {"server": "alpha", "service": "ping", "version": "2.0", "build": ""}
MET = LedgerMet(server="alpha", ledger="L")


def began(number, **more):
    return RunBegan(**RUN | {"run_id": f"r{number}"} | more)


def entry(seq, record=None):
    return Entry(seq, float(seq), 0.0, record or began(seq))


def outbox(*seqs, ledger="L", sent=False):
    box = Outbox("alpha", ledger, 0.0)
    for seq in seqs:
        (box.recall if sent else box.add)(entry(seq))
    return box


def carried(message, server="alpha"):
    """A message as it arrives: through the line form, signed by its router."""
    told = decode(encode(message))
    return Message(told.command, told.parameters, told.service, told.server, server, "canary")


def report(message):
    return json.loads(message.get("report"))


def hear(inbox, *messages, now_s=0.0):
    return [record for message in messages for record in inbox.hear(carried(message), now_s).records]


def numbers(records):
    return [record.origin_seq for record in records if not isinstance(record, LedgerMet)]


def test_facts_are_told_at_once_to_all_and_once():
    box = outbox(3, 5)
    assert box.next_deadline_s == 0.0
    (message,) = box.take(1.0)
    assert (message.command, message.destination, message.get("deliver")) == ("CANARY_EVIDENCE", "canary", "all")
    told = report(message)
    assert [fact["seq"] for fact in told.pop("facts")] == [3, 5]
    assert told == {"server": "alpha", "ledger": "L", "now_s": 1.0, "after": 0, "newest": 5}
    assert box.take(1.0) == []
    assert box.next_deadline_s == 11.0


def test_who_has_nothing_to_tell_says_how_far_it_is():
    box = outbox(3)
    box.take(1.0)
    assert box.take(10.9) == []
    (message,) = box.take(11.0)
    assert report(message) == {"server": "alpha", "ledger": "L", "now_s": 11.0, "after": 3, "newest": 3, "facts": []}
    assert box.take(20.9) == []
    assert len(box.take(21.0)) == 1


def test_a_canary_without_facts_says_so():
    assert report(outbox().take(10.0)[0])["newest"] == 0
    assert hear(Inbox("beta"), *outbox().take(10.0)) == [MET]


@pytest.mark.parametrize(
    "record",
    [
        PolicyIssued(term=1, number=1, sha256=""),
        ServerLost(server="beta"),
        began(1, server="beta"),
        began(1, origin_seq=7),
        LedgerMet(server="beta", ledger="M"),
    ],
    ids=lambda record: type(record).__name__ + str(getattr(record, "origin_seq", "")),
)
def test_only_facts_of_this_server_are_told(record):
    box = outbox()
    box.add(entry(1, record))
    assert box.take(0.0) == []


FACTS_TOLD = [
    began(1, version="1", build="b", role="probe", pid=7, config_hash="0f"),
    RunPassed(**RUN, lasted_s=60.0),
    RunEnded(
        **RUN, outcome="failure", cause="CRASH", causes=("GONE",), signal=11, detail='"\\;\u00e4\n', local_only=True
    ),
    GaveUp(**RUN),
    ServerBooted(server="alpha", ago_s=5.0),
    ShadowCompared(
        server="alpha", shadow="gamma", service="ping", version="2.0", differing=1, paths=("PONG.body[].a",)
    ),
]


def test_every_fact_arrives_as_it_was_with_its_number():
    box = outbox()
    for seq, fact in enumerate(FACTS_TOLD, 1):
        box.add(Entry(seq, 60.0 * seq, 0.0, fact))
    inbox = Inbox("beta")
    met, *records = hear(inbox, *box.take(0.0))
    assert met == MET
    assert [type(fact) for fact in records] == [type(fact) for fact in FACTS_TOLD]
    assert numbers(records) == [1, 2, 3, 4, 5, 6]
    assert records[2].detail == '"\\;\u00e4\n'
    assert inbox.skipped == 0


@pytest.mark.parametrize("text", ["", "x", '";', ";\\", "\\", "\u00e4", "\U0001f600", "\x01"])
def test_a_batch_fits_into_a_line_whatever_is_in_it(text):
    box, long = outbox(), (text * 256)[:256]
    for seq in range(1, 1001):
        fact = RunEnded(**RUN, version=long, build=long, outcome="clean", cause="EXIT", detail=long)
        box.add(entry(seq, fact))
    messages = box.take(0.0)
    assert len(messages) > 1
    assert all(len(encode(message)) < LINE_BYTES - 1024 for message in messages)
    assert numbers(hear(Inbox("beta"), *messages)) == list(range(1, 1001))


def test_what_is_heard_again_is_nothing_new():
    box, inbox = outbox(3, 5), Inbox("beta")
    messages = box.take(0.0)
    assert numbers(hear(inbox, *messages)) == [3, 5]
    assert hear(inbox, *messages) == []
    box.add(entry(6))
    overlapping = box.answer(asked(after=3), 0.0)
    assert numbers(hear(inbox, overlapping)) == [6]


def asked(after, server="beta"):
    return Message("CANARY_GET_EVIDENCE", {"after": str(after)}, "canary", "", server, "canary")


def test_what_is_missing_is_asked_for():
    box, inbox = outbox(3), Inbox("beta")
    box.take(0.0)
    box.add(entry(5))
    (late,) = box.take(1.0)
    heard = inbox.hear(carried(late), 1.0)
    assert heard.records == [MET]
    assert heard.question == Message("CANARY_GET_EVIDENCE", {"after": "0"}, "canary", "alpha")
    answer = box.answer(carried(heard.question, "beta"), 0.0)
    assert answer.destination == "beta:canary"
    heard = inbox.hear(carried(answer), 1.0)
    assert (numbers(heard.records), heard.question) == ([3, 5], None)


@pytest.mark.parametrize(("again_s", "is_asked"), [(1.0, False), (5.9, False), (6.0, True)])
def test_a_question_is_given_its_time(again_s, is_asked):
    inbox = Inbox("beta")
    late = outbox(3, sent=True).take(10.0)[0]
    assert inbox.hear(carried(late), 1.0).question
    assert (inbox.hear(carried(late), again_s).question is not None) is is_asked


def test_long_answers_come_page_by_page_and_at_once():
    box, inbox = outbox(*range(1, 1001), sent=True), Inbox("beta")
    question = inbox.hear(carried(box.take(10.0)[0]), 10.0).question
    heard, pages = [], 0
    while question is not None:
        answer = inbox.hear(carried(box.answer(carried(question, "beta"), 0.0)), 10.0)
        heard += numbers(answer.records)
        question, pages = answer.question, pages + 1
    assert heard == list(range(1, 1001))
    assert pages > 1


def test_what_is_told_first_of_several_batches_makes_nobody_ask():
    box, inbox = outbox(*range(1, 1001)), Inbox("beta")
    messages = box.take(0.0)
    assert len(messages) > 1
    assert [inbox.hear(carried(message), 0.0).question for message in messages] == [None] * len(messages)


def test_what_is_no_longer_kept_is_not_asked_for_for_ever():
    box, inbox = outbox(*range(1, 3 * FACTS), sent=True), Inbox("beta")
    keep_alive = carried(box.take(10.0)[0])
    question = inbox.hear(keep_alive, 10.0).question
    first = inbox.hear(carried(box.answer(carried(question, "beta"), 0.0)), 10.0).records
    assert numbers(first)[0] == FACTS + 1


def test_a_new_ledger_begins_anew():
    inbox = Inbox("beta")
    hear(inbox, *outbox(3, 5).take(0.0))
    other = outbox(1, 2, ledger="M").take(0.0)
    assert hear(inbox, *other) == [
        LedgerMet(server="alpha", ledger="M"),
        began(1, origin_seq=1, happened_at_s=0.0),
        began(2, origin_seq=2, happened_at_s=0.0),
    ]


def test_what_was_heard_in_another_life_is_known():
    inbox = Inbox("beta")
    inbox.recall("alpha", "L", 3)
    assert numbers(hear(inbox, *outbox(3, 5).take(0.0))) == [5]
    inbox.recall("alpha", "M", 0)
    assert numbers(hear(inbox, *outbox(3, 5, ledger="M").take(0.0))) == [3, 5]


def test_a_ledger_from_another_life_is_not_told_anew():
    box = outbox(3, 5, sent=True)
    assert box.take(0.0) == []
    box.add(entry(8))
    assert report(box.take(0.0)[0])["after"] == 5


def said(server="alpha", ledger="L", after=0, newest=0, facts=(), sender="alpha", **more):
    told = {"server": server, "ledger": ledger, "now_s": 0.0, "after": after, "newest": newest, "facts": list(facts)}
    return Message("CANARY_EVIDENCE", {"report": json.dumps(told | more)}, "canary", "", sender, "canary")


def fact(seq=1, tag="run_began", **more):
    return {"seq": seq, "record": {"record": tag} | RUN | more}


@pytest.mark.parametrize(
    "message",
    [
        said(server="gamma"),
        said(server="beta", sender="beta"),
        said(sender=""),
        said(ledger=""),
        said(ledger="x" * 65),
        said(after=-1),
        said(newest=2**60),
        said(now_s=2 * LONGEST_S),
        said(now_s=-1.7e308),
        said(facts=[{"seq": 1}]),
        said(facts=[fact(seq=-1)]),
        said(x="x" * LINE_BYTES),
        Message("CANARY_EVIDENCE", {"report": "{"}, "canary", "", "alpha", "canary"),
        Message("CANARY_EVIDENCE", {"report": "[" * 5000}, "canary", "", "alpha", "canary"),
        Message("CANARY_EVIDENCE", {"report": '"\ud800"'}, "canary", "", "alpha", "canary"),
        Message("CANARY_EVIDENCE", {}, "canary", "", "alpha", "canary"),
    ],
    ids=range(16),
)
def test_what_is_no_batch_of_its_sender_changes_nothing(message):
    inbox = Inbox("beta")
    with pytest.raises(RemoteProtocolError, match="parameter report"):
        inbox.hear(message, 0.0)
    assert numbers(hear(inbox, *outbox(1).take(0.0))) == [1]


@pytest.mark.parametrize(
    "wrong",
    [
        fact(tag="of_the_future"),
        fact(server="beta"),
        fact(service="a b"),
        fact(service=""),
        fact(run_id=7),
        fact(run_id="r" * 257),
        fact(version="9" * 257),
        fact(config_hash="f" * 257),
        fact(tag="run_passed", lasted_s=-1.0),
        fact(tag="run_passed"),
        fact(tag="run_ended", outcome="failure", cause="c" * 257),
        fact(tag="run_ended", outcome="failure", cause="CRASH", causes=["GONE"] * 33),
        fact(tag="run_ended", outcome="success", cause="CRASH"),
        {"seq": 1, "record": {"record": "server_lost", "server": "alpha"}},
        {"seq": 1, "record": {"record": "server_booted", "server": "beta"}},
        {"seq": 1, "record": {"record": "policy_issued", "term": 9, "number": 9, "sha256": ""}},
        {"seq": 1, "record": {"record": "ledger_met", "server": "alpha", "ledger": "M"}},
        {"seq": 1, "record": []},
        fact(pid=10**30),
        fact(tag="run_passed", lasted_s=2 * LONGEST_S),
        fact(tag="run_ended", outcome="failure", cause="CRASH", exit_code=-(10**30)),
        fact(tag="cell_moved", old="suspect", new="blocked", rule="a", build="", version="", strikes=10**30),
        fact(tag="cell_moved", old="suspect", new="blocked", rule="a", build="", version="", numbers={"x": 1e300}),
        fact(tag="cell_moved", old="suspect", new="blocked", rule="a", build="", version="", until_at_s=1.7e308),
        fact(tag="run_excused", excuse="boot", build="", version="", failure_at_s=-1.7e308),
        fact(tag="shadow_compared", shadow="no server", version="2"),
        fact(tag="shadow_compared", shadow="gamma", version="2", differing=-1),
        fact(tag="shadow_compared", shadow="gamma", version="2", log10_evidence=1e300),
        fact(tag="shadow_compared", shadow="gamma", version="2", paths=["p" * 257]),
        fact(tag="shadow_compared", shadow="gamma", version="2", paths=["p"] * 33),
        {"seq": 1, "at_s": 1.7e308, "record": {"record": "run_began", **RUN}},
    ],
    ids=range(31),
)
def test_a_fact_that_cannot_be_taken_is_skipped_and_the_next_one_is_not(wrong):
    inbox = Inbox("beta")
    heard = inbox.hear(said(newest=2, facts=[wrong, fact(seq=2)]), 0.0)
    assert (numbers(heard.records), inbox.skipped, heard.question) == ([2], 1, None)


def test_a_number_that_a_fact_claims_for_itself_is_not_believed():
    heard = Inbox("beta").hear(said(facts=[fact(origin_seq=99)]), 0.0)
    assert numbers(heard.records) == [1]


def test_numbers_that_go_back_are_heard_once():
    heard = Inbox("beta").hear(said(newest=5, facts=[fact(5), fact(3), fact(5)]), 0.0)
    assert numbers(heard.records) == [5]


def test_of_too_many_servers_the_one_that_was_silent_for_longest_is_forgotten():
    inbox = Inbox("beta", limit=2)

    def forgotten(server, ledger="L"):
        records = inbox.hear(said(server=server, sender=server, ledger=ledger), 0.0).records
        return [record.in_place_of for record in records]

    assert [forgotten(server) for server in ("a1", "a2", "a1")] == [[""], [""], []]
    assert forgotten("a3") == ["a2"]
    assert forgotten("a1") == []
    assert forgotten("a2") == ["a3"]
    assert forgotten("a1", ledger="M") == [""]
    assert forgotten("a3") == ["a2"]


@pytest.mark.parametrize("after", ["-1", "x", ""])
def test_what_is_no_question(after):
    with pytest.raises(RemoteProtocolError):
        outbox(1).answer(Message("CANARY_GET_EVIDENCE", {"after": after}, "canary", "", "beta", "canary"), 0.0)


class Network:
    """Carries what two canaries say; what is on its way arrives when the test says so."""

    def __init__(self):
        self.outbox, self.inbox = outbox(), Inbox("beta")
        self.on_its_way, self.heard, self.seq = [], [], 0

    def add_fact(self, gap, now_s):
        self.seq += gap
        self.outbox.add(Entry(self.seq, now_s, 0.0, began(self.seq)))

    def tell(self, now_s):
        self.on_its_way += map(carried, self.outbox.take(now_s))

    def arrive(self, place, now_s):
        message = self.on_its_way.pop(place)
        if message.command == "CANARY_GET_EVIDENCE":
            self.on_its_way.append(carried(self.outbox.answer(message, 0.0)))
            return
        found = self.inbox.hear(message, now_s)
        self.heard += found.records
        if found.question is not None:
            self.on_its_way.append(carried(found.question, "beta"))


def life(number, began_s, lasted_s, ended_s):
    run = RUN | {"run_id": f"r{number}"}
    return [
        Entry(3 * number + 1, began_s, 0.0, began(number)),
        Entry(3 * number + 2, ended_s, 0.0, RunPassed(**run, lasted_s=lasted_s)),
        Entry(3 * number + 3, ended_s, 0.0, RunEnded(**run, outcome="failure", cause="CRASH", lasted_s=lasted_s)),
    ]


@pytest.mark.parametrize(
    ("lives", "skipped"),
    [
        ([(1_000.0, 61.0, 1_061.0)], 0),
        ([(1_000.0, 61.0, 1_061.0 - LATE_S)], 0),
        ([(1_000.0, 61.0, 1_000.0)] * 25, 50),
        ([(850.0, 61.0, 911.0)] * 25, 75),
    ],
    ids=["lived", "told late", "lived in no time", "lived before all was told"],
)
def test_invented_lives_are_dropped_and_counted(lives, skipped):
    box, inbox = outbox(), Inbox("beta")
    hear(inbox, *box.take(990.0), now_s=990.0)
    for number, (began_s, lasted_s, ended_s) in enumerate(lives):
        for each in life(number, began_s, lasted_s, ended_s):
            box.add(each)
    heard = hear(inbox, *box.take(1_100.0), now_s=1_100.0)
    assert (len(heard), inbox.skipped) == (3 * len(lives) - skipped, skipped)


@given(data=st.data())
def test_over_any_network_every_fact_arrives_once_and_in_order(data):
    network = Network()
    steps = data.draw(st.lists(st.sampled_from(["fact", "tell", "arrive", "arrive", "lose", "double"]), max_size=40))
    for now_s, step in enumerate(steps):
        number = data.draw(st.integers(0, 100))
        place = number % max(1, len(network.on_its_way))
        if step == "fact":
            network.add_fact(1 + number % 3, float(now_s))
        elif step == "tell":
            network.tell(float(now_s))
        elif network.on_its_way and step == "arrive":
            network.arrive(place, float(now_s))
        elif network.on_its_way and step == "lose":
            del network.on_its_way[place]
        elif network.on_its_way:
            network.on_its_way.append(network.on_its_way[place])
    for now_s in (100.0, 200.0):  # nothing is lost any more
        network.tell(now_s)
        while network.on_its_way:
            network.arrive(0, now_s)
    assert numbers(network.heard) == [told.seq for told in network.outbox._facts]
    assert [record for record in network.heard if isinstance(record, LedgerMet)] == [MET]


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (CellMoved(**CELL, old="suspect", new="blocked", rule="a", until_at_s=700.0), "until_at_s"),
        (RunExcused(**CELL, run_id="r1", failure_at_s=700.0, excuse="boot"), "failure_at_s"),
    ],
)
def test_a_time_is_understood_by_the_clock_of_who_hears_it(record, field):
    box = Outbox("alpha", "L", 0.0)
    box.add(entry(1, record))
    (message,) = box.take(100.0)
    heard = Inbox("beta").hear(carried(message), 1_000.0).records[-1]
    assert getattr(heard, field) == 1_600.0
    assert heard.origin_seq == 1


def test_a_time_that_is_too_far_away_by_our_clock_is_skipped():
    excused = fact(tag="run_excused", excuse="boot", build="", version="", failure_at_s=LONGEST_S)
    inbox = Inbox("beta")
    heard = inbox.hear(said(facts=[excused]), 1.0)
    assert (numbers(heard.records), inbox.skipped) == ([], 1)


@pytest.mark.parametrize(
    ("at_s", "sent_s", "heard_s", "happened_s"),
    [
        (7.0, 107.0, 1_000.0, 900.0),
        (107.0, 107.0, 1_000.0, 1_000.0),
        (2_000.0, 107.0, 1_000.0, 1_000.0),
        (7, 107, 3, -97),
    ],
)
def test_what_is_heard_late_happened_when_it_did(at_s, sent_s, heard_s, happened_s):
    box = Outbox("alpha", "L", 0.0)
    box.add(Entry(1, at_s, 0.0, began(1)))
    (message,) = box.take(sent_s)
    assert Inbox("beta").hear(carried(message), heard_s).records[-1].happened_at_s == happened_s


def test_what_an_older_canary_tells_has_just_happened():
    assert Inbox("beta").hear(said(facts=[fact(happened_at_s=3.0)]), 50.0).records[-1].happened_at_s == 50.0


FAR = st.sampled_from([0.0, 1.7e308, -1.7e308, LONGEST_S, -LONGEST_S]) | st.floats(-1e6, 1e6)
LARGE = st.sampled_from([0, -1, 10**30, -(10**30), 2**53, 2**63, -(2**63)])
TEXT = st.sampled_from(["", "x", "\ud800", "\N{SNOWMAN}", "\0"])
SOUND = {
    **CELL,
    "run_id": "r1",
    "outcome": "failure",
    "cause": "CRASH",
    "excuse": "boot",
    "old": "suspect",
    "shadow": "gamma",
    "new": "blocked",
    "rule": "a",
    "lasted_s": 1.0,
    "failure_at_s": 1.0,
    "number": 1,
}
ODD = {
    "version": TEXT,
    "cause": TEXT,
    "causes": st.lists(TEXT, max_size=2),
    "lasted_s": FAR,
    "ago_s": FAR,
    "failure_at_s": FAR,
    "until_at_s": FAR,
    "happened_at_s": FAR,
    "number": LARGE,
    "pid": LARGE,
    "differing": LARGE,
    "log10_evidence": FAR,
    "paths": st.lists(TEXT, max_size=2),
    "exit_code": LARGE,
    "strikes": LARGE,
    "last_seq": LARGE,
    "numbers": st.dictionaries(TEXT, FAR, max_size=2),
}
TAGS = (
    "run_began",
    "run_passed",
    "run_ended",
    "gave_up",
    "server_booted",
    "run_excused",
    "cell_moved",
    "probe_granted",
    "shadow_compared",
)


@settings(max_examples=3 * settings.default.max_examples // 2)
@given(data=st.data(), told_s=FAR, now_s=st.floats(0, 1e9))
def test_whatever_is_heard_can_be_written_and_read_again(data, told_s, now_s):
    facts = []
    for seq, tag in enumerate(TAGS, 1):
        odd = data.draw(st.sampled_from(sorted(ODD)))
        record = {"record": tag} | SOUND | {odd: data.draw(ODD[odd])}
        facts.append({"seq": seq, "at_s": data.draw(FAR | st.none()), "record": record})
    try:
        records = Inbox("beta").hear(said(now_s=told_s, newest=len(facts), facts=facts), now_s).records
    except RemoteProtocolError:
        records = []
    for heard in records:
        assert decode_record(encode_record(heard)) == heard
        assert getattr(heard, "happened_at_s", now_s) <= now_s


def test_what_was_decided_elsewhere_is_not_told_on():
    box = Outbox("alpha", "L", 0.0)
    box.add(entry(1, CellMoved(**CELL | {"server": "beta"}, old="unknown", new="observing", rule="run", origin_seq=4)))
    assert box.take(0.0) == []


def test_to_a_newcomer_one_speaks_at_once():
    box = Outbox("alpha", "L", 0.0)
    assert box.take(1.0) == []
    box.speak_soon()
    assert len(box.take(1.0)) == 1
    assert box.take(1.0) == []
