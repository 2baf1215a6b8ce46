"""All that the page offers, without a mouse."""

import pytest
from playwright.async_api import expect

from tests.exporters.browser.inspection import tab_through

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_tab_reaches_all_there_is_in_the_order_in_which_it_stands_and_always_shows_where(on_stage, view):
    viewer = await view(on_stage("troubled"))
    stops = await tab_through(viewer.page)
    wanted = await viewer.page.locator("a[href], button, input, [tabindex='0']").evaluate_all(
        "all => all.map(one => one.id || one.getAttribute('href'))"
    )
    assert [stop["id"] or stop["href"] for stop in stops] == wanted
    assert [stop for stop in stops if stop["width"] < 2 or stop["contrast"] < 3 or not stop["isShown"]] == []


async def test_the_first_stop_leads_past_the_head(on_stage, view):
    viewer = await view(on_stage("troubled"))
    await viewer.page.keyboard.press("Tab")
    assert await viewer.page.locator(":focus").inner_text() == "Skip to the status"
    await viewer.page.keyboard.press("Enter")
    await viewer.page.keyboard.press("Tab")
    assert await viewer.page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("opener", ["table.board a.cell.bad", "table.clocks a >> nth=0"], ids=["version", "clock"])
async def test_enter_opens_a_detail_and_closing_it_leads_back(on_stage, view, opener):
    viewer = await view(on_stage("troubled"))
    link = viewer.page.locator(opener)
    await link.focus()
    await viewer.page.keyboard.press("Enter")
    await viewer.page.locator("#detail h2").wait_for()
    await expect(viewer.page.locator("#detail-head")).to_be_focused()
    stops = 0
    while await viewer.page.locator(":focus").inner_text() != "Close":
        await viewer.page.keyboard.press("Tab")
        stops += 1
        assert stops < 10, "the way to the end of the detail is short"
    await viewer.page.keyboard.press("Enter")
    await expect(viewer.page.locator("#detail")).to_be_empty()
    await expect(link).to_be_focused()


async def test_escape_closes_a_detail_too(on_stage, view):
    viewer = await view(on_stage("troubled"))
    link = viewer.page.locator("table.board a.cell.bad")
    await link.press("Enter")
    await viewer.page.locator("#detail h2").wait_for()
    await viewer.page.keyboard.press("Escape")
    await expect(viewer.page.locator("#detail")).to_be_empty()
    await expect(link).to_be_focused()


AT_ONCE = """
    document.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target.id === "detail") {
        document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
      }
    })
"""


async def test_escape_closes_a_detail_that_has_just_come(on_stage, view):
    """What htmx still has to do with it is 20 ms away."""
    viewer = await view(on_stage("troubled"))
    await viewer.page.evaluate(AT_ONCE)
    link = viewer.page.locator("table.board a.cell.bad")
    await link.press("Enter")
    await expect(viewer.page).to_have_url(f"{viewer.url}#{await link.get_attribute('id')}")
    await expect(viewer.page.locator("#detail")).to_be_empty()
    await expect(link).to_be_focused()


async def test_a_detail_is_closed_without_the_exporter(on_stage, view):
    viewer = await view(on_stage("troubled"))
    link = viewer.page.locator("table.board a.cell.bad")
    await link.press("Enter")
    await expect(viewer.page.locator("#detail-head")).to_be_focused()
    asked = []
    viewer.page.on("request", lambda request: asked.append(request.url))
    await viewer.page.locator("#close").press("Enter")
    await expect(viewer.page.locator("#detail")).to_be_empty()
    assert [url for url in asked if "/fragment/changes" not in url] == []
