from dataclasses import replace

import pytest

from tests.timekeeper.kernels import STEERED, UNSTEERED
from timekeeper.claim import ClaimState
from timekeeper.discipline import Discipline, Leap, NoAnswer, Reference
from timekeeper.evidence import Evidence
from timekeeper.kernel_verdict import judge_by_kernel
from timekeeper.time_daemons import TimeDaemons

SYNCHRONIZED, HOLDOVER, UNSYNCHRONIZED, UNKNOWN = ClaimState
REFUSED = NoAnswer("nothing listens at 127.0.0.1:323 for chronyd")
NO_KERNEL = NoAnswer("adjtimex failed: Operation not permitted")
HIDDEN = NoAnswer("processes cannot be listed: no /proc")
GIVEN_UP = Discipline(
    daemon="chronyd",
    leap=Leap.UNSYNCHRONIZED,
    stratum=0,
    reference=Reference.NONE,
    offset_s=0.0,
    root_delay_s=1.0,
    root_dispersion_s=1.0,
    update_interval_s=0.0,
    updated_wall_ns=0,
)


def running(*names):
    return TimeDaemons(frozenset(names), frozenset(names))


def judged(kernel, daemons, last=None):
    evidence = Evidence(answer=REFUSED, last_answer=last, kernel=kernel, daemons=daemons)
    return judge_by_kernel(REFUSED, evidence)


@pytest.mark.parametrize(
    ("kernel", "daemons", "state", "reason"),
    [
        (UNSTEERED, running(), UNSYNCHRONIZED, "no time daemon runs on this host"),
        (NO_KERNEL, running(), UNSYNCHRONIZED, "no time daemon runs on this host"),
        (STEERED, running(), UNKNOWN, "yet its clock was steered at most 20 s ago"),
        (UNSTEERED, running("chronyd"), UNKNOWN, "which proves nothing: chronyd may leave it so"),
        (UNSTEERED, running("chronyd", "ntpd"), UNKNOWN, "which proves nothing: chronyd may leave it so"),
        (UNSTEERED, running("ntpd"), UNSYNCHRONIZED, "the kernel says its clock is not synchronised"),
        (UNSTEERED, running("systemd-timesyncd"), UNSYNCHRONIZED, "the kernel says its clock is not synchronised"),
        (UNSTEERED, TimeDaemons(frozenset({"chronyd"})), UNSYNCHRONIZED, "the kernel says its clock is not"),
        (UNSTEERED, HIDDEN, UNKNOWN, "which proves nothing: some daemons leave it so, and which run is hidden"),
        (NO_KERNEL, running("ntpd"), UNKNOWN, "adjtimex failed: Operation not permitted"),
        (STEERED, running("ntpd"), SYNCHRONIZED, "by the kernel's word alone: its clock was steered at most 20 s ago"),
        (STEERED, running("chronyd"), SYNCHRONIZED, "by the kernel's word alone"),
        (STEERED, HIDDEN, SYNCHRONIZED, "by the kernel's word alone"),
    ],
)
def test_states(kernel, daemons, state, reason):
    claim = judged(kernel, daemons)
    assert claim.state is state
    assert any(reason in one for one in claim.reasons), claim.reasons
    assert "no answer: nothing listens at 127.0.0.1:323 for chronyd" in claim.reasons


@pytest.mark.parametrize(
    ("maxerror_s", "state"),
    [(2.048, SYNCHRONIZED), (2.049, HOLDOVER), (2.548, HOLDOVER), (2.549, UNKNOWN)],
)
def test_the_maximum_error_is_a_bound_and_tells_the_age(maxerror_s, state):
    claim = judged(replace(STEERED, maxerror_s=maxerror_s), running("ntpd"))
    assert claim.state is state
    assert claim.daemon == "ntpd"
    assert claim.bound_s == (None if state is UNKNOWN else maxerror_s)
    assert claim.age_s == pytest.approx(maxerror_s / 500e-6)
    assert claim.offset_s is None


def test_under_timesyncd_the_maximum_error_is_no_bound():
    claim = judged(STEERED, running("systemd-timesyncd"))
    assert claim.state is SYNCHRONIZED
    assert claim.bound_s is None
    assert claim.reasons[-1] == (
        "systemd-timesyncd tells the kernel an error of 0: its maximum error is an age, so there is no bound"
    )


def test_under_openntpd_neither():
    claim = judged(STEERED, running("openntpd"))
    assert (claim.state, claim.daemon, claim.bound_s) == (SYNCHRONIZED, "openntpd", None)
    assert claim.reasons[-1].startswith("openntpd tells the kernel an error of 0")


@pytest.mark.parametrize(
    ("daemons", "daemon"),
    [
        (running("phc2sys"), "phc2sys"),
        (TimeDaemons(frozenset({"ptp4l", "phc2sys", "timemaster"}), frozenset({"phc2sys"})), "phc2sys"),
        (running("ptp4l"), "ptp4l"),
        (TimeDaemons(frozenset({"ptp4l"})), "ptp4l"),  # its file may say that it steers
    ],
)
@pytest.mark.parametrize(
    ("age_s", "state"),
    [(0.0, SYNCHRONIZED), (60.0, SYNCHRONIZED), (60.5, HOLDOVER), (1060.0, HOLDOVER), (1061.0, UNKNOWN)],
)
def test_a_ptp4l_that_does_not_answer(daemons, daemon, age_s, state):
    """It and phc2sys tell the kernel each second; by so much its maximum error may not have grown yet."""
    claim = judged(replace(STEERED, maxerror_s=age_s * 500e-6), daemons)
    assert (claim.state, claim.daemon) == (state, daemon)
    assert claim.bound_s == (None if state is UNKNOWN else pytest.approx((age_s + 1) * 500e-6))
    assert judged(UNSTEERED, daemons).state is UNSYNCHRONIZED


def test_which_of_two_daemons_steers_is_not_told():
    claim = judged(STEERED, running("ntpd", "systemd-timesyncd"))
    assert claim.daemon == ""
    assert "several time daemons steer against each other: ntpd, systemd-timesyncd" in claim.reasons


def test_a_host_without_any_daemon_promised_nothing():
    assert judged(UNSTEERED, running()).without_daemon
    assert judged(STEERED, running()).without_daemon
    assert not judged(UNSTEERED, running("chronyd")).without_daemon
    assert not judged(UNSTEERED, HIDDEN).without_daemon


@pytest.mark.parametrize("kernel", [STEERED, UNSTEERED])
def test_a_daemon_that_went_away_while_it_was_watched_is_a_loss(kernel):
    claim = judged(kernel, running(), last=GIVEN_UP)
    assert claim.state is UNSYNCHRONIZED
    assert claim.reasons[0] == "no time daemon runs on this host any more"
    assert not claim.without_daemon
