"""communicatord as a process: command line, readiness, exit codes, and what a kill leaves behind."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import EVENTUALLY_S

WATCHDOG_US = "3000000"
"""A word every second: the kernel keeps ten of them, and drops what comes then, while the test does not get to read."""
COMMAND = [sys.executable, "-X", "dev", "-W", "error", "-c", "from communicator.daemon.main import main; main()"]


@pytest.fixture
def place():
    with tempfile.TemporaryDirectory(prefix="bw") as directory:
        yield Path(directory)


def _arguments(place: Path, *more: str) -> list[str]:
    config = place / "communicatord.toml"
    if not config.exists():
        config.write_text(
            f'data_path = "{place}/data"\n[listen]\nunix = "{place}/s"\nlocal = "127.0.0.1:0"\nsignal = "127.0.0.1:0"\n'
        )
    return ["--config", str(config), "--ports-file", str(place / "ports.json"), *more]


@contextmanager
def _running(place: Path, *more: str):
    """A communicatord that has said READY=1."""
    path = str(place / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        environment = os.environ | {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": WATCHDOG_US}
        process = subprocess.Popen(
            [*COMMAND, *_arguments(place, *more)], env=environment, stderr=subprocess.PIPE, text=True
        )
        try:
            words = [_word(manager), _word(manager)]
            while "READY=1" not in words:  # on a busy machine the first sign of life comes before that, and again
                words.append(_word(manager))
            assert set(words) == {"READY=1", "WATCHDOG=1"}
            yield process, manager
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=EVENTUALLY_S)
            Path(path).unlink()


def _word(manager: socket.socket) -> str:
    readable, _, _ = select.select([manager], [], [], EVENTUALLY_S)
    assert readable, "no word from the daemon"
    return manager.recv(1000).decode()


def _run(place: Path, *more: str) -> subprocess.CompletedProcess:
    command = [*COMMAND, *_arguments(place, *more)]
    return subprocess.run(command, capture_output=True, text=True, timeout=EVENTUALLY_S, check=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(place, number):
    with _running(place) as (process, manager):
        ports = json.loads((place / "ports.json").read_text())
        assert list(ports) == ["unix", "local", "signal"]
        assert _word(manager) == "WATCHDOG=1"  # and again, as long as the loop turns
        process.send_signal(number)
        _, log = process.communicate(timeout=EVENTUALLY_S)
        assert process.returncode == 0
        assert f"cause={number.name}" in log
        assert "Warning" not in log
        words = [_word(manager)]
        while words[-1].startswith("WATCHDOG"):
            words.append(_word(manager))
        assert words[-1] == "STOPPING=1"
    assert sorted(path.name for path in place.iterdir()) == ["communicatord.toml", "data"]


@pytest.mark.parametrize(("command", "exit_code"), [("STOP", 0), ("SHUTDOWN", 0), ("RESTART", 75)])
def test_a_command_ends_it_in_good_order(place, command, exit_code):
    with _running(place) as (process, _), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(EVENTUALLY_S)
        client.connect(f"{place}/s")
        client.sendall(f"{command}\n".encode())
        _, log = process.communicate(timeout=EVENTUALLY_S)
        assert process.returncode == exit_code, log
        assert client.recv(1000) == b""
    assert sorted(path.name for path in place.iterdir()) == ["communicatord.toml", "data"]


def test_after_a_kill_the_next_one_takes_over_and_a_live_one_keeps_its_socket(place):
    with _running(place) as (process, _):
        process.kill()
        process.wait(EVENTUALLY_S)
    assert (place / "s").exists()
    with _running(place):
        second = _run(place)
        assert second.returncode == 1
        assert f"cannot listen on '{place}/s': another daemon is listening there" in second.stderr
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(EVENTUALLY_S)
            client.connect(f"{place}/s")
            client.sendall(b"CLUSTER_GET_STATUS\n")
            assert b"CLUSTER_CURRENT_STATUS" in client.recv(1000)


def test_hang_up_is_told_to_the_init_system(place):
    with _running(place) as (process, manager):
        process.send_signal(signal.SIGHUP)
        words: list[str] = []
        while "READY=1" not in words:
            words.append(_word(manager).split("\n")[0])
        assert "RELOADING=1" in words


def test_good_settings_are_confirmed(place):
    checked = _run(place, "--check-config")
    assert (checked.returncode, checked.stdout) == (0, "communicatord: settings are good\n")


def test_hang_up_with_a_wrong_setting_changes_nothing_and_is_told_all_the_same(place):
    services, drop_ins, secret = place / "services", place / "communicatord.d", place / "secret"
    services.mkdir()
    secret.touch(0o600)
    secret.write_text("open sesame\n")
    assignments = (f"services_path={services}", f"listen.signal_secret_file={secret}")
    with _running(place, *[part for text in assignments for part in ("--set", text)]) as (process, manager):
        faults = {
            str(services / "a.service"): lambda: (services / "a.service").write_text("nonsense"),
            str(secret): lambda: secret.chmod(0o644),
            str(drop_ins): drop_ins.touch,  # no directory
        }
        for bring_about in faults.values():
            bring_about()
            process.send_signal(signal.SIGHUP)
            words: list[str] = []
            while words[-2:] != ["RELOADING=1", "READY=1"]:
                words += [word for word in [_word(manager).split("\n")[0]] if word != "WATCHDOG=1"]
            (services / "a.service").unlink(missing_ok=True)
            secret.chmod(0o600)
        process.terminate()
        _, log = process.communicate(timeout=EVENTUALLY_S)
        assert process.returncode == 0
        refusals = [line for line in log.splitlines() if "event=config_reload_failed" in line]
        assert [path in line for path, line in zip(faults, refusals, strict=True)] == [True] * 3
        assert "Traceback" not in log
        assert "event=config_reloaded" not in log


@pytest.mark.parametrize("check", [(), ("--check-config",)])
@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("listen.signal_secret_file={place}/none", "listen.signal_secret_file: '{place}/none' cannot be read"),
        ("listen.signal_secret_file={place}/open", "'{place}/open' has mode 0644: a secret must have 0600"),
        ("listen.socket_group=no_such_group", "listen.socket_group: there is no group 'no_such_group'"),
        ("services_path={place}/open", "services_path: '{place}/open' cannot be read: Not a directory"),
        (
            "auth.password_file={place}/open",
            "auth.password_file: '{place}/open' has mode 0644: a secret must have 0600",
        ),
        ("tls.ca={place}/open", "tls.ca: '{place}/open' holds no certificate"),
    ],
)
def test_what_the_settings_name_is_checked_at_the_start_and_on_request(place, refuse, assignment, message, check):
    (place / "open").write_text("secret")
    (place / "open").chmod(0o644)
    assert message.format(place=place) in refuse(*_arguments(place, *check, "--set", assignment.format(place=place)))
    assert not (place / "s").exists()


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("listen.local=0.0.0.0:4040", "listen.local: '0.0.0.0:4040' is not a loopback address"),
        ("listen.locl=127.0.0.1:4040", "listen.locl: is not a known key"),
        ("limits.links=many", "limits.links: expected int, got str"),
        ("listen.remote=10.0.0.5:4042", "auth.password_file: listen.remote '10.0.0.5:4042' can be reached from other"),
        ("listen.secure=10.0.0.5:4043", "tls.certificate: listen.secure '10.0.0.5:4043' needs it"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_key(place, refuse, assignment, message):
    assert message in refuse(*_arguments(place, "--check-config", "--set", assignment))


def test_a_process_that_is_refused_its_settings_says_so_and_shows_no_traceback(place):
    refused = _run(place, "--set", "limits.links=many")
    assert (refused.returncode, refused.stdout) == (78, "")
    assert "limits.links: expected int, got str" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_ports_file_that_cannot_be_written_ends_it_cleanly(place):
    refused = _run(place, "--ports-file", str(place / "none" / "ports.json"))
    assert refused.returncode == 78
    assert "--ports-file" in refused.stderr
    assert not (place / "s").exists()


def test_help_names_every_option():
    shown = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, timeout=EVENTUALLY_S, check=True)
    for option in ("--config", "--set", "--check-config", "--ports-file", "--log-level", "--log-format", "--version"):
        assert option in shown.stdout
    assert "--communicator" not in shown.stdout


def test_a_check_of_the_settings_names_wrong_definitions_with_which_it_would_run(place):
    definitions = place / "messages"
    definitions.mkdir()
    (definitions / "PRINT.conf").write_text("[cache]\nvalidator = integer(1...2)\n")
    option = ("--set", f'definitions_path=["{definitions}"]')
    done = _run(place, *option, "--check-config")
    assert (done.returncode, done.stdout) == (os.EX_CONFIG, "")
    named, verdict = done.stderr.splitlines()
    assert named.startswith(f"{definitions}/PRINT.conf:1: error: [cache] is a parameter of every message")
    assert verdict == "communicatord: settings are good, but what they name on this host is not"
    with _running(place, *option, "--set", "check_messages=debug") as (process, _):
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=EVENTUALLY_S)
        assert f"event=definition_refused path={definitions}/PRINT.conf line=1" in log


def test_a_check_of_the_settings_names_a_directory_that_cannot_be_enforced(place):
    done = _run(place, "--set", 'definitions_enforced=["/srv/messages"]', "--check-config")
    assert done.returncode == os.EX_CONFIG
    assert "definitions_enforced: '/srv/messages' is not a directory of definitions_path" in done.stderr


def test_a_check_of_the_settings_names_misspelt_keys_of_service_files(place):
    services = place / "services"
    services.mkdir()
    (services / "printer.service").write_text("comands = PRINT\n")
    option = ("--set", f"services_path={services}")
    done = _run(place, *option, "--check-config")
    assert done.returncode == os.EX_CONFIG
    assert "printer.service:1" in done.stderr
    with _running(place, *option) as (process, _):
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=EVENTUALLY_S)
        assert f"event=service_file_doubtful path={services}/printer.service" in log
