import pytest

from communicator.errors import ConfigError
from communicator.protocol import HostPort
from communicator.runtime.settings import load_settings
from timekeeper.cluster import rows
from timekeeper.cluster.door import PORT
from timekeeper.references.panel import SERVERS
from timekeeper.settings import LONGEST_INTERVAL_S, PROBE_PORT, REFERENCES, TimekeeperSettings
from timekeeper.solution import Patience


def load(*assignments):
    return load_settings(TimekeeperSettings, [], assignments)


def test_defaults():
    settings = load()
    assert settings.communicator == "cd:///run/bellwether/communicatord.sock"
    assert settings.interval_s == 10
    assert settings.sources.chrony_address == HostPort("127.0.0.1", 323)
    assert settings.sources.ntpd_address == HostPort("127.0.0.1", 123)
    assert settings.sources.timesyncd
    assert (settings.sources.ptp_path, settings.sources.ptp_domain) == ("/var/run/ptp4lro", 0)
    assert settings.sources.clockbound_path == "/var/run/clockbound/shm0"
    assert (settings.role, settings.auth.mode, settings.cluster_key_file) == ("auto", "key", "")
    assert settings.probe_address is None
    assert settings.kernel_timestamps
    assert (settings.data_path, settings.flags_path) == ("/var/lib/bellwether", "/var/lib/communicator/flags")
    assert (settings.thresholds.warn_s, settings.thresholds.critical_s) == (0.005, 0.050)
    assert settings.thresholds.grace_s == Patience().grace_s
    assert settings.references.addresses == ()


def test_what_an_operator_may_say(tmp_path):
    path = tmp_path / "timekeeperd.toml"
    path.write_text(
        """
        role = "agent"
        probe_listen = "10.0.0.5"
        kernel_timestamps = false
        cluster_key_file = "/etc/bellwether/cluster.key"
        [auth]
        mode = "none"
        [thresholds]
        warn_s = 0.01
        critical_s = 0.01
        grace_s = 0
        [references]
        servers = ["ntp1.example.net", "[2001:db8::1]:1230"]
        """
    )
    settings = load_settings(TimekeeperSettings, [path], [])
    assert (settings.role, settings.auth.mode, settings.kernel_timestamps) == ("agent", "none", False)
    assert settings.probe_address == HostPort("10.0.0.5", PROBE_PORT)
    assert settings.thresholds.critical_s == settings.thresholds.warn_s == 0.01
    assert settings.thresholds.grace_s == 0
    assert settings.references.addresses == (HostPort("ntp1.example.net", 123), HostPort("2001:db8::1", 1230))


def test_the_ports_are_the_same_everywhere():
    assert (PROBE_PORT, REFERENCES) == (PORT, SERVERS)


def test_the_longest_interval_is_the_one_that_others_believe():
    assert LONGEST_INTERVAL_S == rows.LONGEST_INTERVAL_S


@pytest.mark.parametrize(
    ("assignment", "address"),
    [
        ("sources.chrony=false", None),
        ("sources.chrony=127.0.0.1", HostPort("127.0.0.1", 323)),
        ("sources.chrony=[::1]:3230", HostPort("::1", 3230)),
        ("sources.chrony=/run/chrony/chronyd.sock", "/run/chrony/chronyd.sock"),
    ],
)
def test_where_chronyd_is_asked(assignment, address):
    assert load(assignment).sources.chrony_address == address


@pytest.mark.parametrize(
    ("assignment", "address"),
    [
        ("sources.ntpd=false", None),
        ("sources.ntpd=192.0.2.1", HostPort("192.0.2.1", 123)),
        ("sources.ntpd=[::1]:1230", HostPort("::1", 1230)),
    ],
)
def test_where_ntpd_is_asked(assignment, address):
    assert load(assignment).sources.ntpd_address == address


