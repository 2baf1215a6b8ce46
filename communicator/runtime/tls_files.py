"""Loads certificates, keys and authorities into TLS contexts, and names the setting whose file is not what it should be."""

import ssl
from pathlib import Path

from communicator.errors import ConfigError
from communicator.runtime.secret_file import read_private_file

_KEY_BYTES = 64 * 1024
_SUITES_OF_TLS_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""With forward secrecy: whoever takes a private key later cannot read what was recorded before. All suites of TLS 1.3 have it."""


def server_context() -> ssl.SSLContext:
    """A context for those who come to us; without a certificate no handshake succeeds."""
    context = restricted(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0  # everybody is verified anew: a session that is resumed would outlive a revocation
    context.options |= ssl.OP_NO_TICKET
    return context


def restricted(protocol: int) -> ssl.SSLContext:
    """A context that speaks nothing old, and nothing without forward secrecy."""
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_SUITES_OF_TLS_1_2)
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context


def load_certificate(context: ssl.SSLContext, certificate: Path, private_key: Path, keys: tuple[str, str]) -> None:
    """Load what we show.

    Args:
        context: Where to.
        certificate: The file of the certificate, and of those that lead from it to an authority.
        private_key: The file of its key.
        keys: The settings that name the two.

    Raises:
        ConfigError: One cannot be read or is not what it should be.
    """
    certificate_key, private_key_key = keys
    read_named_file(certificate, certificate_key)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(certificate)
    except ssl.SSLError:
        raise ConfigError(certificate_key, f"{str(certificate)!r} holds no certificate") from None
    read_named_file(private_key, private_key_key, is_private=True)

    def ask_nobody() -> str:
        raise ConfigError(private_key_key, f"{str(private_key)!r} is encrypted: nobody is there to give its password")

    try:
        context.load_cert_chain(certificate, private_key, ask_nobody)
    except ssl.SSLError as error:
        is_other = error.reason == "KEY_VALUES_MISMATCH"
        fault = f"does not go with {str(certificate)!r}" if is_other else "holds no key that can be used"
        raise ConfigError(private_key_key, f"{str(private_key)!r} {fault}") from None


def load_authorities(context: ssl.SSLContext, path: Path, key: str) -> None:
    """Load whom we believe.

    Args:
        context: Where to.
        path: The file of their certificates, and of lists of revoked ones.
        key: The setting that names it.

    Raises:
        ConfigError: It cannot be read or is not what it should be.
    """
    read_named_file(path, key)
    try:
        context.load_verify_locations(path)
    except ssl.SSLError:
        raise ConfigError(key, f"{str(path)!r} holds no certificate") from None
    held = context.cert_store_stats()
    if not held["x509_ca"]:
        raise ConfigError(key, f"{str(path)!r} holds no certificate of an authority")
    if held["crl"]:  # without a list nothing would pass the check
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def read_named_file(path: Path, key: str, *, is_private: bool = False) -> bytes:
    """The content of a file that a setting names.

    Args:
        path: The file.
        key: The setting.
        is_private: Nobody else may be able to read it.

    Raises:
        ConfigError: It cannot be read.
    """
    if is_private:
        return read_private_file(path, key, _KEY_BYTES)
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(key, f"{str(path)!r} cannot be read: {error.strerror}") from error
