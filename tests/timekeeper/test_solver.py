"""From the words of all hosts to one judgement; whatever a peer has sent, there is one."""

from dataclasses import replace
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.answers import clocks
from tests.timekeeper.cluster.words import CLAIM, pair, row, word_of
from timekeeper.claim import Claim, ClaimState
from timekeeper.cluster.rows import Rows
from timekeeper.cluster_report import answer_solution, describe_solution
from timekeeper.conclusion import describe_point, flags_to_raise
from timekeeper.solution import Measurement, Patience, ReferenceInterval, Thresholds, Verdict
from timekeeper.solver import Solver, weigh_references, without_stale

HASTY = Patience(bursts=1, grace_s=0.0)


@pytest.fixture
def solver():
    return Solver(Thresholds(), HASTY)


def rows_of(*words):
    rows = Rows()
    for word in words:
        assert rows.hear(row(word), 0.0) == ""
    return rows


def verdicts(judgement):
    return {host.host: host.verdict.value for host in judgement.hosts}


def test_before_the_first_judgement(solver):
    assert (solver.judgement, solver.suspects) == (None, frozenset())


def test_alone(solver):
    judgement = solver.judge(word_of("alpha"), Rows(), (), 5.0)
    assert verdicts(judgement) == {"alpha": "unknown"}
    assert (solver.judgement, solver.judged_s) == (judgement, 5.0)


def test_who_belongs_to_the_cluster(solver):
    judgement = solver.judge(word_of("alpha", pair("gamma")), rows_of(word_of("beta")), {"delta"}, 0.0)
    assert verdicts(judgement).keys() == {"alpha", "beta", "delta"}, "gamma was only heard of"


def test_the_words_of_all_count(solver):
    rows = rows_of(word_of("beta", pair("gamma", -0.0401)), word_of("gamma"))
    judgement = solver.judge(word_of("alpha", pair("beta", 0.040), pair("gamma", -0.0001)), rows, (), 0.0)
    assert verdicts(judgement) == {"alpha": "ok", "beta": "wrong", "gamma": "ok"}


def test_old_words_count_no_more(solver):
    rows = rows_of(word_of("beta", pair("gamma")), word_of("gamma"))
    assert verdicts(solver.judge(word_of("alpha"), rows, (), 2000.0))["beta"] == "unknown"


def test_who_is_in_doubt_is_to_be_measured_more_often():
    solver = Solver(Thresholds())  # patient, so that nobody is wrong at once
    rows = rows_of(word_of("beta", pair("gamma", -0.040)), word_of("gamma"))
    solver.judge(word_of("alpha", pair("beta", 0.040), pair("gamma")), rows, (), 0.0)
    assert solver.suspects == {"beta"}


def servers(low_s, high_s, count=2, names=("192.0.2.8", "192.0.2.9")):
    """What so many external servers say of a host's clock."""
    middle_s, half_s = (low_s + high_s) / 2, (high_s - low_s) / 2
    return clocks.ReferenceOffset(
        offset_seconds=middle_s, bound_seconds=half_s, servers=count, identities=names, age_seconds=1.0
    )


def test_two_servers_that_agree_are_believed_over_all_hosts(solver):
    rows = rows_of(word_of("beta"), word_of("gamma"))
    local = word_of("alpha", pair("beta"), pair("gamma"), references=servers(0.299, 0.301))
    judgement = solver.judge(local, rows, (), 0.0)
    assert judgement.solution.is_cluster_off
    assert all(host.solved.claim_holds is False for host in judgement.hosts)


def test_those_of_another_host_tell_two_apart(solver):
    """Without a third host there is no majority, and only beta asks external servers; it may have invented them."""
    rows = rows_of(word_of("beta", references=servers(-0.001, 0.001)))
    judgement = solver.judge(word_of("alpha", pair("beta", -0.040)), rows, (), 0.0)
    assert verdicts(judgement) == {"alpha": "suspect", "beta": "ok"}
    alpha, _ = judgement.hosts
    assert "not accused: only the word of beta stands against it" in alpha.reasons
    assert alpha.solved.claim_holds is None


