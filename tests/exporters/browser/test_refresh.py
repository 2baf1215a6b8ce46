"""The page keeps up by itself: without a reload, without taking away what a person has opened or stands on."""

import pytest

from tests.exporters.browser import clock_words, scenes, version_words
from tests.exporters.browser.clock_words import host, wrong_host
from tests.exporters.browser.scenes import HOSTS, flag
from tests.exporters.browser.version_words import blocked_cell, cell

pytestmark = pytest.mark.asyncio(loop_scope="session")

POLL_MS = 5_500
LATER = "document.getAnimations().forEach((one) => { one.currentTime = 60_000; })"
"""The style sheet waits in its own time."""


@pytest.fixture
def turn(eventually):
    """Lets the time of the page run, not ours, until it says something."""

    async def until(viewer, selector, is_good):
        async def read():
            await viewer.page.clock.fast_forward(POLL_MS)
            return await viewer.text(selector)

        return await eventually(read, is_good)

    return until


async def opened(view, stage, **options):
    """A tab whose timers run when the test says so."""
    viewer = await view(stage, **options)
    await viewer.page.clock.install()
    await viewer.open()
    await viewer.page.evaluate("window.isTheSame = true")
    return viewer


async def test_what_changes_is_shown_without_a_reload(own_stage, view, turn):
    stage = own_stage(scenes.well())
    viewer = await opened(view, stage)
    assert "All is well" in await viewer.text("#sentence-body")
    stage.scene.clocks = clock_words.solved(host("alpha"), host("beta"), wrong_host("gamma"))
    await turn(viewer, "#sentence-body", lambda said: "clock of gamma is wrong" in said)
    assert "✖ wrong" in await viewer.text("#clocks")
    stage.scene.versions = version_words.report(
        cell("alpha", "billing", "1.9"), blocked_cell("alpha", "billing", "2.0")
    )
    await turn(viewer, "#board-body", lambda said: "blocked" in said)
    stage.raise_flags(flag())
    await turn(viewer, "#flags-body", lambda said: "The disk of billing is full." in said)
    assert await viewer.page.title() == "✖ alpha - Bellwether"
    stage.raise_flags()
    stage.scene.clocks = clock_words.solved(*map(host, HOSTS))
    stage.scene.versions = scenes.well().versions
    await turn(viewer, "#sentence-body", lambda said: "All is well" in said)
    assert await viewer.page.evaluate("window.isTheSame") is True


async def test_an_opened_detail_the_focus_and_the_place_stay(own_stage, view, turn):
    stage = own_stage(scenes.troubled())
    viewer = await opened(view, stage, viewport={"width": 500, "height": 500})
    await viewer.page.locator("a.cell.bad").click()
    await viewer.page.get_by_role("heading", name="billing 2.0 on alpha is blocked").wait_for()
    link = viewer.page.locator("table.clocks a").nth(1)
    await link.focus()
    before = await _place(viewer)
    assert before[0].startswith("clock-")
    stage.raise_flags(flag("other", "Another one."))
    await turn(viewer, "#flags-body", lambda said: "Another one." in said)
    assert await _place(viewer) == before
    assert await viewer.page.get_by_role("heading", name="billing 2.0 on alpha is blocked").is_visible()


async def _place(viewer):
    """What has the focus, and where in the window it is."""
    return await viewer.page.evaluate(
        "[document.activeElement.id, Math.round(document.activeElement.getBoundingClientRect().top)]"
    )


async def test_only_the_sentence_speaks_up(own_stage, view):
    viewer = await view(own_stage(scenes.well()))
    live = await viewer.page.locator("[aria-live]:not([aria-live=off]), [role=alert], [role=status]").all()
    assert [await one.get_attribute("id") for one in live] == ["sentence-body"]


async def test_a_pause_holds_everything_until_it_ends(own_stage, view, turn):
    stage = own_stage(scenes.well())
    viewer = await opened(view, stage)
    await viewer.page.get_by_role("link", name="Pause").click()
    await viewer.page.get_by_role("link", name="Resume").wait_for()
    viewer.requests.clear()
    stage.raise_flags(flag())
    for _ in range(5):
        await viewer.page.clock.fast_forward(POLL_MS)
    await viewer.page.wait_for_load_state("networkidle")
    assert viewer.requests == []
    assert "No flag is up" in await viewer.text("#flags")
    assert "Paused" in await viewer.text("#control")
    await viewer.page.get_by_role("link", name="Resume").click()
    await viewer.page.get_by_role("link", name="Pause").wait_for()
    await turn(viewer, "#flags-body", lambda said: "The disk of billing is full." in said)


async def test_an_exporter_that_goes_away_is_told_and_found_again(own_stage, view, turn):
    stage = own_stage(scenes.well())
    viewer = await opened(view, stage, allowed=("ERR_CONNECTION_REFUSED", "error: htmx:"))
    await viewer.page.wait_for_load_state("networkidle")
    stage.stop_exporter()
    await viewer.page.clock.fast_forward(POLL_MS)
    stale = viewer.page.locator(".stale")
    assert not await stale.is_visible()
    await viewer.page.evaluate(LATER)
    assert "may be old" in await stale.inner_text()
    assert "All is well" in await viewer.text("#sentence-body"), "what was known last is still there"
    stage.start_exporter()
    stage.raise_flags(flag())
    await turn(viewer, "#flags-body", lambda said: "The disk of billing is full." in said)
    assert not await stale.is_visible()
