import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_of_settings_is_what_the_code_says():
    made = subprocess.run([sys.executable, ROOT / "tools/settings-page"], capture_output=True, text=True, check=True)
    assert (ROOT / "docs/settings.md").read_text() == made.stdout
