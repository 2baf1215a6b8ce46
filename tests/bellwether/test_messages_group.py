"""The command line of `bellwether messages`: its help needs neither router nor definitions."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("command", [[], ["lint"], ["show"], ["check"]])
def test_help(command, tmp_path):
    script = (
        "import sys; from bellwether.main import application\n"
        "try: application(sys.argv[1:], prog_name='bellwether')\n"
        "finally: assert 'communicator.protocol.definitions' not in sys.modules"
    )
    arguments = [sys.executable, "-c", script, "messages", *command, "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert f"Usage: bellwether messages {' '.join(command)}".strip() in done.stdout
    assert "\\" not in done.stdout


def test_a_line_to_check_is_needed(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "bellwether", "messages", "check"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert "LINE" in done.stderr
