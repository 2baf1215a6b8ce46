"""Serves the page of a scene, to be looked at: ``python -m tests.exporters.page.demo SCENE [PORT]``."""

import asyncio
import sys
import tempfile
from pathlib import Path

from communicator.flags.flag_file import write_flag
from communicator.protocol.addresses import HostPort
from exporters.page.gather import Gatherer
from exporters.page.routes import page_routes
from exporters.web.application import application
from exporters.web.guard import Guard
from exporters.web.server import bind, serving
from tests.exporters.page.scenes import SCENES


async def serve(scene, port, directory):
    for number, flag in enumerate(scene.flags):
        (Path(directory) / f"{number:03}.flag").write_bytes(write_flag(flag))
    routes = page_routes(Gatherer(scene, Path(directory)))
    listener = bind("listen", HostPort("127.0.0.1", port))
    async with serving(application(routes, Guard()), listener):
        sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}/\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    scene = SCENES[sys.argv[1]]()
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(serve(scene, int(sys.argv[2]) if len(sys.argv) > 2 else 0, directory))
