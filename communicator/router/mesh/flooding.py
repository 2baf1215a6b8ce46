"""What a broadcast says to a leaf: the C++ communicatord's parameters, every one well formed, for it dies of others."""

import ipaddress

from communicator.protocol.values import NS_PER_S
from communicator.router.envelope import BROADCAST_ID, INFORMED, Envelope
from communicator.router.events import Instant
from communicator.router.switchboard import Switchboard

TIMEOUT_S = 10
"""How long a broadcast may go about, by the wall clock of the ancestor."""


def flood_parameters(board: Switchboard, envelope: Envelope, identity: str, now: Instant) -> dict[str, str]:
    """The parameters a leaf takes a broadcast with.

    Everyone we know is told as informed, since we inform them ourselves: the leaf passes it on to those only it knows.

    Args:
        board: The router's state.
        envelope: The broadcast.
        identity: Its identifier.
        now: The time.
    """
    own = _ip(board.config.my_address)
    informed = {own, *map(_ip, board.mesh.addresses().values()), *map(_plain, envelope.informed)}
    return {
        BROADCAST_ID: identity,
        "broadcast_hops": str(envelope.hop + 1),
        "broadcast_originator": f"[{own}]" if ":" in own else own,
        "broadcast_timeout": str(now.wall_ns // NS_PER_S + TIMEOUT_S),
        INFORMED: ",".join(sorted(informed - {""})),
        "secure_remote": "false",
    }


def _ip(address: str) -> str:
    """Without the port and without brackets, as the ancestor compares them; empty where it is no number."""
    return _plain(address.rpartition(":")[0].strip("[]"))


def _plain(text: str) -> str:
    """The address in its one spelling; empty where it is none, or means something on one host only."""
    try:
        return str(ipaddress.ip_address("" if "%" in text else text))
    except ValueError:
        return ""
