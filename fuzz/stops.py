"""The command ``python -m fuzz.stops``: ends a router again and again while others connect, and says whether one does not end."""

import socket
import sys
import threading
import time
from random import Random
from typing import Annotated

import typer

from communicator.protocol.addresses import parse_router_address
from communicator.testing import run_router
from communicator.testing.router_process import RouterProcessError

FLOODERS = 2
"""Threads that connect, say nothing and close, as fast as they can."""
FLOOD_S = 0.2
"""How long at most they have been at it when the router is told to end."""
_DOORS = {"listen.remote": "127.0.0.1:0", "cluster.my_address": "127.0.0.1:4042", "limits.drain_s": 1.0}

app = typer.Typer(add_completion=False)


@app.command()
def main(
    *,
    stops: Annotated[int, typer.Option(min=1, help="How often a router is ended.")] = 200,
    seed: Annotated[int | None, typer.Option(help="What the moments follow from; without it, the time of day.")] = None,
) -> None:
    """End a router under a flood of connections at its remote door, at another moment each time."""
    seed = int(time.time()) if seed is None else seed
    print(f"stops: {stops} of them, seed {seed}", flush=True)
    random = Random(seed)
    longest_s = 0.0
    for number in range(stops):
        try:
            longest_s = max(longest_s, stop_under_flood(random.uniform(0.0, FLOOD_S)))
        except RouterProcessError as error:
            print(f"found: stop {number} of seed {seed}: {error}", file=sys.stderr)
            raise typer.Exit(1) from None
    print(f"stops: {stops} of {stops} ended, the slowest within {longest_s:.2f} s", flush=True)


def stop_under_flood(after_s: float) -> float:
    """Start a router, flood it, end it; the flood goes on until it has ended.

    Args:
        after_s: How long it is flooded before it is told to end.

    Returns:
        How long the end took, in seconds.

    Raises:
        RouterProcessError: It did not end, or not well.
    """
    over = threading.Event()
    with run_router(settings=_DOORS, log_level="warning") as router:
        found = parse_router_address(router.remote).host_port
        assert found is not None
        flood = [threading.Thread(target=_connect_until, args=(over, found.host, found.port)) for _ in range(FLOODERS)]
        for flooder in flood:
            flooder.start()
        try:
            over.wait(after_s)
            began_s = time.monotonic()
            code = router.stop()
            took_s = time.monotonic() - began_s
        finally:
            over.set()
            for flooder in flood:
                flooder.join()
    if code:
        raise RouterProcessError(f"the router ended with exit code {code}")
    return took_s


def _connect_until(over: threading.Event, host: str, port: int) -> None:
    while not over.is_set():
        try:
            socket.create_connection((host, port), 1.0).close()
        except OSError:
            over.wait(0.001)  # it listens no more


if __name__ == "__main__":
    app()
