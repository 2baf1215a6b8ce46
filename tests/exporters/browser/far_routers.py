"""Routers that only seem to be there: one link that tells the router of a test of many others, by the wire alone."""

import asyncio
import multiprocessing
from contextlib import contextmanager

from communicator.answers.services import Role
from communicator.protocol import Message
from communicator.protocol.line_form import decode, encode_line
from communicator.router.vocabulary.records import (
    LINKS,
    RECORDS_BYTES,
    Instance,
    LinksState,
    NeighborState,
    Record,
    ServicesState,
    bucket_of,
    encode_records,
)
from communicator.router.vocabulary.registry import DIRECTORY

SERVICES = ("archive", "billing", "mailer", "printer", "search")
"""Of each of them."""
TOLD_S = 60.0
REGION = 10
"""So many hosts are linked to one hub, and the hubs in a ring."""


@contextmanager
def far_routers(router, names, services=SERVICES):
    """Have the router believe in these for as long as the block lasts; the first is linked to it.

    It says so in a process of its own: a thread beside a busy test may be silent until the router gives its link up.
    """
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_speak, args=(router.remote, names, services, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        assert ours.poll(TOLD_S)
        assert ours.recv() == "told"
        yield
    finally:
        process.kill()
        process.join()
        ours.close()


def _speak(remote, names, services, told):
    asyncio.run(_tell(remote, names, services, lambda: told.send("told")))


async def _tell(remote, names, services, told):
    """Tell all, and answer until the router ends the link."""
    host, _, port = remote.removeprefix("cd://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    first = names[0]

    async def say(command, **parameters):
        writer.write(encode_line(Message(command, parameters, sent_from_server=first)))
        await writer.drain()

    offer = {"version": "1", "server_name": first, "my_address": _address(0), "features": DIRECTORY, "boot_id": "b"}
    await say("CONNECT", **offer)
    answer = decode((await reader.readline()).rstrip(b"\n"))
    assert answer.command == "ACCEPT", answer
    for records in encode_records(_records(names, services, answer.get("server_name")), RECORDS_BYTES):
        await say("LINK_STATE", records=records)
    told()
    while line := await reader.readline():
        message = decode(line.rstrip(b"\n"))
        if message.command == "ALIVE":
            await say("ABSOLUTELY", serial=message.get("serial"))


def _records(names, services, own):
    """What each of them says: who is linked to it, and which services it has."""
    links = {name: set() for name in names}
    hubs = names[::REGION]
    for number, name in enumerate(names):
        _join(links, name, names[number - number % REGION])
    for one, other in zip(hubs, hubs[1:] + hubs[:1], strict=True):
        _join(links, one, other)
    links[names[0]].add(own)
    for number, (name, others) in enumerate(links.items()):
        neighbors = tuple(NeighborState(other, 1.0) for other in sorted(others))
        address = _address(number)
        yield Record(
            name, "b", 1, LINKS, 1, LinksState(address, secure=False, neighbors=neighbors, features=(DIRECTORY,))
        )
        for bucket, instances in _instances(name, services, address).items():
            yield Record(name, "b", 1, bucket, 1, ServicesState(tuple(instances)))


def _join(links, one, other):
    if one != other:
        links[one].add(other)
        links[other].add(one)


def _instances(server, services, address):
    told = {}
    for service in services:
        instance = Instance(server=server, service=service, version="1.0", role=Role.LIVE, state="up", address=address)
        told.setdefault(bucket_of(service), []).append(instance)
    return told


def _address(number):
    return f"127.1.{number // 250}.{number % 250 + 1}:4042"
