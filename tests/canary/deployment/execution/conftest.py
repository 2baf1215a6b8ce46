"""A host with a real systemd and polkitd, on which tasks are done as canaryd does them: its user, its sandbox."""

import sys
from pathlib import Path

import msgspec
import pytest

from canary.deployment.task import Outcome, Task
from tests.conftest import ROOT, missing
from tests.own_polkit import running_polkit, write_list

PYTHON = Path(sys.executable).resolve()
LISTED = (
    "demo@.service",
    "notify@.service",
    "flapping@.service",
    "once@.service",
    "masked@.service",
    "absent@.service",
)
DEMO = "ExecStart=/bin/sh -c 'case %i in bad*) exit 7;; *) exec sleep 1000; esac'"
TEMPLATES = {
    "demo@.service": DEMO,
    "masked@.service": DEMO,
    "unlisted@.service": DEMO,
    "notify@.service": "Type=notify\nTimeoutStartSec=300\nExecStart=/bin/sleep 1000",
    "flapping@.service": "Restart=always\nRestartSec=100ms\nStartLimitBurst=1000\nExecStart=/bin/sh -c 'exit 7'",
    "once@.service": "Type=oneshot\nExecStart=/bin/true",
}
PROGRAM = """\
import sys
sys.path[:0] = ["/opt/checkout", "/opt/libraries"]
from tests.canary.deployment.execution.perform import main
main()
"""
IN_PLACE = f"""\
[Unit]
DefaultDependencies=no
StartLimitIntervalSec=0
[Service]
Type=oneshot
ExecStart=
ExecStart={PYTHON} -I /run/program
StandardInput=file:/run/order.json
StandardOutput=truncate:/run/answer.json
StandardError=truncate:/run/perform.log
Restart=no
WatchdogSec=0
"""
"""A program that does one task, in place of canaryd and with all that its unit forbids."""


class Host:
    """What a test may have done there.

    Args:
        systemd: It runs.
    """

    def __init__(self, systemd):
        self.systemd = systemd

    def ask(self, settings, task, question="perform"):
        """Have a task done, or what it lacks told, as canaryd would."""
        order = {"settings": settings, "task": msgspec.to_builtins(task), "question": question}
        (self.systemd.root / "run/order.json").write_bytes(msgspec.json.encode(order))
        done = self.systemd.run("systemctl", "start", "canaryd.service", timeout_s=60)
        log = self.systemd.root / "run/perform.log"
        assert done.returncode == 0, f"{done.stderr}{log.exists() and log.read_text()}"
        return (self.systemd.root / "run/answer.json").read_bytes()

    def perform(self, task, **settings):
        """Have systemd's executor do a task."""
        answer = self.ask({"kind": "systemd", **settings}, task)
        return msgspec.json.decode(answer, type=Outcome)

    def lacks(self, task, **settings):
        """What is lacking for it."""
        return msgspec.json.decode(self.ask({"kind": "systemd", **settings}, task, "missing"))

    def state(self, unit):
        return self.systemd.read(unit, "ActiveState")["ActiveState"]


@pytest.fixture(scope="module")
def host(require_program, debian_program):
    """One for all tests of a module."""
    if not PYTHON.is_relative_to("/usr"):
        missing(f"user bellwether may not run {PYTHON}: it needs a Python below /usr")
    with running_polkit(require_program, debian_program) as systemd:
        for name, text in TEMPLATES.items():
            systemd.write(name, text)
        (systemd.units / "masked@1.0.service").symlink_to("/dev/null")
        (systemd.units / "canaryd.service").write_text((ROOT / "deploy/systemd/canaryd.service").read_text())
        (systemd.units / "canaryd.service.d").mkdir()
        (systemd.units / "canaryd.service.d/one.conf").write_text(IN_PLACE)
        (systemd.root / "run/program").write_text(PROGRAM)
        systemd.write("communicatord.service", "ExecStart=/bin/true")
        write_list(systemd, LISTED)
        yield Host(systemd)


@pytest.fixture
def make_task():
    """Makes tasks of the executor ``it``."""

    def make(verb, service, version, previous=""):
        return Task(
            deployment="d1",
            step=0,
            attempt=1,
            verb=verb,
            executor="it",
            service=service,
            version=version,
            previous=previous,
        )

    return make
