"""Plays the stories of deployments on five real hosts; takes root: python -m tests.canary.deployment.live."""

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from communicator.testing import run_cluster
from tests.canary.book.live.network import Network
from tests.canary.deployment.live.stage import Stage
from tests.canary.deployment.live.stories import STORIES
from tests.conftest import ROOT

HOSTS = 5
INSIDE = "--inside"
CALM = {"PYTHON_CPU_COUNT": "10000"}
"""By so many processors no load is high: nothing is copied to a shadow on a busy host, as one that plays stories is."""


def main():
    parser = argparse.ArgumentParser(description="Play stories of deployments on five real hosts.")
    parser.add_argument("stories", nargs="*", help="by name, in this order; all without any")
    parser.add_argument(INSIDE, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is None:
        enter()
    with tempfile.TemporaryDirectory(prefix="deploy-") as home:
        asyncio.run(play(Path(home), Network(), options.inside, options.stories))


def enter():
    """Begin again in a network and among mounts of our own; what has to be fetched is fetched before."""
    subprocess.run([ROOT / "tools/debian-cache", "libfaketime"], check=True, timeout=300)
    [library] = (ROOT / ".cache/debian/root/usr/lib").glob("*/faketime/libfaketime.so.1")
    words = [sys.executable, "-m", "tests.canary.deployment.live", *sys.argv[1:], INSIDE, str(library)]
    os.execvpe("unshare", ["unshare", "--net", "--mount", *words], os.environ | CALM)


async def play(home, network, library, names):
    """One after the other, on the same hosts."""
    async with contextlib.AsyncExitStack() as stack:
        routers = await stack.enter_async_context(run_cluster(HOSTS))
        stage = Stage(routers, network, home, library, stack)
        await stage.ready()
        named = {story.__name__: story for story in STORIES}
        for story in [named[name] for name in names] or STORIES:
            began_s = time.monotonic()
            await story(stage)
            stage.require_once()
            sys.stdout.write(f"{story.__name__}: {time.monotonic() - began_s:.1f} s\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
