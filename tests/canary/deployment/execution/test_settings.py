"""The tables of executors: what is taken, and what is refused by name."""

import pytest

from canary.deployment.execution.settings import CommandExecutor, SystemdExecutor
from canary.settings import CanarySettings
from communicator.errors import ConfigError
from communicator.runtime.settings import load_settings

GOOD = """\
[deploy.executors.systemd]
kind = "systemd"

[deploy.executors.slow]
kind = "systemd"
unit = "{service}-{version}.service"
timeout = "10m"

[deploy.executors.ansible]
kind = "command"
command = ["/usr/local/bin/roll", "{verb}", "--service={service}", "{version}"]
"""


def load(tmp_path, text):
    file = tmp_path / "canaryd.toml"
    file.write_text(text)
    return load_settings(CanarySettings, [file])


def test_each_kind_has_its_keys(tmp_path):
    assert load(tmp_path, GOOD).deploy.executors == {
        "systemd": SystemdExecutor(unit="{service}@{version}.service", timeout="2m"),
        "slow": SystemdExecutor(unit="{service}-{version}.service", timeout="10m"),
        "ansible": CommandExecutor(command=("/usr/local/bin/roll", "{verb}", "--service={service}", "{version}")),
    }
    assert [one.timeout_s for one in load(tmp_path, GOOD).deploy.executors.values()] == [120, 600, 600]


SYSTEMD = 'kind = "systemd"\n'
COMMAND = 'kind = "command"\ncommand = ["/bin/true"]\n'


@pytest.mark.parametrize(
    ("name", "table", "reason"),
    [
        ("x", "", "kind"),
        ("x", 'kind = "magic"', "magic"),
        ("none", SYSTEMD, "'none' is no name"),
        ("Big", SYSTEMD, "'Big' is no name"),
        ("x", SYSTEMD + 'command = ["/bin/true"]', "command: is not a known key"),
        ("x", SYSTEMD + 'unit = "demo.service"', "needs {version}"),
        ("x", SYSTEMD + 'unit = "{service}@{version}{build}.service"', "nothing else"),
        ("x", SYSTEMD + 'unit = "{service}@{version}.socket"', "not the name of a unit"),
        ("x", SYSTEMD + 'unit = "a/{version}.service"', "not the name of a unit"),
        ("x", SYSTEMD + 'timeout = "soon"', "not a duration"),
        ("x", SYSTEMD + 'timeout = "0"', "not between"),
        ("x", SYSTEMD + 'timeout = "2d"', "not between"),
        ("x", 'kind = "command"', "command"),
        ("x", 'kind = "command"\ncommand = []', "whole path"),
        ("x", 'kind = "command"\ncommand = ["roll"]', "whole path"),
        ("x", 'kind = "command"\ncommand = ["/opt/{version}/roll"]', "which program"),
        ("x", 'kind = "command"\ncommand = ["/bin/echo", "{secret}"]', "{secret}"),
        ("x", 'kind = "command"\ncommand = ["/bin/echo", "a\\u0000b"]', "cannot be seen"),
        ("x", f'kind = "command"\ncommand = ["/bin/echo", "{"x" * 4096}"]', "make a script"),
        ("x", COMMAND + 'timeout = "-1s"', "not a duration"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(tmp_path, name, table, reason):
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, f"[deploy.executors.{name}]\n{table}\n")
    assert str(refused.value).count("deploy.executors")
    assert reason in str(refused.value)


def test_of_several_tables_the_wrong_one_is_named(tmp_path):
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, GOOD + '\n[deploy.executors.other]\nkind = "command"\ncommand = ["roll"]\n')
    assert refused.value.key == "deploy.executors.other.command"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('kind = "magic"', "deploy.executors.x.kind: invalid value 'magic': it is one of command, systemd"),
        ('unit = "a@{version}.service"', "deploy.executors.x.kind: is missing: it is one of command, systemd"),
        (COMMAND + "timeout = 30", "deploy.executors.x.timeout: expected str, got int: write it in quotes"),
    ],
)
def test_a_slip_is_answered_with_what_to_write(tmp_path, table, told):
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, f"{GOOD}\n[deploy.executors.x]\n{table}\n")
    assert str(refused.value).endswith(told)
