"""A process that is killed while it appends: whenever that is, all that it acknowledged is there, and nothing else.

It appends two records at a time, many such appends at once, and says of each that was acknowledged which entries it became. It is
killed when it has said so much, or by the kernel at its n-th call that writes or syncs a file.
"""

import subprocess
import sys

import pytest

from canary.ledger.errors import LedgerError
from canary.ledger.store import Ledger
from tests.canary.ledger.records_made import runs

pytestmark = pytest.mark.slow

APPENDER = """
import asyncio, os, sys
from pathlib import Path
from canary.ledger.store import Ledger
from canary.records import RunBegan

path, rounds, at_once = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
RECORD = RunBegan(server="alpha", run_id="r" * 300, service="printer")


async def append(ledger):
    entries = await ledger.append([RECORD, RECORD])
    os.write(1, "".join(f"{entry.seq} {entry.at_s}\\n" for entry in entries).encode())


async def main():
    with Ledger.open(path) as ledger:
        for _ in range(rounds):
            await asyncio.gather(*(append(ledger) for _ in range(at_once)))


asyncio.run(main())
"""


def appender(path, rounds, at_once):
    return [sys.executable, "-c", APPENDER, path, str(rounds), str(at_once)]


def acknowledged_until_killed(path, at_once, said):
    """Whole lines that it said; it is killed after so many."""
    with subprocess.Popen(appender(path, 10_000, at_once), stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(said)]
        process.kill()
        lines += process.stdout.read().splitlines(keepends=True)
    assert process.returncode == -9
    return [line.strip() for line in lines if line.endswith("\n")]


def acknowledged_until_traced_call(path, strace, calls, moment):
    """What it said, and whether it came to its end."""
    tracer = [strace, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}"]
    tracer += ["-e", f"inject={calls}:signal=KILL:when={moment}"]
    done = subprocess.run([*tracer, *appender(path, 4, 3)], stdout=subprocess.PIPE, text=True, check=False, timeout=60)
    assert done.returncode in (0, -9, 137)
    return done.stdout.splitlines(), done.returncode == 0


@pytest.fixture
def check(eventually):
    """Opens what is left and compares it with what was acknowledged; gives the number of entries."""

    async def check(path, acknowledged):
        async def reopen():
            """The session of the dead may hold it for a moment yet."""
            try:
                return Ledger.open(path)
            except LedgerError as error:
                if "another process has it open" not in error.reason:
                    raise
                return None

        with await eventually(reopen, lambda ledger: ledger is not None) as ledger:
            found = {f"{entry.seq} {entry.at_s}" for entry in ledger.entries()}
            assert set(acknowledged) <= found
            assert len(found) % 2 == 0, "half of an append"
            assert ledger.verify() == (len(found), None)
            (entry,) = await ledger.append(runs(1))
            assert entry.seq == len(found) + 1
            assert ledger.verify().fault is None
        return len(found)

    return check


@pytest.mark.timeout(240)
@pytest.mark.parametrize("said", [0, 1, 7, 111, 2_000])
@pytest.mark.parametrize("at_once", [1, 50])
async def test_killed_when_it_has_said_so_much(said, at_once, path, check):
    assert await check(path, acknowledged_until_killed(path, at_once, said)) >= said


@pytest.mark.timeout(240)
@pytest.mark.parametrize("is_new", [True, False], ids=["new ledger", "old ledger"])
@pytest.mark.parametrize(("calls", "stride"), [("fsync,fdatasync", 1), ("pwrite64", 7)], ids=["sync", "write"])
async def test_killed_at_its_nth_call_into_the_kernel(calls, stride, is_new, tmp_path, require_program, check):
    """Calls are counted for each thread: in a new ledger most are made by the one that opens it, in an old one by the writer."""
    strace = require_program("strace")
    moment, kept = 1, []
    while True:
        path = tmp_path / f"{moment}.db"
        if not is_new:
            Ledger.open(path).close()
        acknowledged, is_at_its_end = acknowledged_until_traced_call(path, strace, calls, moment)
        kept.append(await check(path, acknowledged))
        if is_at_its_end:
            break
        moment += stride
    assert len(acknowledged) == kept[-1] == 4 * 3 * 2
    assert len(kept) > 4
    assert is_new or len(set(kept)) > 2, "it was never killed while it appended"


FILLER = """
import asyncio, os, resource, sys
from pathlib import Path
from canary.ledger.errors import LedgerError
from canary.ledger.store import Ledger
from canary.records import RunBegan

how, folder = sys.argv[1], Path(sys.argv[2])
RECORD = RunBegan(server="alpha", run_id="r" * 300, service="printer")
BALLAST = folder / "ballast"


def fill():
    if how == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))


def make_room():
    if how == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    else:
        BALLAST.unlink()


async def append_until_it_fails(ledger):
    count = 0
    while True:
        try:
            count += len(await ledger.append([RECORD] * 100))
        except LedgerError as error:
            print(error)
            return count


async def main():
    if how == "tmpfs":
        BALLAST.write_bytes(b"b" * 600_000)
    path = folder / "canary.db"
    with Ledger.open(path) as ledger:
        fill()
        count = await append_until_it_fails(ledger)
        assert count, "it was full from the beginning"
        assert ledger.verify() == (count, None), ledger.verify()
        count += await append_until_it_fails(ledger)
        assert ledger.failed_appends == 2
        make_room()
        count += len(await ledger.append([RECORD] * 100))
        assert ledger.verify() == (count, None), ledger.verify()
    with Ledger.open(path) as ledger:
        assert ledger.verify() == (count, None), ledger.verify()


asyncio.run(main())
"""
ON_A_SMALL_DISK = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"'


@pytest.mark.parametrize(
    ("how", "words"), [("limit", "disk I/O error"), ("tmpfs", "database or disk is full")], ids=["limit", "tmpfs"]
)
def test_a_full_disk_fails_appends_by_name_and_loses_nothing(how, words, tmp_path, require_program):
    filler = [sys.executable, "-c", FILLER, how, str(tmp_path)]
    if how == "tmpfs":
        own_mounts = [require_program("unshare"), "--user", "--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK]
        filler = [*own_mounts, str(tmp_path), *filler]
    done = subprocess.run(filler, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 0, done.stderr
    errors = done.stdout.splitlines()
    assert len(errors) == 2
    assert set(errors) == {f"ledger {tmp_path}/canary.db: {words}"}
