"""Known vulnerabilities fail; a database that cannot be reached is told, and fails nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools/audit-dependencies"
GOOD = {"name": "good", "version": "1.0", "vulns": []}
BAD = {"name": "bad", "version": "0.9", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.0", "1.1"]}]}
HOPELESS = {"name": "hopeless", "version": "0.1", "vulns": [{"id": "PYSEC-2026-2", "fix_versions": []}]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found"}
UNREACHED = "known vulnerabilities: the database cannot be reached from here; nothing was checked"


@pytest.fixture
def audit(tmp_path):
    """Runs the tool with a pip-audit that says what it is told to."""

    def run(said):
        (tmp_path / "pip_audit.py").write_text(f"print({said!r})\nraise SystemExit(1)\n")
        environment = {"PYTHONPATH": str(tmp_path)}
        return subprocess.run([sys.executable, TOOL], env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize(
    ("dependencies", "code", "lines"),
    [
        ([GOOD], 0, ["known vulnerabilities: 0; 1 packages were checked"]),
        ([GOOD, UNKNOWN], 0, ["known vulnerabilities: 0; 1 packages were checked, 1 could not be"]),
        ([UNKNOWN], 0, [UNREACHED]),
        (
            [BAD, GOOD, HOPELESS],
            1,
            [
                "bad 0.9: PYSEC-2026-1, mended in 1.0, 1.1",
                "hopeless 0.1: PYSEC-2026-2, mended in no version yet",
                "known vulnerabilities: 2; 3 packages were checked",
            ],
        ),
    ],
)
def test_what_is_known_is_told(audit, dependencies, code, lines):
    done = audit(json.dumps({"dependencies": dependencies}))
    assert (done.returncode, done.stdout.splitlines()) == (code, lines)


def test_where_nobody_can_be_asked_that_is_said(audit):
    done = audit("")
    assert (done.returncode, done.stdout.splitlines()) == (0, [UNREACHED])
