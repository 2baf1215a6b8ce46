"""Shadows as a browser shows them: below the deployments, with what they mean and where they differ; also on a phone."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")
PHONE = {"viewport": {"width": 390, "height": 844}}


async def test_a_shadow_that_differs_is_told_with_what_to_do(on_stage, view):
    viewer = await view(on_stage("deploying"))
    told = await viewer.text("#shadows-body")
    assert "Shadow billing 2.0 on gamma differs It answers otherwise than the primary" in told
    assert "Look where: bellwether shadow diff billing" in told
    rows = await viewer.page.locator("#shadows-body tbody tr").all_inner_texts()
    assert [row.split()[0] for row in rows] == ["CHARGED.body.items[].price", "CHARGED.at", "CHARGED.id"]
    assert "the shadow of billing 2.0 on gamma answers otherwise" in await viewer.text("#troubles-body")
    await viewer.keep("shadows")


@pytest.mark.parametrize("scene", ["deploying", "shadowing"])
async def test_nothing_of_it_is_wider_than_a_phone(on_stage, view, scene):
    viewer = await view(on_stage(scene), **PHONE)
    assert await viewer.page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
    await viewer.page.locator("#shadows-body").scroll_into_view_if_needed()
    await viewer.keep("shadows-phone", whole=False)


async def test_without_a_shadow_there_is_nothing(on_stage, view):
    viewer = await view(on_stage("well"))
    assert await viewer.text("#shadows-body") == ""
