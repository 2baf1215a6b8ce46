"""A real Chromium for the tests of the page, one for each test process, and the scenes it looks at."""

import shutil
from contextlib import AsyncExitStack, ExitStack

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from tests.conftest import EVENTUALLY_S
from tests.exporters.browser import scenes
from tests.exporters.browser.stage import staged
from tests.exporters.browser.viewer import DESKTOP, LISTEN, Viewer

# a scroll that takes its time would be met half-way
USUAL = {"viewport": DESKTOP, "color_scheme": "light", "reduced_motion": "reduce"}
expect.set_options(timeout=1_000 * EVENTUALLY_S)  # 5 s, else


def pytest_itemcollected(item):
    """A browser, and all that it looks at, are started within the first test of a process."""
    item.add_marker(pytest.mark.takes(1, together="a browser"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(require_program):
    """Debian's Chromium without a screen."""
    program = shutil.which("chromium-headless-shell") or require_program("chromium")
    async with async_playwright() as driver:
        # no sandbox: in containers there are no user namespaces, and what it shows is our own page
        browser = await driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def view(chromium):
    """Opens a tab at a stage; where the test allows nothing else, nothing may be complained of in it."""
    viewers = []

    async def opened(stage, path="", *, allowed=(), **options):
        context = await chromium.new_context(**USUAL | options)
        await context.add_init_script(LISTEN)
        viewer = Viewer(await context.new_page(), stage.url)
        viewers.append((viewer, allowed))
        viewer.listen()
        return await viewer.open(path)

    async with AsyncExitStack() as stack:
        yield opened
        for viewer, _ in viewers:
            stack.push_async_callback(viewer.page.context.close)
    for viewer, allowed in viewers:
        assert [one for one in viewer.complaints if not any(word in one for word in allowed)] == []
        assert viewer.strangers == []


@pytest.fixture(scope="session")
def on_stage(tmp_path_factory):
    """Gives the stage of a scene that nobody changes, the same one for all tests of this process."""
    known = {}
    with ExitStack() as stack:

        def find(name):
            if name not in known:
                scene = getattr(scenes, name)()
                known[name] = stack.enter_context(staged(scene, tmp_path_factory.mktemp(name)))
            return known[name]

        yield find


@pytest.fixture
def own_stage(tmp_path):
    """Gives a stage that the test may change."""
    with ExitStack() as stack:
        yield lambda scene: stack.enter_context(staged(scene, tmp_path))
