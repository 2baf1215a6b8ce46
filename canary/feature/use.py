"""SHELL: keeps how often feature flags were evaluated on this host, by day, in an SQLite file of its own; it counts nothing.

What is kept is told to nobody who could not do without: a file that cannot be read is begun anew, and one that cannot be written
is tried again.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

from structlog.typing import FilteringBoundLogger

from canary.feature.tally import DAYS, Row, Tally

_Done = TypeVar("_Done")
FILE = "features.db"
PATIENCE_S = 5.0
"""How long the file may be locked until a write fails."""
_TABLE = """
CREATE TABLE IF NOT EXISTS evaluations (
    day INTEGER NOT NULL, feature TEXT NOT NULL, variant TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (day, feature, variant, reason)
) WITHOUT ROWID
"""
_ADD = """
INSERT INTO evaluations VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET count = min(count + excluded.count, 9007199254740992)
"""


class UseFile:
    """The file of one canary; a thread of its own reads and writes it.

    Args:
        directory: Where it lies.
        log: Where it is told why it cannot be read or written.
    """

    def __init__(self, directory: Path, log: FilteringBoundLogger) -> None:
        self._path = directory / FILE
        self._log = log
        self._thread = ThreadPoolExecutor(1, "features")
        self._fault = ""

    async def read(self, today: int) -> Tally:
        """What was counted until now.

        Args:
            today: Since 1970.
        """
        rows = await self._do(partial(_read, self._path, today - DAYS))
        return Tally(today, rows or ())

    async def keep(self, tally: Tally, today: int) -> None:
        """Add what was counted since the last call; what cannot be kept goes on waiting.

        Args:
            tally: What counts.
            today: Since 1970.
        """
        rows = tally.take()
        if rows and await self._do(partial(_add, self._path, rows, today - DAYS)) is None:
            tally.put_back(rows)

    async def _do(self, work: Callable[[], _Done]) -> _Done | None:
        """What comes of some work; None: it cannot be done."""
        try:
            done = await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            if not self._fault:
                self._log.warning("evaluations_not_kept", path=str(self._path), reason=str(error))
            self._fault = str(error)
            return None
        self._fault = ""
        return done


def _read(path: Path, oldest: int) -> list[tuple[Row, int]]:
    with closing(_connect(path)) as connection:
        found = connection.execute(
            "SELECT day, feature, variant, reason, count FROM evaluations WHERE day > ?", (oldest,)
        )
        return [(Row(*parts), count) for *parts, count in found]


def _add(path: Path, rows: Mapping[Row, int], oldest: int) -> bool:
    with closing(_connect(path)) as connection, connection:
        connection.executemany(_ADD, [(*row, count) for row, count in rows.items()])
        connection.execute("DELETE FROM evaluations WHERE day <= ?", (oldest,))
    return True


def _connect(path: Path) -> sqlite3.Connection:
    """A connection; a file that is none of SQLite's is put aside, and begun anew."""
    connection = sqlite3.connect(path, timeout=PATIENCE_S)
    try:
        connection.execute(_TABLE)
    except sqlite3.DatabaseError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        path.replace(path.with_name(f"{path.name}.damaged"))
        return _connect(path)
    return connection
