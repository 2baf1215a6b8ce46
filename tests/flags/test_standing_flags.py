"""Flags on a real directory: as conclusions change they go up and down, also those of the last life."""

import pytest

from communicator.flags.catalogue import CLOCK_NO_MAJORITY, CLOCK_UNSYNCHRONIZED, CLOCK_WRONG, FILE_WRITE
from communicator.flags.declarations import declarations
from communicator.flags.flag import Source
from communicator.flags.flag_directory import FlagDirectory
from communicator.flags.standing_flags import StandingFlags


@pytest.fixture
def directory(tmp_path):
    return FlagDirectory(tmp_path)


@pytest.fixture
def told():
    return []


@pytest.fixture
async def flags(tmp_path, told):
    flags = StandingFlags(tmp_path, "timekeeper", lambda path, reason: told.append((path, reason)))
    yield flags
    await flags.close()


@pytest.fixture
def standing(directory, eventually):
    """Waits until exactly these stand."""

    async def wait(*names):
        async def now():
            return {flag.name: flag.message for flag in directory.read_all().flags}

        return await eventually(now, lambda flags: flags.keys() == set(names))

    return wait


async def test_they_follow_what_is_concluded(flags, standing, told):
    flags.check()
    flags.follow({CLOCK_WRONG: "40 ms ahead"})
    raised = await standing(CLOCK_WRONG)
    assert raised[CLOCK_WRONG] == "the clock of this host is wrong: 40 ms ahead"
    flags.follow({CLOCK_WRONG: "41 ms ahead", CLOCK_NO_MAJORITY: "two camps"})
    raised = await standing(CLOCK_WRONG, CLOCK_NO_MAJORITY)
    assert "40 ms" in raised[CLOCK_WRONG], "a flag that stands is left alone"
    flags.follow({CLOCK_UNSYNCHRONIZED: "nobody keeps it"})
    await standing(CLOCK_UNSYNCHRONIZED)
    flags.follow({})
    await standing()
    assert (flags.failures, told) == (0, [])


async def test_what_the_last_life_left_goes_down_and_what_is_not_ours_stays(flags, directory, standing):
    for name, details in ((CLOCK_WRONG, {"reason": "old"}), (FILE_WRITE, {"file": "f", "reason": "r"})):
        directory.raise_(declarations()[name].make(details, source=Source("f", "a.py", 1), version="", hostname=""), 0)
    flags.follow({})
    await standing(FILE_WRITE)


async def test_what_is_asked_for_last_is_done_at_the_end(flags, standing):
    flags.follow({CLOCK_WRONG: "40 ms ahead"})
    await flags.close()
    await standing(CLOCK_WRONG)


async def test_where_there_is_no_directory_that_is_told(tmp_path, told, eventually):
    flags = StandingFlags(tmp_path / "missing", "timekeeper", lambda path, reason: told.append((path, reason)))
    flags.check()
    flags.follow({CLOCK_WRONG: "40 ms ahead"})

    async def failures():
        return flags.failures

    await eventually(failures, lambda count: count > 0)
    await flags.close()
    [(path, reason)] = told
    assert path == str(tmp_path / "missing")
    assert reason
