"""Sends one message to a router's UDP signal port: no registration, no answer, no promise."""

import socket

from communicator.client.dial import unreachable
from communicator.errors import AddressError, LocalProtocolError
from communicator.protocol.addresses import Scheme, parse_router_address
from communicator.protocol.limits import DATAGRAM_BYTES
from communicator.protocol.line_form import encode
from communicator.protocol.message import Message


def send_signal(address: str, message: Message, *, secret_code: str = "") -> None:
    """Send a message as one datagram; a host name is looked up, which may block.

    Args:
        address: ``cdu://HOST[:PORT]``.
        message: What to send.
        secret_code: The router's signal secret, where it has one.

    Raises:
        AddressError: The address is not of that form.
        LocalProtocolError: The message has no encoding, or takes more than 1024 bytes.
        NotConnectedError: The host is not known or cannot be reached; that it can is no proof of receipt.
    """
    target = parse_router_address(address)
    if target.scheme is not Scheme.DATAGRAM or target.host_port is None:
        raise AddressError(f"{address!r} is no signal port: cdu://HOST:PORT")
    parameters = message.parameters | ({"secret_code": secret_code} if secret_code else {})
    data = encode(Message(message.command, parameters, message.service, message.server))
    if len(data) > DATAGRAM_BYTES:
        raise LocalProtocolError(f"{message.command} takes {len(data)} bytes; a datagram holds {DATAGRAM_BYTES}")
    at = target.host_port
    try:
        family, kind, number, _, name = socket.getaddrinfo(at.host, at.port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, number) as link:
            link.sendto(data, name)
    except OSError as error:
        raise unreachable(target, error) from error
