"""The exporter's settings, as the command line checks them."""

import subprocess
import sys

import pytest

from communicator.errors import ConfigError
from communicator.runtime.settings import load_settings
from exporters.settings import ExporterSettings


def check(*options):
    command = [sys.executable, "-m", "exporters", "--check-config", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("listen", ["127.0.0.1:9740", "[::1]:0", "localhost", "127.0.0.9"])
def test_loopback_addresses_are_good(listen):
    settings = load_settings(ExporterSettings, [], [f'listen="{listen}"'])
    assert settings.listen_address.is_loopback


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("listen", "0.0.0.0:9740", "no credentials"),
        ("listen", "[::]:9740", "no credentials"),
        ("listen", "10.0.0.5:9740", "no credentials"),
        ("listen", "metrics.example:9740", "no credentials"),
        ("listen", "127.0.0.1:http", "no port"),
        ("ofrep.listen", "0.0.0.0:9741", "no credentials"),
        ("ofrep.listen", "127.0.0.1:http", "no port"),
        ("communicator", "http://127.0.0.1", "cd://"),
    ],
)
def test_a_bad_setting_is_refused_with_its_key_and_why(key, value, reason, tmp_path):
    (tmp_path / "exporter.toml").write_text(f'{key} = "{value}"\n')
    with pytest.raises(ConfigError, match=reason) as caught:
        load_settings(ExporterSettings, [tmp_path / "exporter.toml"], [])
    assert caught.value.key == key


def test_features_are_answered_for_on_loopback_or_nowhere():
    usual = load_settings(ExporterSettings, [], [])
    assert {key: str(at) for key, at in usual.listen_addresses.items()} == {
        "listen": "127.0.0.1:9740",
        "ofrep.listen": "127.0.0.1:9741",
    }
    assert list(load_settings(ExporterSettings, [], ['ofrep.listen=""']).listen_addresses) == ["listen"]


def test_what_no_host_header_would_be_held_against_is_refused():
    assert load_settings(ExporterSettings, [], ['allowed_hosts=["proxy.example"]']).allowed_hosts == ("proxy.example",)
    with pytest.raises(ConfigError, match="without a port") as caught:
        load_settings(ExporterSettings, [], ['allowed_hosts=["proxy.example", "proxy.example:443"]'])
    assert caught.value.key == "allowed_hosts"


@pytest.mark.parametrize("value", ["nan", "inf", "0.5"])
def test_a_file_is_written_at_some_time_and_not_without_end(value):
    with pytest.raises(ConfigError, match="1 or more") as caught:
        load_settings(ExporterSettings, [], [f"textfile.interval_s={value}"])
    assert caught.value.key == "textfile.interval_s"


def test_a_directory_for_the_textfile_that_is_not_there_is_named():
    done = check("--config", "/dev/null", "--textfile", "/nowhere")
    assert (done.returncode, "textfile.directory: " in done.stderr) == (78, True)


def test_an_unknown_key_is_an_error():
    done = check("--config", "/dev/null", "--set", "lisen=127.0.0.1:9740")
    assert done.returncode == 78
    assert "lisen" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_defaults_are_good():
    assert check("--config", "/dev/null").returncode == 0
