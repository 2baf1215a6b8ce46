"""The page of a real suite, with no double in it: what `bellwether up` shows of this very machine."""

import json

import pytest

from communicator.client import BlockingClient
from tests.bellwether.test_up import up

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Real:
    """A running suite as a stage."""

    def __init__(self, suite):
        self.socket = f"cd://{suite.socket}"
        self.url = f"http://{json.loads(suite.layout.ports_file('bellwether-exporter').read_text())['http']}/"


@pytest.mark.short
async def test_the_page_of_this_machine(tmp_path, view, eventually):
    with up(tmp_path) as suite:
        stage = Real(suite)
        with BlockingClient(stage.socket, "printer"):
            viewer = await view(stage)

            async def reloaded():
                await viewer.open()
                return await viewer.text()

            said = await eventually(reloaded, lambda text: "printer" in text and "✔ this one" in text)
            assert "This is the only host" in said
            assert "No flag is up" in said
            assert "No version has run yet" in said or await viewer.page.locator("a.cell").count() > 0
            await viewer.keep("real")
