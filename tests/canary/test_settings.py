"""The settings of the canary: what is wrong is named, and one mode goes before those of the rules."""

import pytest

from canary.settings import CanarySettings
from communicator.errors import ConfigError
from communicator.runtime.settings import load_settings


def load(*assignments):
    return load_settings(CanarySettings, [], assignments)


def test_defaults():
    settings = load()
    assert settings.communicator == "cd:///run/bellwether/communicatord.sock"
    assert settings.ledger_path == "/var/lib/bellwether/canary.db"
    rules = settings.in_force
    assert rules.mode is None
    assert [getattr(rules, rule).mode for rule in "abcde"] == ["enforce", "enforce", "dry-run", "dry-run", "enforce"]
    assert (rules.a.failures, rules.a.span_s, rules.a.ok_after_s, rules.a.first_block_s) == (5, 60.0, 60.0, 600.0)


@pytest.mark.parametrize("mode", ["enforce", "dry-run"])
def test_one_mode_for_all(mode):
    rules = load(f"mode={mode}").in_force
    assert rules.mode == mode


def test_the_rest_comes_through():
    rules = load("merge_s=1.5", "rules.b.returns=3", "caps.min_routable=2", 'services={billing="dry-run"}').in_force
    assert (rules.merge_s, rules.b.returns, rules.caps.min_routable) == (1.5, 3, 2)
    assert rules.services == {"billing": "dry-run"}
    assert load('canary.hosts=["alpha"]').in_force.canary.hosts == ("alpha",)


@pytest.mark.parametrize(
    ("assignment", "key"),
    [
        ("communicator=here", "communicator"),
        ("mode=sometimes", "mode"),
        ("rules.a.failures=0", "rules.a.failures"),
        ("rules.f.mode=enforce", "rules.f"),
        ("rules.c.margin=0.5", "rules.c.margin"),
        ("caps.routable_share=1.5", "caps.routable_share"),
        ("database=sqlite:////canary.db", "database"),
        ('services={"no name!"="enforce"}', "services"),
        ('services={billing="off"}', "services.billing"),
        ("services={billing=false}", "services.billing"),
        ("services={billing=[]}", "services.billing"),
        ("rules.a.first_block_s=86401", "rules.a.first_block_s"),
        ("rules.a.longest_block_s=599", "rules.a.first_block_s"),
        ("rules.b.base_s=301", "rules.b.base_s"),
        ("rules.c.suspect_log10=3.5", "rules.c.suspect_log10"),
        ('caps.protected=["no name!"]', "caps.protected"),
        ('canary.hosts=["no name!"]', "canary.hosts"),
        ('canary.serves=["no name!"]', "canary.serves"),
        ('watch.units={billing="billing"}', "watch.units.billing"),
        ("health.every_s=0.5", "health.every_s"),
        ("health.every_s=301", "health.every_s"),
        ("health.misses=0", "health.misses"),
        ("health.misses=11", "health.misses"),
        ("health.services={billing=301}", "health.services.billing"),
        ('health.services={"no name!"=60}', "health.services"),
        ("merge_s=-1", "merge_s"),
        ("keep_days=0", "keep_days"),
        ("quorum=3", "quorum"),
    ],
)
def test_a_wrong_setting_is_named(assignment, key):
    with pytest.raises(ConfigError) as error:
        load(assignment)
    assert error.value.key == key


@pytest.mark.parametrize(
    ("assignment", "reason"),
    [
        ('services={billing="off"}', "'off' is not one of enforce, dry-run"),
        ("rules.a.first_block_s=90000", "90000 is above longest_block_s, which is 86400"),
        ('watch.units={billing="billing"}', "'billing' is not the name of a unit, such as 'billing.service'"),
    ],
)
def test_what_is_wrong_with_it_is_said(assignment, reason):
    with pytest.raises(ConfigError) as error:
        load(assignment)
    assert error.value.reason == reason


def test_each_service_is_asked_at_its_own_pace():
    health = load("health.every_s=30", "health.services={billing=60,mute=0}").health
    assert [health.every_s_of(service) for service in ("billing", "mute", "mailer")] == [60.0, 0.0, 30.0]


def test_limits_may_be_the_same():
    assert (
        load("rules.a.first_block_s=86400", "rules.b.base_s=300", "rules.c.suspect_log10=3").in_force.a.mode
        == "enforce"
    )