def test_of_two_hosts_neither_decides_for_the_other_by_its_upstreams_and_its_servers(solver):
    """Both are the word of beta, though they are two votes."""
    kept = msgspec.structs.replace(CLAIM, upstreams=["192.0.2.7"])
    rows = rows_of(word_of("beta", claim=kept, references=servers(-0.001, 0.001)))
    judgement = solver.judge(word_of("alpha", pair("beta", -0.040)), rows, (), 0.0)
    assert verdicts(judgement) == {"alpha": "suspect", "beta": "ok"}


def test_one_host_alone_does_not_decide_for_others_by_servers_that_it_may_have_invented(solver):
    rows = rows_of(word_of("beta", pair("gamma"), references=servers(0.299, 0.301)), word_of("gamma"))
    judgement = solver.judge(word_of("alpha", pair("beta"), pair("gamma")), rows, (), 0.0)
    assert verdicts(judgement) == dict.fromkeys(("alpha", "beta", "gamma"), "ok")
    assert not judgement.solution.is_cluster_off
    assert all(host.solved.claim_holds is not False for host in judgement.hosts)


def test_most_hosts_by_external_servers_of_their_own_show_a_cluster_that_is_off_to_the_rest(solver):
    told = [servers(0.299, 0.301, names=names) for names in (("192.0.2.8", "192.0.2.9"), ("198.51.100.1", "n"))]
    rows = rows_of(word_of("beta", pair("gamma"), references=told[0]), word_of("gamma", references=told[1]))
    local = word_of("alpha", pair("beta"), pair("gamma"))
    assert solver.judge(local, rows, (), 0.0).solution.is_cluster_off
    rows = rows_of(word_of("beta", pair("gamma"), references=told[0]), word_of("gamma", references=told[0]))
    assert not solver.judge(local, rows, (), 0.0).solution.is_cluster_off, "the same servers are one vote"


NINE = [f"h{number}" for number in range(9)]


def judge_nine(solver, offsets_s, invented):
    """Nine hosts of four upstreams; two of them tell of servers that see true time 40 ms away."""
    words = []
    for number, host in enumerate(NINE):
        pairs = [pair(other, offsets_s.get(other, 0.0) - offsets_s.get(host, 0.0)) for other in NINE if other != host]
        claim = msgspec.structs.replace(CLAIM, upstreams=[f"192.0.2.{number % 4 if invented.sets > 1 else 0}"])
        told = {7: invented.first, 8: invented.second}.get(number)
        words.append(word_of(host, *pairs, claim=claim, references=told))
    return solver.judge(words[0], rows_of(*words[1:]), (), 0.0)


class Invented(NamedTuple):
    """What two liars tell, and how many sets of upstreams there are beside."""

    sets: int
    first: clocks.ReferenceOffset
    second: clocks.ReferenceOffset


LIES = {
    "the same servers": Invented(4, servers(0.039, 0.041), servers(0.039, 0.041)),
    "other servers, more than the upstreams of all": Invented(
        1, servers(0.039, 0.041), servers(0.039, 0.041, names=("x", "y"))
    ),
}


@pytest.mark.parametrize("invented", LIES.values(), ids=LIES)
@pytest.mark.parametrize("off_s", [0.0, 0.060, 0.040])
def test_servers_that_two_hosts_invent_accuse_nobody_and_excuse_nobody(solver, invented, off_s):
    judgement = judge_nine(solver, {"h1": off_s}, invented)
    assert verdicts(judgement) == dict.fromkeys(NINE, "ok") | ({"h1": "wrong"} if off_s else {})
    assert not judgement.solution.is_cluster_off
    refuted = {host.host for host in judgement.hosts if host.solved.claim_holds is False}
    assert refuted == ({"h1"} if off_s else set())


def reference(host, *, is_trusted=True, high_s=0.002):
    return ReferenceInterval(name="s", host=host, low_s=-0.001, high_s=high_s, is_trusted=is_trusted)


OWN, UNSURE = reference("alpha"), reference("alpha", is_trusted=False)
BETA, GAMMA = reference("beta"), reference("gamma")
TOLD = [replace(one, is_trusted=False, is_told=True) for one in (BETA, GAMMA)]
WEIGHED = {  # own, others, how many hosts, and which count
    "none": (None, [], 3, []),
    "our own": (OWN, [], 3, [OWN]),
    "our own decide": (OWN, [BETA, GAMMA], 3, [OWN]),
    "one of our own is a vote": (UNSURE, [], 3, [UNSURE]),
    "one host alone": (None, [BETA], 3, []),
    "one host alone, beside one of our own": (UNSURE, [BETA], 3, [UNSURE]),
    "two hosts": (UNSURE, [BETA, GAMMA], 3, [UNSURE, *TOLD]),
    "two hosts, one of them unsure": (None, [BETA, reference("gamma", is_trusted=False)], 3, []),
    "two hosts, one of them with nonsense": (None, [BETA, reference("gamma", high_s=float("-inf"))], 3, []),
    "no third host": (None, [BETA], 2, TOLD[:1]),
    "no third host, and unsure": (None, [reference("beta", is_trusted=False)], 2, []),
}


