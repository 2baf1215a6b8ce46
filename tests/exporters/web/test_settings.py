"""The settings of the HTTP side, as the command line checks them: nobody on another host gets in without credentials."""

import bcrypt
import pytest

from communicator.daemon.passwords import make_entry, write_entry
from communicator.errors import ConfigError
from communicator.router.vocabulary.events import Opens
from communicator.runtime.settings import load_settings
from exporters.main import check_named
from exporters.settings import ExporterSettings
from tests.exporters.web.certificates import Authority


def load(*assignments):
    settings = load_settings(ExporterSettings, [], assignments)
    check_named(settings)
    return settings


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A file of each kind, by what the assignments call it."""
    tmp_path = tmp_path_factory.mktemp("files")
    passwords = tmp_path / "passwords"
    write_entry(passwords, "x", make_entry("prometheus", Opens.SERVICE, frozenset({"exporter"}), "correct horse"))
    tokens = tmp_path / "tokens"
    tokens.write_text("0123456789abcdef\n")
    authority = Authority(tmp_path)
    certificate, key = authority.issue("server", "localhost")
    hashed = bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()
    closed, open_file, shut = tmp_path / "closed.yml", tmp_path / "open.yml", tmp_path / "client.yml"
    tls = f"tls_server_config: {{cert_file: {certificate.name}, key_file: {key.name}"
    closed.write_text(f"basic_auth_users: {{prometheus: '{hashed}'}}")
    open_file.write_text(f"{tls}}}")
    shut.write_text(f"{tls}, client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert}}")
    for path in (tokens, closed, open_file, shut):
        path.chmod(0o600)
    return {
        "PASSWORDS": passwords,
        "TOKENS": tokens,
        "CERTIFICATE": certificate,
        "KEY": key,
        "CA": authority.ca,
        "CLOSED": closed,
        "OPEN": open_file,
        "CLIENT": shut,
    }


def named(assignments, files):
    for word, path in files.items():
        assignments = [assignment.replace(word, f'"{path}"') for assignment in assignments]
    return assignments


TLS = ["tls.certificate=CERTIFICATE", "tls.private_key=KEY"]


@pytest.mark.parametrize(
    "assignments",
    [
        ["auth.password_file=PASSWORDS"],
        ["auth.token_file=TOKENS"],
        ["auth.password_file=PASSWORDS", *TLS],
        [*TLS, "tls.client_ca=CA"],
        ["web_config_file=CLOSED"],
        ["web_config_file=CLIENT"],
    ],
    ids=" ".join,
)
def test_with_credentials_any_address_is_good(files, assignments):
    load('listen="0.0.0.0:0"', *named(assignments, files))


@pytest.mark.parametrize(
    ("assignments", "key"),
    [
        ([], "listen"),
        (TLS, "listen"),
        (["web_config_file=OPEN"], "web_config_file"),
        (["auth.password_file=PASSWORDS", "web_config_file=CLOSED"], "web_config_file"),
        (["auth.password_file=TOKENS"], "auth.password_file"),
        (["auth.token_file=CERTIFICATE"], "auth.token_file"),
        (["auth.token_file=TOKENS", "tls.certificate=CERTIFICATE"], "tls.private_key"),
        (["auth.token_file=TOKENS", "tls.private_key=KEY"], "tls.certificate"),
        (["auth.token_file=TOKENS", "tls.client_ca=CA"], "tls.certificate"),
        (["auth.token_file=TOKENS", "limits.connections=0"], "limits.connections"),
        (["auth.token_file=TOKENS", "limits.idle_s=-1"], "limits.idle_s"),
        (["auth.token_file=TOKENS", "limits.request_s=nan"], "limits.request_s"),
        (["auth.token_file=TOKENS", "limits.answer_s=inf"], "limits.answer_s"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_what_lets_in_anybody_or_cannot_work_is_named(files, assignments, key):
    with pytest.raises(ConfigError) as caught:
        load('listen="10.0.0.5:9740"', *named(assignments, files))
    assert caught.value.key == key


@pytest.mark.parametrize(
    "host",
    [
        *("10.0.0.5", "192.168.1.1", "100.64.0.1", "169.254.1.1", "192.0.2.1", "0.0.0.0", "alpha.example", "127.1"),
        *("[::]", "[fc00::1]", "[fd00::1]", "[fe80::1]", "[2001:db8::1]", "[::ffff:10.0.0.5]", "[::ffff:0.0.0.0]"),
    ],
)
def test_whatever_other_machines_can_reach_demands_credentials(files, host):
    with pytest.raises(ConfigError) as caught:
        load(f'listen="{host}:9740"')
    assert caught.value.key == "listen"
    load(f'listen="{host}:9740"', *named(["auth.token_file=TOKENS"], files))


@pytest.mark.parametrize("assignments", [[], TLS, ["web_config_file=OPEN"], ["auth.token_file=TOKENS"]], ids=" ".join)
def test_on_loopback_everything_is_good(files, assignments):
    load('listen="[::1]:0"', *named(assignments, files))
