"""The tables of metric servers and commands in canaryd.toml."""

import pytest

from canary.settings import CanarySettings
from communicator.errors import ConfigError
from communicator.runtime.settings import load_settings


def load(*assignments):
    return load_settings(CanarySettings, [], assignments).deploy


def test_what_names_mean():
    deploy = load(
        'deploy.metric_servers.main={url="https://a.example/x", token_file="/t", timeout="30s"}',
        'deploy.commands.delay.command=["/bin/delay", "{version}", "{service}", "{since}"]',
    )
    assert deploy.metric_servers["main"].timeout_s == 30.0
    assert deploy.commands["delay"].timeout_s == 10.0


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("deploy.metric_servers.main.token_file=x", "url: is missing"),
        ("deploy.metric_servers.main.url=a.example", "url: 'a.example' is not an address"),
        ('deploy.metric_servers.main.url="http://a.example?x=y"', "url: .* has a '\\?'"),
        ('deploy.metric_servers.main={url="http://a.example", token_file="x"}', "told a secret in clear: use https"),
        ('deploy.metric_servers.main={url="http://a.example", timeout="1h"}', "timeout: '1h' is not between"),
        ('deploy.metric_servers.Main.url="http://a.example"', "deploy.metric_servers.Main: 'Main' is no name"),
        ('deploy.commands.a.command=["delay"]', "command: its first word must be the whole path"),
        ('deploy.commands.a={command=["/bin/delay"], timeout="never"}', "timeout: 'never' is not a duration"),
        ('deploy.commands.a.shell="x"', "shell: is not a known key"),
    ],
)
def test_what_is_wrong_is_named(assignment, told):
    with pytest.raises(ConfigError, match=told):
        load(assignment)
