"""Two hundred hosts: the worst first, the rest within reach, and nothing in the way."""

import pytest

from tests.exporters.browser.inspection import barriers, overflow

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_worst_come_first_and_the_rest_is_told_of(on_stage, view):
    viewer = await view(on_stage("crowd"))
    await viewer.keep("crowd")
    assert "3 clocks are wrong" in await viewer.text("#sentence-body")
    wrong = viewer.page.locator("table.clocks tbody").filter(has_text="✖ wrong")
    first = await viewer.page.locator("table.clocks tbody a").all_inner_texts()
    assert await wrong.count() == 3
    assert set(first[:3]) == {"host017", "host101", "host180"}
    assert f"and {200 - len(first)} more, all well" in await viewer.text("#clocks")
    assert await viewer.page.locator("a.cell.bad").count() == 2
    assert await overflow(viewer.page) <= 0


async def test_all_can_be_had(on_stage, view):
    viewer = await view(on_stage("crowd"))
    await viewer.page.locator("#more-clocks").click()
    await viewer.page.wait_for_url("**all=clocks**")
    assert await viewer.page.locator("table.clocks tbody").count() == 200


async def test_of_ten_thousand_feature_flags_a_few_are_shown_and_the_rest_is_counted(on_stage, view):
    viewer = await view(on_stage("crowd"))
    assert await viewer.page.locator("#features li").count() == 20
    assert "and 9,980 more, 50 of them off or stale" in await viewer.text("#features")
    await viewer.page.locator("#more-features").click()
    await viewer.page.wait_for_url("**all=features**")
    assert await viewer.page.locator("#features li").count() == 600
    assert "and 9,400 more: bellwether feature list has all of them" in await viewer.text("#features")


async def test_the_graph_shows_each_host(on_stage, view):
    viewer = await view(on_stage("crowd"), color_scheme="dark")
    assert await viewer.page.locator("svg.graph .spot").count() == 200
    assert await viewer.page.locator("svg.graph line").count() > 199
    await viewer.keep("crowd-dark")


async def test_there_is_no_barrier(on_stage, view):
    viewer = await view(on_stage("crowd"))
    assert await barriers(viewer.page) == {}
