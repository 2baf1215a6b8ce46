"""SHELL: reads certificates and makes a TLS context of them; it opens no connection."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from communicator.runtime.tls_files import load_authorities, load_certificate, server_context
from exporters.web.settings import TlsSettings


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
    context = server_context()
    context.minimum_version = files.minimum
    context.maximum_version = files.maximum
    context.set_alpn_protocols(["http/1.1"])
    load_certificate(context, files.certificate, files.private_key, files.keys[:2])
    if files.client_ca is not None:
        load_authorities(context, files.client_ca, files.keys[2])
        context.verify_mode = ssl.CERT_REQUIRED if files.requires_client else ssl.CERT_OPTIONAL
    return context
