"""docs/settings.md is what the settings of the daemons say."""

import subprocess
import sys

from checks.tree import ROOT


def test_the_page_of_settings_is_what_the_code_says():
    made = subprocess.run([sys.executable, ROOT / "tools/settings-page"], capture_output=True, text=True, check=True)
    assert (ROOT / "docs/settings.md").read_text() == made.stdout
