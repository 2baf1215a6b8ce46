from dataclasses import replace
from functools import partial
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timekeeper.kernels import STEERED, UNSTEERED
from timekeeper.claim import ClaimState
from timekeeper.discipline import Discipline, Leap, NoAnswer, Reference, Upstream, UpstreamState
from timekeeper.evidence import Evidence
from timekeeper.time_daemons import TimeDaemons
from timekeeper.verdict import bound_error_s, fresh_s, judge

SYNCHRONIZED, HOLDOVER, UNSYNCHRONIZED, UNKNOWN = ClaimState
CHRONYD = frozenset({"chronyd"})
RUNNING = TimeDaemons(CHRONYD, CHRONYD)
SILENT = NoAnswer("chronyd at 127.0.0.1:323 did not answer in 1 s")
GOOD = Discipline(
    daemon="chronyd",
    leap=Leap.NORMAL,
    stratum=3,
    reference=Reference.OUTSIDE,
    offset_s=0.002,
    root_delay_s=0.010,
    root_dispersion_s=0.001,
    update_interval_s=64.0,
    updated_wall_ns=1,
    upstreams=tuple(Upstream(name, UpstreamState.COMBINED, reachable=True) for name in "abc"),
)
# What chronyd says before its first update, or after its sources lost their majority.
UNSET = replace(
    GOOD,
    leap=Leap.UNSYNCHRONIZED,
    stratum=0,
    reference=Reference.NONE,
    offset_s=0.0,
    root_delay_s=1.0,
    root_dispersion_s=1.0,
    update_interval_s=0.0,
    updated_wall_ns=0,
)


def answered(word, age_s=0.0, **others):
    return Evidence(
        **{"answer": word, "last_answer": word, "age_s": age_s, "kernel": STEERED, "daemons": RUNNING} | others
    )


def silent(last, age_s, **others):
    return answered(last, age_s, **{"answer": SILENT} | others)


def test_a_good_clock():
    claim = judge(answered(GOOD, 12.0))
    assert claim.state is SYNCHRONIZED
    assert claim.reasons == ("chronyd last updated the clock 12 s ago",)
    assert claim.daemon == "chronyd"
    assert claim.offset_s == 0.002
    assert claim.bound_s == pytest.approx(0.002 + 0.001 + 0.005 + 12 * 50e-6)
    assert claim.age_s == 12.0
    assert (claim.stratum, claim.leap) == (3, Leap.NORMAL)
    assert (claim.root_delay_s, claim.root_dispersion_s) == (0.010, 0.001)
    assert claim.upstreams == ("a", "b", "c")
    assert not claim.without_daemon


def test_a_claim_rests_on_what_the_daemon_uses():
    """A server that is dead or outvoted has no part in the clock's error; all are told beside."""
    upstreams = tuple(Upstream(state.value, state, reachable=True) for state in UpstreamState)
    for word in (replace(GOOD, upstreams=upstreams), replace(UNSET, upstreams=upstreams)):
        claim = judge(answered(word))
        assert claim.upstreams == ("selected", "combined")
        assert claim.sources == upstreams


def test_where_no_server_answers_any_more_a_claim_rests_on_the_last_one():
    lost = tuple(Upstream(name, UpstreamState.UNUSABLE, reachable=False) for name in "ab")
    assert judge(answered(replace(GOOD, upstreams=lost, followed="b"))).upstreams == ("b",)
    assert judge(answered(replace(GOOD, upstreams=lost))).upstreams == ()
    assert judge(answered(replace(GOOD, followed="z"))).upstreams == ("a", "b", "c")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"leap": Leap.UNSYNCHRONIZED}, "chronyd says it is not synchronised"),
        ({"reference": Reference.NONE}, "chronyd has selected no source"),
        (
            {"reference": Reference.OWN_CLOCK},
            "chronyd serves this host's own clock as if it were true: no outside reference",
        ),
        ({"stratum": 0}, "chronyd is at stratum 0, which is no synchronisation"),
        ({"stratum": 16}, "chronyd is at stratum 16, which is no synchronisation"),
        ({"fault": "chronyd is odd", "leap": Leap.UNSYNCHRONIZED}, "chronyd is odd"),
        ({"stratum": 20}, "chronyd is at stratum 20, which is no synchronisation"),
    ],
)
def test_an_answer_that_is_no_synchronisation(change, reason):
    claim = judge(answered(replace(GOOD, **change)))
    assert claim.state is UNSYNCHRONIZED
    assert claim.reasons[0] == reason
    assert claim.bound_s is None
    assert claim.offset_s is None


