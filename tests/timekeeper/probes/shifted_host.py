"""A host whose clock a test shifts: it answers probes, or asks one peer; it prints its port, or its exchanges, as JSON lines."""

import asyncio
import dataclasses
import json
import sys

from communicator.protocol import HostPort, parse_host_port
from timekeeper.probes import EpochWatch, ProbeIdentity, Prober, Responder, Seal, Target, hash_cluster, open_door


def say(**what):
    print(json.dumps(what), flush=True)  # noqa: T201 - that is how it reports


async def answer(identity, *, kernel):
    door = await open_door(HostPort("127.0.0.1", 0), kernel_timestamps=kernel)
    say(port=Responder(door, identity, EpochWatch()).address.port)
    await asyncio.get_running_loop().create_future()


async def ask(identity, peer, *, kernel):
    door = await open_door(HostPort("127.0.0.1", 0), kernel_timestamps=kernel)
    prober = Prober(door, identity, EpochWatch(), lambda _, exchange: say(**dataclasses.asdict(exchange)), jitter=0.1)
    prober.follow({"true": Target(peer, 0.05)})
    await prober.run()


def main(stamps, peer=""):
    identity = ProbeIdentity("shifted", Seal(hash_cluster("tests"), b"the key of the tests"), "boot")
    if peer:
        asyncio.run(ask(identity, parse_host_port(peer), kernel=stamps == "kernel"))
    else:
        asyncio.run(answer(identity, kernel=stamps == "kernel"))


if __name__ == "__main__":
    main(*sys.argv[1:])
