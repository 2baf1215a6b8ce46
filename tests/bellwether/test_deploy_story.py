"""A deployment from the command line, on a real router with a real canary: somebody else upgrades, and a person decides."""

import json

import pytest
import structlog
from typer.testing import CliRunner

from bellwether.main import application
from communicator.client import Client
from communicator.testing import run_router
from tests.bellwether.on_thread import on_thread
from tests.bellwether.test_canary_commands import WITHIN_S, canary_on

pytestmark = pytest.mark.timeout(240)
FILE = """
service = "billing"
version = "2.0"
bake = "0s"

[[steps]]
servers = 1
bake = "0s"
pause = true
"""
SPAN = f"{WITHIN_S:g}s"


@pytest.fixture(autouse=True)
def _quiet():
    """What the canary logs in this process is no output of a command."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


def billing(router, version):
    """The service in a version, until the block ends."""
    return on_thread(lambda: Client(router.unix, "billing", service_version=version, build="b1"))


@pytest.mark.takes(5)
def test_from_the_first_command_to_the_end_and_back(tmp_path):
    file = tmp_path / "billing.toml"
    file.write_text(FILE)
    with run_router() as router, canary_on(router, tmp_path):
        environment = {"BELLWETHER_COMMUNICATOR": router.unix, "COLUMNS": "120"}

        def deploy(*words):
            return CliRunner().invoke(application, ["deploy", *words], prog_name="bellwether", env=environment)

        with billing(router, "1.9"):
            known = CliRunner().invoke(
                application, ["canary", "status", "billing", "1.9", "--timeout", SPAN], env=environment
            )
            assert known.exit_code == 0, known.stdout
            assert deploy("check", str(file)).stdout == "✔ alpha: ready, has 1.9\n"
            begun = deploy("start", str(file), "--reason", "ticket 812")
            assert (begun.exit_code, begun.stderr) == (0, ""), begun.stderr
            again = deploy("start", str(file))
            assert (again.exit_code, again.stdout) == (1, "")
            assert "billing 2.0 is being deployed already" in again.stderr
            assert deploy("wait", "billing", "--until", "step 1", "--timeout", SPAN).exit_code == 0
            assert "put there by somebody else" in deploy("status", "billing").stdout
        with billing(router, "2.0"):
            gate = deploy("wait", "billing", "--timeout", SPAN)
            assert gate.exit_code == 3, gate.stdout
            assert "bellwether deploy promote billing" in deploy("status").stdout
            assert deploy("promote", "billing", "--reason", "looks well").exit_code == 0
            done = deploy("wait", "billing", "--timeout", SPAN)
            assert done.exit_code == 0, done.stdout
            undone = deploy("undo", "billing")
            assert undone.exit_code == 0, undone.stderr
            assert deploy("abort", "billing", "--reason", "never mind").exit_code == 0
            back = deploy("wait", "billing", "--timeout", SPAN)
            assert back.exit_code == 1, back.stdout
        phases = [change["phase"] for change in json.loads(deploy("history", "billing", "--json").stdout)["changes"]]
        assert phases[0] == "pending"
        assert phases[-1] == "rolled_back"
        assert phases.count("done") == 1
