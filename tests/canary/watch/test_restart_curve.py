"""The drop-in for watched services: systemd takes it, and restarts as the drop-in says and the rules assume."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from canary.rules import RuleASettings

DROP_IN = Path(__file__).parents[3] / "deploy/systemd/watched-service.conf"
TEXT = DROP_IN.read_text()
FIRST_S, LONGEST_S, STEPS = 1.0, 60.0, 6
SPED_UP = 100


def wait_s(number):
    """Before restart `number`, from 1: service_restart_usec_next in systemd's src/core/service.c."""
    return LONGEST_S if number > STEPS else FIRST_S * (LONGEST_S / FIRST_S) ** ((number - 1) / STEPS)


def install(systemd, unit, more=""):
    systemd.write(unit, "ExecStart=/bin/false")
    folder = systemd.units / f"{unit}.d"
    folder.mkdir()
    shutil.copy(DROP_IN, folder / "bellwether.conf")
    (folder / "more.conf").write_text(f"[Service]\n{more}\n")


def test_systemd_has_nothing_to_say_of_it(tmp_path, require_program):
    require_program("systemd-analyze")
    units = tmp_path / "etc/systemd/system"
    (units / "printer.service.d").mkdir(parents=True)
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/printer").touch(mode=0o755)
    (units / "printer.service").write_text("[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/usr/bin/printer\n")
    shutil.copy(DROP_IN, units / "printer.service.d/bellwether.conf")
    command = [
        "systemd-analyze",
        "verify",
        "--man=no",
        "--recursive-errors=no",
        f"--root={tmp_path}",
        "printer.service",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_its_comment_gives_the_real_waits():
    (waits,) = re.findall(r"restarts are ([\d., and]+) seconds, and (\d+) from the seventh on", TEXT)
    assert [float(wait) for wait in re.findall(r"[\d.]+", waits[0])] == [
        round(wait_s(number), 1) for number in range(1, STEPS + 1)
    ]
    assert float(waits[1]) == wait_s(STEPS + 1)


def test_what_dies_at_once_has_failed_often_enough_for_rule_a_within_its_span():
    rule = RuleASettings()
    failures_s = [sum(map(wait_s, range(1, number))) for number in range(1, 9)]
    decisive = next(n for n, at_s in enumerate(failures_s, 1) if n >= rule.failures and at_s >= rule.span_s)
    assert decisive == 7
    assert f"the seventh time after\n# {failures_s[decisive - 1]:.1f} seconds" in TEXT


def test_systemd_reads_it_as_it_is_meant(systemd):
    install(systemd, "meant.service")
    assert systemd.read(
        "meant.service",
        *("Restart", "RestartUSec", "RestartSteps", "RestartMaxDelayUSec", "StartLimitIntervalUSec"),
    ) == {
        "Restart": "on-failure",
        "RestartUSec": "1s",
        "RestartSteps": "6",
        "RestartMaxDelayUSec": "1min",
        "StartLimitIntervalUSec": "0",
    }


@pytest.mark.timeout(120)
async def test_systemd_waits_as_long_as_it_says(systemd, eventually):
    """A hundred times faster; the ratio and the steps are those of the drop-in."""
    install(systemd, "curve.service", f"RestartSec={1_000 // SPED_UP}ms\nRestartMaxDelaySec={60_000 // SPED_UP}ms")
    systemd.control("start", "curve.service")
    waits_us = {}

    async def look():
        now = systemd.read("curve.service", "NRestarts", "RestartUSecNext", "SubState")
        if now["SubState"] == "auto-restart":
            waits_us[int(now["NRestarts"]) + 1] = _us(now["RestartUSecNext"])
        return waits_us

    # a slow machine does not see each
    await eventually(look, lambda waits: max(waits, default=0) > STEPS + 1 and len(waits) >= 3)
    systemd.control("stop", "curve.service")
    assert waits_us == {number: pytest.approx(wait_s(number) * 1e6 / SPED_UP, rel=0.001) for number in waits_us}


def _us(text):
    units = {"s": 1_000_000, "ms": 1_000, "us": 1}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)([a-z]+)", text))
