"""What the inspection of a page is to find, on pages that have it: a detector that finds nothing would please everyone."""

from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.exporters.browser.inspection import barriers, covered_texts, faint_texts, overflow, tab_through
from tests.exporters.browser.viewer import LISTEN, PHONE, Viewer

pytestmark = pytest.mark.asyncio(loop_scope="session")

URL = "http://page.invalid/"
FILLER = "".join(f"<p>text {number}</p>" for number in range(30))


@pytest_asyncio.fixture(loop_scope="session")
async def show(chromium):
    """Opens a tab with some HTML; nothing of it comes from a network."""
    async with AsyncExitStack() as stack:

        async def shown(body, headers=None, **options):
            context = await chromium.new_context(**options)
            stack.push_async_callback(context.close)
            await context.add_init_script(LISTEN)
            viewer = Viewer(await context.new_page(), URL)
            viewer.listen()
            await context.route("**/*", lambda route: _fulfil(route, body, headers or {}))
            return await viewer.open()

        yield shown


async def _fulfil(route, body, headers):
    html = f'<!doctype html><html lang="en"><head><title>t</title></head><body>{body}</body></html>'
    await route.fulfill(body=html, headers={"content-type": "text/html", **headers})


BLACK = '<svg width="99" height="30"><rect width="99" height="30" fill="#000"/>'
PIECES = {
    "grey": ('<p style="color:#777">grey</p>', 4.48),
    "nearly": ('<p style="color:#767676">nearly</p>', 4.54),
    "white": ('<p style="color:#fff">white</p>', 1.0),
    "inverted": ('<p style="color:#fff;background:#000">inverted</p>', None),
    "inherited": ('<div style="background:oklch(0.2 0 0)"><p style="color:#333">inherited</p></div>', 1.43),
    "veiled": ('<div style="background:rgb(0 0 0 / 50%)"><p style="color:#000">veiled</p></div>', 5.24),
    "unseen": ('<p style="opacity:0">unseen</p>', None),
    "ink": (f'{BLACK}<text y="20" x="9">ink</text></svg>', 1.0),
    "chalk": (f'{BLACK}<text y="20" x="9" fill="#fff">chalk</text></svg>', None),
}


async def test_faint_texts_are_found(show):
    viewer = await show(FILLER + "".join(piece for piece, _ in PIECES.values()))
    faint = await faint_texts(viewer.page, 5.4)
    expected = {text: contrast for text, (_, contrast) in PIECES.items() if contrast}
    assert {text: contrast for contrast, _, text in faint} == pytest.approx(expected, abs=0.02)


async def test_texts_that_lie_on_each_other_are_found(show):
    viewer = await show('<b>long text</b><i style="margin-left:-2em">other</i> <u>third</u>')
    assert await covered_texts(viewer.page, "b", "i", "u") == [["long text", "other"]]


async def test_what_is_too_wide_is_found(show):
    viewer = await show('<div style="width:500px">wide</div>', viewport=PHONE)
    assert await overflow(viewer.page) == 148


async def test_a_focus_that_cannot_be_seen_is_found(show):
    viewer = await show(
        '<style>a{outline:none} b{outline:3px solid #00f}</style><a id="one" href="#1">one</a><b id="two" tabindex=0>two</b>'
    )
    stops = await tab_through(viewer.page)
    assert [(stop["id"], stop["width"]) for stop in stops] == [("one", 0), ("two", 3)]
    assert stops[1]["contrast"] > 3


async def test_axe_finds_barriers(show):
    viewer = await show('<main><h1>t</h1><img src="data:,"><table><tr><td>1</td></tr></table></main>')
    assert "image-alt" in await barriers(viewer.page)


async def test_scripts_styles_and_strangers_are_told(show):
    policy = {"content-security-policy": "default-src 'self'"}
    viewer = await show(
        '<p style="color:red">x</p><script>throw 1</script><script src="//other.invalid/a.js"></script>', policy
    )
    policies = [one for one in viewer.complaints if "policy: " in one]
    assert [one.split()[2] for one in policies] == ["style-src-attr", "script-src-elem", "script-src-elem"]
    await viewer.page.evaluate("setTimeout(() => { throw new Error('late') })")
    await viewer.page.evaluate("fetch('/here')")
    await viewer.page.evaluate("console.warn('beware')")
    assert any("late" in one for one in viewer.complaints)
    assert "warning: beware" in viewer.complaints
    assert viewer.strangers == ["http://other.invalid/a.js"]


async def test_a_request_to_another_origin_is_told(show):
    viewer = await show('<img alt="" src="http://other.invalid/a.png">')
    assert viewer.strangers == ["http://other.invalid/a.png"]
