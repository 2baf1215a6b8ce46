"""A file system without room for one byte more: the flag that says so is raised all the same."""

import subprocess
import sys

DRIVER = """
import errno, sys
from pathlib import Path
from communicator.errors import FlagsPathError
from communicator.flags.catalogue import CANARY_BLOCKED, CANARY_LEDGER
from communicator.flags.declarations import declarations
from communicator.flags.flag import Source
from communicator.flags.flag_directory import FlagDirectory

folder = Path(sys.argv[1])
place = FlagDirectory(folder)


def flag(name):
    return declarations()[name].make({"reason": "no space left"}, source=Source(), version="1", hostname="alpha")


def fill():
    with open(folder / "ballast", "ab", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"b" * 4096)
        except OSError as error:
            assert error.errno == errno.ENOSPC


place.reserve("canary")
fill()
assert place.raise_(flag(CANARY_LEDGER), 1_000) is not None
fill()
assert place.find(CANARY_LEDGER).message == "the canary's ledger cannot be written: no space left"
try:
    place.raise_(flag(CANARY_BLOCKED), 1_000)
except FlagsPathError as error:
    print(error.reason)
place.reserve("canary")
(folder / "ballast").unlink()
place.lower(CANARY_LEDGER)
place.reserve("canary")
print([path.name for path in folder.iterdir()])
"""
ON_A_SMALL_DISK = 'mount -t tmpfs -o size=256k tmpfs "$0" && exec "$@"'


def test_the_flag_that_says_that_the_disk_is_full_is_raised(tmp_path, require_program):
    own_mounts = [require_program("unshare"), "--user", "--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK]
    command = [*own_mounts, str(tmp_path), sys.executable, "-c", DRIVER, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["no space left on device", "['.canary.reserve']"]
