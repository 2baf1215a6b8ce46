"""What routers tell each other of their links and services, as shapes and as JSON; it keeps nothing.

A router speaks of itself in parts, so that a change costs what has changed: its links, and its service instances in 16 buckets.
A record is one word about one part.
"""

import hashlib
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, NamedTuple, TypeVar

import msgspec

from communicator.answers.services import Instance
from communicator.errors import RemoteProtocolError
from communicator.protocol.addresses import parse_host_port
from communicator.protocol.names import is_command_name, is_server_name, is_service_name

BUCKETS = 16
"""Parts that instances are spread over: a service that comes or goes costs about one, not all of a host."""
LINKS = "links"
"""The part that tells of a router's links; the others are the numbers of the buckets."""
PARTS = frozenset((LINKS, *(str(number) for number in range(BUCKETS))))

RECORDS_BYTES = 8 * 1024
"""Of several records in one line: half a millisecond's work, so that others get their turn. A longer line is one record."""
_RECORD_CHARACTERS = 64
"""No record is shorter."""
VALUES_MAX = 25_000
"""Commas in a longer one, up to 0.2 us each: a sixteenth of 10,000 services that list ten commands each takes 16,000, and 200 C++
neighbors of 100 services each 20,600."""
HOSTS_MAX = 2_000
"""Neighbors of one router, or addresses that it knows to be forgotten: twice as many as routers remember of either."""
ENTRIES_MAX = 10_000
"""Instances, services of a leaf and the like in one list: above what any setting of ours is meant for."""
FEATURES_MAX = 64
TEXT_CHARACTERS = 256
"""Twice the longest name."""
COST_MAX = 1e9
COUNT_MAX = 2**53
"""What every reader of JSON still counts exactly."""

_Text = Annotated[str, msgspec.Meta(max_length=TEXT_CHARACTERS)]
_BootId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z-]{1,64}\Z")]
_Names = Annotated[tuple[_Text, ...], msgspec.Meta(max_length=ENTRIES_MAX)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)]


class Leaf(msgspec.Struct, frozen=True):
    """A router without a directory, as the one it is linked to knows it: nothing is ever sent through it."""

    address: _Text
    services: _Names = ()


class NeighborState(msgspec.Struct, frozen=True):
    """One link to another router."""

    server: _Text
    cost: Annotated[float, msgspec.Meta(gt=0, le=COST_MAX)]
    leaf: Leaf | None = None
    """What the neighbor is when it cannot speak for itself."""


class LinksState(msgspec.Struct, frozen=True):
    """What a router says of itself and its links. Lists are compared in order: let it be a stable one."""

    address: _Text
    """``IP:port`` under which the cluster knows it."""
    secure: bool
    """Whether it is dialled there over TLS."""
    neighbors: Annotated[tuple[NeighborState, ...], msgspec.Meta(max_length=HOSTS_MAX)] = ()
    features: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=FEATURES_MAX)] = ()
    forgotten: Annotated[dict[_Text, _Count], msgspec.Meta(max_length=HOSTS_MAX)] = msgspec.field(default_factory=dict)
    """Addresses (``IP:port``) that are no longer of the cluster, and since when: seconds since the epoch."""
    orders: _Text = ""
    """Which orders of operators it obeys: the digest that its policy names; empty where there is none."""


class ServicesState(msgspec.Struct, frozen=True):
    """The instances of one bucket."""

    instances: Annotated[tuple[Instance, ...], msgspec.Meta(max_length=ENTRIES_MAX)] = ()


Rank = tuple[int, str, int]


class Record(msgspec.Struct, frozen=True):
    """One word of a router about one part of itself."""

    server: str
    boot_id: str
    started: int
    """When this life of the router began: seconds since the epoch by its own clock."""
    part: str
    sequence: int
    """Counts from 1; 0: in this life the router has said nothing of this part, whatever else was told, and the state is empty."""
    state: LinksState | ServicesState

    @property
    def life(self) -> tuple[int, str]:
        """What orders the lives of one router."""
        return (self.started, self.boot_id)

    @property
    def rank(self) -> Rank:
        """What orders the words about one part: the larger one is the later."""
        return (self.started, self.boot_id, self.sequence)


