"""Certificates of an authority of the test's own, as files."""

import ssl

import trustme


class Authority:
    """Writes certificates below a directory."""

    def __init__(self, directory):
        self.directory = directory
        self.authority = trustme.CA()
        self.ca = directory / "ca.pem"
        self.authority.cert_pem.write_to_path(self.ca)

    def issue(self, stem, *names):
        """A certificate and its key; gives both paths."""
        issued = self.authority.issue_cert(*names)
        certificate, key = self.directory / f"{stem}.pem", self.directory / f"{stem}.key"
        certificate.unlink(missing_ok=True)
        for blob in issued.cert_chain_pems:
            blob.write_to_path(certificate, append=True)
        issued.private_key_pem.write_to_path(key)
        key.chmod(0o600)
        return certificate, key

    def client(self, *shown):
        """What a client goes by; what it shows is what `issue` gave."""
        context = ssl.create_default_context(cafile=self.ca)
        if shown:
            context.load_cert_chain(*shown)
        return context
