"""A service that a run starts as a process of its own: it evaluates one flag whenever flags change, and prints what it sees."""

import asyncio
import json
import sys
from time import monotonic

from openfeature import api

from communicator.client import Service
from communicator.openfeature import BellwetherProvider


async def watch(address: str, feature: str) -> None:
    """Be a service until cancelled; each line it prints has the value, how many flags there are, and when that was seen.

    Args:
        address: Of the router.
        feature: The flag.
    """
    service = Service(address, "watcher")
    provider = BellwetherProvider(service)
    api.set_provider_and_wait(provider)
    client = api.get_client()

    def look(_names: tuple[str, ...]) -> None:
        value = client.get_boolean_value(feature, default_value=False)
        held = len(provider._store.evaluator.names)  # noqa: SLF001 - what the SDK does not tell
        print(json.dumps([value, held, monotonic()]), flush=True)  # this clock is the same in all processes

    provider._store.on_change(look)  # noqa: SLF001 - the SDK tells it in a thread, later
    await service.run()


if __name__ == "__main__":
    asyncio.run(watch(*sys.argv[1:3]))