@pytest.mark.parametrize(
    ("assignment", "path"),
    [("sources.clockbound=false", None), ("sources.clockbound=/run/clockbound/shm0", "/run/clockbound/shm0")],
)
def test_where_clockbound_is_read(assignment, path):
    assert load(assignment).sources.clockbound_path == path


def test_timesyncd_may_be_switched_off():
    assert not load("sources.timesyncd=false").sources.timesyncd


@pytest.mark.parametrize(
    ("assignment", "key", "reason"),
    [
        ("sources.chrony=true", "sources.chrony", "true is no address: 'HOST:PORT', or false to switch it off"),
        ("sources.chrony=localhost:x", "sources.chrony", "'localhost:x' has no port between 0 and 65535"),
        ("sources.chrony=run/chronyd.sock", "sources.chrony", "has no host"),
        ("sources.ntpd=true", "sources.ntpd", "true is no address: 'HOST:PORT', or false to switch it off"),
        ("sources.ntpd=/run/ntpd.sock", "sources.ntpd", "'/run/ntpd.sock' has no host"),
        ("sources.timesyncd=busctl", "sources.timesyncd", "bool"),
        ("sources.ptp=true", "sources.ptp", "true is no absolute path, nor false to switch it off"),
        ("sources.ptp=ptp4lro", "sources.ptp", "'ptp4lro' is no absolute path, nor false to switch it off"),
        ("sources.clockbound=true", "sources.clockbound", "true is no absolute path, nor false to switch it off"),
        ("sources.clockbound=shm0", "sources.clockbound", "'shm0' is no absolute path, nor false to switch it off"),
        ("sources.openntpd=true", "sources.openntpd", "is not a known key"),
        ("communicator=/run/some.sock", "communicator", "does not start with cd://, cds:// or cdu://"),
        ("interval_s=0.5", "interval_s", ">= 1"),
        ("interval_s=121", "interval_s", "<= 120"),
        ("interval_s=often", "interval_s", "float"),
        ("intervall_s=5", "intervall_s", "is not a known key"),
        ("role=judge", "role", "judge"),
        ("auth.mode=password", "auth.mode", "password"),
        ("probe_listen=10.0.0.5:x", "probe_listen", "'10.0.0.5:x' has no port between 0 and 65535"),
        ("data_path=data", "data_path", "'data' is not an absolute path"),
        ("flags_path=flags", "flags_path", "'flags' is not an absolute path"),
        ("thresholds.warn_s=0", "thresholds.warn_s", "> 0"),
        ("thresholds.warn_s=0.1", "thresholds.critical_s", "0.05 is less than warn_s, 0.1"),
        ('references.servers=["a b"]', "references.servers", "'a b' has no host"),
        ('references.servers=["a..b"]', "references.servers", "'a..b': 'a..b' cannot be the name of a host"),
        (f'references.servers=["{"x" * 64}.y"]', "references.servers", "cannot be the name of a host"),
        ('references.servers=["a", "A.:123"]', "references.servers", "'A.:123' stands there twice"),
        (
            'references.servers=["[2001:db8::1]:1", "b", "[2001:db8:0::1]:1"]',
            "references.servers",
            "stands there twice",
        ),
        ("probe_listen=a..b:4044", "probe_listen", "'a..b:4044': 'a..b' cannot be the name of a host"),
        ("sources.chrony=a..b", "sources.chrony", "'a..b': 'a..b' cannot be the name of a host"),
        ("sources.ntpd=a..b", "sources.ntpd", "'a..b': 'a..b' cannot be the name of a host"),
        ("thresholds.grace_s=-1", "thresholds.grace_s", ">= 0"),
        ("thresholds.grace_s=86400", "thresholds.grace_s", "<= 3600"),
        (f"references.servers={[f'ntp{number}' for number in range(17)]}", "references.servers", "17 are more than 16"),
    ],
)
def test_a_wrong_setting_is_named(assignment, key, reason):
    with pytest.raises(ConfigError) as error:
        load(assignment)
    assert error.value.key == key
    assert reason in error.value.reason
