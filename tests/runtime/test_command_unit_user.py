"""``--check-config`` by root, on hosts with the units' user and without, run as a process in mounts of its own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.conftest import missing

pytestmark = pytest.mark.usefixtures("require_root")

OWNER, OTHER = 4321, 4322
WITH_USER = f"root:x:0:0::/root:/bin/sh\nbellwether:x:{OWNER}:{OWNER}::/:/usr/sbin/nologin\n"
WITHOUT = "root:x:0:0::/root:/bin/sh\n"
PROGRAM = """
import os
from pathlib import Path
from communicator.errors import ConfigError
from communicator.runtime.command import daemon_command
from communicator.runtime.secret_file import read_secret
from communicator.runtime.settings_type import Settings

class Answer(Settings, frozen=True):
    key_file: str = ""
    data_path: str = "/"

def check(settings):
    read_secret(Path(settings.key_file), "key_file")
    if not os.access(settings.data_path, os.W_OK, effective_ids=True):
        raise ConfigError("data_path", "is not writable for this user")

async def serve(daemon):
    raise AssertionError

daemon_command("answerd", Answer, serve, help="Answer.", check=check)()
"""
MOUNT = 'mount --bind "$0" /etc/passwd && exec "$@"'


@pytest.fixture
def place(require_program):
    """A folder that every user may look into."""
    unshare = [require_program("unshare"), "--mount", "true"]
    if subprocess.run(unshare, capture_output=True, check=False, timeout=20).returncode:
        missing("this container forbids to mount anything")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


def check(place, users, owner, *options, user=0):
    """Check settings whose key belongs to `owner`, on a host with these users, as `user`."""
    (place / "passwd").write_text(users)
    key = place / "key"
    key.touch(0o600)
    key.write_text("open sesame\n")
    os.chown(key, owner, owner)
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    program = [sys.executable, "-W", "error", "-c", PROGRAM, "--check-config", "--set", f"key_file={key}", *options]
    command = ["unshare", "--mount", "sh", "-c", MOUNT, place / "passwd", *become, *program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "answerd: settings are good\n"), done.stderr
    return done.stderr


def test_a_key_that_belongs_to_root_is_good_for_root_and_not_for_the_unit(place):
    assert check(place, WITH_USER, owner=0) == (
        "answerd: read as root, but the unit runs as user 'bellwether': key_file: "
        f"'{place}/key' cannot be read: Permission denied; give it to that user\n"
    )


def test_a_file_of_settings_is_read_too(place):
    settings = place / "answerd.toml"
    settings.touch(0o600)
    assert f"{settings}: cannot be read: Permission denied" in check(place, WITH_USER, OWNER, "--config", settings)


@pytest.mark.parametrize(
    ("users", "owner", "user"),
    [(WITH_USER, OWNER, 0), (WITHOUT, 0, 0), (WITH_USER, OTHER, OTHER)],
    ids=["the key is that user's", "no such user", "not run by root"],
)
def test_there_is_nothing_to_warn_of(place, users, owner, user):
    options = () if user == 0 else ("--set", f"data_path={tempfile.gettempdir()}")
    assert check(place, users, owner, *options, user=user) == ""


def test_what_the_unit_makes_when_it_starts_may_be_missing(place):
    assert check(place, WITH_USER, OWNER, "--set", f"data_path={place}") == ""
