"""The tables `[deploy.notify.NAME]`, and what is said of wrong ones."""

import pytest

from canary.deployment.notify.settings import NotifyingCommand, Webhook
from canary.settings import CanarySettings
from communicator.errors import ConfigError
from communicator.runtime.settings import load_settings


def load(*assignments):
    return load_settings(CanarySettings, [], assignments).deploy.notify


def test_who_is_told():
    told = load(
        'deploy.notify.chat={kind="webhook", url="https://chat.example/x", secret_file="/s", timeout="5s"}',
        'deploy.notify.pager={kind="command", command=["/bin/page", "{notice}"]}',
    )
    assert told == {
        "chat": Webhook(url="https://chat.example/x", secret_file="/s", timeout="5s"),
        "pager": NotifyingCommand(command=("/bin/page", "{notice}")),
    }


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ('deploy.notify.chat={url="https://chat.example"}', "kind: is missing"),
        ('deploy.notify.chat={kind="mail"}', "kind: invalid value 'mail'"),
        ('deploy.notify.chat={kind="webhook"}', "url: is missing"),
        ('deploy.notify.chat={kind="webhook", url="http://chat.example"}', "told a secret in clear: use https"),
        ('deploy.notify.chat={kind="webhook", url="https://chat.example", timeout="2m"}', "timeout: '2m' is not"),
        ('deploy.notify.chat={kind="webhook", url="https://chat.example", command=[]}', "command: is not a known key"),
        ('deploy.notify.chat={kind="command", command=["page"]}', "command: its first word must be the whole path"),
        ('deploy.notify.chat={kind="command", command=["/page", "{reason}"]}', "nothing fills in {reason}; notice are"),
        ('deploy.notify.Chat={kind="command", command=["/page"]}', "deploy.notify.Chat: 'Chat' is no name"),
    ],
)
def test_what_is_wrong_is_named(assignment, told):
    with pytest.raises(ConfigError) as raised:
        load(assignment)
    assert told in str(raised.value)
