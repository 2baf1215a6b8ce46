"""A message on its way, without what routers write on it for each other; that is kept beside it. It knows no state of a router."""

import hashlib
import re

import msgspec

from communicator.errors import RemoteProtocolError
from communicator.protocol.addresses import ip_of
from communicator.protocol.line_form import encode, encode_line
from communicator.protocol.message import Message
from communicator.protocol.names import WILDCARD_SERVERS
from communicator.protocol.values import parse_integer
from communicator.router.vocabulary.registry import Link, Party

HOPS = 15
"""Routers a message may pass after the first: the longest way in a cluster of 1,000 with three links each is shorter by far."""
MESSAGE_ID_CHARACTERS = 256
DIGEST_BYTES = 16
NUMBER_CHARACTERS = 18
"""Of a count of hops or of seconds: it fits into 64 bits."""

HOPS_LEFT = "hops_left"
BROADCAST_TO = "broadcast_to"
BROADCAST_ID = "broadcast_msgid"
ACK_ID = "ack_id"
INFORMED = "broadcast_informed_neighbors"
SPREAD_HOPS = "broadcast_hops"
SPREAD_UNTIL = "broadcast_timeout"
ROUTER_PARAMETERS = frozenset(
    (
        HOPS_LEFT,
        BROADCAST_TO,
        BROADCAST_ID,
        ACK_ID,
        INFORMED,
        SPREAD_HOPS,
        SPREAD_UNTIL,
        "broadcast_originator",
        "secure_remote",
    )
)
"""Parameters that only routers write; services have no use for them."""
IN_FRONT = (HOPS_LEFT, "ack", "trace", BROADCAST_ID)
"""What the next router has to see stands first, in this order, so that it need not look for it in the whole line."""
_OUR_ID = re.compile(r"-[0-9a-f]{12}-[0-9]+\Z")
"""How an identifier of `Switchboard.new_message_id` ends: the life of its router, and a number."""


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """What is written on a message that goes to many routers, so that none of them takes a second copy."""

    identity: str
    """``broadcast_msgid``: the same on each copy."""
    hops: int = 0
    """How many C++ routers, and ours in their stead, have sent it on."""
    informed: frozenset[str] = frozenset()
    """IP addresses of the routers that have a copy, or get one from whoever wrote this."""
    until: str = ""
    """Seconds since the epoch by the wall clock of the first router: a C++ router drops a later copy."""

    @property
    def named(self) -> dict[str, str]:
        """The parameters that `key` is made of."""
        return {BROADCAST_ID: self.identity} | ({SPREAD_UNTIL: self.until} if self.until else {})

    @property
    def for_leaves(self) -> dict[str, str]:
        """The parameters by which a C++ router knows who has a copy."""
        return {INFORMED: ",".join(sorted(self.informed)), SPREAD_HOPS: str(self.hops)}

    def key(self, sender: str) -> str:
        """What a copy is remembered by.

        The sender is part of it, so that nobody can void the messages of others by using up their identifiers. A C++ router counts
        from 1 in each of its lives: what tells two lives apart is the time-out, which no router changes on the way.

        Args:
            sender: The server that the message comes from.
        """
        until = "" if _OUR_ID.search(self.identity) else self.until
        return f"{sender} {self.identity} {until}"

    def exact_key(self, message: Message) -> str:
        """What a message is remembered by word for word, without what routers write for each other."""
        digest = hashlib.blake2b(encode_line(message), digest_size=DIGEST_BYTES).hexdigest()
        return f"{self.key(message.sent_from_server)} {digest}"


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A message, and what the routers on its way have to know of it."""

    message: Message
    """As its sender said it, under the sender's true name."""
    link: Link
    """Over which it came."""
    is_ours: bool
    """It comes from a link of this host's router that is no router: this is where its way begins."""
    hops_left: int = HOPS
    serves: frozenset[str] | None = None
    """For a broadcast between our routers: the servers this copy is for."""
    spread: Spread | None = None
    """It goes to many routers."""
    ack_id: str = ""

    @property
    def wants_ack(self) -> bool:
        """Whether it has to arrive at least once."""
        return self.message.get("ack") == "required"

    @property
    def source(self) -> str:
        """Who answers for it, where each has a share of something: a user of this host, or another host."""
        return self.link.source if self.is_ours else f"host {self.message.sent_from_server or self.link.source}"

    @property
    def trace(self) -> str:
        """What its sender wants to follow it by; empty when not at all."""
        return self.message.get("trace")

    @property
    def hop(self) -> int:
        """How many links between routers it has crossed."""
        return 0 if self.is_ours else HOPS + 1 - self.hops_left

    @property
    def on_the_way(self) -> dict[str, str]:
        """What this router writes on it for the next one of ours."""
        told = {} if self.is_ours else {HOPS_LEFT: str(self.hops_left - 1)}
        return told | ({ACK_ID: self.ack_id} if self.ack_id else {})

    @property
    def is_flooded(self) -> bool:
        """Whether it comes as C++ routers spread a message: to any server, and to all that may know one."""
        is_for_any = self.message.server in ("", *WILDCARD_SERVERS)
        return is_for_any and self.spread is not None and self.serves is None

    @property
    def sender(self) -> Party | None:
        """Who is to be told what becomes of it; None where the sender has no name."""
        message = self.message
        if not message.sent_from_service:
            return None
        return Party(message.sent_from_server, message.sent_from_service)


