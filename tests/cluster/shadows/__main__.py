"""Plays shadows in all states, here and far away: python -m tests.cluster.shadows [CASES]."""

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import trustme

from communicator.testing import RouterProcess
from tests.cluster.authority import Authority
from tests.cluster.shadows.cases import CASES, FAR, HERE
from tests.cluster.shadows.host import Host
from tests.cluster.shadows.play import Play

BYTES_PER_S, DELAY_S = 125_000, 0.1
"""1 Mbit/s, and 100 ms each way."""
RELAY = Path(__file__).with_name("relay.py")
CALM = {"PYTHON_CPU_COUNT": "10000"}
"""By so many processors no load is high: nothing is copied to a busy host, as one that tests is."""


def main():
    parser = argparse.ArgumentParser(description="Play shadows in all states beside a real primary.")
    parser.add_argument("cases", nargs="*", help="by name; all without any", metavar="CASE")
    names = parser.parse_args().cases
    os.environ |= CALM
    named = {case.name: case for case in CASES}
    wanted = [named[name] for name in names] or CASES
    for place, hosts in ((HERE, here), (FAR, far)):
        cases = [case for case in wanted if case.place == place]
        if cases:
            with tempfile.TemporaryDirectory(prefix="shadows-") as home:
                asyncio.run(play(Path(home), hosts, cases))


async def play(home, hosts, cases):
    async with contextlib.AsyncExitStack() as stack:
        ends = await hosts(home, stack)
        for host in dict.fromkeys(ends):
            host.start()
        ends[0].put("1.0")
        stage = Play(*ends)
        await stage.ready()
        for case in cases:
            found = await stage.play(case)
            sys.stdout.write(f"{found}\n")
            sys.stdout.flush()
            found.judge()


async def here(home, stack):
    """One host, for both."""
    host = Host(await stack.enter_async_context(RouterProcess("alpha")), home, stack)
    return host, host


async def far(home, stack):
    """Two hosts, with TLS through a slow way between."""
    authority = Authority(trustme.CA(), home)
    settings = {"listen.secure": "127.0.0.1:0", "cluster.discover": False}
    alpha = await stack.enter_async_context(RouterProcess("alpha", {**settings, **authority.settings("alpha")}))
    way = [sys.executable, RELAY, alpha.secure.removeprefix("cds://"), str(BYTES_PER_S), str(DELAY_S)]
    relay = await asyncio.create_subprocess_exec(*way, stdout=subprocess.PIPE)
    stack.push_async_callback(relay.wait)
    stack.callback(relay.kill)
    settings = {
        "listen.secure": "127.0.0.2:0",
        "cluster.discover": False,
        "cluster.neighbors": [f"cds://{(await relay.stdout.readline()).decode().strip()}"],
        **authority.settings("beta"),
    }
    beta = await stack.enter_async_context(RouterProcess("beta", settings))
    return Host(alpha, home, stack), Host(beta, home, stack)


if __name__ == "__main__":
    main()
