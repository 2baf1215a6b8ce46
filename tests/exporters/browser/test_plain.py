"""The page without JavaScript: all its text, and links instead of fragments."""

import pytest

from tests.exporters.browser.scenes import HELP, HOSTS
from tests.exporters.browser.version_words import NEVER

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_all_text_is_there(on_stage, view):
    viewer = await view(on_stage("troubled"), java_script_enabled=False)
    said = await viewer.text()
    for part in (*HOSTS, "The clock of gamma is wrong", NEVER, "false: synchronized", "blocked", HELP, "this one"):
        assert part in said


async def test_it_reloads_itself_and_may_be_paused(on_stage, view):
    viewer = await view(on_stage("troubled"), java_script_enabled=False)
    assert await viewer.page.locator("noscript meta[http-equiv=refresh]").count() == 1
    await viewer.page.get_by_role("link", name="Pause").click()
    await viewer.page.wait_for_url("**/?*")
    assert "Paused" in await viewer.text()
    assert await viewer.page.locator("meta[http-equiv=refresh]").count() == 0
    await viewer.page.get_by_role("link", name="Resume").click()
    await viewer.page.get_by_role("link", name="Pause").wait_for()


@pytest.mark.parametrize(
    ("opener", "told"),
    [("a.cell.bad", ("billing 2.0 on alpha is blocked", NEVER)), ("table.clocks a >> nth=0", ("gamma is wrong",))],
    ids=["version", "clock"],
)
async def test_a_detail_is_a_page_of_its_own(on_stage, view, opener, told):
    viewer = await view(on_stage("troubled"), java_script_enabled=False)
    await viewer.page.locator(opener).click()
    await viewer.page.locator("main h2").wait_for()
    for part in told:
        assert part in await viewer.text()
    await viewer.page.get_by_role("link", name="Back to the page").click()
    await viewer.page.locator("#sentence-body").wait_for()


async def test_all_of_the_parts_that_are_cut_can_be_had(on_stage, view):
    viewer = await view(on_stage("crowd"), java_script_enabled=False)
    before = await viewer.page.locator("table.clocks tbody").count()
    assert before < 200
    await viewer.page.locator("#more-clocks").click()
    await viewer.page.wait_for_url("**all=clocks**")
    assert await viewer.page.locator("table.clocks tbody").count() == 200
