import pytest

from timekeeper.time_daemons import TimeDaemons, classify


@pytest.mark.parametrize(
    ("processes", "names", "steering"),
    [
        ([], set(), set()),
        ([("sshd", ["sshd"]), ("", []), ("chronyc", ["chronyc", "tracking"])], set(), set()),
        ([("chronyd", ["/usr/sbin/chronyd", "-F", "1"])] * 2, {"chronyd"}, {"chronyd"}),
        ([("chronyd", ["chronyd", "-x"])], {"chronyd"}, set()),
        ([("chronyd", ["chronyd", "-nx"])], {"chronyd"}, set()),
        ([("chronyd", ["chronyd", "-Ux", "-F1"])], {"chronyd"}, set()),
        ([("chronyd", ["chronyd", "-nf", "-x"])], {"chronyd"}, {"chronyd"}),  # the file of the configuration
        ([("chronyd", ["chronyd", "-uxy"])], {"chronyd"}, {"chronyd"}),  # the user
        ([("chronyd", ["chronyd", "-f"])], {"chronyd"}, {"chronyd"}),
        ([("chronyd", ["chronyd", "--", "-x"])], {"chronyd"}, {"chronyd"}),
        ([("chronyd", ["chronyd", "maxdistance"])], {"chronyd"}, {"chronyd"}),
        ([("chronyd", ["chronyd", "-x"]), ("chronyd", ["chronyd"])], {"chronyd"}, {"chronyd"}),
        ([("chronyd", [])], {"chronyd"}, {"chronyd"}),
        ([("ntpd", ["/usr/sbin/ntpd", "-x"])], {"ntpd"}, {"ntpd"}),  # to ntpd, -x means: slew, do not step
        ([("ntp-daemon", ["ntp-daemon"])], {"ntpd-rs"}, {"ntpd-rs"}),
        ([("systemd-timesyn", [])], {"systemd-timesyncd"}, {"systemd-timesyncd"}),
        (
            [("systemd-timesyncd", ["/usr/lib/systemd/systemd-timesyncd"]), ("chronyd", ["chronyd", "-x"])],
            {"systemd-timesyncd", "chronyd"},
            {"systemd-timesyncd"},
        ),
    ],
)
def test_processes(processes, names, steering):
    assert classify(processes) == TimeDaemons(frozenset(names), frozenset(steering))


def test_a_daemon_that_only_watches_another_one_is_no_time_daemon():
    daemons = classify([("clockbound", ["/usr/local/bin/clockbound", "--max-drift-rate", "50"])])
    assert daemons == TimeDaemons(observers=frozenset({"clockbound"}))


def test_whether_a_daemon_runs():
    daemons = classify([("clockbound", []), ("chronyd", ["chronyd", "-x"])])
    assert daemons.is_running("clockbound")
    assert daemons.is_running("chronyd")
    assert not daemons.is_running("ntpd")
