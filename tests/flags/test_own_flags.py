"""The flags of one daemon: in a thread of their own, told once when that does not work, and right as soon as it does."""

import asyncio
import inspect
import os
import shutil
import socket
import threading

import pytest

from communicator.errors import FlagError
from communicator.flags import own_flags as own_flags_module
from communicator.flags.catalogue import CONNECTION_FAILED, FILE_WRITE
from communicator.flags.declarations import declarations
from communicator.flags.flag import FlagName, Source
from communicator.flags.flag_directory import FlagDirectory
from communicator.flags.own_flags import OwnFlags
from communicator.version import __version__
from communicator.wishes import RETRY_S


@pytest.fixture
def told():
    return []


@pytest.fixture
async def flags(tmp_path, told):
    own = OwnFlags(tmp_path / "flags", "communicatord", lambda path, reason: told.append((path, reason)))
    yield own
    await own.close()


@pytest.fixture
def place(tmp_path):
    (tmp_path / "flags").mkdir()
    return FlagDirectory(tmp_path / "flags")


async def test_a_flag_is_raised_with_where_and_by_whom(flags, place, told):
    flags.raise_(FILE_WRITE, file="/x/y", reason="no space")
    line = inspect.currentframe().f_lineno - 1
    await flags.close()
    flag = place.find(FILE_WRITE)
    assert flag.message == "the router cannot keep /x/y: no space"
    assert flag.source == Source(
        "test_a_flag_is_raised_with_where_and_by_whom", f"{__name__.replace('.', '/')}.py", line
    )
    assert (flag.hostname, flag.version, flag.help) == (
        socket.gethostname(),
        __version__,
        declarations()[FILE_WRITE].help,
    )
    assert (flags.failures, told) == (0, [])


async def test_a_flag_goes_down_whoever_has_raised_it(flags, place):
    place.raise_(
        declarations()[FILE_WRITE].make({"file": "x", "reason": "y"}, source=Source(), version="", hostname=""), 1000
    )
    flags.lower(FILE_WRITE)
    await flags.close()
    assert place.read_all().flags == ()


async def test_flags_of_other_units_are_none_of_its_business(place, told):
    own = OwnFlags(place.path, "timekeeper", lambda *what: told.append(what))
    for act in (own.lower, lambda name: own.raise_(name, file="x", reason="y")):
        with pytest.raises(FlagError, match="'timekeeper'"):
            act(FILE_WRITE)
    await own.close()
    assert list(place.path.iterdir()) == []


async def test_what_is_wrong_is_told_once_and_counted_each_time(flags, place, told):
    place.path.rmdir()
    flags.check()
    assert told == [(str(place.path), "the directory is not there")]
    for _ in range(3):
        flags.raise_(FILE_WRITE, file="x", reason="y")
        await flags._idle.wait()
    flags.lower(CONNECTION_FAILED)  # it is down, as it should be
    flags.raise_(CONNECTION_FAILED, router="beta")
    await flags.close()
    assert (flags.failures, len(told)) == (4, 1)


async def test_it_is_told_again_when_it_was_good_in_between(flags, place, told):
    flags.raise_(FILE_WRITE, file="x", reason="y")
    await flags._idle.wait()
    assert place.lower(FILE_WRITE)
    for _ in range(2):
        shutil.rmtree(place.path)
        flags.raise_(FILE_WRITE, file="x", reason="y")
        await flags._idle.wait()
        place.path.mkdir()
        flags.raise_(CONNECTION_FAILED, router="beta")
        await flags._idle.wait()
        place.lower(CONNECTION_FAILED)
    assert [reason for _, reason in told] == ["no such file or directory"] * 2


async def test_what_could_not_be_done_is_tried_again_within_a_minute(flags, place, told):
    place.path.rmdir()
    flags.raise_(FILE_WRITE, file="x", reason="y")
    await flags._idle.wait()
    assert 0 < flags._retry.when() - asyncio.get_running_loop().time() <= RETRY_S
    flags._try_again()
    await flags._idle.wait()
    assert (flags.failures, len(told)) == (2, 1)
    place.path.mkdir()
    flags._try_again()
    await flags._idle.wait()
    assert place.find(FILE_WRITE) is not None
    assert (flags.failures, len(told), flags._retry) == (2, 1, None)


async def test_what_is_wished_later_counts(flags, place):
    place.path.rmdir()
    flags.raise_(FILE_WRITE, file="x", reason="y")
    flags.raise_(CONNECTION_FAILED, router="beta")
    await flags._idle.wait()
    flags.lower(FILE_WRITE)
    await flags._idle.wait()
    place.path.mkdir()
    flags._try_again()
    await flags._idle.wait()
    assert [flag.name for flag in place.read_all().flags] == [CONNECTION_FAILED]


async def test_a_disk_that_hangs_holds_neither_the_daemon_nor_its_end_up(flags, place, monkeypatch):  # noqa: ARG001 - the directory is there
    monkeypatch.setattr(own_flags_module, "FLUSH_S", 0.05)
    go_on = threading.Event()
    monkeypatch.setattr(os, "fsync", lambda _: go_on.wait(40))
    try:
        flags.raise_(FILE_WRITE, file="x", reason="y")
        flags.raise_(CONNECTION_FAILED, router="beta")
        async with asyncio.timeout(15):  # the disk hangs for longer
            await flags.close()
    finally:
        go_on.set()


async def test_other_flags_are_left_alone(flags, place):
    other = place.path / "communicatord_neighbors_other.flag"
    other.write_bytes(b"anything")
    flags.raise_(FILE_WRITE, file="x", reason="y")
    await flags._idle.wait()
    flags.lower(FILE_WRITE)
    await flags.close()
    assert [path.name for path in place.path.iterdir() if not path.name.startswith(".")] == [other.name]
    assert other.read_bytes() == b"anything"
    assert FlagName("communicatord", "neighbors", "other").file_name == other.name