@pytest.mark.parametrize("leap", [Leap.INSERT, Leap.DELETE])
def test_a_leap_second_to_come_is_no_fault(leap):
    assert judge(answered(replace(GOOD, leap=leap))).state is SYNCHRONIZED


@pytest.mark.parametrize("stratum", [1, 15])
def test_every_real_stratum_is_good(stratum):
    assert judge(answered(replace(GOOD, stratum=stratum))).state is SYNCHRONIZED


def test_the_defaults_of_an_unsynchronised_daemon_are_not_measurements():
    claim = judge(answered(UNSET, 1e9))
    assert claim.state is UNSYNCHRONIZED
    assert (claim.bound_s, claim.root_delay_s, claim.root_dispersion_s, claim.age_s) == (None, None, None, None)


def test_the_kernel_does_not_count_when_a_daemon_answers():
    """chronyd without `rtcsync` never clears UNSYNC."""
    claim = judge(answered(GOOD, kernel=UNSTEERED))
    assert claim.state is SYNCHRONIZED
    assert "`rtcsync` is missing" in claim.reasons[-1]
    assert judge(answered(UNSET, kernel=STEERED)).state is UNSYNCHRONIZED


@pytest.mark.parametrize(
    ("interval_s", "age_s", "state"),
    [
        (0.25, 60.0, SYNCHRONIZED),
        (0.25, 60.1, HOLDOVER),
        (64.0, 512.0, SYNCHRONIZED),
        (64.0, 512.1, HOLDOVER),
        (64.0, 1512.0, HOLDOVER),
        (64.0, 1512.1, UNKNOWN),
        (1024.0, 2108.0, SYNCHRONIZED),
        (2048.0, 2108.0, SYNCHRONIZED),
        (86_400.0, 2108.1, HOLDOVER),  # the last interval was an outage of a day
        (86_400.0, 3108.1, UNKNOWN),
    ],
)
def test_an_old_update(interval_s, age_s, state):
    claim = judge(answered(replace(GOOD, update_interval_s=interval_s), age_s))
    assert claim.state is state
    assert (claim.bound_s is None) == (state is UNKNOWN)
    assert claim.age_s == age_s
    if state is not SYNCHRONIZED:
        limit_s = {0.25: 60, 64.0: 512, 86_400.0: 2108}[interval_s]
        words = f"; that is fresh for {limit_s} s, and it used to every {interval_s:.3g} s"
        assert claim.reasons[0].endswith(words)


CLOCKBOUND = replace(
    GOOD,
    daemon="clockbound",
    stratum=None,
    offset_s=None,
    root_delay_s=None,
    root_dispersion_s=None,
    further_error_s=0.004,
    update_interval_s=1.0,
    upstreams=None,
)


def test_a_daemon_that_knows_a_bound_and_no_offset():
    claim = judge(answered(CLOCKBOUND, 2.0))
    assert claim.state is SYNCHRONIZED
    assert (claim.offset_s, claim.stratum, claim.root_delay_s, claim.root_dispersion_s) == (None, None, None, None)
    assert claim.bound_s == pytest.approx(0.004 + 2 * 50e-6)
    assert claim.upstreams == ()
    assert claim.reasons == ("clockbound last updated the clock 2 s ago",)


@pytest.mark.parametrize(("max_drift", "rate"), [(0.0, 50e-6), (1e-6, 50e-6), (200e-6, 200e-6)])
def test_a_daemon_may_allow_for_more_drift_than_we_do_but_not_for_less(max_drift, rate):
    assert bound_error_s(replace(CLOCKBOUND, max_drift=max_drift), 10.0) == pytest.approx(0.004 + 10 * rate)


@pytest.mark.parametrize(
    ("age_s", "state"), [(60.0, HOLDOVER), (61.0, HOLDOVER), (1060.0, HOLDOVER), (1061.0, UNKNOWN)]
)
def test_a_clock_that_runs_free_by_its_daemons_own_word(age_s, state):
    claim = judge(answered(replace(CLOCKBOUND, is_free_running=True), age_s))
    assert claim.state is state
    if age_s <= 60:
        assert (
            claim.reasons[0] == "clockbound says that the clock runs free; clockbound last updated the clock 60 s ago"
        )


@pytest.mark.parametrize("word", [GOOD, UNSET])
def test_what_a_daemon_adds_follows_the_decisive_reason(word):
    claim = judge(answered(replace(word, remarks=("its leap file has expired",))))
    assert claim.reasons[1] == "its leap file has expired"


