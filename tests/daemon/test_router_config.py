"""What the router is told about itself and its host."""

import shutil

import pytest

from communicator.daemon.router_config import check_host, group_id, router_config
from communicator.daemon.settings import CommunicatordSettings
from communicator.errors import ConfigError
from communicator.protocol.names import is_server_name
from communicator.runtime.settings import load_settings


def _load(*assignments: str) -> CommunicatordSettings:
    return load_settings(CommunicatordSettings, [], assignments)


def test_without_a_name_the_host_gives_one():
    assert is_server_name(router_config(_load(), "boot").server_name)


def test_the_router_is_told_what_the_files_say(tmp_path):
    for name in ("sitter.service", "fastcgi.service", "odd-name.service", "README"):
        (tmp_path / name).touch()
    settings = _load(
        f"services_path={tmp_path}",
        "server_name=alpha",
        'services.owners={canary="bellwether"}',
        'listen={socket_group="stoppers", group_may_stop=true}',
    )
    config = router_config(settings, "boot")
    assert (config.server_name, config.boot_id, config.stop_group) == ("alpha", "boot", "stoppers")
    assert config.known_services == {"sitter", "fastcgi"}
    assert config.owners == {"canary": "bellwether"}
    shutil.rmtree(tmp_path)
    assert router_config(settings, "boot").known_services == frozenset()


def test_without_group_may_stop_no_group_may():
    assert router_config(_load("listen.socket_group=users"), "boot").stop_group == ""


def test_a_group_is_looked_up():
    assert group_id("") == -1
    assert group_id("root") == 0
    with pytest.raises(ConfigError, match="no group"):
        group_id("no such group")


def test_the_owner_of_a_service_stands_in_its_file_unless_the_settings_name_another(tmp_path):
    (tmp_path / "sitter.service").write_text("user = watcher\n")
    (tmp_path / "fastcgi.service").write_text("user = www-data\n")
    (tmp_path / "plain.service").touch()
    config = router_config(_load(f"services_path={tmp_path}", "services.owners.fastcgi=apache"), "boot")
    assert config.owners == {"sitter": "watcher", "fastcgi": "apache"}
    assert config.known_services == {"sitter", "fastcgi", "plain"}


def test_what_the_settings_name_on_this_host_is_checked(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("open sesame")
    secret.chmod(0o644)
    (tmp_path / "bad.service").write_text("nonsense\n")
    check_host(_load("services_path=/nowhere"))
    for assignment, key in [
        (f"listen.signal_secret_file={secret}", "listen.signal_secret_file"),
        ("listen.socket_group=no such group", "listen.socket_group"),
        (f"services_path={tmp_path}", "services_path"),
    ]:
        with pytest.raises(ConfigError) as refused:
            check_host(_load(assignment))
        assert refused.value.key == key


def test_addresses_of_our_listeners_are_known_as_our_own():
    settings = _load("listen.local=[::1]:4040", "listen.signal=localhost:4041")
    assert router_config(settings, "boot").own_ips == {"::1"}


def test_a_user_who_is_not_there_is_told(tmp_path):
    (tmp_path / "a.service").write_text("user = no-such-user\n")
    with pytest.raises(ConfigError, match=r"a\.service: there is no user 'no-such-user'"):
        check_host(_load(f"services_path={tmp_path}"))
    with pytest.raises(ConfigError, match=r"services\.owners\.canary: there is no user 'no-such-user'"):
        check_host(_load('services.owners={canary="no-such-user"}'))
    (tmp_path / "a.service").write_text("user = root\n")
    check_host(_load(f"services_path={tmp_path}", 'services.owners={canary="root"}'))
