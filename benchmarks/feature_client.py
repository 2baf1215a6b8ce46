"""A service that a run starts as a process of its own: with or without flags, it prints what it took to have them."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from communicator.client import Service
from communicator.protocol.message import Message


async def use(address: str, flags: int) -> dict[str, float]:
    """Be a service until it has its flags.

    Args:
        address: Of the router.
        flags: How many there are; 0: the service has no provider.
    """
    service = Service(address, "bench")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with asyncio.TaskGroup() as group:
            if flags:
                found = await _with_flags(service, group, Path(folder) / "flags.json", flags)
            else:
                group.create_task(service.run())
                await service.wait_ready()
                found = {}
            await service.request(Message("CLUSTER_GET_STATUS"), "CLUSTER_CURRENT_STATUS")
            service.stop()
    return {"peak_bytes": _peak_bytes(), **found}


def _peak_bytes() -> int:
    """Resident size at its peak; that of `getrusage` begins with that of the process that started this one."""
    [row] = [row for row in Path("/proc/self/status").read_text().splitlines() if row.startswith("VmHWM:")]
    return int(row.split()[1]) * 1024


async def _with_flags(service: Service, group: asyncio.TaskGroup, path: Path, flags: int) -> dict[str, float]:
    """All flags are loaded, written to disk, and each of them is evaluated once."""
    from openfeature import api  # noqa: PLC0415 - a service without flags loads none of it

    from communicator.openfeature import BellwetherProvider  # noqa: PLC0415 - the same

    provider = BellwetherProvider(service, path)
    api.set_provider_and_wait(provider)
    loaded = asyncio.Event()
    changed: list[str] = []

    def note(names: tuple[str, ...]) -> None:
        changed.extend(names)
        if len(changed) >= flags:
            loaded.set()

    provider._store.on_change(note)  # noqa: SLF001 - the SDK tells it in a thread, later
    began_s = perf_counter()
    group.create_task(service.run())
    await loaded.wait()
    loaded_s = perf_counter() - began_s
    client = api.get_client()
    for name in changed:
        assert client.get_boolean_details(name, False).error_code is None  # noqa: FBT003 - the signature of the SDK
    while not path.exists():  # noqa: ASYNC110, ASYNC240 - a thread writes it; nobody else uses this loop
        await asyncio.sleep(0.01)
    return {"loaded_s": loaded_s}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(use(sys.argv[1], int(sys.argv[2])))))
