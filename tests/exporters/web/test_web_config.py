"""Prometheus' own file: what we can do is done, what we cannot is named."""

import ssl

import bcrypt
import pytest

from communicator.errors import ConfigError
from exporters.web.web_config import WebConfig, read_web_config

HASH = bcrypt.hashpw(b"right", b"$2b$04$" + b"." * 22).decode()  # the same each time: it stands in the names of tests

EVERYTHING = f"""
tls_server_config:
  cert_file: server.pem
  key_file: /etc/ssl/server.key
  client_auth_type: VerifyClientCertIfGiven
  client_ca_file: ca.pem
  min_version: TLS13
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: SAMEORIGIN
basic_auth_users:
  prometheus: {HASH}
  person: {HASH.replace("$2b$", "$2y$")}
"""


def read(tmp_path, content, mode=0o600):
    path = tmp_path / "web.yml"
    path.write_text(content)
    path.chmod(mode)
    return read_web_config(path)


def test_everything_that_we_can_do(tmp_path):
    found = read(tmp_path, EVERYTHING, 0o640)
    assert found.users == {"prometheus": HASH, "person": HASH.replace("$2b$", "$2y$")}
    assert found.headers == {b"strict-transport-security": b"max-age=31536000", b"x-frame-options": b"SAMEORIGIN"}
    assert str(found.tls.certificate) == str(tmp_path / "server.pem"), "beside the file"
    assert str(found.tls.private_key) == "/etc/ssl/server.key"
    assert (found.tls.client_ca, found.tls.requires_client) == (tmp_path / "ca.pem", False)
    assert (found.tls.minimum, found.tls.maximum) == (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)
    assert HASH not in repr(found)


@pytest.mark.parametrize("content", ["", "{}", "tls_server_config:\nbasic_auth_users: {}\n"])
def test_a_file_may_say_nothing(tmp_path, content):
    assert read(tmp_path, content) == WebConfig()


CERTIFIED = "cert_file: a, key_file: b"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("rate_limit: {}", "rate_limit is not supported"),
        ("basic_auth: {}", "basic_auth is not supported"),
        ("tls_server_config: {cert: x}", "tls_server_config.cert is not supported"),
        (f"tls_server_config: {{{CERTIFIED}, cipher_suites: []}}", "tls_server_config.cipher_suites is not supported"),
        (f"tls_server_config: {{{CERTIFIED}, client_allowed_sans: []}}", "client_allowed_sans is not supported"),
        (
            f"tls_server_config: {{{CERTIFIED}, prefer_server_cipher_suites: true}}",
            "prefer_server_cipher_suites is not",
        ),
        (
            f"tls_server_config: {{{CERTIFIED}, client_auth_type: RequireAnyClientCert}}",
            "'RequireAnyClientCert' is not supp",
        ),
        (
            f"tls_server_config: {{{CERTIFIED}, client_auth_type: RequireAndVerifyClientCert}}",
            "client_ca_file is missing",
        ),
        (f"tls_server_config: {{{CERTIFIED}, client_ca_file: c}}", "client_auth_type, VerifyClientCertIfGiven or"),
        (f"tls_server_config: {{{CERTIFIED}, min_version: TLS10}}", "min_version: 'TLS10' is not supported"),
        (f"tls_server_config: {{{CERTIFIED}, max_version: 1.2}}", "tls_server_config.max_version is not a text"),
        ("tls_server_config: {cert_file: a}", "tls_server_config.key_file is missing"),
        ("tls_server_config: [1]", "tls_server_config is not a table"),
        ("http_server_config: {http2: true}", "http_server_config.http2"),
        ("http_server_config: {headers: {X-Mine: a}}", "http_server_config.headers.X-Mine: it is one of"),
        ("http_server_config: {headers: {X-Frame-Options: 'a\\r\\nb'}}".replace("'", '"'), "not a text of one line"),
        ("http_server_config: {headers: []}", "http_server_config.headers is not a table"),
        ("basic_auth_users: {a: plain}", "basic_auth_users.a is not a bcrypt hash"),
        (f"basic_auth_users: {{a: '{HASH.replace('$04$', '$31$')}'}}", "its cost is not 4 to 15"),
        (f"basic_auth_users: {{'a:b': '{HASH}'}}", "is not the name of a user"),
        (f"basic_auth_users: {{1: '{HASH}'}}", "is not the name of a user"),
        ("a: [", "line 1: is not YAML"),
        ("a: !!python/object/apply:os.system ['true']", "is not YAML"),
        ("- a", "is not a table"),
        ("1: 2", "1 is not supported"),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else value,
)
def test_what_we_cannot_do_is_named_and_no_secret_is(tmp_path, content, reason):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, content)
    assert caught.value.key == "web_config_file"
    assert reason in str(caught.value)
    assert "web.yml" in str(caught.value)
    assert "plain" not in str(caught.value)
    assert HASH not in str(caught.value)


def test_what_everybody_may_read_is_no_secret(tmp_path):
    with pytest.raises(ConfigError, match="mode 0644"):
        read(tmp_path, EVERYTHING, 0o644)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_web_config(tmp_path / "web.yml")


def test_a_huge_file_is_none(tmp_path):
    with pytest.raises(ConfigError, match="larger than"):
        read(tmp_path, "#" * 2_000_000)
