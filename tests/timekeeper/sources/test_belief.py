import pytest

from timekeeper.discipline import Discipline, Leap, NoAnswer, Reference
from timekeeper.sources.belief import ALL_SILENT, believe
from timekeeper.time_daemons import TimeDaemons

HIDDEN = NoAnswer("processes of other users are hidden")


def word(daemon):
    return Discipline(
        daemon=daemon,
        leap=Leap.NORMAL,
        stratum=3,
        reference=Reference.OUTSIDE,
        offset_s=0.0,
        root_delay_s=0.0,
        root_dispersion_s=0.0,
        update_interval_s=64.0,
        updated_wall_ns=0,
    )


def running(*names, watching=(), observers=()):
    return TimeDaemons(frozenset(names), frozenset(names) - frozenset(watching), frozenset(observers))


def answers(*speaking):
    """All five in their order; those not named are silent."""
    return {
        daemon: word(daemon) if daemon in speaking else NoAnswer(f"{daemon} is silent")
        for daemon in ("chronyd", "ntpd", "systemd-timesyncd", "ptp4l", "clockbound")
    }


@pytest.mark.parametrize(
    ("speaking", "daemons", "believed"),
    [
        (["chronyd", "ntpd", "systemd-timesyncd", "clockbound"], HIDDEN, "chronyd"),
        (["ntpd", "systemd-timesyncd", "clockbound"], HIDDEN, "ntpd"),
        (["systemd-timesyncd", "clockbound"], HIDDEN, "systemd-timesyncd"),
        (["clockbound"], HIDDEN, "clockbound"),
        (["chronyd", "ntpd"], running("chronyd", "ntpd"), "chronyd"),
        (["chronyd", "ntpd"], running("ntpd"), "ntpd"),
        (["chronyd", "ntpd"], running(), "chronyd"),
        (
            ["chronyd", "systemd-timesyncd"],
            running("chronyd", "systemd-timesyncd", watching=["chronyd"]),
            "systemd-timesyncd",
        ),
        (["chronyd", "ptp4l"], running("chronyd", "ptp4l", watching=["ptp4l"]), "chronyd"),
        (["chronyd", "ptp4l"], running("chronyd", "ptp4l", watching=["chronyd"]), "ptp4l"),
        (["chronyd", "ptp4l"], running("chronyd", "ptp4l", "phc2sys", watching=["chronyd", "ptp4l"]), "ptp4l"),
        (["chronyd", "clockbound"], running("chronyd", observers=["clockbound"]), "chronyd"),
        (["chronyd", "clockbound"], running("chronyd", watching=["chronyd"], observers=["clockbound"]), "chronyd"),
        (["clockbound"], running("chronyd", observers=["clockbound"]), "clockbound"),
        (["ntpd", "clockbound"], running("chronyd", observers=["clockbound"]), "clockbound"),
    ],
)
def test_whose_word_is_believed(speaking, daemons, believed):
    assert believe(answers(*speaking), daemons) == word(believed)


@pytest.mark.parametrize(
    ("daemons", "reason"),
    [
        (running("ntpd"), "ntpd is silent"),
        (running("chronyd", "ntpd", watching=["chronyd"]), "chronyd is silent; ntpd is silent"),
        (
            running("ntpd-rs"),
            "chronyd is silent; ntpd is silent; systemd-timesyncd is silent; ptp4l is silent; clockbound is silent",
        ),
        (
            running(),
            "chronyd is silent; ntpd is silent; systemd-timesyncd is silent; ptp4l is silent; clockbound is silent",
        ),
        (
            HIDDEN,
            "chronyd is silent; ntpd is silent; systemd-timesyncd is silent; ptp4l is silent; clockbound is silent",
        ),
        (running(observers=["clockbound"]), "clockbound is silent"),
    ],
)
def test_silence_is_explained_by_those_that_run(daemons, reason):
    assert believe(answers(), daemons) == NoAnswer(reason)


def test_on_a_grandmaster_ptp4l_knows_nothing_of_the_clock_that_another_daemon_keeps():
    daemons = running("chronyd", "ptp4l", watching=["ptp4l"])
    assert believe(answers("ptp4l"), daemons) == NoAnswer("chronyd is silent")
    for others in (running("ptp4l", watching=["ptp4l"]), running("ptp4l"), running(), HIDDEN):
        assert believe(answers("ptp4l"), others) == word("ptp4l")


def test_nobody_to_ask():
    assert believe({}, running()) == NoAnswer(ALL_SILENT)
