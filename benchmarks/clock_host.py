"""A process that answers probes as a host does, on several ports; it prints them as JSON, and ends when its input does."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.errors import BenchmarkError
from communicator.protocol import HostPort
from timekeeper.probes import EpochWatch, ProbeIdentity, Responder, Seal, hash_cluster, open_door

SEAL = Seal(hash_cluster("benchmark"), b"the key of the benchmark")
BOOT_ID = "benchmark"
PROBE_HOST = "127.0.0.1"
_ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def run_hosts(count: int, *, kernel_timestamps: bool) -> Iterator[dict[str, HostPort]]:
    """Have hosts that answer probes, for as long as the block lasts; their clock is ours.

    Args:
        count: How many; they share one process, as if they shared one processor.
        kernel_timestamps: Whether the kernel's receive stamps are used.

    Returns:
        Where each answers, by name.

    Raises:
        BenchmarkError: The process ended at once.
    """
    command = [sys.executable, "-m", "benchmarks.clock_host", str(count), *(["kernel"] if kernel_timestamps else [])]
    with subprocess.Popen(
        command, cwd=_ROOT, env=dict(os.environ), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            told = process.stdout.readline()
            if not told:
                raise BenchmarkError("the process that answers probes ended at once")
            yield {name: HostPort(PROBE_HOST, port) for name, port in json.loads(told).items()}
        finally:
            process.kill()


async def _answer(count: int, *, kernel_timestamps: bool) -> None:
    ports, epochs = {}, EpochWatch()
    for name in (f"peer_{number}" for number in range(count)):
        door = await open_door(HostPort(PROBE_HOST, 0), kernel_timestamps=kernel_timestamps)
        ports[name] = Responder(door, ProbeIdentity(name, SEAL, BOOT_ID), epochs).address.port
    print(json.dumps(ports), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_answer(int(sys.argv[1]), kernel_timestamps="kernel" in sys.argv[2:]))