def own_envelope(link: Link, message: Message) -> Envelope:
    """A message of a local link, which has no business with what routers write."""
    return Envelope(message=stripped(message), link=link, is_ours=True)


def open_envelope(link: Link, message: Message) -> Envelope:
    """A message that came from another router.

    Raises:
        RemoteProtocolError: What routers write for each other is wrong; the text names the parameter.
    """
    serves = "" if link.is_leaf else message.get(BROADCAST_TO)  # only our own routers write it, and `ack_id`
    has_to_arrive = message.get("ack") == "required" and not link.is_leaf
    return Envelope(
        message=stripped(message),
        link=link,
        is_ours=False,
        hops_left=_hops_left(message),
        serves=frozenset(serves.split(",")) if serves else None,
        spread=read_spread(message),
        ack_id=message.get(ACK_ID)[:MESSAGE_ID_CHARACTERS] if has_to_arrive else "",
    )


def read_spread(message: Message) -> Spread | None:
    """What routers have written on a message that goes to many; what is malformed of it counts as not written."""
    identity = message.get(BROADCAST_ID)[:MESSAGE_ID_CHARACTERS]
    if not identity:
        return None
    hops, until = message.get(SPREAD_HOPS), message.get(SPREAD_UNTIL)
    return Spread(
        identity=identity,
        hops=int(hops) if _is_number(hops) else 0,
        informed=frozenset(ip_of(part.strip()) for part in message.get(INFORMED).split(",")) - {""},
        until=until if _is_number(until) else "",
    )


def _is_number(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) <= NUMBER_CHARACTERS


def _hops_left(message: Message) -> int:
    text = message.get(HOPS_LEFT)
    if not text:
        return HOPS
    left = parse_integer(text)
    if left < 0:
        raise RemoteProtocolError(f"parameter {HOPS_LEFT}: {left} is negative")
    return min(left, HOPS)


def stripped(message: Message) -> Message:
    """A message without what routers write for each other."""
    if ROUTER_PARAMETERS.isdisjoint(message.parameters):
        return message
    kept = {name: value for name, value in message.parameters.items() if name not in ROUTER_PARAMETERS}
    return msgspec.structs.replace(message, parameters=kept)


def write_line(message: Message, told: dict[str, str], server: str = "") -> bytes:
    """A message as a line for another router, with what routers write for each other.

    Args:
        message: What was said.
        told: Parameters for the routers on the way.
        server: To which server it is addressed now; empty where that stays.

    Returns:
        The line: what is `IN_FRONT` first, then all else in the order of its names.

    Raises:
        LocalProtocolError: It has no encoding.
    """
    parameters = {**message.parameters, **told}
    addressed = msgspec.structs.replace(message, parameters=parameters, server=server or message.server)
    line = encode(addressed, first=IN_FRONT)
    is_front_alone = bool(parameters) and parameters.keys() <= set(IN_FRONT)
    return line + b";\n" if is_front_alone and not line.endswith(b";") else line + b"\n"


def maker_of(identity: str) -> str:
    """The server whose router made an identifier (see `Switchboard.new_message_id`); empty where it is of no such form."""
    return identity.rpartition("-")[0].rpartition("-")[0]
