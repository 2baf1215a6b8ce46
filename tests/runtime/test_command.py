"""The command line of a daemon, run as a process of its own."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
from communicator.runtime.command import daemon_command
from communicator.runtime.daemon import Daemon
from communicator.runtime.settings_type import Settings

class Answer(Settings, frozen=True):
    number: int = 1
    communicator: str = "cd:///default"

async def serve(daemon):
    print(daemon.name, daemon.settings.number, daemon.settings.communicator)
    daemon.ready({"http": "127.0.0.1:1"})

daemon_command("answerd", Answer, serve, help="Answer.")()
"""

FURTHER = """
from communicator.runtime.command import Mode, Shortcut, daemon_command
from communicator.runtime.settings_type import Settings

class Lamps(Settings, frozen=True):
    red: bool = True

class Answer(Settings, frozen=True):
    lamps: Lamps = Lamps()
    place: str = "here"

async def serve(daemon):
    print("served", daemon.settings.lamps.red, daemon.settings.place)

async def look(settings, log):
    log.warning("looked")
    print("looked", settings.lamps.red, settings.place)
    return 3

daemon_command(
    "answerd", Answer, serve, help="Answer.", mode=Mode("--look", "Look once.", look),
    shortcuts=[
        Shortcut("--lamp.red/--no-lamp.red", "lamps.red", "The red one."),
        Shortcut("--place", "place", "Where.", metavar="PLACE"),
    ],
)()
"""


def _run(*arguments: str, program: str = PROGRAM, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("BELLWETHER")} | environment,
    )


def test_without_options_the_defaults_serve():
    done = _run()
    assert (done.returncode, done.stdout) == (0, "answerd 1 cd:///default\n")
    assert "event=ready http=127.0.0.1:1" in done.stderr


def test_options_lie_over_files(tmp_path):
    config = tmp_path / "answerd.toml"
    config.write_text('number = 2\ncommunicator = "cd:///file"\n')
    (tmp_path / "answerd.d").mkdir()
    (tmp_path / "answerd.d" / "1.toml").write_text("number = 3\n")
    assert _run("--config", str(config)).stdout == "answerd 3 cd:///file\n"
    assert _run("--config", str(config), "--set", "number=4").stdout == "answerd 4 cd:///file\n"


def test_the_router_may_be_named_by_option_or_environment():
    assert _run(BELLWETHER_COMMUNICATOR="cd:///env").stdout == "answerd 1 cd:///env\n"
    assert _run("--communicator", "cd:///opt", BELLWETHER_COMMUNICATOR="cd:///env").stdout == "answerd 1 cd:///opt\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--set", "numbr=1"), "answerd: command line: numbr: is not a known key"),
        (("--set", r'"\u001b[2J\u202e"=1'), r"answerd: command line: \x1b[2J\u202e: is not a known key"),
        (("--config", "/nowhere.toml"), "answerd: /nowhere.toml: cannot be read: No such file or directory"),
    ],
)
@pytest.mark.parametrize("check", [(), ("--check-config",)])
def test_a_wrong_setting_exits_78(arguments, message, check):
    done = _run(*arguments, *check)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (78, "", message)


def test_check_config_starts_nothing():
    done = _run("--check-config")
    assert (done.returncode, done.stdout, done.stderr) == (0, "answerd: settings are good\n", "")


def test_version_and_help():
    assert _run("--version").stdout.startswith("answerd 0.")
    shown = _run("--help").stdout
    for word in ("Answer.", "--config", "--set", "--check-config", "--communicator", "BELLWETHER_COMMUNICATOR"):
        assert word in shown


def test_json_lines_on_request():
    assert '"event": "ready"' in _run("--log-format", "json").stderr


@pytest.mark.parametrize("arguments", [("--log-level", "loud"), ("--unknown",)])
def test_an_unknown_option_or_value_is_a_usage_error(arguments):
    done = _run(*arguments)
    assert done.returncode == 2
    assert arguments[-1] in done.stderr


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ((), "served True here"),
        (("--no-lamp.red",), "served False here"),
        (("--lamp.red", "--set", "lamps.red=false"), "served True here"),
        (("--no-lamp.red", "--lamp.red"), "served True here"),
        (("--place", "a b"), "served True a b"),
        (("--look",), "looked True here"),
        (("--look", "--place=there", "--no-lamp.red"), "looked False there"),
    ],
    ids=["none", "no", "over-set", "last-wins", "value", "mode", "mode-and-more"],
)
def test_a_daemon_may_have_options_of_its_own(arguments, shown):
    done = _run(*arguments, program=FURTHER)
    assert (done.stdout, done.returncode) == (f"{shown}\n", 3 if "--look" in arguments else 0)


def test_what_it_does_instead_logs_as_it_is_told():
    done = _run("--look", "--log-format", "json", program=FURTHER)
    assert '"event":"looked"' in done.stderr.replace(" ", "")


def test_settings_are_checked_before_anything_is_done_instead():
    done = _run("--look", "--set", "place=3", program=FURTHER)
    assert (done.returncode, done.stdout) == (78, "")


def test_options_of_one_daemon_are_shown_by_its_help():
    shown = _run("--help", program=FURTHER, COLUMNS="200").stdout
    for word in ("--lamp.red", "--no-lamp.red", "--place", "PLACE", "--look", "Look once."):
        assert word in shown
    assert "--place" not in _run("--help").stdout


@pytest.mark.parametrize(
    "arguments",
    [("--place",), ("--place", "--look"), ("--lamp.red=1",)],
    ids=["no-value", "no-value-but-an-option", "value-of-a-flag"],
)
def test_an_option_of_its_own_that_is_wrong_is_a_usage_error(arguments):
    assert _run(*arguments, program=FURTHER).returncode == 2
