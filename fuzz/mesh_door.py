"""Misbehaves at the doors that routers have for each other: one case is a visit of a member, or of one that would be."""

from dataclasses import dataclass
from random import Random

from communicator.protocol.line_form import encode_line
from communicator.protocol.message import Message
from fuzz.corpus import SHARDS
from fuzz.doors import converse, harmless, leaving
from fuzz.links import Address
from fuzz.mutation import mutate, split
from simulation.lies import BOOT, LIAR, Lies, Line, Victim

NOWHERE = "127.9.0"
"""Where addresses begin that are claimed and nobody's: a router that dialled one would find nobody, and not on another host."""
FORGED = ("", "<alpha:witness_asks ", "<beta:communicatord ", f"<{LIAR}:svc ", "<:x ", "<nobody:x ")
"""Who is said to have sent a message."""
SAID = (
    b"ALIVE serial=1", b"ABSOLUTELY serial=1", b"HELP", b"COMMANDS list=A,B", b"RECEIVED", b"DISCONNECT",
    b"REFUSE conflict=name;message=x", b"REFUSE shutdown=true", b"QUITTING", b"UNKNOWN command=CONNECT", b"ACCEPT server_name=x",
    b"beta:fuzz_b/PAYLOAD a=1;transmission_report=always", b"alpha:fuzz_b/PAYLOAD ack=required;ack_id=1-2-3;hops_left=3",
    b"*/NEWS broadcast_msgid=x-1;broadcast_to=alpha,beta;hops_left=15", b"?/NEWS broadcast_hops=1;broadcast_timeout=9999999999",
    b"fuzz_b/PAYLOAD deliver=all;broadcast_msgid=alpha-000000000000-1;broadcast_to=beta", b"ACKNOWLEDGED ack_id=1-2-3",
    b"TRANSMISSION_REPORT status=failed;reason=x;command=PAYLOAD", b"TRACE_HOP trace=1;server=x", b"CLUSTER_GET_STATUS",
    b"CANARY_COMMAND action=list", b"FORGET server=beta", b"TAP", b'POLICY_SET policy={"generation":[1,1]}', b"LOADAVG avg=1",
    b"REGISTER service=fuzz_remote;version=1", b"LIST_SERVICES offset=0;limit=10", b"STATUS service=x;status=up;server=beta",
)  # fmt: skip
"""What routers and remote services say, in no order that makes sense."""


@dataclass(frozen=True, slots=True)
class MeshDoors:
    """The doors of the two routers, and what is known of them."""

    doors: tuple[Address, ...]
    victims: list[Victim]
    credentials: tuple[dict[str, str], ...]
    """What one may show: the right ones, wrong ones, none."""


def opening(random: Random, lies: Lies, mesh: MeshDoors) -> Line:
    """How a visit begins, if it begins well."""
    command, told = lies.introduce()
    if random.random() < 0.5:
        command = "CONNECT"
        told = {
            "version": "1",
            "server_name": LIAR,
            "my_address": lies.address,
            "boot_id": BOOT,
            "features": "directory/1",
        }
    return command, told | random.choice(mesh.credentials)


def mesh_data(random: Random, mesh: MeshDoors) -> bytes:
    """What one visitor writes: a member's lines, out of order, doubled, forged, changed, cut short."""
    lies = Lies(random, mesh.victims, NOWHERE)
    lines = [encode_line(Message(*opening(random, lies, mesh)))] if random.random() < 0.9 else []
    for _ in range(random.randint(1, 12)):
        if random.random() < 0.5:
            lines.append(random.choice(FORGED).encode() + encode_line(Message(*lies.draw())))
        else:
            lines.append(random.choice(FORGED).encode() + random.choice(SAID) + b"\n")
    if random.random() < 0.2:
        random.shuffle(lines)
    if random.random() < 0.3:
        lines += random.choices(lines, k=random.randint(1, 4))
    data = b"".join(mutate(random, line, SHARDS) if random.random() < 0.2 else line for line in lines)
    return harmless(data[: random.randint(0, len(data))] if random.random() < 0.1 else data)


async def mesh_case(random: Random, mesh: MeshDoors) -> int:
    """One visit: write in pieces, perhaps read, leave in one of several ways.

    Returns:
        How many messages were written.

    Raises:
        TimeoutError: The router did not accept, or did not end the link after we did.
    """
    data = mesh_data(random, mesh)
    await converse(random.choice(mesh.doors), split(random, data, random.choice((1, 1, 2, 6))), leaving(random))
    return data.count(b"\n")
