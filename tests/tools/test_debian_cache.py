"""Programs that must not be installed run from where they were unpacked."""

import subprocess

import pytest


@pytest.mark.timeout(300)  # the first time it fetches them
@pytest.mark.parametrize(
    ("package", "program", "option", "words"),
    [("chrony", "usr/sbin/chronyd", "-v", "chronyd (chrony)"), ("ntpsec", "usr/sbin/ntpd", "--version", "ntpsec")],
)
def test_a_time_daemon_runs_unpacked(debian_program, package, program, option, words):
    unpacked = debian_program(package, program)
    done = subprocess.run(
        [unpacked.path, option], env=unpacked.environment, capture_output=True, text=True, check=True, timeout=30
    )
    assert words in done.stdout + done.stderr
