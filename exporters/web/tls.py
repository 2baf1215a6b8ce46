"""SHELL: reads certificates and makes a TLS context of them; it opens no connection."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from communicator.errors import ConfigError
from communicator.runtime import read_private_file
from exporters.web.settings import TlsSettings

_KEY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """What a context is made of, and what the settings call it."""

    certificate: Path
    private_key: Path
    client_ca: Path | None = None
    requires_client: bool = True
    """Whether a client without a certificate is sent away; it matters with client_ca only."""
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    maximum: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
    keys: tuple[str, str, str] = ("tls.certificate", "tls.private_key", "tls.client_ca")
    """The settings that name the three files, for errors."""

    @property
    def demands_certificate(self) -> bool:
        """Whether nobody gets in without a certificate of ours."""
        return self.client_ca is not None and self.requires_client


def files_of(tls: TlsSettings) -> TlsFiles | None:
    """What ``[tls]`` names; None when it names nothing."""
    if not tls.certificate:
        return None
    return TlsFiles(Path(tls.certificate), Path(tls.private_key), Path(tls.client_ca) if tls.client_ca else None)


def load_context(files: TlsFiles) -> ssl.SSLContext:
    """Read the files.

    Raises:
        ConfigError: One cannot be read or is not what it should be; names the key.
    """
    certificate_key, private_key_key, client_ca_key = files.keys
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = files.minimum
    context.maximum_version = files.maximum
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    context.num_tickets = 0  # every connection is verified anew: a resumed one would outlive a revocation
    context.options |= ssl.OP_NO_TICKET
    _check_certificate(files.certificate, certificate_key)
    _load_key(context, files, private_key_key)
    if files.client_ca is not None:
        _load_authorities(context, files.client_ca, client_ca_key)
        context.verify_mode = ssl.CERT_REQUIRED if files.requires_client else ssl.CERT_OPTIONAL
    return context


def _check_certificate(path: Path, key: str) -> None:
    _check_readable(path, key)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        raise ConfigError(key, f"{str(path)!r} holds no certificate") from None


def _load_key(context: ssl.SSLContext, files: TlsFiles, key: str) -> None:
    read_private_file(files.private_key, key, _KEY_BYTES)

    def ask_nobody() -> str:
        raise ConfigError(key, f"{str(files.private_key)!r} is encrypted: nobody is there to give its password")

    try:
        context.load_cert_chain(files.certificate, files.private_key, ask_nobody)
    except ssl.SSLError as error:
        is_other = error.reason == "KEY_VALUES_MISMATCH"
        fault = f"does not go with {str(files.certificate)!r}" if is_other else "holds no key that can be used"
        raise ConfigError(key, f"{str(files.private_key)!r} {fault}") from None


def _load_authorities(context: ssl.SSLContext, path: Path, key: str) -> None:
    _check_readable(path, key)
    try:
        context.load_verify_locations(path)
    except ssl.SSLError:
        raise ConfigError(key, f"{str(path)!r} holds no certificate") from None
    held = context.cert_store_stats()
    if not held["x509_ca"]:
        raise ConfigError(key, f"{str(path)!r} holds no certificate of an authority")
    if held["crl"]:  # without a list nothing would pass the check
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def _check_readable(path: Path, key: str) -> None:
    try:
        path.read_bytes()
    except OSError as error:
        raise ConfigError(key, f"{str(path)!r} cannot be read: {error.strerror}") from error
