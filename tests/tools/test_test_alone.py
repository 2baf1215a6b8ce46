"""tools/test-alone in a project of two tests: what passes alone is named, what fails once more fails."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

TOOL = Path(__file__).parents[2] / "tools/test-alone"
COUNTING = """
def test_it(request):
    path = request.path.with_suffix(".tries")
    tries = path.read_text() + "." if path.exists() else "."
    path.write_text(tries)
    assert len(tries) {good}
"""


@pytest.mark.parametrize(("good", "code"), [("> 1", 0), ("in (2, 3)", 1)])
def test_what_failed_is_tried_three_times(tmp_path, good, code):
    (tmp_path / "tools").mkdir()
    shutil.copy(TOOL, tmp_path / "tools")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:randomly -p no:xdist\n")
    (tmp_path / "test_fine.py").write_text("def test_fine():\n    pass\n")
    (tmp_path / "test_shaky.py").write_text(COUNTING.format(good=good))
    command = [sys.executable, "-m", "pytest"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=60).returncode == 1
    command = [tmp_path / "tools/test-alone", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == code
    assert ("UNSTABLE" in done.stdout) == (code == 0)
    assert (tmp_path / "test_shaky.tries").read_text() == "...."
