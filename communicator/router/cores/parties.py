"""Under which names replies reach who asks a service, and how they are found in lines of it; it knows no conversation."""

from collections.abc import Iterator

NOT_COPIED_SENDERS = (b":communicatord", b":canary")
"""Routers, and canaries, which ask a primary the same twice: as part of a conversation that would be a part nobody has said."""
TO_BE_READ = b"<{ \t\r\v\f"
"""What a line of the primary begins with that does not say in its first word to whom it goes."""


def names_of(sender: bytes, server: bytes) -> tuple[bytes, ...]:
    """What replies to a sender, as ``<server:service``, may be addressed to."""
    name = sender[1:]
    home, _, service = name.partition(b":")
    return (name, service, b".:" + service) if home == server else (name,)


def party_of(to: bytes, server: bytes) -> bytes:
    """Whom a reply is addressed to, as ``server:service``."""
    home, _, service = to.rpartition(b":")
    return b"%b:%b" % (server, service) if home in (b"", b".") else to


def lines_of(data: bytes) -> Iterator[bytes]:
    """Its lines without their newlines, cut apart only when the first is wanted."""
    yield from data[:-1].split(b"\n")
