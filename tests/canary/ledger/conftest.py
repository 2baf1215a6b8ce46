"""Databases for a ledger: a file, and a real PostgreSQL that the tests start, as a user without rights, and stop."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections import deque
from itertools import count
from pathlib import Path

import psycopg
import pytest

from canary.ledger.clock import Reading
from canary.ledger.store import Ledger
from tests.conftest import missing

ROOT = Path(__file__).parents[3]
NOBODY = 65534
BINARIES = "usr/lib/postgresql/*/bin/postgres"


class Postgresql:
    """One server, on a Unix socket in a directory of its own."""

    def __init__(self, postgres: Path, folder: Path) -> None:
        self._postgres = postgres
        self.folder = folder
        self._environment = os.environ | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
        if ROOT in postgres.parents:
            paths = subprocess.run(
                [ROOT / "tools/debian-cache", "--library-path"], capture_output=True, text=True, check=True, timeout=30
            )
            self._environment["LD_LIBRARY_PATH"] = paths.stdout.strip()
        self._numbers = count()
        self._process = None
        # Without a death signal a server would outlive tests that are killed. It comes with the end of the starting thread.
        self._as_nobody = ["setpriv", "--pdeathsig", "INT"]
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            self._as_nobody += ["--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]

    def create(self) -> None:
        options = ("-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync", "-D", self.folder / "data")
        self._run(self._postgres.with_name("initdb"), *options)

    def start(self) -> None:
        # Nothing but this socket; whatever a test says is durable has been synced.
        settings = ("listen_addresses=", "fsync=on", "recovery_init_sync_method=syncfs")
        options = ["-D", self.folder / "data", "-k", self.folder, *(f"--{setting}" for setting in settings)]
        self._process = subprocess.Popen(
            [*self._as_nobody, self._postgres, *options],
            cwd=self.folder,
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = []
        for line in self._process.stderr:
            said.append(line)
            if "ready to accept connections" in line:
                break
        else:
            pytest.fail("".join(said))
        self._listener = threading.Thread(target=deque, args=(self._process.stderr, 0))
        self._listener.start()

    def stop(self, how=signal.SIGINT) -> None:
        """SIGINT: connections are cut, all is written. SIGKILL: as if the power was gone."""
        self._process.send_signal(how)
        self._process.wait(timeout=30)
        self._listener.join(timeout=30)  # the last of its processes has ended
        self._process.stderr.close()

    def new_url(self) -> str:
        """Of an empty schema: a database for each would be 300 files more to sync after a crash."""
        name = f"ledger{next(self._numbers)}"
        with self.speak() as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"postgresql://tester:a-secret@/ledgers?host={self.folder}&options=-csearch_path%3D{name}"

    def speak(self, database: str = "ledgers") -> psycopg.Connection:
        return psycopg.connect(host=str(self.folder), user="tester", dbname=database, autocommit=True)

    def cut(self) -> int:
        """End all sessions of others, and say how many there were."""
        with self.speak("postgres") as connection:
            query = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = 'ledgers'"
            return len(connection.execute(query).fetchall())

    def _run(self, *command) -> None:
        done = subprocess.run(
            [*self._as_nobody, *command],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def postgresql():
    """A server for all tests of this process; whoever stops it starts it again."""
    found = sorted(Path("/").glob(BINARIES)) or sorted((ROOT / ".cache/debian/root").glob(BINARIES))
    if not found:
        missing("PostgreSQL is not here (tools/test-packages brings it)")
    folder = Path(
        tempfile.mkdtemp(prefix="pg-")
    )  # pytest's own is closed to other users, and its path too long for a socket
    server = Postgresql(found[-1], folder)
    try:
        server.create()
        server.start()
        with server.speak("postgres") as connection:
            connection.execute("CREATE DATABASE ledgers")
        yield server
        server.stop(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """Of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'canary.db'}"
    return request.getfixturevalue("postgresql").new_url()


@pytest.fixture
def sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path / 'canary.db'}"


class Clocks:
    """A host's clocks, moved by the test."""

    def __init__(self) -> None:
        self.boot_id = "first"
        self.monotonic_s = 1_000.0
        self.wall_s = 1_700_000_000.0

    def __call__(self) -> Reading:
        return Reading(self.boot_id, self.monotonic_s, self.wall_s)

    def pass_(self, span_s: float) -> None:
        self.monotonic_s += span_s
        self.wall_s += span_s


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def open_ledger(clocks):
    """Opens ledgers and closes them at the end."""
    opened = []

    def open_(url, **options):
        opened.append(ledger := Ledger.open(url, clocks=clocks, **options))
        return ledger

    yield open_
    for ledger in opened:
        ledger.close()
