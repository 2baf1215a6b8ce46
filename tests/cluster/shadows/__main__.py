"""Plays shadows in all states, here and far away: python -m tests.cluster.shadows [CASES]."""

import argparse
import asyncio
import contextlib
import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import trustme

from tests.cluster.authority import Authority
from tests.cluster.shadows.cases import CASES, FAR, HERE
from tests.cluster.shadows.host import Host
from tests.cluster.shadows.pace import BRIEF, FULL, PacedRouter
from tests.cluster.shadows.play import Play

BYTES_PER_S, DELAY_S = 125_000, 0.1
"""1 Mbit/s, and 100 ms each way."""
RELAY = Path(__file__).with_name("relay.py")
CALM = {"PYTHON_CPU_COUNT": "10000"}
"""By so many processors no load is high: nothing is copied to a busy host, as one that tests is."""


def main():
    parser = argparse.ArgumentParser(description="Play shadows in all states beside a real primary.")
    parser.add_argument("cases", nargs="*", help="by name; all without any", metavar="CASE")
    parser.add_argument(
        "--brief", action="store_true", help="half as many ask, and who is silent for 10 s has ended a conversation"
    )
    options = parser.parse_args()
    os.environ |= CALM
    pace = BRIEF if options.brief else FULL
    named = {case.name: case for case in CASES}
    wanted = [named[name] for name in options.cases] or CASES
    for place, hosts in ((HERE, here), (FAR, far)):
        cases = [case for case in wanted if case.place == place]
        if cases:
            with tempfile.TemporaryDirectory(prefix="shadows-") as home:
                asyncio.run(play(Path(home), hosts, cases, pace))


async def play(home, hosts, cases, pace):
    async with contextlib.AsyncExitStack() as stack:
        ends = await hosts(home, stack, functools.partial(PacedRouter, pace))
        for host in dict.fromkeys(ends):
            host.start()
        ends[0].put("1.0")
        stage = Play(*ends, pace)
        await stage.ready()
        for case in cases:
            found = await stage.play(case)
            sys.stdout.write(f"{found}\n")
            sys.stdout.flush()
            found.judge()


async def here(home, stack, router):
    """One host, for both."""
    host = Host(await stack.enter_async_context(router("alpha")), home, stack)
    return host, host


async def far(home, stack, router):
    """Two hosts, with TLS through a slow way between."""
    authority = Authority(trustme.CA(), home)
    settings = {"listen.secure": "127.0.0.1:0", "cluster.discover": False}
    alpha = await stack.enter_async_context(router("alpha", {**settings, **authority.settings("alpha")}))
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
    beta = await stack.enter_async_context(router("beta", settings))
    return Host(alpha, home, stack), Host(beta, home, stack)


if __name__ == "__main__":
    main()
