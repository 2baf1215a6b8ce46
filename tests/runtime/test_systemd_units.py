"""The units under deploy/ and the daemons agree: readiness, watchdog, exit codes, descriptors."""

import os
import tomllib
from pathlib import Path

import pytest

from communicator.daemon.server import RESERVED_DESCRIPTORS
from communicator.daemon.settings import LimitsSettings

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))


def _settings(unit: Path) -> dict[str, list[str]]:
    settings: dict[str, list[str]] = {}
    for line in unit.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            settings.setdefault(name, []).append(value)
    return settings


def test_there_is_a_unit_for_each_daemon():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert {unit.stem for unit in UNITS} == set(scripts) - {"bellwether"}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_knows_how_its_daemon_behaves(unit):
    settings = _settings(unit)
    assert settings["ExecStart"] == [f"/usr/bin/{unit.stem}"]
    assert settings["Type"] == ["notify"]
    assert settings["WatchdogSec"]
    assert settings["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert settings["RestartPreventExitStatus"] == [str(os.EX_CONFIG)]
    assert settings["CapabilityBoundingSet"] == [""]
    assert settings["ProtectSystem"] == ["strict"]


def test_the_router_may_have_a_descriptor_for_each_link():
    (limit,) = _settings(ROOT / "deploy/systemd/communicatord.service")["LimitNOFILE"]
    assert int(limit) >= LimitsSettings().links + RESERVED_DESCRIPTORS


def test_the_clock_check_may_read_the_clock():
    settings = _settings(ROOT / "deploy/systemd/timekeeperd.service")
    assert settings["ProtectClock"] == ["no"]
    assert any("adjtimex" in calls for calls in settings["SystemCallFilter"])
