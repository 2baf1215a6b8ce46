"""PURE: a probe's two packets as bytes, sealed with the cluster key; it knows no socket and judges no time.

Both packets have the same length: an answer is never larger than its question, so nobody can have us multiply what
he sends under a false address, and both ways take the same time on the wire.

.. code-block:: text

      0  magic "BWtp", version, kind (1 request, 2 reply)
      6  cluster id
     14  nonce
     22  number of the question
     30  length of the sender's name, then the name in 128 bytes
    159  in a reply: t2, t3, the error of t2, REALTIME - RAW, when that was read, its error, epoch,
         length of the boot id, then that in 36 bytes
    240  seal

All numbers are big-endian; times are nanoseconds of the responder's CLOCK_MONOTONIC_RAW. The seal is HMAC-SHA256
(RFC 2104) over all that stands before it, cut to 16 bytes; without a key it is zeros. A replay is harmless: a
request asks for nothing but the time, and a reply holds the nonce of a question that is asked once.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass

from communicator.protocol.names import is_server_name
from timekeeper.pairs import RealtimeReading
from timekeeper.probes.result import ProbeResult

PACKET_BYTES = 256
VERSION = 1
NONCE_BYTES = 8
BOOT_ID_BYTES = 36
"""The text form of a UUID."""

_MAGIC = b"BWtp"
_REQUEST, _REPLY = 1, 2
_CLUSTER_BYTES = 8
_HEAD = struct.Struct("!4sBB8s8sQB128s")
_BODY = struct.Struct("!qqIqqIIB36s")
_SEAL_BYTES = 16
_SEALED_BYTES = PACKET_BYTES - _SEAL_BYTES
_UNSEALED = bytes(_SEAL_BYTES)
_LONGEST_ERROR_NS = 0xFFFF_FFFF
assert _HEAD.size + _BODY.size <= _SEALED_BYTES  # noqa: S101 - a wrong layout must not survive the import


@dataclass(frozen=True, slots=True)
class Seal:
    """What the hosts of one cluster know and others do not."""

    cluster_id: bytes
    key: bytes = b""
    """Empty: nothing is sealed, anybody may answer."""

    def __repr__(self) -> str:
        """The key is never shown."""
        return f"Seal({self.cluster_id.hex()}, {'sealed' if self.key else 'open'})"


@dataclass(frozen=True, slots=True)
class Request:
    """What time is it with you?"""

    sender: str
    nonce: bytes
    seq: int


@dataclass(frozen=True, slots=True)
class Reply:
    """When the request came, when this left, and what the clock of the responder showed."""

    sender: str
    nonce: bytes
    seq: int
    t2_ns: int
    t3_ns: int
    t2_error_ns: int
    reading: RealtimeReading
    boot_id: str
    epoch: int


def hash_cluster(name: str) -> bytes:
    """The identifier of the cluster called `name`: it keeps apart two clusters on one network."""
    return hashlib.sha256(name.encode()).digest()[:_CLUSTER_BYTES]


def encode_request(request: Request, seal: Seal) -> bytes:
    """The bytes of a request."""
    return _close(_open(_REQUEST, request, seal), seal)


def encode_reply(reply: Reply, seal: Seal) -> bytes:
    """The bytes of a reply; an error too large for its field is sent as the largest that fits."""
    reading, boot_id = reply.reading, reply.boot_id.encode("ascii")
    body = _BODY.pack(
        reply.t2_ns,
        reply.t3_ns,
        min(reply.t2_error_ns, _LONGEST_ERROR_NS),
        reading.difference_ns,
        reading.raw_ns,
        min(reading.error_ns, _LONGEST_ERROR_NS),
        reply.epoch,
        len(boot_id),
        boot_id,
    )
    return _close(_open(_REPLY, reply, seal) + body, seal)


def decode(data: bytes, seal: Seal) -> Request | Reply | ProbeResult:
    """Read a datagram.

    Args:
        data: Any bytes.
        seal: Whose packets are believed.

    Returns:
        The packet; or MALFORMED, VERSION, CLUSTER or KEY, the first of these that holds. Nothing of what
        the packet says is looked at before its seal is proven.
    """
    if len(data) != PACKET_BYTES:
        return ProbeResult.MALFORMED
    magic, version, kind, cluster, nonce, seq, name_bytes, name = _HEAD.unpack_from(data)
    if fault := _find_fault(magic, version, cluster, seal):
        return fault
    if not hmac.compare_digest(data[_SEALED_BYTES:], _sign(data[:_SEALED_BYTES], seal)):
        return ProbeResult.KEY
    sender = name[:name_bytes].decode("latin-1")
    if name_bytes > len(name) or not is_server_name(sender) or kind not in {_REQUEST, _REPLY}:
        return ProbeResult.MALFORMED
    return Request(sender, nonce, seq) if kind == _REQUEST else _read_reply(sender, nonce, seq, data)


def _find_fault(magic: bytes, version: int, cluster: bytes, seal: Seal) -> ProbeResult | None:
    if magic != _MAGIC:
        return ProbeResult.MALFORMED
    if version != VERSION:
        return ProbeResult.VERSION
    return None if cluster == seal.cluster_id else ProbeResult.CLUSTER


def _read_reply(sender: str, nonce: bytes, seq: int, data: bytes) -> Reply | ProbeResult:
    t2_ns, t3_ns, t2_error_ns, difference_ns, raw_ns, error_ns, epoch, boot_bytes, boot = _BODY.unpack_from(
        data, _HEAD.size
    )
    boot_id = boot[:boot_bytes].decode("latin-1")
    if min(t2_ns, t3_ns, raw_ns) < 0 or boot_bytes > BOOT_ID_BYTES or not (boot_id.isascii() and boot_id.isprintable()):
        return ProbeResult.MALFORMED
    reading = RealtimeReading(difference_ns, raw_ns, error_ns)
    return Reply(sender, nonce, seq, t2_ns, t3_ns, t2_error_ns, reading, boot_id, epoch)


def _open(kind: int, packet: Request | Reply, seal: Seal) -> bytes:
    name = packet.sender.encode("ascii")
    return _HEAD.pack(_MAGIC, VERSION, kind, seal.cluster_id, packet.nonce, packet.seq, len(name), name)


def _close(content: bytes, seal: Seal) -> bytes:
    sealed = content.ljust(_SEALED_BYTES, b"\0")
    return sealed + _sign(sealed, seal)


def _sign(sealed: bytes, seal: Seal) -> bytes:
    if not seal.key:
        return _UNSEALED
    return hmac.digest(seal.key, sealed, "sha256")[:_SEAL_BYTES]
