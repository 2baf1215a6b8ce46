import pytest

from communicator.runtime.settings import load_settings
from timekeeper.discipline import NoAnswer
from timekeeper.settings import TimekeeperSettings
from timekeeper.sources.selection import select_sources

DAEMONS = ["chronyd", "ntpd", "systemd-timesyncd", "ptp4l", "clockbound"]


def selected(*assignments):
    return select_sources(load_settings(TimekeeperSettings, [], assignments).sources)


def test_the_order_of_belief():
    assert [source.daemon for source in selected()] == DAEMONS


async def test_all_switched_off():
    sources = selected(*(f"sources.{key}=false" for key in ("chrony", "ntpd", "timesyncd", "ptp", "clockbound")))
    assert [source.daemon for source in sources] == DAEMONS
    assert [(await source.ask()).reason for source in sources] == [
        f"{key} is switched off in the settings" for key in ("chrony", "ntpd", "timesyncd", "ptp", "clockbound")
    ]


@pytest.mark.parametrize(
    ("index", "assignment", "words"),
    [
        (0, "sources.chrony=127.0.0.1:1", "nothing listens at 127.0.0.1:1 for chronyd"),
        (0, "sources.chrony=/nowhere/chronyd.sock", "chronyd at /nowhere/chronyd.sock cannot be asked"),
        (1, "sources.ntpd=127.0.0.1:1", "nothing listens at 127.0.0.1:1 for ntpd"),
        (3, "sources.ptp=/nowhere/ptp4lro", "nothing listens at /nowhere/ptp4lro for ptp4l"),
        (4, "sources.clockbound=/nowhere/shm0", "no ClockBound has its segment at /nowhere/shm0"),
    ],
)
async def test_each_source_is_asked_where_the_settings_say(index, assignment, words):
    answer = await selected(assignment)[index].ask()
    assert isinstance(answer, NoAnswer)
    assert answer.reason.startswith(words)
