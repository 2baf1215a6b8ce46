"""From the words of all hosts to one judgement; whatever a peer has sent, there is one."""

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
from timekeeper.held import hold, tell_found
from timekeeper.solution import Electors, Fault, Patience, Thresholds, Verdict
from timekeeper.solver import Solver

HASTY = Patience(bursts=1, lasting_s=0.0, divided_s=0.0, grace_s=0.0)
THREE = Electors.of(("alpha", "beta", "gamma"))


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


def faults(judgement):
    return {host.host: set(host.faults) for host in judgement.hosts if host.faults}


def test_before_the_first_judgement(solver):
    assert (solver.judgement, solver.suspects) == (None, frozenset())


def test_alone(solver):
    judgement = solver.judge(word_of("alpha"), Rows(), Electors.of(("alpha",)), 5.0)
    assert verdicts(judgement) == {"alpha": "unknown"}
    assert solver.judgement is judgement


def test_who_belongs_to_the_cluster(solver):
    electors = Electors(frozenset({"alpha", "delta"}), 3, vouched_by_one=frozenset({"epsilon"}))
    judgement = solver.judge(word_of("alpha", pair("gamma")), rows_of(word_of("beta")), electors, 0.0)
    assert verdicts(judgement).keys() == {"alpha", "beta", "delta", "epsilon"}, "gamma was only heard of"


def test_the_words_of_all_count(solver):
    rows = rows_of(word_of("beta", pair("gamma", -0.0401)), word_of("gamma"))
    judgement = solver.judge(word_of("alpha", pair("beta", 0.040), pair("gamma", -0.0001)), rows, THREE, 0.0)
    assert verdicts(judgement) == {"alpha": "ok", "beta": "wrong", "gamma": "ok"}
    assert faults(judgement) == {"beta": {Fault.WRONG, Fault.FALSE_CLAIM}}


def test_old_words_count_no_more(solver):
    rows = rows_of(word_of("beta", pair("gamma")), word_of("gamma"))
    assert verdicts(solver.judge(word_of("alpha"), rows, THREE, 2000.0))["beta"] == "unknown"


def test_who_is_in_doubt_is_to_be_measured_more_often():
    solver = Solver(Thresholds())  # patient, so that nobody is wrong at once
    rows = rows_of(word_of("beta", pair("gamma", -0.040)), word_of("gamma"))
    solver.judge(word_of("alpha", pair("beta", 0.040), pair("gamma")), rows, THREE, 0.0)
    assert solver.suspects == {"beta"}


def test_who_is_off_with_all_others_is_measured_more_often_until_it_is_said():
    patient, hasty = Solver(Thresholds()), Solver(Thresholds(), HASTY)
    for solver in (patient, hasty):
        rows = rows_of(word_of("beta", pair("gamma"), heard=AWAY), word_of("gamma", heard=AWAY))
        solver.judge(word_of("alpha", pair("beta"), pair("gamma")), rows, THREE, 0.0)
    assert (patient.suspects, hasty.suspects) == (THREE.names, frozenset())


def servers(low_s, high_s):
    """What two external servers say of a host's clock."""
    middle_s, half_s = (low_s + high_s) / 2, (high_s - low_s) / 2
    return clocks.References(offset_seconds=middle_s, bound_seconds=half_s, agreeing=("s1", "s2"), age_seconds=1.0)


AWAY = servers(0.299, 0.301)


@pytest.mark.parametrize("told", [("beta", "gamma"), ("alpha", "gamma")])
def test_a_cluster_that_is_off_by_the_servers_of_two_hosts_is_so_for_every_host(solver, told):
    words = {host: {"heard": AWAY} if host in told else {} for host in THREE.names}
    rows = rows_of(word_of("beta", pair("gamma"), **words["beta"]), word_of("gamma", **words["gamma"]))
    judgement = solver.judge(word_of("alpha", pair("beta"), pair("gamma"), **words["alpha"]), rows, THREE, 0.0)
    assert faults(judgement) == {host: {Fault.CLUSTER_OFF} for host in ("alpha", "beta", "gamma")}


@pytest.mark.parametrize("host", ["alpha", "beta"])
def test_one_host_alone_may_have_invented_its_servers(solver, host):
    words = {host: {"heard": AWAY}}
    rows = rows_of(word_of("beta", pair("gamma"), **words.get("beta", {})), word_of("gamma"))
    local = word_of("alpha", pair("beta"), pair("gamma"), **words.get("alpha", {}))
    judgement = solver.judge(local, rows, THREE, 0.0)
    assert verdicts(judgement) == dict.fromkeys(("alpha", "beta", "gamma"), "ok")
    assert faults(judgement) == {}


