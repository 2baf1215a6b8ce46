"""Certificates: what is not what it should be is named."""

import ssl

import pytest

from communicator.errors import ConfigError
from exporters.web.settings import TlsSettings
from exporters.web.tls import TlsFiles, files_of, load_context
from tests.exporters.web.certificates import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def issued(authority):
    return authority.issue("server", "localhost", "127.0.0.1")


def test_a_context_asks_clients_for_what_the_settings_want(authority, issued):
    plain = load_context(TlsFiles(*issued))
    asking = load_context(TlsFiles(*issued, authority.ca, requires_client=False))
    demanding = load_context(TlsFiles(*issued, authority.ca))
    assert [context.verify_mode for context in (plain, asking, demanding)] == [
        ssl.CERT_NONE,
        ssl.CERT_OPTIONAL,
        ssl.CERT_REQUIRED,
    ]
    assert plain.minimum_version == ssl.TLSVersion.TLSv1_2
    assert [TlsFiles(*issued, authority.ca).demands_certificate, TlsFiles(*issued).demands_certificate] == [True, False]


def test_it_knows_no_suite_without_forward_secrecy(issued):
    known = load_context(TlsFiles(*issued)).get_ciphers()
    assert {suite["kea"] for suite in known} == {"kx-ecdhe", "kx-any"}  # any: TLS 1.3, which has nothing else


def test_versions_may_be_narrowed(issued):
    context = load_context(TlsFiles(*issued, minimum=ssl.TLSVersion.TLSv1_3, maximum=ssl.TLSVersion.TLSv1_3))
    assert (context.minimum_version, context.maximum_version) == (ssl.TLSVersion.TLSv1_3,) * 2


def test_settings_name_files(authority, issued):
    certificate, key = map(str, issued)
    assert files_of(TlsSettings()) is None
    assert files_of(TlsSettings(certificate=certificate, private_key=key)) == TlsFiles(*issued)
    everything = TlsSettings(certificate=certificate, private_key=key, client_ca=str(authority.ca))
    assert files_of(everything) == TlsFiles(*issued, authority.ca)


@pytest.mark.parametrize(
    ("change", "key", "reason"),
    [
        ({"certificate": "/nowhere"}, "tls.certificate", "cannot be read"),
        ({"certificate": "key"}, "tls.certificate", "holds no certificate"),
        ({"private_key": "/nowhere"}, "tls.private_key", "cannot be read"),
        ({"private_key": "garbage"}, "tls.private_key", "holds no key"),
        ({"private_key": "other"}, "tls.private_key", "does not go with"),
        ({"private_key": "open"}, "tls.private_key", "mode 0644"),
        ({"client_ca": "/nowhere"}, "tls.client_ca", "cannot be read"),
        ({"client_ca": "key"}, "tls.client_ca", "holds no certificate"),
        ({"client_ca": "leaf"}, "tls.client_ca", "of an authority"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_named(authority, issued, tmp_path, change, key, reason):
    certificate, private_key = issued
    garbage, open_key = tmp_path / "garbage", tmp_path / "open"
    garbage.write_text("no key")
    garbage.chmod(0o600)
    open_key.write_bytes(private_key.read_bytes())
    open_key.chmod(0o644)
    files = {
        "key": private_key,
        "leaf": certificate,
        "garbage": garbage,
        "open": open_key,
        "other": authority.issue("other", "localhost")[1],
        "/nowhere": tmp_path / "nowhere",
    }
    changed = {name: files[word] for name, word in change.items()}
    given = {"certificate": certificate, "private_key": private_key, "client_ca": authority.ca} | changed
    with pytest.raises(ConfigError, match=reason) as caught:
        load_context(TlsFiles(**given))
    assert caught.value.key == key
