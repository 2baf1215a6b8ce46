"""What is opened has an address: it can be passed on, and "Back" and "Forward" do what one expects of them."""

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def opened(viewer, which="a.cell.bad"):
    await viewer.page.locator(which).first.click()
    await viewer.page.locator("#detail-head").wait_for()


async def test_back_closes_a_detail_and_forward_opens_it_again(on_stage, view):
    viewer = await view(on_stage("troubled"))
    page = viewer.page
    cell = await page.locator("a.cell.bad").first.get_attribute("id")
    await opened(viewer)
    assert page.url.startswith(f"{viewer.url}explain?server=")
    await page.go_back()
    await expect(page.locator("#detail")).to_be_empty()
    assert page.url == viewer.url
    await expect(page.locator(f'[id="{cell}"]')).to_be_focused()
    await page.go_forward()
    await expect(page.locator("#detail-head")).to_contain_text("is blocked")
    assert await page.locator("#clocks").is_visible()


async def test_one_that_is_closed_leaves_the_address_of_the_page(on_stage, view):
    viewer = await view(on_stage("troubled"), "?all=clocks")
    page = viewer.page
    cell = await page.locator("a.cell.bad").first.get_attribute("id")
    await opened(viewer)
    await page.locator("#close").click()
    await expect(page.locator("#detail")).to_be_empty()
    await expect(page).to_have_url(f"{viewer.url}?all=clocks#{cell}")


async def test_from_one_detail_to_the_next_it_is_one_way_back(on_stage, view):
    viewer = await view(on_stage("troubled"), viewport={"width": 1800, "height": 1000})
    page = viewer.page
    await opened(viewer)
    await page.locator("table.clocks a").first.click()
    await expect(page.locator("#detail-head")).to_contain_text("gamma is wrong")
    await expect(page).to_have_url(f"{viewer.url}clock?host=gamma")
    await page.go_back()
    await expect(page.locator("#detail")).to_be_empty()
    assert page.url == viewer.url


async def test_the_address_of_a_detail_can_be_passed_on(on_stage, view):
    viewer = await view(on_stage("troubled"))
    await opened(viewer)
    other = await view(on_stage("troubled"), viewer.page.url.removeprefix(viewer.url))
    assert "is blocked" in await other.text("#detail-head")


async def test_the_page_goes_on_being_refreshed_below_a_detail(on_stage, view):
    viewer = await view(on_stage("troubled"))
    await opened(viewer)
    async with viewer.page.expect_response("**/fragment/changes*") as answer:
        pass
    assert (await answer.value).status == 200
