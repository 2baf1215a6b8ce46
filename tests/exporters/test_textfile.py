"""The file for node_exporter: whole or not at all, read by others, gone at the end."""

import asyncio
import os
import stat

import pytest
import structlog
from structlog.testing import capture_logs

from communicator.errors import ConfigError
from exporters.collectors.metric import Definition, Kind
from exporters.textfile import FILE_NAME, TextFile, keep_writing

LOAD = Definition("house_load", Kind.GAUGE, "Load.")


def test_a_page_takes_the_place_of_the_last_one(tmp_path):
    file = TextFile(tmp_path)
    file.write(b"old\n")
    with file.path.open() as reader:
        file.write(b"new\n")
        assert reader.read() == "old\n", "whoever has begun to read reads the old one to its end"
    assert file.path.read_text() == "new\n"
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_everybody_may_read_it(tmp_path):
    before = os.umask(0o077)
    try:
        TextFile(tmp_path).write(b"x\n")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o644


def test_at_the_end_there_is_none(tmp_path):
    file = TextFile(tmp_path)
    file.write(b"x\n")
    file.remove()
    file.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["absent", "file"])
def test_a_directory_that_will_not_do_is_a_bad_setting(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=name) as caught:
        TextFile(tmp_path / name)
    assert caught.value.key == "textfile.directory"


async def test_pages_are_written_one_after_the_other(tmp_path):
    file, enough = TextFile(tmp_path), asyncio.Event()
    written = []

    async def scrape(*, written_wall_s):
        written.append(written_wall_s)
        if len(written) == 3:
            enough.set()
        return [LOAD.family({(): float(len(written))})]

    async with asyncio.TaskGroup() as group:
        writing = group.create_task(keep_writing(scrape, file, 0.001, structlog.get_logger()))
        await enough.wait()
        writing.cancel()
    assert written == sorted(written)
    assert "\nhouse_load " in file.path.read_text()


async def test_a_disk_that_takes_nothing_is_told_once_and_tried_again(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    file, enough = TextFile(folder), asyncio.Event()
    pages = 0

    async def scrape(*, written_wall_s):
        nonlocal pages
        pages += 1
        if pages == 1:
            folder.rmdir()
        elif pages == 4:
            folder.mkdir()
        elif pages == 6:
            enough.set()
        return [LOAD.family({(): written_wall_s})]

    with capture_logs() as logs:
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(keep_writing(scrape, file, 0.001, structlog.get_logger()))
            await enough.wait()
            writing.cancel()
    assert [line["event"] for line in logs] == ["textfile_not_written", "textfile_written_again"]
    assert logs[0]["path"] == str(file.path)


def test_a_link_in_the_way_is_not_followed(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("precious")
    file = TextFile(tmp_path)
    file._draft.symlink_to(precious)
    file.write(b"page")
    assert precious.read_text() == "precious"
    assert file.path.read_text() == "page"
