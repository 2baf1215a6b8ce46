"""How each server's clients talk: join, send one line, and what then arrives; it must not know sockets' addresses or shapes."""

import socket
from dataclasses import dataclass
from typing import Protocol

from benchmarks.errors import HandshakeError

_HANDSHAKE_BYTES = 65_536


class Dialect(Protocol):
    """One wire protocol, as little of it as a sender and a receiver need."""

    @property
    def aside(self) -> bytes:
        """What the server may put between two deliveries unasked; empty when nothing."""

    def join(self, connection: socket.socket, name: str, topics: tuple[str, ...]) -> None:
        """Become a client called `name` that receives `topics`; returns once the server has taken both in."""

    def frame(self, topic: str, line: bytes) -> bytes:
        """The bytes that send `line` to `topic`."""

    def delivered(self, sender: str, topic: str, line: bytes) -> bytes:
        """The bytes a receiver of `topic` gets for it."""


@dataclass(frozen=True, slots=True)
class Ours:
    """The line protocol of communicatord: the line itself is the frame, its first word the address."""

    server_name: str = "bench"
    """The server of whoever sends."""
    pin: str = ""
    """What the sender's router writes before the address of a line that leaves it: the other server and a colon."""
    aside: bytes = b""

    def join(self, connection: socket.socket, name: str, topics: tuple[str, ...]) -> None:
        """Register; ALIVE and its answer show that COMMANDS was taken in. A topic is a command, or the service itself."""
        broadcasts = [topic for topic in topics if topic != name]
        commands = ",".join(["HELP", "READY", "UNKNOWN", "QUITTING", "STOP", "PAYLOAD", *broadcasts])
        _exchange(connection, f"REGISTER service={name};version=1\n".encode(), b" READY", b" HELP")
        _exchange(connection, f"COMMANDS list={commands}\nALIVE serial=1\n".encode(), b"ABSOLUTELY", b"\n")

    def frame(self, topic: str, line: bytes) -> bytes:
        """The line says all."""
        del topic
        return line

    def delivered(self, sender: str, topic: str, line: bytes) -> bytes:
        """The router writes who sent it."""
        del topic
        return f"<{self.server_name}:{sender} {self.pin}".encode() + line


class Nats:
    """The NATS client protocol, not verbose."""

    aside = b"PING\r\n"

    def join(self, connection: socket.socket, name: str, topics: tuple[str, ...]) -> None:
        """Connect and subscribe; PONG shows that the subscriptions stand."""
        connect = f'CONNECT {{"verbose":false,"pedantic":false,"echo":false,"name":"{name}"}}\r\n'
        subscribe = "".join(f"SUB {topic} 1\r\n" for topic in topics)
        _exchange(connection, f"{connect}{subscribe}PING\r\n".encode(), b"INFO ", b"PONG\r\n")

    def frame(self, topic: str, line: bytes) -> bytes:
        """PUB."""
        return f"PUB {topic} {len(line)}\r\n".encode() + line + b"\r\n"

    def delivered(self, sender: str, topic: str, line: bytes) -> bytes:
        """MSG, with the subscription's number."""
        del sender
        return f"MSG {topic} 1 {len(line)}\r\n".encode() + line + b"\r\n"


class Redis:
    """RESP2 publish and subscribe, with the answers to PUBLISH switched off."""

    aside = b""

    def join(self, connection: socket.socket, name: str, topics: tuple[str, ...]) -> None:
        """Subscribe and await each confirmation; a sender without topics asks for silence instead."""
        del name
        if topics:
            _exchange(connection, _resp("SUBSCRIBE", *topics), *(f":{i + 1}\r\n".encode() for i in range(len(topics))))
        else:
            _exchange(connection, _resp("PING"), b"+PONG\r\n")
            connection.sendall(_resp("CLIENT", "REPLY", "OFF"))

    def frame(self, topic: str, line: bytes) -> bytes:
        """PUBLISH."""
        return _resp("PUBLISH", topic, line)

    def delivered(self, sender: str, topic: str, line: bytes) -> bytes:
        """A pushed array of three."""
        del sender
        return _resp("message", topic, line)


class Mqtt:
    """MQTT 3.1.1 at quality of service 0."""

    aside = b""

    def join(self, connection: socket.socket, name: str, topics: tuple[str, ...]) -> None:
        """Connect with a clean session and no keep-alive, then subscribe."""
        identity = b"\x00\x04MQTT\x04\x02\x00\x00" + _mqtt_text(name)
        _exchange(connection, _mqtt_packet(0x10, identity), b"\x20\x02\x00\x00")
        if topics:
            wanted = b"".join(_mqtt_text(topic) + b"\x00" for topic in topics)
            granted = bytes([0x90, 2 + len(topics), 0, 1]) + bytes(len(topics))
            _exchange(connection, _mqtt_packet(0x82, b"\x00\x01" + wanted), granted)

    def frame(self, topic: str, line: bytes) -> bytes:
        """PUBLISH."""
        return _mqtt_packet(0x30, _mqtt_text(topic) + line)

    def delivered(self, sender: str, topic: str, line: bytes) -> bytes:
        """The very same packet."""
        del sender
        return self.frame(topic, line)


def _exchange(connection: socket.socket, request: bytes, *answers: bytes) -> None:
    """Write a request and read until every answer was seen."""
    connection.sendall(request)
    received = b""
    while not all(answer in received for answer in answers):
        try:
            data = connection.recv(_HANDSHAKE_BYTES)
        except TimeoutError:
            data = b""
        if not data:
            raise HandshakeError(f"{request[:60]!r} was answered with {received[-200:]!r}, expected {answers!r}")
        received += data


def _resp(*parts: str | bytes) -> bytes:
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in encoded)


def _mqtt_text(text: str) -> bytes:
    return len(text).to_bytes(2, "big") + text.encode()


def _mqtt_packet(first: int, body: bytes) -> bytes:
    """A packet: its first byte, the length in groups of seven bits with the lowest first, the body."""
    length, rest = bytearray(), len(body)
    while rest > 0x7F:
        length.append(rest & 0x7F | 0x80)
        rest >>= 7
    length.append(rest)
    return bytes([first]) + bytes(length) + body
