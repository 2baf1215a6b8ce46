import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools/check-sizes"


def test_what_is_too_long_is_named(tmp_path):
    body = "    x = 1\n"
    (tmp_path / "short.py").write_text(f'def f():\n    """D\n\n    D\n    """\n{body * 39}')
    (tmp_path / "long.py").write_text(f"def f():\n{body * 40}" + "x = 1\n" * 360)
    done = subprocess.run([sys.executable, TOOL, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert [line.partition("long.py:")[2].split(":")[0] for line in done.stdout.splitlines()] == ["1", "1"]
