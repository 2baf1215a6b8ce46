"""What is shown and who is believed: the files, and handshakes between two ends without a socket."""

import ssl
from pathlib import Path

import msgspec
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from communicator.daemon.network_settings import TlsSettings
from communicator.daemon.tls import load_trust, tls_fault
from communicator.errors import ConfigError


class End:
    """One end of a handshake in memory."""

    def __init__(self, context: ssl.SSLContext, *, server: bool) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.stream = context.wrap_bio(self.incoming, self.outgoing, server_side=server)
        self.fault = ""
        self._shaken = False

    def step(self) -> None:
        if self.fault:
            return
        try:
            if not self._shaken:
                self.stream.do_handshake()
                self._shaken = True
            self.stream.read(1)  # over TLS 1.3 a client learns only now that it was refused
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            self.fault = tls_fault(error)

    @property
    def names(self) -> set[str]:
        return {name for _, name in self.stream.getpeercert().get("subjectAltName", ())}


def _shake(server: TlsSettings, client: TlsSettings, change=lambda _: None) -> tuple[End, End]:
    context = load_trust(client).client
    change(context)
    ends = End(load_trust(server).server, server=True), End(context, server=False)
    for _ in range(6):
        for end, other in (ends, ends[::-1]):
            end.step()
            other.incoming.write(end.outgoing.read())
    return ends


def _demanding(tls: TlsSettings) -> TlsSettings:
    return msgspec.structs.replace(tls, require_client_certificate=True)


def _mute(tls: TlsSettings) -> TlsSettings:
    return TlsSettings(ca=tls.ca)


def test_each_end_learns_the_name_of_the_other(authority):
    server, client = _shake(authority.issue("alpha"), authority.issue("beta"))
    assert (server.fault, client.fault) == ("", "")
    assert (server.names, client.names) == ({"beta"}, {"alpha"})
    assert server.stream.version() == "TLSv1.3"


def test_a_client_without_a_certificate_is_no_fault_unless_one_is_asked_for(authority):
    alpha = authority.issue("alpha")
    server, client = _shake(alpha, _mute(alpha))
    assert (server.fault, client.fault, server.stream.getpeercert()) == ("", "", None)
    server, client = _shake(_demanding(alpha), _mute(alpha))
    assert server.fault == "certificate: it showed none"
    assert client.fault.startswith("it refused our handshake: certificate required")


def test_an_authority_that_is_not_known_is_refused_in_both_directions(authority, tmp_path_factory):
    stranger = type(authority)(tmp_path_factory.mktemp("other")).issue("beta")
    ours = authority.issue("alpha")
    server, client = _shake(stranger, _mute(ours))
    assert client.fault.startswith("certificate: ")
    assert server.fault.startswith("it refused our handshake: ")
    of_stranger = msgspec.structs.replace(stranger, ca=ours.ca)
    server, _ = _shake(ours, of_stranger)
    assert server.fault.startswith("certificate: ")


def test_what_has_expired_is_refused_in_both_directions(authority):
    old, ours = authority.issue("beta", expired=True), authority.issue("alpha")
    assert _shake(old, ours)[1].fault == "certificate: certificate has expired"
    assert _shake(ours, old)[0].fault == "certificate: certificate has expired"


