"""PURE: bytes to messages and back, names, addresses and limits; no I/O, no clock, no idea of a router.

- `definitions`: what messages may hold
"""

from communicator.protocol.addresses import HostPort, RouterAddress, parse_host_port, parse_router_address
from communicator.protocol.line_buffer import LineBuffer
from communicator.protocol.line_form import decode, encode, encode_line
from communicator.protocol.message import Message

__all__ = [
    "HostPort",
    "LineBuffer",
    "Message",
    "RouterAddress",
    "decode",
    "encode",
    "encode_line",
    "parse_host_port",
    "parse_router_address",
]
