"""The units under deploy/, installed as docs/operations.md says: a real systemd starts, restarts and stops them."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, missing
from tests.own_systemd import BARE_HOST, SCRIPTS, running_systemd

pytestmark = [pytest.mark.slow, pytest.mark.takes(3, together="units that start")]  # each test waits for daemons

WAITING = "bellwether-time-sync"
"""Ends once the clock is true; the others are daemons."""
UNITS = sorted({unit.stem for unit in (ROOT / "deploy/systemd").glob("*.service")} - {WAITING})
PYTHON = Path(sys.executable).resolve()
START_S = 120.0
"""For all of them, on a machine that does much else."""
TARGETS = {
    "sysinit.target": "",
    "basic.target": "Requires=sysinit.target\nAfter=sysinit.target\n",
    "network.target": "",
    "shutdown.target": "",
    "multi-user.target": "Requires=basic.target\nAfter=basic.target\n",
    "time-sync.target": "",
}
"""What our units want of a host, without all else that those of a real one bring."""

PIP = """\
printf '%s\\n' /opt/checkout /opt/libraries >"$(echo /opt/bellwether/lib/python3*/site-packages)/bellwether.pth"
install -m 0755 /run/programs/* /opt/bellwether/bin/"""
"""Leads to the same as pip, which would need the network and half a minute."""


def as_the_page_says():
    """The commands of the section "Install"; the environment is that of these tests."""
    page = (ROOT / "docs/operations.md").read_text()
    commands = re.search(r"^## Install\n.*?^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1]
    for said, done in (
        (r"^python3 -m venv ", f"{PYTHON} -m venv --without-pip "),
        (r"^/opt/bellwether/bin/pip install .*$", PIP),
        (r"/path/to/this/checkout", "/opt/checkout"),
        (r" YOU\b", " root"),
    ):
        commands, count = re.subn(said, lambda _, done=done: done, commands, flags=re.MULTILINE)
        assert count, f"the page no longer says {said}"
    return f"set -e\n{commands}"


@pytest.fixture(scope="module")
def host(require_program):
    """A host on which they have been installed and started."""
    if not PYTHON.is_relative_to("/usr"):
        missing(f"user bellwether may not run {PYTHON}: the units need a Python below /usr")
    with running_systemd(require_program, BARE_HOST) as systemd:
        for name, text in TARGETS.items():
            (systemd.units / name).write_text(f"[Unit]\nDefaultDependencies=no\n{text}")
        (systemd.units / "service.d").mkdir()
        (systemd.units / "service.d/log.conf").write_text("[Service]\nStandardError=append:/run/%N.log\n")
        programs = systemd.root / "run/programs"
        programs.mkdir()
        for name, main in SCRIPTS.items():
            module, _, function = main.partition(":")
            text = (
                f"#!/opt/bellwether/bin/python\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n"
            )
            (programs / name).write_text(text)
        systemd.installed = systemd.run("sh", "-c", as_the_page_says(), timeout_s=START_S)
        yield systemd


RUNNING = {"ActiveState": "active", "SubState": "running", "Result": "success", "NRestarts": "0", "User": "bellwether"}
STOPPED = RUNNING | {"ActiveState": "inactive", "SubState": "dead"}


def states(host):
    return {unit: host.read(unit, *RUNNING) for unit in UNITS}


def told(host):
    """What the daemons said."""
    return "".join(log.read_text() for log in host.root.glob("run/*.log"))


@pytest.mark.short
def test_installed_as_the_page_says_all_get_ready(host):
    assert host.installed.returncode == 0, host.installed.stderr + told(host)
    assert states(host) == dict.fromkeys(UNITS, RUNNING), told(host)


@pytest.mark.parametrize("unit", UNITS)
def test_one_that_is_restarted_is_ready_anew_and_the_others_go_on(host, unit):
    processes = {each: host.read(each, "MainPID")["MainPID"] for each in UNITS}
    host.enter("systemctl", "restart", unit, timeout_s=START_S)
    assert states(host) == dict.fromkeys(UNITS, RUNNING), told(host)
    changed = [each for each in UNITS if host.read(each, "MainPID")["MainPID"] != processes[each]]
    assert changed == [unit]


def test_the_unit_that_waits_holds_the_target_back_and_says_why(host):
    """No time daemon runs on this host, so that its time is over in the end; a service after the target starts then."""
    (host.units / f"{WAITING}.service.d").mkdir()
    command = "/usr/bin/bellwether clock wait-synced --timeout 10s"
    (host.units / f"{WAITING}.service.d/short.conf").write_text(f"[Service]\nExecStart=\nExecStart={command}\n")
    host.enter("systemctl", "daemon-reload")
    assert host.run("systemctl", "start", WAITING, "time-sync.target", timeout_s=START_S).returncode == 1
    assert host.read(WAITING, "ExecMainStatus", "Result") == {"ExecMainStatus": "75", "Result": "exit-code"}
    log = (host.root / f"run/{WAITING}.log").read_text()
    assert re.search(r"not synchronized within 10 s: the clock is un\w+: ", log), log
    ended, reached = (
        int(host.read(unit, when)[when])
        for unit, when in (
            (WAITING, "InactiveEnterTimestampMonotonic"),
            ("time-sync.target", "ActiveEnterTimestampMonotonic"),
        )
    )
    assert 0 < ended <= reached


def test_all_stop_in_good_order_and_start_again(host):
    host.enter("systemctl", "stop", *UNITS, timeout_s=START_S)
    assert states(host) == dict.fromkeys(UNITS, STOPPED), told(host)
    host.enter("systemctl", "start", *UNITS, timeout_s=START_S)
    assert states(host) == dict.fromkeys(UNITS, RUNNING), told(host)


def test_a_warning_of_the_check_comes_true_and_the_page_says_what_mends_it(host):
    secret = "/etc/bellwether/signal.secret"
    settings = f"[listen]\nsignal_secret_file = '{secret}'\n"
    (host.root / "run/secret").write_text("open sesame")
    (host.root / "run/settings").write_text(settings)
    host.enter("install", "-m", "0600", "/run/secret", secret)
    host.enter("install", "-m", "0644", "/run/settings", "/etc/bellwether/communicatord.toml")
    try:
        warned = host.run("communicatord", "--check-config")
        assert (warned.returncode, f"{secret!r} cannot be read" in warned.stderr) == (0, True), warned.stderr
        assert host.run("systemctl", "restart", "communicatord", timeout_s=START_S).returncode
        assert host.read("communicatord", "ExecMainStatus") == {"ExecMainStatus": str(os.EX_CONFIG)}
        host.enter("sh", "-c", f"install -o bellwether -g bellwether -m 0600 /run/secret {secret}")
        mended = host.run("communicatord", "--check-config")
        assert (mended.stdout, mended.stderr) == ("communicatord: settings are good\n", "")
        host.enter("systemctl", "restart", "communicatord", timeout_s=START_S)
    finally:
        host.enter("rm", "/etc/bellwether/communicatord.toml")
        host.enter("systemctl", "restart", "communicatord", timeout_s=START_S)
