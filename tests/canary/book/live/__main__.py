"""Plays stories on five real hosts, and one that joins; takes root: python -m tests.canary.book.live --seeds 30 --first 1."""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import structlog

from tests.canary.book.live import dark
from tests.canary.book.live.network import Network
from tests.canary.book.live.story import TROUBLES, play
from tests.conftest import ROOT

WITHIN_S = 5.0
"""After the links are up and the canaries are ready, as promised."""
INSIDE = "--inside"


def main():
    parser = argparse.ArgumentParser(description="Play stories of orders and decisions on five real hosts.")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--troubles", type=int, default=TROUBLES)
    parser.add_argument("--dark", action="store_true", help="switch a feature off among troubles, and nothing else")
    parser.add_argument(INSIDE, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is None:
        enter()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    network, took_s = Network(), []
    if options.dark:
        return switch_off(network, options.inside)
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory(prefix="book-") as home:
            one_s, kept, held = asyncio.run(play(seed, network, Path(home), options.inside, options.troubles))
        took_s.append(one_s)
        say(f"seed {seed}: the same everywhere after {one_s:.2f} s; {kept} orders kept, {len(held)} versions held")
    late = sum(one > WITHIN_S for one in took_s)
    say(f"{len(took_s)} stories, {late} later than {WITHIN_S:g} s, at most {max(took_s):.2f} s")
    return late > 0


def switch_off(network, library):
    with tempfile.TemporaryDirectory(prefix="book-") as home:
        off_s, reached_s = asyncio.run(dark.play(network, Path(home), library))
    say(f"off in the minority after {off_s:.3f} s, on all others {reached_s:.2f} s after they were in reach")
    return 0


def enter():
    """Begin again in a network and among mounts of our own; what has to be fetched is fetched before."""
    subprocess.run([ROOT / "tools/debian-cache", "libfaketime"], check=True, timeout=300)
    [library] = (ROOT / ".cache/debian/root/usr/lib").glob("*/faketime/libfaketime.so.1")
    words = [sys.executable, "-m", "tests.canary.book.live", *sys.argv[1:], INSIDE, str(library)]
    os.execvp("unshare", ["unshare", "--net", "--mount", *words])


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
