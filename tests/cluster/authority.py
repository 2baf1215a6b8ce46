"""A certificate authority for the routers of a test."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass
class Authority:
    """A certificate authority with a directory to write to."""

    ca: trustme.CA
    directory: Path

    def settings(self, name: str, trusts: "Authority | None" = None, **certificate) -> dict[str, object]:
        """``[tls]`` of a router whose certificate is for `name`."""
        issued = self.ca.issue_cert(name, **certificate)
        files = {kind: self.directory / f"{name}.{kind}" for kind in ("certificate", "key")}
        files["certificate"].write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        files["key"].touch(0o600)
        files["key"].write_bytes(issued.private_key_pem.bytes())
        return {
            "tls.certificate": str(files["certificate"]),
            "tls.private_key": str(files["key"]),
            "tls.ca": str((trusts or self).write_authority()),
            "tls.require_client_certificate": True,
        }

    def write_authority(self) -> Path:
        file = self.directory / "ca.pem"
        self.ca.cert_pem.write_to_path(str(file))
        return file
