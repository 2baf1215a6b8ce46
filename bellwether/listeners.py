"""SHELL: looks which of the standard addresses are free on this machine; what will listen there it does not know."""

import socket
from collections.abc import Mapping

from communicator.protocol.addresses import parse_host_port


def choose(preferred: Mapping[str, str], datagrams: frozenset[str]) -> dict[str, str]:
    """Replace each address that is in use by one with port 0, which takes a free one.

    Args:
        preferred: Addresses by name.
        datagrams: The names of those that are UDP.
    """
    return {
        name: address if is_free(address, datagram=name in datagrams) else any_port(address)
        for name, address in preferred.items()
    }


def is_free(address: str, *, datagram: bool) -> bool:
    """Whether nobody listens at `address` and we may."""
    where = parse_host_port(address)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if datagram else socket.SOCK_STREAM) as tried:
        if not datagram:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that fade away do not count
        try:
            tried.bind((where.host, where.port))
        except OSError:
            return False
    return True


def any_port(address: str) -> str:
    """The address with port 0, which takes a free one."""
    return f"{parse_host_port(address).host}:0"
