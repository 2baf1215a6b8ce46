"""Names and texts that mean harm are text."""

import pytest
from playwright.async_api import expect

from tests.exporters.browser.inspection import barriers, covered_texts, overflow
from tests.exporters.browser.scenes import SCRIPT
from tests.exporters.browser.viewer import DESKTOP, PHONE

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_they_are_shown_as_they_are_and_do_nothing(on_stage, view, viewport):
    viewer = await view(on_stage("hostile"), viewport=viewport)
    await viewer.keep(f"hostile-{viewport['width']}")
    said = await viewer.text()
    for name in (SCRIPT, '"><img src=x onerror=alert(1)>', "' onload='alert(1)", "1.0&amp;<b>"):
        assert name in said
    assert await viewer.page.title() != "taken"
    assert await viewer.page.locator("img, main script").count() == 0
    assert await overflow(viewer.page) <= 0
    assert await covered_texts(viewer.page, "table.clocks th a bdi", "table.clocks td.number") == []


async def test_what_turns_a_line_round_is_made_visible(on_stage, view):
    viewer = await view(on_stage("hostile"))
    assert "\\u202egnp.exe" in await viewer.text()
    assert "\u202e" not in await viewer.page.content()


async def test_they_open_no_barrier(on_stage, view):
    viewer = await view(on_stage("hostile"))
    assert await barriers(viewer.page) == {}


async def test_their_details_open(on_stage, view):
    viewer = await view(on_stage("hostile"))
    openers = [*await viewer.page.locator("a.cell").all(), *await viewer.page.locator("table.clocks a").all()]
    assert len(openers) == 12
    for opener in openers:
        await opener.click()
        await viewer.page.locator("#detail h2").wait_for()
        assert await viewer.page.locator("#detail .reason").count() > 0
        await viewer.page.locator("#close").click()
        await expect(viewer.page.locator("#detail")).to_be_empty()
    assert await viewer.page.title() != "taken"
