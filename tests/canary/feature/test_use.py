"""Counts are kept in a file, and read back by the next life; a file that is damaged or cannot be written costs nothing else."""

import sqlite3

import pytest
import structlog
from structlog.testing import capture_logs

from canary.feature.tally import DAYS, Asked, Tally
from canary.feature.use import FILE, UseFile
from communicator.answers.features import Evaluations


def counted(feature="a", count=1):
    return Evaluations(feature, "on", "STATIC", count)


def use(directory):
    return UseFile(directory, structlog.get_logger())


def sums(directory):
    connection = sqlite3.connect(directory / FILE)
    found = connection.execute("SELECT day, feature, count FROM evaluations").fetchall()
    connection.close()
    return found


async def test_what_is_kept_is_read_back_and_added_to(tmp_path):
    for _ in range(2):
        file = use(tmp_path)
        tally = await file.read(100)
        tally.add([counted(count=2)], 100, lambda _feature: True)
        await file.keep(tally, 100)
        await file.keep(tally, 100)
    assert sums(tmp_path) == [(100, "a", 4)]
    assert (await use(tmp_path).read(105)).asked("a") == Asked(100, 100)


async def test_days_that_are_over_for_long_are_forgotten(tmp_path):
    file, tally = use(tmp_path), Tally(100)
    tally.add([counted()], 100, lambda _feature: True)
    await file.keep(tally, 100)
    assert (await use(tmp_path).read(100 + DAYS)).asked("a") is None
    tally.add([counted("b")], 100 + DAYS, lambda _feature: True)
    await file.keep(tally, 100 + DAYS)
    assert sums(tmp_path) == [(100 + DAYS, "b", 1)]


@pytest.mark.parametrize("content", [b"no database at all, and long enough for a header" * 9])
async def test_a_damaged_file_is_put_aside(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    file = use(tmp_path)
    tally = await file.read(100)
    tally.add([counted()], 100, lambda _feature: True)
    await file.keep(tally, 100)
    assert sums(tmp_path) == [(100, "a", 1)]
    assert (tmp_path / f"{FILE}.damaged").read_bytes() == content


async def test_a_file_that_cannot_be_written_is_told_once_and_tried_again(tmp_path):
    (tmp_path / FILE).mkdir()
    file, tally = use(tmp_path), Tally(100)
    with capture_logs() as logs:
        for _ in range(3):
            tally.add([counted()], 100, lambda _feature: True)
            await file.keep(tally, 100)
        (tmp_path / FILE).rmdir()
        await file.keep(tally, 100)
    assert sums(tmp_path) == [(100, "a", 3)]
    assert [one["event"] for one in logs] == ["evaluations_not_kept"]
