"""What of the router's troubles becomes a flag, and when that goes down."""

from pathlib import Path

import pytest

from communicator.daemon.raised_flags import RaisedFlags
from communicator.flags import own_flags
from communicator.flags.catalogue import CONNECTION_FAILED, FILE_WRITE
from communicator.flags.declarations import declarations
from communicator.flags.flag_directory import FlagDirectory
from communicator.router.vocabulary.effects import RouterFlag, SetFlag

NEIGHBORS, POLICY = Path("/data/neighbors.txt"), Path("/data/policy.json")


@pytest.fixture
def place(tmp_path):
    (tmp_path / "flags").mkdir()
    return FlagDirectory(tmp_path / "flags")


@pytest.fixture
def play(place, monkeypatch):
    """Lets one life of a router tell of its troubles; gives the messages of the flags that are up at its end."""
    monkeypatch.setattr(own_flags, "FLUSH_S", 20.0)  # a disk that others use, too

    async def run(*troubles):
        flags = RaisedFlags(place.path, lambda path, reason: pytest.fail(f"{path}: {reason}"))
        for method, *arguments in troubles:
            getattr(flags, method)(*arguments)
        await flags.close()
        assert flags.failures == 0
        return {flag.name: flag.message for flag in place.read_all().flags}

    return run


def lost(path):
    return "file_not_kept", path, "no space left on device"


def kept(path):
    return "file_kept", path


async def test_a_file_that_cannot_be_written_is_a_flag(play):
    assert await play(lost(NEIGHBORS)) == {
        FILE_WRITE: "the router cannot keep /data/neighbors.txt: no space left on device"
    }


@pytest.mark.parametrize(
    ("troubles", "is_up"),
    [
        ([lost(NEIGHBORS), kept(NEIGHBORS)], False),
        ([lost(NEIGHBORS), kept(POLICY)], True),
        ([lost(NEIGHBORS), lost(POLICY), kept(NEIGHBORS)], True),
        ([lost(NEIGHBORS), lost(POLICY), kept(NEIGHBORS), kept(POLICY)], False),
        ([lost(NEIGHBORS), kept(NEIGHBORS), lost(NEIGHBORS)], True),
        ([kept(NEIGHBORS)], False),
    ],
)
async def test_it_goes_down_when_all_was_written_that_was_not(play, troubles, is_up):
    assert (FILE_WRITE in await play(*troubles)) is is_up


async def test_a_flag_of_the_last_life_goes_down_with_the_first_file_that_is_written(play):
    assert FILE_WRITE in await play(lost(NEIGHBORS))
    assert FILE_WRITE in await play()
    assert FILE_WRITE not in await play(kept(POLICY))


async def test_a_file_that_is_written_is_no_business_of_a_person_s_flag(play, place):
    await play(kept(POLICY))
    name = FILE_WRITE
    place.path.joinpath(name.file_name).write_text("unit=u\nsection=s\nname=n\nmessage=mine\nmanual_down=yes\n")
    assert "mine" in (await play(kept(POLICY))).values()


async def test_what_the_router_asks_for_is_done(play):
    raised = SetFlag(RouterFlag.CONNECTION_FAILED, raised=True, detail="beta (10.0.0.2:4042)")
    messages = await play(("follow", raised))
    assert list(messages) == [CONNECTION_FAILED]
    assert "first noticed of beta (10.0.0.2:4042)" in messages[CONNECTION_FAILED]
    assert await play(("follow", SetFlag(RouterFlag.CONNECTION_FAILED, raised=False))) == {}


def test_each_flag_the_core_may_ask_for_is_declared():
    assert {flag.value for flag in RouterFlag} <= {name.name for name in declarations()}
