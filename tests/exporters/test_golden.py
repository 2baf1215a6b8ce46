"""The whole page of recorded reports, as it was looked at once: a change of it is one that dashboards and alerts notice."""

import subprocess

from tests.exporters.golden import page


def test_recorded_reports_make_the_page_they_made():
    assert page.make_page() == page.GOLDEN.read_text(), (
        "look at the difference, then: python -m tests.exporters.golden.page > tests/exporters/golden/metrics.prom"
    )


def test_promtool_finds_no_fault(require_program):
    done = subprocess.run(
        [require_program("promtool"), "check", "metrics"],
        input=page.GOLDEN.read_text(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
