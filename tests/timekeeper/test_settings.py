import pytest

from communicator.errors import ConfigError
from communicator.protocol import HostPort
from communicator.runtime.settings import load_settings
from timekeeper.settings import TimekeeperSettings


def load(*assignments):
    return load_settings(TimekeeperSettings, [], assignments)


def test_defaults():
    settings = load()
    assert settings.communicator == "cd:///run/bellwether/communicatord.sock"
    assert settings.interval_s == 10
    assert settings.sources.chrony_address == HostPort("127.0.0.1", 323)


@pytest.mark.parametrize(
    ("assignment", "address"),
    [
        ("sources.chrony=false", None),
        ("sources.chrony=127.0.0.1", HostPort("127.0.0.1", 323)),
        ("sources.chrony=[::1]:3230", HostPort("::1", 3230)),
    ],
)
def test_where_chronyd_is_asked(assignment, address):
    assert load(assignment).sources.chrony_address == address


@pytest.mark.parametrize(
    ("assignment", "key", "reason"),
    [
        ("sources.chrony=true", "sources.chrony", "true is no address: 'HOST:PORT', or false to switch it off"),
        ("sources.chrony=localhost:x", "sources.chrony", "'localhost:x' has no port between 0 and 65535"),
        ("sources.ntpd=127.0.0.1:123", "sources.ntpd", "is not a known key"),
        ("communicator=/run/some.sock", "communicator", "does not start with cd://, cds:// or cdu://"),
        ("interval_s=0.5", "interval_s", ">= 1"),
        ("interval_s=86400", "interval_s", "<= 3600"),
        ("interval_s=often", "interval_s", "float"),
        ("intervall_s=5", "intervall_s", "is not a known key"),
    ],
)
def test_a_wrong_setting_is_named(assignment, key, reason):
    with pytest.raises(ConfigError) as error:
        load(assignment)
    assert error.value.key == key
    assert reason in error.value.reason
