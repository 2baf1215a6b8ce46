"""communicatord.toml: every default is good, and a bad value is named by its key."""

import dataclasses

import pytest

from communicator.daemon.settings import CommunicatordSettings, LimitsSettings
from communicator.errors import ConfigError
from communicator.router.config import RouterLimits
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
        ("listen.remote=10.0.0.5:4042", "listen.remote"),
        ("limits.links=0", "limits.links"),
        ("limits.line_bytes=2000000", "limits.line_bytes"),
        ("limits.stall_s=no", "limits.stall_s"),
        ("cluster.my_address=alpha", "cluster.my_address"),
        ("server_name=al-pha", "server_name"),
        ("services.owners.canary=5", "services.owners"),
        ('services.owners.canary=""', "services.owners.canary"),
        ('services.owners."a b"=root', "services.owners.a b"),
        ("lisen.local=127.0.0.1:1", "lisen"),
    ],
)
def test_a_bad_value_is_named_by_its_key(assignment, key):
    with pytest.raises(ConfigError) as refused:
        _load(assignment)
    assert refused.value.key == key


def test_every_limit_of_the_router_is_a_setting_with_the_same_default():
    assert LimitsSettings().for_router == RouterLimits()
    for field in dataclasses.fields(RouterLimits):
        assert getattr(_load(f"limits.{field.name}=4321").limits.for_router, field.name) == 4321


def test_one_unix_path_or_several():
    assert _load("listen.unix=/a").listen.unix_paths == ("/a",)
    assert _load('listen.unix=["/a", "/b"]').listen.unix_paths == ("/a", "/b")