def test_remarks_follow_the_decisive_reason():
    sources = [
        Upstream("a", UpstreamState.SELECTED, reachable=True),
        Upstream("b", UpstreamState.FALSETICKER, reachable=True),
    ]
    both = frozenset({"chronyd", "ntpd"})
    claim = judge(answered(replace(GOOD, upstreams=sources), daemons=TimeDaemons(both, both)))
    assert claim.state is SYNCHRONIZED
    assert claim.reasons[1:] == (
        "falseticker: b disagrees with the majority",
        "only 2 of 2 sources usable: it takes 3 to outvote a wrong one",
        "several time daemons steer against each other: chronyd, ntpd",
    )


def test_one_missed_answer_of_a_running_daemon_changes_nothing_but_is_told():
    claim = judge(silent(GOOD, 30.0))
    assert claim.state is SYNCHRONIZED
    assert claim.reasons[0] == (
        "chronyd last updated the clock 30 s ago"
        " and gives no answer now: chronyd at 127.0.0.1:323 did not answer in 1 s"
    )
    assert claim.bound_s == pytest.approx(bound_error_s(GOOD, 30.0))


@pytest.mark.parametrize(("age_s", "state"), [(512.1, HOLDOVER), (1512.1, UNKNOWN)])
def test_a_daemon_that_runs_and_stays_silent(age_s, state):
    """Afterwards the kernel is asked, and UNSYNC of a running chronyd proves nothing."""
    assert judge(silent(GOOD, age_s, kernel=UNSTEERED)).state is state


def test_a_daemon_that_has_died():
    claim = judge(silent(GOOD, 30.0, daemons=TimeDaemons()))
    assert claim.state is HOLDOVER
    assert claim.reasons[0] == "chronyd no longer runs; chronyd last updated the clock 30 s ago"
    assert claim.bound_s == pytest.approx(bound_error_s(GOOD, 30.0))
    assert not claim.without_daemon


def test_a_daemon_that_has_died_long_ago():
    claim = judge(silent(GOOD, 2000.0, daemons=TimeDaemons()))
    assert claim.state is UNSYNCHRONIZED
    assert claim.reasons[0] == "no time daemon runs on this host any more"
    assert not claim.without_daemon


def test_a_last_word_that_was_no_synchronisation_is_not_held_on_to():
    assert judge(silent(UNSET, 5.0, kernel=UNSTEERED)).state is UNKNOWN
    assert judge(silent(UNSET, 5.0, daemons=TimeDaemons())).state is UNSYNCHRONIZED


def test_processes_that_cannot_be_listed_prove_no_death():
    assert judge(silent(GOOD, 30.0, daemons=NoAnswer("hidden"))).state is SYNCHRONIZED


@given(
    word=st.builds(
        partial(replace, GOOD),
        offset_s=st.floats(-10, 10),
        root_delay_s=st.floats(0, 10),
        root_dispersion_s=st.floats(0, 10),
        further_error_s=st.floats(0, 10),
        max_drift=st.floats(0, 1e-3),
        update_interval_s=st.floats(0, 4096),
    ),
    ages_s=st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)),
    is_silent=st.booleans(),
)
def test_a_bound_covers_the_offset_and_grows_with_age(word, ages_s, is_silent):
    tell = silent if is_silent else answered
    younger, older = (judge(tell(word, age_s)) for age_s in sorted(ages_s))
    trusted = [claim for claim in (younger, older) if claim.bound_s is not None and claim.upstreams]
    assert all(claim.bound_s >= abs(claim.offset_s) for claim in trusted)
    assert trusted == sorted(trusted, key=lambda claim: claim.bound_s)
    if max(ages_s) <= fresh_s(word):
        assert older.state is SYNCHRONIZED
    if younger.state in (HOLDOVER, UNKNOWN) and not is_silent:
        assert older.state in (HOLDOVER, UNKNOWN)


@pytest.mark.parametrize("word", [GOOD, UNSET, replace(GOOD, reference=Reference.OWN_CLOCK)])
@pytest.mark.parametrize("kernel", [STEERED, UNSTEERED, NoAnswer("no adjtimex")])
def test_every_verdict_explains_itself(word, kernel):
    daemons = (RUNNING, TimeDaemons(), TimeDaemons(CHRONYD), NoAnswer("hidden"))
    for answer, running, age_s in product((word, SILENT), daemons, (0.0, 600.0, 1e6)):
        claim = judge(answered(word, age_s, answer=answer, kernel=kernel, daemons=running))
        assert claim.reasons, (answer, running, age_s)
        assert all(claim.reasons), claim
        assert len(set(claim.reasons)) == len(claim.reasons), claim
