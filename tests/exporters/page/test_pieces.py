"""What the pieces are made of: a section is as well as the overview and the top of the page say."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from communicator.answers.clocks import Claim, ClockReport, Host, Local
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, UNKNOWN
from exporters.page.gather import Gatherer
from exporters.page.pieces import PIECES, SECTIONS, make_picture, overview
from exporters.page.snapshot import Snapshot, Told
from tests.exporters.page.scenes import SCENES

CLOCKS = next(piece for piece in PIECES if piece.name == "clocks")
ALONE = ClockReport(
    local=Local("alpha", role="solver", claim=Claim("synchronized")),
    solved=True,
    hosts=(Host("alpha"),),
    age_seconds=1.0,
)
PAIR = msgspec.structs.replace(ALONE, hosts=(Host("alpha", verdict="ok"), Host("beta", verdict="ok")))


def with_claim(report, state):
    return msgspec.structs.replace(report, local=Local("alpha", role="solver", claim=Claim(state)))


def marks_of_clocks(snapshot):
    """In the overview, and in the section itself."""
    picture = make_picture(snapshot)
    told = {section: mark for section, mark, _ in overview(picture)}
    assert set(told) == set(SECTIONS)
    return told["clocks"], CLOCKS.make(picture, False)["view"].mark  # noqa: FBT003 - the shape of all of these


@pytest.mark.parametrize("name", sorted(SCENES))
def test_of_each_scene_the_overview_and_the_section_say_the_same(name):
    snapshot = asyncio.run(Gatherer(SCENES[name](), Path("/nonexistent")).snapshot())
    if snapshot.clocks.value is not None:
        above, below = marks_of_clocks(snapshot)
        assert above == below


@pytest.mark.parametrize(
    ("report", "mark"),
    [
        (ALONE, GOOD),
        (with_claim(ALONE, "unsynchronized"), DOUBTFUL),
        (with_claim(ALONE, "unknown"), DOUBTFUL),
        (with_claim(ALONE, "holdover"), DOUBTFUL),
        (with_claim(ClockReport(), "synchronized"), GOOD),
        (with_claim(ClockReport(), "holdover"), DOUBTFUL),
        (PAIR, UNKNOWN),
        (msgspec.structs.replace(PAIR, has_majority=True, agreeing=2), GOOD),
        (msgspec.structs.replace(PAIR, has_majority=True, agreeing=1), DOUBTFUL),
        (msgspec.structs.replace(PAIR, has_majority=True, agreeing=2, cluster_off=True), BAD),
    ],
    ids=range(10),
)
def test_clocks_are_as_well_below_as_above(report, mark):
    assert marks_of_clocks(Snapshot(at_wall_s=0.0, clocks=Told(report, ""))) == (mark, mark)
