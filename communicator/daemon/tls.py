"""TLS: what we show, whom we believe, and what went wrong in plain words; it opens no connection."""

import asyncio
import hashlib
import re
import ssl
from pathlib import Path

import msgspec

from communicator.daemon.cluster_settings import TlsSettings
from communicator.errors import ConfigError
from communicator.runtime import read_private_file

HANDSHAKE_S = 5.0
"""How long the other end may take to get through a handshake."""

_KEY_BYTES = 64 * 1024
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
    """The DNS names in the peer's certificate; None when it showed none that was verified."""
    certificate = transport.get_extra_info("peercert")
    if not certificate:
        return None
    return frozenset(name for kind, name in certificate.get("subjectAltName", ()) if kind == "DNS")


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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _restrict(context)
    context.num_tickets = 0  # every link is verified anew: a resumed one would outlive a revocation
    context.options |= ssl.OP_NO_TICKET
    if tls.certificate:
        _load_certificate(context, tls)
    if tls.ca:
        _load_authorities(context, tls.ca)
        context.verify_mode = ssl.CERT_REQUIRED if tls.require_client_certificate else ssl.CERT_OPTIONAL
    return context


def _client_context(tls: TlsSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _restrict(context)
    # The name to verify is the one the peer says in ACCEPT: the router compares it with LinkOpened.certificate.
    context.check_hostname = False
    if tls.certificate:
        _load_certificate(context, tls)
    if tls.ca:
        _load_authorities(context, tls.ca)
    return context


def _restrict(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION


def _load_certificate(context: ssl.SSLContext, tls: TlsSettings) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(tls.certificate)
    except ssl.SSLError:
        raise ConfigError("tls.certificate", f"{tls.certificate!r} holds no certificate") from None

    def ask_nobody() -> str:
        raise ConfigError("tls.private_key", f"{tls.private_key!r} is encrypted: nobody is there to give its password")

    try:
        context.load_cert_chain(tls.certificate, tls.private_key, ask_nobody)
    except ssl.SSLError as error:
        is_other = error.reason == "KEY_VALUES_MISMATCH"
        fault = f"does not go with {tls.certificate!r}" if is_other else "holds no key that can be used"
        raise ConfigError("tls.private_key", f"{tls.private_key!r} {fault}") from None


def _load_authorities(context: ssl.SSLContext, file: str) -> None:
    try:
        context.load_verify_locations(file)
    except ssl.SSLError:
        raise ConfigError("tls.ca", f"{file!r} holds no certificate") from None
    held = context.cert_store_stats()
    if not held["x509_ca"]:
        raise ConfigError("tls.ca", f"{file!r} holds no certificate of an authority")
    if held["crl"]:  # without a list nothing would pass the check
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def _content(tls: TlsSettings, key: str) -> bytes:
    file: str = getattr(tls, key)
    if not file:
        return b""
    if key == "private_key":
        return read_private_file(Path(file), "tls.private_key", _KEY_BYTES)
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ConfigError(f"tls.{key}", f"{file!r} cannot be read: {error.strerror}") from error
