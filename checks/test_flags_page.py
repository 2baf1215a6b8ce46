"""docs/flags.md is what is declared, and has the places that the flags point to."""

import re
import subprocess
import sys

from checks.tree import ROOT
from communicator.flags.declarations import PAGE_URI, declarations

PAGE = ROOT / "docs/flags.md"


def test_the_page_is_what_is_declared():
    made = subprocess.run([sys.executable, ROOT / "tools/flags-page"], capture_output=True, text=True, check=True)
    assert PAGE.read_text() == made.stdout, "run: tools/flags-page > docs/flags.md"


def test_every_flag_points_to_its_place_and_no_other_place_is_there():
    uris = [declared.help_uri for declared in declarations().values()]
    assert re.findall(r'<a id="([^"]+)"></a>\n\n## ', PAGE.read_text()) == [uri.partition("#")[2] for uri in uris]
    assert {uri.partition("#")[0] for uri in uris} == {PAGE_URI}
    assert PAGE_URI.endswith(f"/{PAGE.name}")


def test_the_page_tells_of_each_flag_all_an_operator_needs():
    for declared in declarations().values():
        section = PAGE.read_text().partition(f"## {declared.name}\n")[2].partition("\n<a id=")[0]
        assert declared.help in section
        assert f"Priority {declared.priority};" in section
        assert declared.message in section


def test_an_operator_is_told_where_to_put_the_page():
    assert PAGE_URI.removeprefix("file://") in (PAGE.parent / "operations.md").read_text()