def test_a_certificate_for_another_purpose_is_refused_in_both_directions(authority):
    ours = authority.issue("alpha")
    for_clients = authority.issue("beta", purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
    for_servers = authority.issue("beta", purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    assert _shake(for_clients, ours)[1].fault.startswith("certificate: un")  # "unsuitable" or "unsupported"
    assert _shake(ours, for_servers)[0].fault.startswith("certificate: un")
    assert [end.fault for end in _shake(for_servers, for_clients)] == ["", ""]


def test_what_is_on_the_list_of_revoked_ones_is_refused_in_both_directions_and_nothing_else(authority):
    ours, gone = authority.issue("alpha"), authority.issue("beta")
    assert [end.fault for end in _shake(ours, gone)] == ["", ""]
    authority.revoke(gone)
    assert _shake(ours, gone)[0].fault == "certificate: certificate revoked"
    assert _shake(gone, ours)[1].fault == "certificate: certificate revoked"
    assert [end.fault for end in _shake(ours, authority.issue("gamma"))] == ["", ""]


def test_old_versions_are_not_spoken(authority):
    def speak_old(context: ssl.SSLContext) -> None:
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        server, client = _shake(authority.issue("alpha"), authority.issue("beta"), speak_old)
    assert server.fault or client.fault


def _speak_only(suites: str):
    def narrow(context: ssl.SSLContext) -> None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suites)

    return narrow


@pytest.mark.parametrize("suites", ["ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA256"])
def test_chained_blocks_are_not_spoken_over_tls_1_2(authority, suites):
    server, client = _shake(authority.issue("alpha"), authority.issue("beta"), _speak_only(suites))
    assert server.fault
    assert client.fault


@pytest.mark.parametrize("suites", ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"])
def test_what_has_forward_secrecy_is_spoken_over_tls_1_2(authority, suites):
    server, client = _shake(authority.issue("alpha"), authority.issue("beta"), _speak_only(suites))
    assert (server.fault, client.fault, server.stream.version()) == ("", "", "TLSv1.2")


@pytest.mark.parametrize("end", ["client", "server"])
def test_neither_end_knows_a_suite_without_forward_secrecy(authority, end):
    known = getattr(load_trust(authority.issue("alpha")), end).get_ciphers()
    assert {suite["kea"] for suite in known} == {"kx-ecdhe", "kx-any"}  # any: TLS 1.3, which has nothing else
    assert all(suite["aead"] for suite in known)


def test_without_files_no_handshake_succeeds(authority):
    nothing = TlsSettings()
    assert _shake(nothing, authority.issue("beta"))[1].fault
    assert _shake(authority.issue("alpha"), nothing)[1].fault.startswith("certificate:")


@pytest.mark.parametrize("part", ["certificate", "private_key", "ca"])
def test_the_fingerprint_is_that_of_what_the_files_hold(authority, part):
    tls = authority.issue("alpha")
    before = load_trust(tls).fingerprint
    assert load_trust(tls).fingerprint == before
    assert load_trust(_demanding(tls)).fingerprint != before
    file = Path(getattr(tls, part))
    file.write_bytes(b"\n" + file.read_bytes())
    assert load_trust(tls).fingerprint != before


def _encrypted(tls: TlsSettings) -> None:
    key = serialization.load_pem_private_key(Path(tls.private_key).read_bytes(), None)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"sesame"),
    )
    Path(tls.private_key).write_bytes(pem)


FAULTS = [
    ("certificate", lambda tls: Path(tls.certificate).unlink(), "cannot be read: No such file"),
    ("certificate", lambda tls: Path(tls.certificate).write_text("nonsense"), "holds no certificate"),
    ("private_key", lambda tls: Path(tls.private_key).unlink(), "cannot be read: No such file"),
    ("private_key", lambda tls: Path(tls.private_key).chmod(0o640), "has mode 0640"),
    ("private_key", lambda tls: Path(tls.private_key).write_text("nonsense"), "holds no key that can be used"),
    ("private_key", _encrypted, "is encrypted"),
    (
        "private_key",
        lambda tls: Path(tls.private_key).write_bytes(trustme.CA().issue_cert("x").private_key_pem.bytes()),
        "does not go with",
    ),
    ("ca", lambda tls: Path(tls.ca).unlink(), "cannot be read: No such file"),
    ("ca", lambda tls: Path(tls.ca).write_text("nonsense"), "holds no certificate"),
    ("ca", lambda tls: Path(tls.ca).write_bytes(Path(tls.certificate).read_bytes()), "no certificate of an authority"),
]


@pytest.mark.parametrize(("key", "bring_about", "reason"), FAULTS)
def test_a_file_that_is_not_what_it_should_be_is_named(authority, key, bring_about, reason):
    tls = authority.issue("alpha")
    bring_about(tls)
    with pytest.raises(ConfigError, match=reason) as refused:
        load_trust(tls)
    assert refused.value.key == f"tls.{key}"
    assert getattr(tls, key) in str(refused.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionAbortedError("SSL handshake is taking longer than 5.0 seconds"), "no TLS answer within 5 s"),
        (ConnectionResetError(), "it hung up during the TLS handshake"),
        (OSError(113, "No route to host"), "no route to host"),
    ],
)
def test_a_fault_is_told_in_plain_words(error, words):
    assert tls_fault(error).startswith(words)
