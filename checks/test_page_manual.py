"""docs/page.md names what the page has: its sections, its pieces, its addresses."""

import re

from checks.tree import ROOT
from exporters.page.gather import Gatherer
from exporters.page.pieces import IN_FULL, PIECES, SECTIONS
from exporters.page.routes import INTERVAL_S, page_routes
from tests.exporters.page.scenes import well

MANUAL = (ROOT / "docs/page.md").read_text()


def test_every_section_is_in_its_table():
    rows = dict(re.findall(r"^\| ([A-Z][a-z ]+) \| `([a-z]+)` \|", MANUAL, re.MULTILINE))
    assert list(rows.values()) == list(SECTIONS)
    assert all(
        SECTIONS[section] in title or title.endswith(SECTIONS[section].lower()) for title, section in rows.items()
    )


def test_every_piece_is_named():
    assert [piece.name for piece in PIECES if f"`{piece.name}-body`" not in MANUAL] == []


def test_every_address_is_in_its_table(tmp_path):
    paths = [route.path for route in page_routes(Gatherer(well(), tmp_path))]
    assert [path for path in paths if not re.search(rf"`{re.escape(path)}[?/`]", MANUAL)] == []


def test_what_can_be_shown_in_full_and_how_often_it_asks():
    assert f"?all={','.join(IN_FULL)}" in MANUAL
    assert f"Every {INTERVAL_S} s" in MANUAL
