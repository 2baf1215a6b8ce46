"""The files that say who may ask."""

import argon2
import pytest

from communicator.daemon.passwords import make_entry, write_entry
from communicator.errors import ConfigError
from communicator.router.vocabulary.events import Opens
from exporters.web.credentials import Credentials, digest_of, read_tokens, read_users
from exporters.web.verifier import is_right

QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = QUICK.hash("right")


def write(tmp_path, content, mode=0o600):
    path = tmp_path / "file"
    path.write_text(content)
    path.chmod(mode)
    return path


def test_an_entry_of_the_routers_own_tool_is_good(tmp_path):
    path = tmp_path / "passwords"
    write_entry(path, "x", make_entry("prometheus", Opens.SERVICE, frozenset({"exporter"}), "correct horse"))
    users = read_users(path, "auth.password_file")
    assert list(users) == ["prometheus"]
    assert is_right(users["prometheus"], "correct horse")
    assert not is_right(users["prometheus"], "correct house")


def test_entries_for_others_are_left_out(tmp_path):
    lines = [
        "# who may",
        "",
        f"one service exporter,printer {HASH}",
        f"any service * {HASH}",
        f"other service printer {HASH}",
        f"beta router * {HASH}",
    ]
    assert set(read_users(write(tmp_path, "\n".join(lines)), "k")) == {"one", "any"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "holds no entry for service 'exporter'"),
        (f"beta router * {HASH}\n", "bellwether password add USER --for service --name exporter"),
        ("prometheus secret\n", "line 1: is not USERNAME service NAME"),
        (f"\nx user exporter {HASH}\n", "line 2: is not USERNAME service NAME"),
        ("x service exporter $2b$05$abc\n", "is not one of argon2id"),
        (f"x service exporter {HASH.replace('argon2id', 'argon2i')}\n", "is not one of argon2id"),
        (f"x service exporter {HASH.replace('m=8', 'm=1048576')}\n", "asks for more than"),
        (f"x service exporter {HASH.replace('t=1', 't=1000')}\n", "asks for more than"),
    ],
    ids=["empty", "router", "words", "kind", "bcrypt", "argon2i", "memory", "passes"],
)
def test_a_bad_password_file_is_refused_and_no_hash_is_told(tmp_path, content, reason):
    with pytest.raises(ConfigError, match=r"^auth\.password_file: ") as caught:
        read_users(write(tmp_path, content), "auth.password_file")
    assert reason in str(caught.value)
    assert HASH.rpartition("$")[2] not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_tokens_are_kept_as_digests(tmp_path):
    found = read_tokens(write(tmp_path, "# old\n" + "a" * 16 + "\nabcDEF0123456789-._~+/==\n"), "auth.token_file")
    assert found == {digest_of("a" * 16), digest_of("abcDEF0123456789-._~+/==")}
    assert "a" * 16 not in repr(Credentials(tokens=found))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty"),
        ("too-short\n", "line 1: a token has 16 to 1024 characters"),
        ("two words that are long\n", "line 1: is no bearer token"),
        ("ü" * 20, "line 1: is no bearer token"),
    ],
)
def test_a_bad_token_file_is_refused_and_no_token_is_told(tmp_path, content, reason):
    with pytest.raises(ConfigError, match=reason) as caught:
        read_tokens(write(tmp_path, content), "auth.token_file")
    assert not content.strip() or content.strip() not in str(caught.value)


@pytest.mark.parametrize("read", [read_users, read_tokens])
@pytest.mark.parametrize(("mode", "reason"), [(0o644, "mode 0644"), (0o640, "mode 0640")])
def test_what_others_may_read_is_no_secret(tmp_path, read, mode, reason):
    with pytest.raises(ConfigError, match=reason):
        read(write(tmp_path, "a" * 20, mode), "k")


def test_nobody_is_nobody():
    assert not Credentials()
    assert Credentials(tokens=frozenset({b"x"}))