def test_two_that_count_and_one_that_does_not_stand_apart(solver):
    """Three camps of two voters."""
    rows = rows_of(word_of("beta", pair("gamma", 0.1)), word_of("gamma"))
    local = word_of("alpha", pair("beta", 0.1), pair("gamma", 0.2))
    judgement = solver.judge(local, rows, Electors.of(("alpha", "beta")), 0.0)
    assert verdicts(judgement) == dict.fromkeys(("alpha", "beta", "gamma"), "no_majority")


def test_a_vague_claim_and_those_that_are_wrong_refute_nobody_where_a_host_claims_nothing(solver):
    """Alpha, beta and gamma are right, beta claims little, and gamma nothing; delta and epsilon are off together."""
    off_s = {"alpha": 0.0, "beta": 0.0, "gamma": 0.0, "delta": 0.36, "epsilon": 0.36}
    vague = msgspec.structs.replace(CLAIM, bound_seconds=0.4)
    claims = {"beta": {"claim": vague}, "gamma": {"claim": clocks.Claim(state="unsynchronized")}}
    alpha, *others = (
        word_of(
            one, *(pair(other, off_s[other] - off_s[one]) for other in off_s if other != one), **claims.get(one, {})
        )
        for one in off_s
    )
    judgement = solver.judge(alpha, rows_of(*others), Electors.of(off_s), 0.0)
    found = faults(judgement)
    assert found["delta"] == found["epsilon"]
    assert {host for host in found if Fault.WRONG in found[host]} == {"delta", "epsilon"}
    assert not any(Fault.FALSE_CLAIM in held for held in found.values())


def test_who_is_gone_does_not_blur_what_those_who_are_there_measure(solver):
    """Gamma measured both before the clock of alpha was set, and is gone since."""
    rows = rows_of(word_of("gamma", pair("alpha"), pair("beta")))
    assert rows.hear(row(word_of("beta", pair("alpha", 0.7))), 60.0) == ""
    judgement = solver.judge(word_of("alpha", pair("beta", -0.7)), rows, THREE, 60.0)
    assert verdicts(judgement) == {"alpha": "no_majority", "beta": "no_majority", "gamma": "unknown"}
    assert faults(judgement) == {host: {Fault.CONTRADICTED, Fault.NO_MAJORITY} for host in ("alpha", "beta")}


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
    upstreams=st.lists(hosts, max_size=2).map(tuple),
    offset_seconds=maybe,
    bound_seconds=maybe,
    leap=st.none() | st.sampled_from(["normal", "insert", "?"]),
    age_seconds=maybe,
)


references = st.none() | st.builds(
    clocks.References,
    offset_seconds=maybe,
    bound_seconds=maybe,
    agreeing=st.lists(hosts, max_size=3).map(tuple),
    age_seconds=maybe,
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["beta", "gamma", "delta"]), claims, st.lists(pairs, max_size=4), references),
        max_size=4,
    ),
    st.lists(pairs, max_size=3),
    st.sets(st.sampled_from(["alpha", "beta", "gamma", "delta"])),
)
def test_whatever_peers_send_there_is_a_judgement_that_can_be_told(said, measured, counting):
    rows, solver = Rows(), Solver(Thresholds(), HASTY)
    for seq, (host, claim, theirs, told) in enumerate(said, 1):
        word = word_of(host, *theirs, claim=claim, seq=seq, heard=told)
        assert rows.hear(row(word), 0.0) == ""
    local = word_of("alpha", *measured)
    for now_s in (0.0, 20.0, 900.0):
        judgement = solver.judge(local, rows, Electors.of(counting), now_s)
        assert {host.host for host in judgement.hosts} == {"alpha", *rows.hosts, *counting}
    kept = Claim(state=ClaimState.SYNCHRONIZED, reasons=("kept",))
    flags_to_raise(kept, hold("alpha", [tell_found(judgement)]))
    describe_point(0.0, "alpha", kept, judgement, 0)
    report = describe_solution(
        local,
        judgement,
        claims={**rows.said(), "alpha": CLAIM},
        unanswered=(),
        thresholds=solver.thresholds,
        references=rows.heard(),
        age_s=0.0,
    )
    assert msgspec.json.decode(answer_solution(report).get("report"))["solved"] is True
    assert Verdict(verdicts(judgement)["alpha"])


@pytest.mark.parametrize(("age_s", "is_measured"), [(79.0, True), (81.0, False)])
def test_what_is_old_is_void(age_s, is_measured):
    """On all solvers at about the same time, however long each of them remembers."""
    solver, rows = Solver(Thresholds()), Rows()
    local = word_of("alpha", pair("beta", age_seconds=age_s))
    solution = solver.judge(local, rows, Electors.of(("alpha", "beta")), 0.0).solution
    assert bool(solution.measurements) is is_measured
