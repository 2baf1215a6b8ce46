"""communicatord.toml: every default is good, and a bad value is named by its key."""

import pytest

from communicator.daemon.settings import CommunicatordSettings, LimitsSettings
from communicator.errors import ConfigError
from communicator.router.vocabulary.config import RouterLimits
from communicator.runtime.settings import load_settings


def _load(*assignments: str) -> CommunicatordSettings:
    return load_settings(CommunicatordSettings, [], assignments)


@pytest.mark.parametrize(
    ("assignment", "key"),
    [
        ("listen.local=10.0.0.5:4040", "listen.local"),
        ("listen.local=0.0.0.0:4040", "listen.local"),
        ("listen.local=[::]:4040", "listen.local"),
        ("listen.local=example.net:4040", "listen.local"),
        ("listen.local=127.0.0.1", "listen.local"),
        ("listen.signal=192.0.2.1:4041", "listen.signal"),
        ("listen.unix=relative.sock", "listen.unix"),
        ('listen.unix=["/a", "b"]', "listen.unix"),
        (f"listen.unix=/{'x' * 107}", "listen.unix"),
        ('listen={unix=[], local=""}', "listen.unix"),
        ("listen.group_may_stop=true", "listen.group_may_stop"),
        ("data_path=data", "data_path"),
        ("data_path=", "data_path"),
        ("flags_path=flags", "flags_path"),
        ("services_path=services", "services_path"),
        (r'services_path="/a\u0000b"', "services_path"),
        ("limits.links=0", "limits.links"),
        ("limits.line_bytes=2000000", "limits.line_bytes"),
        ("limits.line_bytes=1048576", "limits.line_bytes"),
        ("limits.stall_s=no", "limits.stall_s"),
        ("limits.queue_bytes=65536", "limits.cache_service_bytes"),
        ("limits.cache_service_bytes=8388609", "limits.cache_service_bytes"),
        ("listen.signal=:4041", "listen.signal"),
        ("cluster.my_address=alpha", "cluster.my_address"),
        ("server_name=al-pha", "server_name"),
        ("lisen.local=127.0.0.1:1", "lisen"),
    ],
)
def test_a_bad_value_is_named_by_its_key(assignment, key):
    with pytest.raises(ConfigError) as refused:
        _load(assignment)
    assert refused.value.key == key


@pytest.mark.parametrize("enforced", ["/srv/message", "/srv", "messages", "", "/srv/messages/MORE"])
def test_a_directory_that_is_to_be_enforced_is_one_of_definitions_path(enforced):
    with pytest.raises(ConfigError) as refused:
        _load('definitions_path=["/srv/messages", "/opt/messages"]', f'definitions_enforced=["{enforced}"]')
    reason = f"{enforced!r} is not a directory of definitions_path: name it there too"
    assert (refused.value.key, refused.value.reason) == ("definitions_enforced", reason)


def test_directories_that_are_to_be_enforced_may_be_written_otherwise():
    settings = _load('definitions_path=["/srv/messages"]', 'definitions_enforced=["/srv//messages/"]')
    assert settings.definitions_enforced == ("/srv//messages/",)


def test_every_limit_of_the_router_is_a_setting_with_the_same_default():
    for name in RouterLimits.__struct_fields__:
        assert getattr(LimitsSettings(), name) == getattr(RouterLimits(), name)
        assert getattr(_load(f"limits.{name}=4321").limits, name) == 4321


@pytest.mark.parametrize("signal", ["192.0.2.1:4041", "0.0.0.0:4041", "[::]:4041", "127.0.0.1:4041", ""])
def test_with_a_secret_the_signal_port_may_be_open_to_others(signal):
    assert _load(f'listen={{signal="{signal}", signal_secret_file="/s"}}').listen.signal == signal


def test_the_longest_line_and_the_largest_share_of_the_cache_are_allowed():
    limits = _load("limits.line_bytes=1047552", "limits.cache_service_bytes=8388608").limits
    assert limits.line_bytes + 1024 == 2**20
    assert limits.cache_service_bytes * 2 == limits.queue_bytes


def test_one_unix_path_or_several():
    assert _load("listen.unix=/a").listen.unix_paths == ("/a",)
    assert _load('listen.unix=["/a", "/b"]').listen.unix_paths == ("/a", "/b")


@pytest.mark.parametrize(
    ("assignments", "is_alone"),
    [
        ((), True),
        (("cluster.my_address=10.0.0.5:4042",), True),
        (("listen.remote=127.0.0.1:4042",), False),
        (('listen.secure="127.0.0.1:1"', 'tls={certificate="/c", private_key="/k"}'), False),
        (('cluster.neighbors=["127.0.0.1:4042"]',), False),
    ],
)
def test_a_router_that_meets_nobody_is_alone(assignments, is_alone):
    assert _load(*assignments).is_alone is is_alone
