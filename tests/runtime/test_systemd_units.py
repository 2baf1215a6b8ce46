"""The units under deploy/, docs/operations.md and the daemons agree: readiness, watchdog, exit codes, programs, /proc."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from communicator.daemon.server import RESERVED_DESCRIPTORS
from communicator.daemon.settings import CommunicatordSettings, LimitsSettings

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
PAGE = (ROOT / "docs/operations.md").read_text()
DROP_INS = dict(re.findall(r"```ini\n# /(etc/systemd/system/\S+)\n(.*?)```", PAGE, re.DOTALL))
WAITING = "bellwether-time-sync"
"""No daemon: it ends once the clock is true."""
DAEMONS = [unit for unit in UNITS if unit.stem != WAITING]
OTHERS_UNITS = ("basic", "multi-user", "network", "shutdown", "sysinit", "time-sync")
"""The targets that ours speak of."""


def _settings(unit: Path) -> dict[str, list[str]]:
    settings: dict[str, list[str]] = {}
    for line in unit.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            settings.setdefault(name, []).append(value)
    return settings


def test_there_is_a_unit_for_each_daemon():
    assert {unit.stem for unit in DAEMONS} == set(SCRIPTS) - {"bellwether"}


@pytest.mark.parametrize("unit", DAEMONS, ids=lambda unit: unit.stem)
def test_a_unit_knows_how_its_daemon_behaves(unit):
    settings = _settings(unit)
    assert settings["ExecStart"] == [f"/usr/bin/{unit.stem}"]
    assert settings["Type"] == ["notify"]
    assert settings["WatchdogSec"]
    assert settings["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert settings["RestartPreventExitStatus"] == [str(os.EX_CONFIG)]
    assert settings["CapabilityBoundingSet"] == [""]
    assert settings["ProtectSystem"] == ["strict"]
    assert settings["SystemCallErrorNumber"] == ["EPERM"]  # else the kernel kills it for a call that is not foreseen


def test_the_router_may_have_a_descriptor_for_each_link():
    (limit,) = _settings(ROOT / "deploy/systemd/communicatord.service")["LimitNOFILE"]
    assert int(limit) >= LimitsSettings().links + RESERVED_DESCRIPTORS


def test_the_router_may_keep_files_and_let_its_passwords_stand_back():
    settings = _settings(ROOT / "deploy/systemd/communicatord.service")
    assert f"/var/lib/{settings['StateDirectory'][0]}" == CommunicatordSettings().data_path
    assert any("setpriority" in calls for calls in settings["SystemCallFilter"])


def test_the_clock_check_may_read_the_clock_and_load_numpy():
    settings = _settings(ROOT / "deploy/systemd/timekeeperd.service")
    assert settings["ProtectClock"] == ["no"]
    assert any("adjtimex" in calls for calls in settings["SystemCallFilter"])
    assert "mbind" in settings["SystemCallFilter"]


def test_the_clock_check_may_see_the_time_daemons_of_other_users_and_tell_this_boot_from_others():
    settings = _settings(ROOT / "deploy/systemd/timekeeperd.service")
    assert settings["ProtectProc"] == ["default"]
    assert settings["ProcSubset"] == ["all"]


def test_the_router_may_see_the_control_groups_of_other_users():
    settings = _settings(ROOT / "deploy/systemd/communicatord.service")
    assert settings["ProtectProc"] == ["default"]
    assert "AF_NETLINK" in settings["RestrictAddressFamilies"][0]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_user_of_a_unit_is_one_that_the_page_makes(unit):
    settings = _settings(unit)
    assert settings["User"] == settings["Group"] == ["bellwether"]
    assert re.search(r"^useradd .*--user-group .* bellwether$", PAGE, re.MULTILINE)


def test_the_page_links_all_programs_to_where_the_units_look_for_them():
    (programs,) = re.findall(r"^for program in (.*); do$", PAGE, re.MULTILINE)
    assert set(programs.split()) == set(SCRIPTS)


@pytest.fixture(scope="module")
def host(tmp_path_factory, require_program):
    """A root directory with our units, their programs and what they name of others."""
    require_program("systemd-analyze")
    root = tmp_path_factory.mktemp("host")
    for directory in ("etc/systemd/system", "usr/bin", "usr/lib/systemd/system", "opt/bellwether/bin"):
        (root / directory).mkdir(parents=True)
    (root / "bin").symlink_to("usr/bin")
    for name in OTHERS_UNITS:
        (root / f"usr/lib/systemd/system/{name}.target").write_text(f"[Unit]\nDescription={name}\n")
    for program in (
        "usr/bin/kill",
        *(f"{place}/{name}" for name in SCRIPTS for place in ("usr/bin", "opt/bellwether/bin")),
    ):
        (root / program).touch(mode=0o755)
    for unit in UNITS:
        shutil.copy(unit, root / "etc/systemd/system")
    return root


def _verify(host, unit):
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", f"--root={host}", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_has_nothing_to_say_of_a_unit(host, unit):
    assert _verify(host, unit.name) == (0, "")


EXPOSED_TENTHS = 20
"""The exposure of a unit at most, as `systemd-analyze security` counts it: 100 is a service without any restriction. Ours have
12 (bellwether-exporter) to 19 (timekeeperd, which reads the clock and the processes of others)."""


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_as_closed_as_it_can_be(host, unit):
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--root={host}"]
    command += [f"--threshold={EXPOSED_TENTHS}", unit.name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Overall exposure level" in done.stdout


@pytest.mark.parametrize("path", DROP_INS)
def test_systemd_has_nothing_to_say_of_a_unit_with_a_drop_in_of_the_page(host, path):
    drop_in = host / path
    drop_in.parent.mkdir()
    try:
        drop_in.write_text(DROP_INS[path])
        assert _verify(host, drop_in.parent.name.removesuffix(".d")) == (0, "")
    finally:
        shutil.rmtree(drop_in.parent)


def test_the_page_gives_drop_ins_for_the_services_of_old_and_for_another_place_of_the_programs():
    assert {Path(path).name for path in DROP_INS} == {"cpp-services.conf", "program.conf"}
    socket_group = re.search(r'^socket_group = "(.*)"$', PAGE, re.MULTILINE)[1]
    (services,) = (content for path, content in DROP_INS.items() if path.endswith("cpp-services.conf"))
    assert f"SupplementaryGroups={socket_group}\n" in services
