"""``[services]``: owners, what a service may send, and what is said of a table that is neither."""

import pytest

from communicator.daemon.service_rules import read_service_rules
from communicator.daemon.settings import CommunicatordSettings
from communicator.errors import ConfigError
from communicator.runtime.settings import load_settings


def test_owners_and_rules_stand_side_by_side():
    table = {
        "owners": {"canary": "bellwether"},
        "canary": {"may_send": ["timekeeper/*", "*:sitter/FLAG_UP", "./STATUS"]},
        "payroll": {"may_send": []},
        "free": {},
    }
    rules = read_service_rules(table)
    assert rules.owners == {"canary": "bellwether"}
    assert rules.may_send == {"canary": ("timekeeper/*", "*:sitter/FLAG_UP", "./STATUS"), "payroll": ()}
    assert read_service_rules({}) == ({}, {})


@pytest.mark.parametrize(
    ("assignment", "key"),
    [
        ("services=5", "services"),
        ("services.owners=5", "services.owners"),
        ("services.owners.canary=5", "services.owners.canary"),
        ('services.owners.canary=""', "services.owners.canary"),
        ('services.owners."a b"=root', "services.owners.a b"),
        ("services.canary=5", "services.canary"),
        ("services.canary.may_sned=[]", "services.canary.may_sned"),
        ('services.canary.may_send="timekeeper/*"', "services.canary.may_send"),
        ("services.canary.may_send=[5]", "services.canary.may_send"),
        ('services.canary.may_send=["timekeeper"]', "services.canary.may_send"),
        ('services.canary.may_send=["timekeeper/A B"]', "services.canary.may_send"),
        ('services.canary.may_send=["/STOP"]', "services.canary.may_send"),
        ('services."a b".may_send=[]', "services.a b"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(assignment, key):
    with pytest.raises(ConfigError) as refused:
        load_settings(CommunicatordSettings, [], [assignment])
    assert refused.value.key == key
