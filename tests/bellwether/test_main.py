"""The command line: help, version, and the errors a person is likely to meet."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bellwether.main import application
from communicator.version import __version__

pytestmark = pytest.mark.timeout(120)  # a command takes a second, on a machine with nothing else to do
COMMANDS = (
    "up",
    "status",
    "services",
    "send",
    "tap",
    "route",
    "trace",
    "cluster",
    "feature",
    "flag",
    "messages",
    "password",
    "reporter",
)


def run(*arguments, directory, **environment):
    return subprocess.run(
        [sys.executable, "-m", "bellwether", *arguments],
        cwd=directory,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "100", **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    """Runs a command in this process, in an empty directory and without a router; gives its result."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BELLWETHER_COMMUNICATOR", raising=False)
    return lambda *arguments: CliRunner().invoke(
        application, list(arguments), prog_name="bellwether", env={"COLUMNS": "100"}
    )


def test_help_names_every_command(tmp_path):
    done = run("--help", directory=tmp_path)
    assert done.returncode == 0
    for command in COMMANDS:
        assert f" {command} " in done.stdout


SUBCOMMANDS = {
    "cluster": ("forget",),
    "feature": ("list", "show", "off", "on", "set", "remove", "history", "check", "scan"),
    "flag": ("list", "show", "raise", "lower"),
    "messages": ("lint", "show", "check"),
    "password": ("add", "remove", "list"),
}


@pytest.mark.parametrize(
    "command", [*COMMANDS, *(f"{group} {each}" for group, commands in SUBCOMMANDS.items() for each in commands)]
)
def test_every_command_has_help(command, invoke):
    done = invoke(*command.split(), "--help")
    assert done.exit_code == 0
    assert f"Usage: bellwether {command}" in done.stdout


def test_help_shows_examples_and_brackets(tmp_path):
    shown = run("send", "--help", directory=tmp_path).stdout
    assert "[[server:]service/]COMMAND" in shown
    assert "bellwether send --wait CLUSTER_GET_STATUS" in shown


def test_version(tmp_path):
    assert run("--version", directory=tmp_path).stdout == f"bellwether {__version__}\n"


def test_help_loads_neither_event_loop_nor_client_nor_router(tmp_path):
    heavy = ("asyncio", "communicator.client", "communicator.router")
    script = f"import sys, bellwether.main; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (("status",), 69, "no router found"),
        (("services",), 69, "bellwether up"),
        (("tap",), 69, "no router found"),
        (("send", "STATUS"), 69, "no router found"),
        (("cluster",), 69, "no router found"),
        (("cluster", "forget", "gamma"), 69, "no router found"),
        (("cluster", "forget", "10.0.0.7"), 2, "neither the name of a server nor IP:PORT"),
        (("route", "printer"), 69, "no router found"),
        (("route", "/printer"), 2, "'/printer' is not SERVER/SERVICE"),
        (("trace", "printer/PRINT"), 69, "no router found"),
        (("send", "printer/PRINT hello"), 2, "'hello' is not name=value"),
        (("send", ""), 2, "the message is empty"),
        (("status", "--communicator", "localhost"), 1, "'localhost' does not start with cd://"),
        (("status", "--communicator", "cdu://127.0.0.1:1"), 1, "cdu://"),
        (("status", "--communicator", "cd://127.0.0.1:1"), 69, "127.0.0.1:1"),
        (("status", "--communicator", "cd:///nowhere/at/all.sock"), 69, "/nowhere/at/all.sock"),
        (("up", "--config", "nowhere"), 1, "'nowhere' is not a directory"),
        (("up", "--dir", "/proc/suite"), 1, "cannot make '/proc/suite'"),
    ],
)
def test_a_mistake_is_one_line_on_stderr(arguments, exit_code, words, invoke):
    done = invoke(*arguments)
    assert done.exit_code == exit_code
    assert done.stdout == ""
    assert words in done.stderr
    assert done.stderr.startswith("bellwether: ")
    assert done.stderr.count("\n") == 1


def test_the_environment_names_a_router(tmp_path):
    done = run("status", directory=tmp_path, BELLWETHER_COMMUNICATOR="cd:///nowhere.sock")
    assert (done.returncode, done.stdout) == (69, "")
    assert "/nowhere.sock" in done.stderr
    assert done.stderr.count("\n") == 1
