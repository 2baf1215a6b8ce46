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


@pytest.mark.parametrize(
    ("command", "steers"),
    [
        ("ptp4l -S -i eth0", True),
        ("ptp4l -sSm -i eth0", True),
        ("ptp4l --time_stamping=software -i eth0", True),
        ("ptp4l --time_stamping software -i eth0", True),
        ("ptp4l -f -S -i eth0", False),  # the file of the configuration
        ("ptp4l -i eth0", False),  # the card's clock
        ("ptp4l -S --free_running 1 -i eth0", False),
        ("ptp4l -S --free_running=0 -i eth0", True),
        ("phc2sys -s eth0 -w", True),
        ("phc2sys -s eth0 -c CLOCK_REALTIME -w", True),
        ("phc2sys -s CLOCK_REALTIME -c eth0 -w", False),
        ("phc2sys -c eth0 -c CLOCK_REALTIME -s eth1", True),
        ("phc2sys -a -r", True),
        ("phc2sys -arm", True),
        ("phc2sys -a", False),
        ("phc2sys -a -rr", False),  # either way
        ("phc2sys -a -r -E ntpshm -M 0", False),  # chronyd steers by it
        ("phc2sys -a -r --clock_servo refclock_sock", False),
        ("phc2sys -f /etc/phc2sys.conf", True),
        ("ts2phc -c eth0 -s nmea", False),
        ("timemaster -f /etc/linuxptp/timemaster.conf", False),
    ],
)
def test_who_of_linuxptp_steers_the_system_clock(command, steers):
    name, *_ = arguments = command.split()
    daemons = classify([(name, arguments)])
    assert daemons == TimeDaemons(frozenset({name}), frozenset({name} if steers else ()))


def test_a_grandmaster_of_chronyd_has_one_that_steers():
    """phc2sys brings the system clock to the card there, and chronyd keeps the system clock."""
    commands = ["chronyd -F 1", "ptp4l -f /etc/ptp4l.conf -i eth0", "phc2sys -s CLOCK_REALTIME -c eth0 -w"]
    daemons = classify((command.split()[0], command.split()) for command in commands)
    assert daemons.names == {"chronyd", "ptp4l", "phc2sys"}
    assert daemons.steering == {"chronyd"}


def test_openntpd_is_known_by_what_its_children_call_themselves():
    processes = [
        ("ntpd", ["/usr/sbin/ntpd", "-f", "/etc/openntpd/ntpd.conf"]),
        ("ntpd", ["ntpd: ntp engine", "", ""]),
        ("ntpd", ["ntpd: dns engine", "", ""]),
    ]
    for seen in (processes, processes[1:], processes[:2]):
        assert classify(seen) == TimeDaemons(frozenset({"openntpd"}), frozenset({"openntpd"}))


@pytest.mark.parametrize(
    ("steering", "daemon", "steers"),
    [
        ({"phc2sys"}, "ptp4l", True),
        ({"phc2sys"}, "phc2sys", True),
        ({"chronyd"}, "ptp4l", False),
        ({"ptp4l"}, "phc2sys", False),
    ],
)
def test_phc2sys_steers_by_what_ptp4l_knows(steering, daemon, steers):
    assert TimeDaemons(frozenset({"ptp4l", "phc2sys", "chronyd"}), frozenset(steering)).steers(daemon) is steers


def test_a_daemon_that_only_watches_another_one_is_no_time_daemon():
    daemons = classify([("clockbound", ["/usr/local/bin/clockbound", "--max-drift-rate", "50"])])
    assert daemons == TimeDaemons(observers=frozenset({"clockbound"}))


def test_whether_a_daemon_runs():
    daemons = classify([("clockbound", []), ("chronyd", ["chronyd", "-x"])])
    assert daemons.is_running("clockbound")
    assert daemons.is_running("chronyd")
    assert not daemons.is_running("ntpd")