class _Envelope(msgspec.Struct, frozen=True):
    """A record whose state is still to be read: its type depends on the part."""

    server: _Text
    boot_id: _BootId
    started: _Count
    part: _Text
    sequence: _Count
    state: msgspec.Raw


Summary = dict[str, tuple[_Count, _Text, dict[str, _Count]]]
"""What a router knows, without the states: each server's ``[started, boot_id, {part: sequence}]``."""

Digests = dict[str, str]
"""Server to the digest of all that a router has of it: of two records with the same numbers one may be a lie."""
_DIGEST_BYTES = 8

REMEMBERED_RECORDS = 256
"""Of those read last, whoever told them: the same record comes over every link, and again when routers compare what they know."""
REMEMBERED_BYTES = 16 * 1024
"""The longest of them, some 250 links: all together take 4 MiB as text, and some six times that as records."""

Read = TypeVar("Read")

_UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""A lone surrogate is a ValueError, and so are msgspec's own errors, but only in its newer releases."""

_READS_ARRAYS = msgspec.json.Decoder(list[msgspec.Raw])
_READS_ONE = msgspec.json.Decoder(tuple[msgspec.Raw])
_READS_ENVELOPES = msgspec.json.Decoder(_Envelope)
_READS_LINKS = msgspec.json.Decoder(LinksState)
_READS_SERVICES = msgspec.json.Decoder(ServicesState)
_READS_SUMMARY = msgspec.json.Decoder(Summary)
_READS_DIGESTS = msgspec.json.Decoder(Digests)


def bucket_of(service: str) -> str:
    """The part in which a router tells of this service."""
    return str(zlib.crc32(service.encode()) % BUCKETS)


def encode_records(records: Iterable[Record], bytes_max: int) -> list[str]:
    """Write records as JSON arrays.

    Args:
        records: What to write, in this order.
        bytes_max: The bound of one array in UTF-8. A record that is longer by itself gets an array of its own.

    Returns:
        As many arrays as it takes; none when there are no records.
    """
    arrays: list[list[bytes]] = []
    used = 0
    for record in records:
        encoded = msgspec.json.encode(record)
        if not arrays or used + len(encoded) + 1 > bytes_max:  # a comma or the closing bracket
            arrays.append([])
            used = 1
        arrays[-1].append(encoded)
        used += len(encoded) + 1
    return [f"[{b','.join(array).decode()}]" for array in arrays]


class Told(NamedTuple):
    """What a line tells."""

    records: list[Record]
    refused: list[str]
    """Why each of the others is no record; the text names the server and part where it can."""


def decode_records(text: str) -> Told:
    """Read a JSON array of records; unknown keys are ignored, and one that is none does not make the others void.

    Raises:
        RemoteProtocolError: The text is no array, or holds more records or values than are allowed.
    """
    told = Told([], [])
    if len(text) > RECORDS_BYTES:
        _require_few(text, ",", VALUES_MAX, f"commas in the link-state record {text[:TEXT_CHARACTERS]!r}")
        one = _read(_READS_ONE, text, f"an array of one link-state record, and longer than {RECORDS_BYTES} characters")
        array = [*one]
    else:
        array = _read(_READS_ARRAYS, text, "an array of link-state records")
    if len(array) > 1 + len(text) // _RECORD_CHARACTERS:
        raise RemoteProtocolError(f"{len(array)} link-state records in {len(text)} characters")
    for raw in array:
        encoded = bytes(raw)
        try:
            told.records.append((_open_again if len(encoded) <= REMEMBERED_BYTES else _open)(encoded))
        except RemoteProtocolError as error:
            told.refused.append(str(error))
    return told


def decode_summary(text: str, servers_max: int) -> Summary:
    """Read a summary; servers and parts that nobody knows are harmless in it.

    Raises:
        RemoteProtocolError: The text is no summary, or names more servers or parts than are allowed.
    """
    _require_few(text, "[", servers_max, "servers in a summary of link-state records")
    _require_few(text, ":", servers_max * (1 + len(PARTS)), "servers and parts in a summary of link-state records")
    return _read(_READS_SUMMARY, text, "a summary of link-state records")


