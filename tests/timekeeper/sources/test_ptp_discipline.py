from dataclasses import replace

import pytest

from timekeeper.discipline import Leap, Reference, Upstream, UpstreamState
from timekeeper.sources.ptp_codec import Current, Default, Parent, PortState, TimeStatus
from timekeeper.sources.ptp_discipline import PtpWord, describe_ptp
from timekeeper.timex import KernelClock
from timekeeper.verdict import bound_error_s, find_fault

OWN, GRANDMASTER = bytes.fromhex("2eedf3fffe095755"), bytes.fromhex("d6b5e7fffe2e7860")
OWN_NAME, GRANDMASTER_NAME = "2eedf3.fffe.095755", "d6b5e7.fffe.2e7860"
STEERED = KernelClock(
    leap=Leap.NORMAL,
    unsync=False,
    offset_s=0.0,
    maxerror_s=0.0005,
    esterror_s=0.0,
    frequency_ppm=0.0,
    tai_offset_s=37,
)
FOLLOWER = PtpWord(
    default=Default(1, OWN),
    current=Current(-3e-6, 2e-6),
    parent=Parent(1e-7, GRANDMASTER),
    leap=Leap.INSERT,
    status=TimeStatus(1_796_077_569_338_737_239),
    ports=[PortState.SLAVE],
)
ALONE = replace(FOLLOWER, parent=Parent(None, OWN), current=Current(0.0, 0.0), status=TimeStatus(0))
LEADER = replace(ALONE, parent=Parent(1e-7, OWN), ports=[PortState.MASTER])


def steered(ago_s):
    return replace(STEERED, maxerror_s=(ago_s - 1) * 500e-6)


def test_one_that_follows():
    word = describe_ptp(FOLLOWER, STEERED)
    assert find_fault(word) == ""
    assert (word.daemon, word.leap, word.reference) == ("ptp4l", Leap.INSERT, Reference.OUTSIDE)
    assert word.offset_s == -3e-6
    assert word.updated_wall_ns == FOLLOWER.status.ingress_ns
    assert word.upstreams == (Upstream(GRANDMASTER_NAME, UpstreamState.SELECTED, reachable=True),)
    assert word.remarks == ()
    assert not word.is_free_running


def test_each_term_of_its_bound():
    """The offset, the delay one way, the accuracy; 50 ppm since the system clock was steered, and since the master was heard."""
    word = describe_ptp(FOLLOWER, STEERED)
    assert bound_error_s(word, 4.0) == pytest.approx(3e-6 + 2e-6 + 1e-7 + 50e-6 * 2.0 + 50e-6 * 4.0)


def test_where_the_grandmaster_does_not_tell_how_true_it_is_the_maximum_error_of_the_kernel_stands_in():
    """With what it may not have grown yet: the kernel adds to it once a second."""
    word = describe_ptp(replace(FOLLOWER, parent=Parent(None, GRANDMASTER)), STEERED)
    assert bound_error_s(word, 0.0) == pytest.approx(3e-6 + 2e-6 + 0.0005 + 0.0005)
    assert find_fault(word) == ""
    assert word.remarks == (f"the grandmaster {GRANDMASTER_NAME} does not tell how true its own clock is",)


def test_a_delay_below_nothing_is_none():
    word = describe_ptp(replace(FOLLOWER, current=Current(0.0, -5e-9)), STEERED)
    assert word.root_delay_s == 0


def test_a_grandmaster():
    word = describe_ptp(LEADER, STEERED)
    assert find_fault(word) == ""
    assert (word.offset_s, word.root_delay_s, word.age_s) == (None, None, 2.0)
    assert bound_error_s(word, 2.0) == pytest.approx(1e-7 + 50e-6 * (2.0 + 2.0))
    assert word.upstreams == (Upstream(OWN_NAME, UpstreamState.SELECTED, reachable=True),)


@pytest.mark.parametrize(
    ("ports", "is_used"),
    [
        ([PortState.MASTER, PortState.SLAVE], True),  # a boundary clock
        ([PortState.FAULTY, PortState.SLAVE], True),
        ([PortState.GRAND_MASTER], False),
        ([PortState.MASTER], False),
    ],
)
def test_several_ports(ports, is_used):
    word = describe_ptp(replace(FOLLOWER, ports=ports), STEERED)
    assert (find_fault(word) == "") is is_used


@pytest.mark.parametrize(
    ("word", "kernel", "fault", "upstreams"),
    [
        (
            replace(ALONE, ports=[PortState.LISTENING]),
            STEERED,
            "ptp4l follows no master: port 1 is listening",
            (),
        ),
        (
            replace(ALONE, ports=[PortState.FAULTY, PortState.PRE_MASTER]),
            STEERED,
            "ptp4l follows no master: port 1 is faulty, 2 is pre-master",
            (),
        ),
        (
            replace(FOLLOWER, ports=[PortState.UNCALIBRATED]),
            STEERED,
            "ptp4l follows no master: port 1 is uncalibrated",
            (Upstream(GRANDMASTER_NAME, UpstreamState.UNUSABLE, reachable=False),),
        ),
        (replace(ALONE, ports=[]), STEERED, "ptp4l has no port", ()),
        (
            replace(LEADER, parent=Parent(None, OWN)),
            STEERED,
            "ptp4l serves this host's own clock as if it were true: no outside reference",
            (Upstream(OWN_NAME, UpstreamState.SELECTED, reachable=True),),
        ),
        (
            FOLLOWER,
            replace(STEERED, unsync=True),
            "ptp4l knows the time, but by the kernel's word nothing steers the system clock: does phc2sys run?",
            (Upstream(GRANDMASTER_NAME, UpstreamState.SELECTED, reachable=True),),
        ),
        (
            LEADER,
            steered(1061.0),
            "ptp4l knows the time, but nothing has steered the system clock for 1061 s: does phc2sys run?",
            (Upstream(OWN_NAME, UpstreamState.SELECTED, reachable=True),),
        ),
    ],
)
def test_what_is_no_synchronisation(word, kernel, fault, upstreams):
    described = describe_ptp(word, kernel)
    assert find_fault(described) == fault
    assert described.upstreams == upstreams


@pytest.mark.parametrize("state", [PortState.LISTENING, PortState.UNCALIBRATED, PortState.FAULTY])
def test_one_that_has_lost_its_master_runs_free(state):
    followed, lost = describe_ptp(FOLLOWER, STEERED), replace(ALONE, ports=[state])
    word = describe_ptp(lost, STEERED, followed)
    assert (find_fault(word), word.is_free_running) == ("", True)
    assert word.remarks == (f"ptp4l follows no master: port 1 is {state.name.lower()}",)
    assert (word.updated_wall_ns, word.upstreams) == (followed.updated_wall_ns, followed.upstreams)
    assert find_fault(describe_ptp(lost, replace(STEERED, unsync=True), followed)).startswith("ptp4l follows no master")
    assert describe_ptp(LEADER, STEERED, followed) == describe_ptp(LEADER, STEERED)


@pytest.mark.parametrize(("ago_s", "runs_free"), [(59.9, False), (60.1, True), (1059.9, True)])
def test_where_phc2sys_has_ended_the_clock_runs_free(ago_s, runs_free):
    word = describe_ptp(FOLLOWER, steered(ago_s))
    assert word.is_free_running is runs_free
    assert find_fault(word) == ""
    assert word.further_error_s == pytest.approx(50e-6 * ago_s)
