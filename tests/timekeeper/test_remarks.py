from dataclasses import replace

import pytest

from timekeeper.discipline import Discipline, Leap, NoAnswer, Reference, Upstream, UpstreamState
from timekeeper.remarks import remark_on_host, remark_on_upstreams
from timekeeper.time_daemons import TimeDaemons
from timekeeper.timex import KernelClock

WORD = Discipline(
    daemon="chronyd",
    leap=Leap.NORMAL,
    stratum=3,
    reference=Reference.OUTSIDE,
    offset_s=0.0,
    root_delay_s=0.0,
    root_dispersion_s=0.0,
    update_interval_s=64.0,
    updated_wall_ns=0,
)
KERNEL = KernelClock(
    leap=Leap.NORMAL,
    unsync=False,
    offset_s=0.0,
    maxerror_s=0.001,
    esterror_s=0.0,
    frequency_ppm=0.0,
    tai_offset_s=0,
)
UNSYNC = replace(KERNEL, unsync=True)
LETTERS = {
    "*": (UpstreamState.SELECTED, True),
    "+": (UpstreamState.COMBINED, True),
    "-": (UpstreamState.OUTLIER, True),
    "~": (UpstreamState.JITTERY, True),
    "x": (UpstreamState.FALSETICKER, True),
    "?": (UpstreamState.UNUSABLE, True),
    "0": (UpstreamState.UNUSABLE, False),
}


def with_sources(letters):
    upstreams = [Upstream(f"s{number}", *LETTERS[letter]) for number, letter in enumerate(letters)]
    return replace(WORD, upstreams=upstreams)


def running(*names, watching=()):
    return TimeDaemons(frozenset(names), frozenset(names) - frozenset(watching))


@pytest.mark.parametrize(
    ("letters", "remarks"),
    [
        ("*++", ()),
        ("*-+0", ()),
        ("", ("chronyd has no sources",)),
        ("*+x", ("falseticker: s2 disagrees with the majority",)),
        (
            "*x",
            (
                "falseticker: s1 disagrees with the majority",
                "only 2 of 2 sources usable: it takes 3 to outvote a wrong one",
            ),
        ),
        ("xxx", ("no majority: s0, s1, s2 contradict each other",)),
        (
            "xx",
            (
                "no majority: s0, s1 contradict each other",
                "only 2 of 2 sources usable: it takes 3 to outvote a wrong one",
            ),
        ),
        ("*", ("only 1 of 1 sources usable: it takes 3 to outvote a wrong one",)),
        ("*+?~", ("only 2 of 4 sources usable: it takes 3 to outvote a wrong one",)),
        ("000", ("none of 3 sources can be reached",)),
        ("???", ("only 0 of 3 sources usable: it takes 3 to outvote a wrong one",)),
    ],
)
def test_sources(letters, remarks):
    assert remark_on_upstreams(with_sources(letters)) == remarks


def test_names_that_cannot_be_resolved():
    remark = "4 sources have a name that cannot be resolved"
    assert remark_on_upstreams(replace(WORD, unresolved_upstreams=4)) == (remark,)
    assert remark_on_upstreams(replace(with_sources("*++"), unresolved_upstreams=4)) == (remark,)


@pytest.mark.parametrize(
    ("letters", "remarks"),
    [
        ("*", ("systemd-timesyncd listens to one server at a time: nothing outvotes a wrong one",)),
        ("0", ("none of 1 sources can be reached",)),
        ("", ("systemd-timesyncd has no sources",)),
    ],
)
def test_the_one_server_of_timesyncd(letters, remarks):
    assert remark_on_upstreams(replace(with_sources(letters), daemon="systemd-timesyncd")) == remarks


def test_the_one_grandmaster_of_ptp4l():
    remark = "ptp4l listens to one server at a time: nothing outvotes a wrong one"
    assert remark_on_upstreams(replace(with_sources("*"), daemon="ptp4l")) == (remark,)


def test_a_daemon_that_does_not_tell_its_sources_is_not_said_to_have_none():
    assert remark_on_upstreams(replace(WORD, daemon="clockbound", upstreams=None, unresolved_upstreams=1)) == ()


@pytest.mark.parametrize(
    ("daemons", "trusted", "kernel", "remarks"),
    [
        (running("chronyd"), "chronyd", KERNEL, ()),
        (running(), "", None, ()),
        (
            running("chronyd", "systemd-timesyncd"),
            "chronyd",
            KERNEL,
            ("several time daemons steer against each other: chronyd, systemd-timesyncd",),
        ),
        (
            running("chronyd"),
            "chronyd",
            UNSYNC,
            ("the kernel still says unsynchronised: `rtcsync` is missing in chrony.conf",),
        ),
        # chronyd -x never tells the kernel anything, and fights nobody.
        (
            running("chronyd", "ntpd", watching=["chronyd"]),
            "chronyd",
            UNSYNC,
            ("chronyd runs with -x: it watches the clock and does not steer it",),
        ),
        (running("ntpd"), "ntpd", UNSYNC, ()),
        (running("ptp4l", "phc2sys", "ts2phc", watching=["ptp4l", "ts2phc"]), "ptp4l", KERNEL, ()),
        (
            running("chronyd", "phc2sys"),
            "chronyd",
            KERNEL,
            ("several time daemons steer against each other: chronyd, phc2sys",),
        ),
        (
            running("systemd-timesyncd"),
            "systemd-timesyncd",
            KERNEL,
            ("systemd-timesyncd tells the kernel an error of 0: its maximum error is an age here, and no bound",),
        ),
        (running("systemd-timesyncd"), "systemd-timesyncd", NoAnswer("adjtimex failed"), ()),
        (running("systemd-timesyncd"), "", KERNEL, ()),
        (TimeDaemons(observers=frozenset({"clockbound"})), "clockbound", UNSYNC, ()),
        (running("chronyd"), "", UNSYNC, ()),
        (NoAnswer("processes cannot be listed: no"), "chronyd", UNSYNC, ("processes cannot be listed: no",)),
    ],
)
def test_host(daemons, trusted, kernel, remarks):
    assert remark_on_host(daemons, trusted, kernel) == remarks