def digest_of(records: Iterable[Record]) -> str:
    """A digest of all records of one server, in whatever order."""
    texts = sorted(map(msgspec.json.encode, records))
    return hashlib.blake2b(b"\n".join(texts), digest_size=_DIGEST_BYTES).hexdigest()


def decode_digests(text: str, servers_max: int) -> Digests:
    """Read digests; none where the other router has told none.

    Raises:
        RemoteProtocolError: The text holds no digests, or those of more servers than are allowed.
    """
    _require_few(text, ":", servers_max, "digests of link-state records")
    return _read(_READS_DIGESTS, text, "digests of link-state records") if text else {}


def _require_few(text: str, sign: str, most: int, what: str) -> None:
    """Refuse by counting what would take milliseconds to read."""
    count = text.count(sign)
    if count > most:
        raise RemoteProtocolError(f"{count} {what}, more than {most}")


def _read(decoder: msgspec.json.Decoder[Read], text: str | bytes, what: str) -> Read:
    try:
        return decoder.decode(text)
    except _UNREADABLE as error:
        raise RemoteProtocolError(f"not {what}: {error}") from None


def _open(encoded: bytes) -> Record:
    envelope = _read(_READS_ENVELOPES, encoded, "a link-state record")
    try:
        if not is_server_name(envelope.server):
            raise RemoteProtocolError(f"{envelope.server!r} is not a server name")
        if envelope.part not in PARTS:
            raise RemoteProtocolError(f"{envelope.part!r} is not a part")
        if envelope.part == LINKS and not envelope.sequence:
            raise RemoteProtocolError("sequence 0: every router tells of its links")
        state = _read_state(envelope)
    except _UNREADABLE as error:
        raise RemoteProtocolError(f"record of {envelope.server!r}, part {envelope.part!r}: {error}") from None
    return Record(envelope.server, envelope.boot_id, envelope.started, envelope.part, envelope.sequence, state)


_open_again = lru_cache(REMEMBERED_RECORDS)(_open)


def _read_state(envelope: _Envelope) -> LinksState | ServicesState:
    if envelope.part == LINKS:
        links = _READS_LINKS.decode(envelope.state)
        _check_links(envelope.server, links)
        return links
    services = _READS_SERVICES.decode(envelope.state)
    for instance in services.instances:
        _check_instance(envelope, instance)
    for address in {instance.address for instance in services.instances}:
        _check_address(address)
    return services


def _check_links(server: str, links: LinksState) -> None:
    for address in (links.address, *links.forgotten):
        parse_host_port(address)
    seen = {server}
    for neighbor in links.neighbors:
        if not is_server_name(neighbor.server):
            raise RemoteProtocolError(f"neighbor {neighbor.server!r} is not a server name")
        if neighbor.server in seen:
            raise RemoteProtocolError(f"neighbor {neighbor.server!r} is named twice, or is the server itself")
        seen.add(neighbor.server)
        if neighbor.leaf is not None:
            _check_address(neighbor.leaf.address)
            unfit = next((each for each in neighbor.leaf.services if not is_service_name(each)), None)
            if unfit is not None:
                raise RemoteProtocolError(f"service {unfit!r} of a leaf is not a service name")


def _check_instance(envelope: _Envelope, instance: Instance) -> None:
    if instance.server != envelope.server:
        raise RemoteProtocolError(f"service {instance.service!r} is said to be of server {instance.server!r}")
    if not is_service_name(instance.service):
        raise RemoteProtocolError(f"service {instance.service!r} is not a service name")
    if bucket_of(instance.service) != envelope.part:
        raise RemoteProtocolError(f"service {instance.service!r} belongs into part {bucket_of(instance.service)!r}")
    for command in instance.commands:
        if not is_command_name(command):
            raise RemoteProtocolError(f"service {instance.service!r}: {command!r} is not a command")


def _check_address(address: str) -> None:
    """Empty is not known, and fine."""
    if address:
        parse_host_port(address)
