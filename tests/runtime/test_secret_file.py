"""A secret is read only from a file that is one."""

import os

import pytest

from communicator.errors import ConfigError
from communicator.runtime.secret_file import read_secret


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_bytes(b"open sesame\n")
    return path


def test_white_space_around_it_does_not_count(secret):
    assert read_secret(secret, "key") == b"open sesame"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_others_must_not_read_it(secret, mode):
    secret.chmod(mode)
    with pytest.raises(ConfigError, match=f"mode {mode:04o}") as refused:
        read_secret(secret, "listen.signal_secret_file")
    assert refused.value.key == "listen.signal_secret_file"
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(("content", "reason"), [(b" \n", "is empty"), (b"x" * 5000, "is larger")])
def test_its_size_must_be_that_of_a_secret(secret, content, reason):
    secret.write_bytes(content)
    with pytest.raises(ConfigError, match=reason):
        read_secret(secret, "key")


def test_what_is_not_a_plain_file_is_refused(secret):
    with pytest.raises(ConfigError, match="No such file"):
        read_secret(secret.with_name("none"), "key")
    pipe = secret.with_name("pipe")
    os.mkfifo(pipe, 0o600)
    for other in (secret.parent, type(secret)(os.devnull), pipe):
        with pytest.raises(ConfigError, match="is not a plain file"):
            read_secret(other, "key")