@pytest.mark.parametrize(("own", "others", "hosts", "counted"), WEIGHED.values(), ids=WEIGHED)
def test_which_external_servers_count(own, others, hosts, counted):
    assert weigh_references(own, others, hosts) == counted


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [0.0, 1e-9, -1e-3, 0.04, 1e10, 1e300, -1e308]
)
maybe = st.none() | numbers
hosts = st.sampled_from(["alpha", "beta", "gamma", "delta", ""])
pairs = st.builds(
    pair,
    hosts,
    numbers,
    bound_seconds=numbers,
    rtt_seconds=numbers,
    age_seconds=numbers,
    via=st.text(max_size=3),
    drift_ppm=maybe,
)
claims = st.builds(
    clocks.Claim,
    state=st.sampled_from(["synchronized", "holdover", "unsynchronized", "unknown", "?"]),
    daemon=st.text(max_size=3),
    upstreams=st.lists(hosts, max_size=2),
    offset_seconds=maybe,
    bound_seconds=maybe,
    leap=st.none() | st.sampled_from(["normal", "insert", "?"]),
    smear=st.none() | st.booleans(),
    age_seconds=maybe,
)


references = st.none() | st.builds(
    clocks.ReferenceOffset,
    offset_seconds=numbers,
    bound_seconds=numbers,
    servers=st.integers(-1, 3),
    identities=st.lists(hosts, max_size=2),
    age_seconds=numbers,
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["beta", "gamma", "delta"]), claims, st.lists(pairs, max_size=4), references),
        max_size=4,
    ),
    st.lists(pairs, max_size=3),
)
def test_whatever_peers_send_there_is_a_judgement_that_can_be_told(said, measured):
    rows, solver = Rows(), Solver(Thresholds(), HASTY)
    for seq, (host, claim, theirs, told) in enumerate(said, 1):
        word = word_of(host, *theirs, claim=claim, seq=seq, references=told)
        assert rows.hear(row(word), 0.0) == ""
    local = word_of("alpha", *measured)
    for now_s in (0.0, 20.0, 900.0):
        judgement = solver.judge(local, rows, (), now_s)
        assert {host.host for host in judgement.hosts} == {"alpha", *rows.hosts}
    kept = Claim(state=ClaimState.SYNCHRONIZED, reasons=("kept",))
    flags_to_raise("alpha", kept, judgement)
    describe_point(0.0, "alpha", kept, judgement, 0)
    report = describe_solution(
        local,
        judgement,
        claims={**rows.claim_reports(now_s), "alpha": CLAIM},
        unanswered=(),
        thresholds=solver.thresholds,
        consensus=None,
        complaints={},
        age_s=0.0,
    )
    assert msgspec.json.decode(answer_solution(report).get("report"))["solved"] is True
    assert Verdict(verdicts(judgement)["alpha"])


def measured(source, target, age_s):
    return Measurement(source=source, target=target, offset_s=0.0, bound_s=1e-4, rtt_s=2e-4, age_s=age_s, via="probe")


@pytest.mark.parametrize(
    ("ages_s", "kept"),
    [
        ((1.0, 79.0), (1.0, 79.0)),
        ((1.0, 81.0), (1.0,)),
        ((300.0, 81.0), (300.0, 81.0)),  # better than nothing
    ],
)
def test_what_is_old_gives_way_to_what_is_young(ages_s, kept):
    """However the pair was measured: the clock of a host whose timekeeper has died may have been set since."""
    one, other = measured("alpha", "beta", ages_s[0]), measured("beta", "alpha", ages_s[1])
    beside = measured("alpha", "gamma", 500.0)
    assert [each.age_s for each in without_stale([one, other, beside], 80.0)] == [*kept, 500.0]
