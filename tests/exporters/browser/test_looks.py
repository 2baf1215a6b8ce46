"""How the page is drawn: for eyes that need contrast, in the dark, on a phone, on paper; pictures are kept for people."""

import pytest

from tests.exporters.browser.inspection import barriers, faint_texts, overflow
from tests.exporters.browser.viewer import PHONE

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEAST_CONTRAST = 4.5
SCROLLING = "getComputedStyle(document.documentElement).scrollBehavior"
SCENES = ("well", "troubled", "deploying")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scene", SCENES)
async def test_everything_can_be_read(on_stage, view, scene, scheme):
    viewer = await view(on_stage(scene), color_scheme=scheme)
    await viewer.keep(f"{scene}-{scheme}")
    assert await faint_texts(viewer.page, LEAST_CONTRAST) == []
    assert await barriers(viewer.page) == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_ground_follows_the_scheme(on_stage, view, scheme):
    viewer = await view(on_stage("well"), color_scheme=scheme)
    ground = await viewer.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert all(part > 230 for part in ground) if scheme == "light" else all(part < 60 for part in ground)


@pytest.mark.parametrize(
    ("kind", "opener", "scheme"),
    [
        ("version", "a.cell.bad", "light"),
        ("version", "a.cell.bad", "dark"),
        ("clock", "table.clocks a >> nth=0", "dark"),
    ],
)
async def test_a_detail_can_be_read(on_stage, view, kind, opener, scheme):
    viewer = await view(on_stage("troubled"), color_scheme=scheme)
    await viewer.page.locator(opener).click()
    await viewer.page.locator("#detail h2").wait_for()
    await viewer.keep(f"detail-{kind}-{scheme}", whole=False)
    assert await barriers(viewer.page) == {}


@pytest.mark.parametrize("scene", [*SCENES, "crowd"])
async def test_on_a_phone_nothing_sticks_out(on_stage, view, scene):
    viewer = await view(on_stage(scene), viewport=PHONE, is_mobile=True, has_touch=True)
    await viewer.keep(f"phone-{scene}")
    wide = [await overflow(viewer.page)]
    await viewer.page.locator("table.board a.cell").first.click()
    await viewer.page.locator("#detail h2").wait_for()
    await viewer.keep(f"phone-detail-{scene}", whole=False)
    wide.append(await overflow(viewer.page))
    assert max(wide) <= 0


async def test_on_a_phone_everything_can_be_read(on_stage, view):
    viewer = await view(on_stage("troubled"), viewport=PHONE, is_mobile=True, has_touch=True)
    assert await faint_texts(viewer.page, LEAST_CONTRAST) == []
    assert await barriers(viewer.page) == {}


async def test_on_paper_there_is_all_but_what_one_would_click(on_stage, view):
    viewer = await view(on_stage("troubled"), color_scheme="dark")
    await viewer.page.emulate_media(media="print")
    await viewer.keep("print")
    assert await viewer.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not await viewer.page.locator("#pause").is_visible()
    said = await viewer.text()
    assert "The clock of gamma is wrong" in said
    assert "blocked" in said
    assert await faint_texts(viewer.page, LEAST_CONTRAST) == []


async def test_who_wants_no_motion_gets_none(on_stage, view):
    viewer = await view(on_stage("well"), reduced_motion="reduce")
    assert await viewer.page.evaluate(SCROLLING) == "auto"
    await viewer.page.emulate_media(reduced_motion="no-preference")
    assert await viewer.page.evaluate(SCROLLING) == "smooth"
