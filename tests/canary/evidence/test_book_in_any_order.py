"""Words about the same runs, within the time in which they are merged, come to the same facts in any order and told twice.

Not so, and rightly: what counts by how often it is told (HEALTH_FAIL); what a service says of itself before the router has
told of it; a pid that two runs had, of which the newest is meant; and which of two runs was there when the other was lost.
"""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from canary.evidence.book import EvidenceBook
from canary.evidence.kinds import Kind
from canary.evidence.words import ReportWord, RunEndedWord, RunStartedWord
from canary.records import RunBegan, RunEnded, RunPassed

MERGE_S = 5.0
REASONS = ["unregister", "lost", "replaced", "blocked", "eaten"]
REPORTS = [
    ("CRASH", {"signal": 11}),
    ("CRASH", {"exit_code": 78}),
    ("EXIT", {"exit_code": 0}),
    ("EXIT", {"exit_code": 75}),
    ("START_TIMEOUT", {"message": "slow"}),
    ("WATCHDOG_TIMEOUT", {}),
    ("OPERATOR_STOP", {"message": "by hand"}),
    ("UPGRADE", {}),
    ("BLOCKED", {}),
    ("HOST_DOWN", {}),
]
ANCHOR = RunStartedWord(run_id="anchor", service="anchor", at_s=0.0)


@st.composite
def runs(draw):
    """The words about a few runs, without their times."""
    words = []
    for number in range(draw(st.integers(1, 3))):
        service, run_id, pid = draw(st.sampled_from(["ping", "pong"])), f"r{number}", 100 + number
        is_registered = draw(st.booleans())
        if is_registered:
            words.append(RunStartedWord(run_id=run_id, service=service, at_s=0, version="1", pid=pid, role="standby"))
            words += [
                RunEndedWord(run_id=run_id, reason=reason, at_s=0)
                for reason in draw(st.lists(st.sampled_from(REASONS), max_size=1))
            ]
        elif draw(st.booleans()):
            words.append(
                RunEndedWord(run_id=f"x{number}", reason="blocked", at_s=0, service=service, version="1", pid=pid)
            )
        for kind, more in draw(st.lists(st.sampled_from(REPORTS), max_size=2, unique_by=lambda told: told[0])):
            by_name = is_registered and draw(st.booleans())
            which = {"run_id": run_id} if by_name else {"pid": pid}
            report = ReportWord(service=service, kind=Kind(kind), at_s=0, source="supervisor", version="1")
            words.append(replace(report, **which, **more))
    return words


def play(words, first_s=100.0):
    """The facts about runs, as far as they do not depend on when a word came."""
    book = EvidenceBook("alpha", merge_s=MERGE_S, ok_after_s=60.0)
    book.hear(ANCHOR)
    facts = []
    for number, word in enumerate(words):
        facts += book.hear(replace(word, at_s=first_s + number * 0.9 * MERGE_S / len(words)))
    facts += book.advance(1e6)
    assert len(facts) == len(set(map(told_once, facts)))
    return {shown(fact, pids_of(facts)) for fact in facts if fact.run_id != "anchor"}


def told_once(fact):
    return type(fact), fact.run_id


def pids_of(facts):
    return {fact.run_id: fact.pid for fact in facts if isinstance(fact, RunBegan)}


def shown(fact, pids):
    which = (type(fact).__name__, fact.service, fact.version, fact.role, pids.get(fact.run_id))
    if isinstance(fact, RunEnded):
        return (
            *which,
            fact.outcome,
            fact.cause,
            fact.causes,
            fact.exit_code,
            fact.signal,
            fact.detail,
            fact.local_only,
        )
    return which


@given(words=runs(), data=st.data())
def test_any_order_and_any_repetition_comes_to_the_same_facts(words, data):
    again = data.draw(st.lists(st.sampled_from(words), max_size=4)) if words else []
    shuffled = data.draw(st.permutations(words + again))
    assert play(shuffled) == play(words)


@given(
    lost=st.lists(st.sampled_from(["r0", "r1", "r2"]), min_size=1, unique=True),
    excused=st.sampled_from([None, "router_stop", "host_down"]),
    data=st.data(),
)
def test_runs_that_are_lost_together_are_so_in_any_order(lost, excused, data):
    services = {"r0": "ping", "r1": "pong", "r2": "pong"}
    ends = [RunEndedWord(run_id=run_id, reason="lost", at_s=0) for run_id in lost]
    if excused:
        ends.append(RunEndedWord(run_id="r3", reason=excused, at_s=0))
        services["r3"] = "tock"

    def outcomes(words):
        book = EvidenceBook("alpha", merge_s=MERGE_S, ok_after_s=60.0)
        for run_id, service in services.items():
            book.hear(RunStartedWord(run_id=run_id, service=service, at_s=0.0))
        facts = []
        for number, word in enumerate(words):
            facts += book.hear(replace(word, at_s=100.0 + number * 0.9 * MERGE_S / len(words)))
        facts += book.advance(1e6)
        return {(fact.run_id, fact.outcome, fact.cause) for fact in facts if isinstance(fact, RunEnded)}

    found = outcomes(ends)
    all_lost = len(lost) == 3
    assert {outcome for _, outcome, _ in found} == ({"censored"} if excused or all_lost else {"failure"})
    assert outcomes(data.draw(st.permutations(ends + ends[:1]))) == found


@given(
    words=runs(),
    times=st.lists(st.floats(0, 200), min_size=40, max_size=40),
    data=st.data(),
)
def test_whatever_is_told_and_when_a_run_begins_passes_and_ends_at_most_once(words, times, data):
    book = EvidenceBook("alpha", merge_s=MERGE_S, ok_after_s=60.0)
    told = data.draw(st.lists(st.sampled_from(words), max_size=40)) if words else []
    facts = [fact for word, at_s in zip(told, times, strict=False) for fact in book.hear(replace(word, at_s=at_s))]
    facts += book.advance(1e6)
    assert len(facts) == len(set(map(told_once, facts)))
    begun, over = set(), set()
    for fact in facts:
        assert fact.run_id not in over
        assert isinstance(fact, RunBegan) or fact.run_id in begun
        begun.add(fact.run_id)
        if isinstance(fact, RunEnded):
            over.add(fact.run_id)
        assert isinstance(fact, RunBegan | RunPassed | RunEnded)
    assert book.next_deadline_s is None
