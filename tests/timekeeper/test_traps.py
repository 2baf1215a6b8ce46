"""The known traps of every source, from what it says to what an operator reads."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from timekeeper.claim import ClaimState
from timekeeper.discipline import Leap, NoAnswer
from timekeeper.evidence import Evidence
from timekeeper.sources.belief import believe
from timekeeper.sources.chrony_codec import Activity, Source, SourceMode, SourceState, Tracking
from timekeeper.sources.chrony_discipline import describe_chrony
from timekeeper.sources.clockbound_segment import ClockStatus, Segment, describe_clockbound
from timekeeper.sources.mode6 import Association, Selection
from timekeeper.sources.ntpd_discipline import Peer, describe_ntpd
from timekeeper.sources.timesyncd_message import describe_timesyncd
from timekeeper.time_daemons import TimeDaemons
from timekeeper.timex import KernelClock
from timekeeper.verdict import judge

SYNCHRONIZED, HOLDOVER, UNSYNCHRONIZED, UNKNOWN = ClaimState
S = 10**9
STEERED = KernelClock(
    leap=Leap.NORMAL,
    unsync=False,
    offset_s=0.0,
    maxerror_s=0.002,
    esterror_s=0.0,
    frequency_ppm=0.0,
    tai_offset_s=0,
)
UNSTEERED = replace(STEERED, unsync=True, maxerror_s=16.0)


def running(*names, watching=(), observers=()):
    return TimeDaemons(frozenset(names), frozenset(names) - frozenset(watching), frozenset(observers))


def chrony(states="*++", **tracking):
    letters = {"*": SourceState.SELECTED, "+": SourceState.UNSELECTED, "x": SourceState.FALSETICKER}
    told = {
        "reference_id": 0xC0000201,
        "address": "192.0.2.1",
        "stratum": 3,
        "leap": Leap.NORMAL,
        "reference_time_ns": 0,
        "correction_s": -0.001,
        "last_offset_s": 0.0,
        "rms_offset_s": 0.0,
        "frequency_ppm": 0.0,
        "residual_frequency_ppm": 0.0,
        "skew_ppm": 0.0,
        "root_delay_s": 0.004,
        "root_dispersion_s": 0.001,
        "update_interval_s": 64.0,
    }
    sources = [
        Source(f"192.0.2.{number}", 6, 2, letters[letter], SourceMode.CLIENT, 0o377, 1, 0.0, 0.0)
        for number, letter in enumerate(states, 1)
    ]
    return describe_chrony(Tracking(**(told | tracking)), sources, Activity(len(sources), 0, 0, 0, 0), {})


def ntpd(states="*++", **system):
    letters = {"*": Selection.SYSTEM_PEER, "+": Selection.CANDIDATE, "x": Selection.FALSETICKER}
    told = {
        "leap": "0",
        "stratum": "3",
        "rootdelay": "4.0",
        "rootdisp": "1.0",
        "refid": "192.0.2.1",
        "reftime": "0xeeb13d5d.0",
        "tc": "6",
        "offset": "-1.0",
    }
    peers = [
        Peer(Association(number, letters[letter], reachable=True), {"srcadr": f"192.0.2.{number}", "refid": "GPS"})
        for number, letter in enumerate(states, 1)
    ]
    return describe_ntpd(told | system, peers)


def timesyncd(ahead_us=1000, packets=1):
    text = (Path(__file__).parent / "sources/recorded/timesyncd-257-250ms-ahead.json").read_text()
    answer = json.loads(text)
    message = answer["data"][0]["NTPMessage"]["data"]
    message[5:7] = [2000, 1000]
    message[8:12] = [S + ahead_us, S + 100, S + 200, S + ahead_us + 300]
    message[13] = packets
    return describe_timesyncd(json.dumps(answer).encode())


def clockbound(status=ClockStatus.SYNCHRONIZED, age_s=1):
    segment = Segment(1000 * S, 2000 * S, 4_000_000, 7, 1_000, status)
    return describe_clockbound(segment, (1000 + age_s) * S, 0)


def judged(word, daemons, kernel=STEERED, age_s=10.0):
    answer = believe({word.daemon: word}, daemons)
    return judge(Evidence(answer=answer, last_answer=answer, age_s=age_s, kernel=kernel, daemons=daemons))


NOTHING = ""


@pytest.mark.parametrize(
    ("word", "daemons", "kernel", "state", "reason"),
    [
        (chrony(), running("chronyd"), STEERED, SYNCHRONIZED, NOTHING),
        (chrony(), running("chronyd"), UNSTEERED, SYNCHRONIZED, "`rtcsync` is missing in chrony.conf"),
        (
            chrony(correction_s=-0.3),
            running("chronyd", watching=["chronyd"]),
            UNSTEERED,
            SYNCHRONIZED,
            "chronyd runs with -x: it watches the clock and does not steer it",
        ),
        (
            chrony("*+x"),
            running("chronyd"),
            STEERED,
            SYNCHRONIZED,
            "falseticker: 192.0.2.3 disagrees with the majority",
        ),
        (chrony("*"), running("chronyd"), STEERED, SYNCHRONIZED, "only 1 of 1 sources usable"),
        (
            chrony("xx", leap=Leap.UNSYNCHRONIZED, stratum=0, reference_id=0),
            running("chronyd"),
            STEERED,
            UNSYNCHRONIZED,
            "no majority: 192.0.2.1, 192.0.2.2 contradict each other",
        ),
        (
            chrony(leap=Leap.UNSYNCHRONIZED, stratum=0, root_delay_s=1.0, root_dispersion_s=1.0),
            running("chronyd"),
            STEERED,
            UNSYNCHRONIZED,
            "chronyd says it is not synchronised",
        ),
        (chrony(stratum=0), running("chronyd"), STEERED, UNSYNCHRONIZED, "chronyd is at stratum 0"),
        (chrony(reference_id=0), running("chronyd"), STEERED, UNSYNCHRONIZED, "chronyd has selected no source"),
        (chrony(reference_id=0x7F7F0101), running("chronyd"), STEERED, UNSYNCHRONIZED, "serves this host's own clock"),
        (
            chrony(),
            running("chronyd", "systemd-timesyncd"),
            STEERED,
            SYNCHRONIZED,
            "several time daemons steer against each other: chronyd, systemd-timesyncd",
        ),
        (ntpd(), running("ntpd"), STEERED, SYNCHRONIZED, NOTHING),
        (ntpd("*+x"), running("ntpd"), STEERED, SYNCHRONIZED, "falseticker: 192.0.2.3 disagrees with the majority"),
        (ntpd("*+"), running("ntpd"), STEERED, SYNCHRONIZED, "only 2 of 2 sources usable"),
        (ntpd(leap="3", stratum="16", refid="INIT"), running("ntpd"), STEERED, UNSYNCHRONIZED, "not synchronised"),
        (ntpd(refid="STEP"), running("ntpd"), STEERED, UNSYNCHRONIZED, "ntpd has selected no source"),
        (ntpd(refid="LOCL"), running("ntpd"), STEERED, UNSYNCHRONIZED, "ntpd serves this host's own clock"),
        (ntpd(refid="127.0.0.1"), running("ntpd"), STEERED, UNSYNCHRONIZED, "ntpd serves this host's own clock"),
        (
            ntpd(),
            running("chronyd", "ntpd"),
            STEERED,
            SYNCHRONIZED,
            "several time daemons steer against each other: chronyd, ntpd",
        ),
        (
            timesyncd(),
            running("systemd-timesyncd"),
            STEERED,
            SYNCHRONIZED,
            "systemd-timesyncd tells the kernel an error of 0: its maximum error is an age here, and no bound",
        ),
        (
            timesyncd(),
            running("systemd-timesyncd"),
            STEERED,
            SYNCHRONIZED,
            "systemd-timesyncd listens to one server at a time: nothing outvotes a wrong one",
        ),
        (
            timesyncd(),
            running("systemd-timesyncd"),
            STEERED,
            SYNCHRONIZED,
            "127.0.0.1 serves its own clock as if it were true: its reference is 127.127.1.1",
        ),
        (timesyncd(ahead_us=500_000), running("systemd-timesyncd"), STEERED, SYNCHRONIZED, "+0.500 s off"),
        (
            timesyncd(packets=0),
            running("systemd-timesyncd"),
            STEERED,
            UNSYNCHRONIZED,
            "none of 1 sources can be reached",
        ),
        (clockbound(), running("chronyd", observers=["clockbound"]), STEERED, SYNCHRONIZED, NOTHING),
        (clockbound(age_s=30), running(), STEERED, HOLDOVER, "clockbound says that the clock runs free"),
        (
            clockbound(ClockStatus.FREE_RUNNING),
            running("chronyd", observers=["clockbound"]),
            STEERED,
            HOLDOVER,
            "clockbound says that the clock runs free",
        ),
        (
            clockbound(ClockStatus.DISRUPTED),
            running("chronyd", observers=["clockbound"]),
            STEERED,
            UNSYNCHRONIZED,
            "this virtual machine was stopped, moved or restored",
        ),
    ],
)
def test_a_trap_is_named(word, daemons, kernel, state, reason):
    claim = judged(word, daemons, kernel)
    assert claim.state is state
    assert (claim.bound_s is None) == (state is UNSYNCHRONIZED)
    if reason == NOTHING:
        assert len(claim.reasons) == 1
    else:
        assert any(reason in one for one in claim.reasons), claim.reasons


@pytest.mark.parametrize(
    ("word", "bound_s"),
    [
        (chrony(), 0.001 + 0.001 + 0.004 / 2),
        (ntpd(), 0.001 + 0.001 + 0.004 / 2),
        (timesyncd(), 0.001 + 0.001 + 0.002 / 2 + 0.0001),
        (timesyncd(ahead_us=-500_000), 0.5 + 0.001 + 0.002 / 2 + 0.0001),
        (clockbound(), 0.004),
    ],
)
@pytest.mark.parametrize("age_s", [0.0, 50.0])
def test_the_bound_of_every_source_grows_with_age(word, bound_s, age_s):
    claim = judged(word, running(word.daemon), age_s=age_s)
    assert claim.bound_s == pytest.approx(bound_s + age_s * 50e-6, rel=1e-3)


@pytest.mark.parametrize("word", [chrony(), ntpd(), timesyncd(), clockbound()])
@pytest.mark.parametrize(("is_seen", "state"), [(True, SYNCHRONIZED), (False, HOLDOVER)])
def test_a_daemon_that_falls_silent_is_held_over_once_it_is_gone(word, is_seen, state):
    daemons = TimeDaemons(names=frozenset({word.daemon} if is_seen else ()))
    silence = NoAnswer("it is silent")
    claim = judge(Evidence(answer=silence, last_answer=word, age_s=20.0, kernel=STEERED, daemons=daemons))
    assert claim.state is state
    assert claim.bound_s > 20 * 50e-6


def test_the_kernels_maximum_error_under_timesyncd_is_no_bound_either_when_timesyncd_is_silent():
    daemons = running("systemd-timesyncd")
    claim = judge(Evidence(answer=NoAnswer("it is silent"), kernel=STEERED, daemons=daemons))
    assert (claim.state, claim.bound_s) == (SYNCHRONIZED, None)
    assert claim.reasons[-1] == (
        "systemd-timesyncd tells the kernel an error of 0: its maximum error is an age, so there is no bound"
    )
