"""TLS: what we show, whom we believe, and what went wrong in plain words; it opens no connection."""

import asyncio
import hashlib
import re
import ssl
from pathlib import Path

import msgspec

from communicator.daemon.network_settings import TlsSettings
from communicator.protocol.addresses import plain_ip
from communicator.runtime.tls_files import (
    load_authorities,
    load_certificate,
    read_named_file,
    restricted,
    server_context,
)

HANDSHAKE_S = 5.0
"""How long the other end may take to get through a handshake."""

_NOT_TLS = frozenset(("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNKNOWN_PROTOCOL"))
_ALERT = re.compile(r"(?:TLSV1|TLSV13|SSLV3)_ALERT_(\w+)")


class Trust(msgspec.Struct, frozen=True):
    """The files of ``[tls]``, read."""

    server: ssl.SSLContext
    """For those who come to us; without a certificate no handshake succeeds."""
    client: ssl.SSLContext
    """For those we dial; without authorities to verify them with no handshake succeeds."""
    fingerprint: bytes
    """Another one: a link that came about before may not count any more."""


def load_trust(tls: TlsSettings) -> Trust:
    """Read what ``[tls]`` names.

    Raises:
        ConfigError: A file cannot be read or is not what it should be; names the key.
    """
    fingerprint = hashlib.sha256(bytes([tls.require_client_certificate]))
    for key in ("certificate", "private_key", "ca"):
        fingerprint.update(hashlib.sha256(_content(tls, key)).digest())
    return Trust(
        server=_server_context(tls),
        client=_client_context(tls),
        fingerprint=fingerprint.digest(),
    )


def certificate_names(transport: asyncio.BaseTransport) -> frozenset[str] | None:
    """The DNS names and IP addresses in the peer's certificate; None when it showed none that was verified."""
    certificate = transport.get_extra_info("peercert")
    if not certificate:
        return None
    names = certificate.get("subjectAltName", ())
    addresses = (plain_ip(name.strip()) for kind, name in names if kind == "IP Address")
    return frozenset((*(name for kind, name in names if kind == "DNS"), *addresses))


def tls_fault(error: OSError) -> str:
    """Why a handshake came to nothing."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return _reason(error)
    if isinstance(error, ConnectionAbortedError):  # so the loop calls a handshake that took too long
        return f"no TLS answer within {HANDSHAKE_S:g} s"
    if isinstance(error, ConnectionError):
        return "it hung up during the TLS handshake"
    return (error.strerror or str(error)).lower()


def _reason(error: ssl.SSLError) -> str:
    reason = error.reason or str(error)
    if reason in _NOT_TLS:
        return "it does not speak TLS"
    if reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
        return "certificate: it showed none"
    alert = _ALERT.fullmatch(reason)
    words = (alert[1] if alert else reason).lower().replace("_", " ")
    return f"it refused our handshake: {words}" if alert else f"TLS: {words}"


def _server_context(tls: TlsSettings) -> ssl.SSLContext:
    context = _loaded(server_context(), tls)
    if tls.ca:
        context.verify_mode = ssl.CERT_REQUIRED if tls.require_client_certificate else ssl.CERT_OPTIONAL
    return context


def _client_context(tls: TlsSettings) -> ssl.SSLContext:
    context = restricted(ssl.PROTOCOL_TLS_CLIENT)
    # Names are those of servers, and not of hosts: the router compares them with LinkOpened.certificate, before it says a
    # password, and when the peer says in CHALLENGE or ACCEPT who it is.
    context.check_hostname = False
    return _loaded(context, tls)


def _loaded(context: ssl.SSLContext, tls: TlsSettings) -> ssl.SSLContext:
    if tls.certificate:
        keys = ("tls.certificate", "tls.private_key")
        load_certificate(context, Path(tls.certificate), Path(tls.private_key), keys)
    if tls.ca:
        load_authorities(context, Path(tls.ca), "tls.ca")
    return context


def _content(tls: TlsSettings, key: str) -> bytes:
    file: str = getattr(tls, key)
    return read_named_file(Path(file), f"tls.{key}", is_private=key == "private_key") if file else b""
