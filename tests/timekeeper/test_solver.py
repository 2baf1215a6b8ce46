"""From the words of all hosts to one judgement; whatever a peer has sent, there is one."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timekeeper.cluster.words import CLAIM, pair, row, word_of
from timekeeper.claim import Claim, ClaimState
from timekeeper.cluster.rows import Rows
from timekeeper.cluster_report import answer_solution, describe_solution
from timekeeper.conclusion import describe_point, flags_to_raise
from timekeeper.intervals import Interval
from timekeeper.references.consensus import Consensus
from timekeeper.report import ClaimReport
from timekeeper.solution import Measurement, Patience, ReferenceInterval, Thresholds, Verdict
from timekeeper.solver import Solver, references_of, without_stale

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
    judgement = solver.judge(word_of("alpha"), Rows(), (), None, 5.0)
    assert verdicts(judgement) == {"alpha": "unknown"}
    assert (solver.judgement, solver.judged_s) == (judgement, 5.0)


def test_who_belongs_to_the_cluster(solver):
    judgement = solver.judge(word_of("alpha", pair("gamma")), rows_of(word_of("beta")), {"delta"}, None, 0.0)
    assert verdicts(judgement).keys() == {"alpha", "beta", "delta"}, "gamma was only heard of"


def test_the_words_of_all_count(solver):
    rows = rows_of(word_of("beta", pair("gamma", -0.0401)), word_of("gamma"))
    judgement = solver.judge(word_of("alpha", pair("beta", 0.040), pair("gamma", -0.0001)), rows, (), None, 0.0)
    assert verdicts(judgement) == {"alpha": "ok", "beta": "wrong", "gamma": "ok"}


def test_old_words_count_no_more(solver):
    rows = rows_of(word_of("beta", pair("gamma")), word_of("gamma"))
    assert verdicts(solver.judge(word_of("alpha"), rows, (), None, 2000.0))["beta"] == "unknown"


def test_who_is_in_doubt_is_to_be_measured_more_often():
    solver = Solver(Thresholds())  # patient, so that nobody is wrong at once
    rows = rows_of(word_of("beta", pair("gamma", -0.040)), word_of("gamma"))
    solver.judge(word_of("alpha", pair("beta", 0.040), pair("gamma")), rows, (), None, 0.0)
    assert solver.suspects == {"beta"}


def consensus(*agreeing):
    return Consensus(interval=Interval(-0.001, 0.002), agreeing=agreeing)


@pytest.mark.parametrize(
    ("agreeing", "name", "is_trusted"),
    [
        (("192.0.2.1:123",), "192.0.2.1", False),
        (("[2001:db8::1]:123",), "2001:db8::1", False),
        (("ntp1.example.net:123", "[2001:db8::1]:123"), "ntp1.example.net, 2001:db8::1", True),
    ],
)
def test_external_servers_are_one_vote(agreeing, name, is_trusted):
    assert references_of(consensus(*agreeing), "alpha") == (
        ReferenceInterval(name=name, host="alpha", low_s=-0.001, high_s=0.002, is_trusted=is_trusted),
    )


def test_servers_that_do_not_agree_are_none():
    assert references_of(Consensus(interval=None), "alpha") == ()


def test_two_servers_that_agree_are_believed_over_all_hosts(solver):
    rows = rows_of(word_of("beta"), word_of("gamma"))
    local = word_of("alpha", pair("beta"), pair("gamma"))
    late = Consensus(interval=Interval(0.299, 0.301), agreeing=("192.0.2.8:123", "192.0.2.9:123"))
    judgement = solver.judge(local, rows, (), late, 0.0)
    assert judgement.solution.is_cluster_off
    assert all(host.solved.claim_holds is False for host in judgement.hosts)


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
    ClaimReport,
    state=st.sampled_from(["synchronized", "holdover", "unsynchronized", "unknown", "?"]),
    daemon=st.text(max_size=3),
    upstreams=st.lists(hosts, max_size=2),
    offset_seconds=maybe,
    bound_seconds=maybe,
    leap=st.none() | st.sampled_from(["normal", "insert", "?"]),
    smear=st.none() | st.booleans(),
    age_seconds=maybe,
)


@given(
    st.lists(st.tuples(st.sampled_from(["beta", "gamma", "delta"]), claims, st.lists(pairs, max_size=4)), max_size=4),
    st.lists(pairs, max_size=3),
)
def test_whatever_peers_send_there_is_a_judgement_that_can_be_told(said, measured):
    rows, solver = Rows(), Solver(Thresholds(), HASTY)
    for seq, (host, claim, theirs) in enumerate(said, 1):
        word = word_of(host, *theirs, claim=claim, seq=seq)
        assert rows.hear(row(word), 0.0) == ""
    local = word_of("alpha", *measured)
    for now_s in (0.0, 20.0, 900.0):
        judgement = solver.judge(local, rows, (), None, now_s)
        assert {host.host for host in judgement.hosts} == {"alpha", *rows.hosts}
    kept = Claim(state=ClaimState.SYNCHRONIZED, reasons=("kept",))
    flags_to_raise("alpha", kept, judgement)
    describe_point(0.0, "alpha", kept, judgement, 0)
    report = describe_solution(
        local,
        judgement,
        claims={**rows.claim_reports(), "alpha": CLAIM},
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
