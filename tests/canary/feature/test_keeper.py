"""What files say comes into the book when they change; what cannot be read, kept or defined is told, and tried again."""

import json

import pytest
import structlog
from structlog.testing import capture_logs

from canary.feature import commands
from canary.feature.directory import MEMORY
from canary.feature.keeper import FileKeeper
from canary.replica import FILE
from tests.canary.feature.shop import FLAG
from tests.canary.test_replica import Host


class Files:
    """The files of a host, and what follows them."""

    def __init__(self, directory):
        self.host, self.directory = Host(directory), directory / "features.d"
        self.directory.mkdir()
        self.begin()

    def begin(self):
        """Another life of the canary."""
        self.host.begin()
        self.keeper = FileKeeper(self.host.replica, self.directory, self.host.directory, structlog.get_logger())

    async def say(self, **flags):
        """Write the file, and have it read."""
        (self.directory / "web.json").write_text(json.dumps({"flags": flags}))
        self.keeper.read_again(self.directory)
        await self.keeper.follow()

    @property
    def defined(self):
        """The flags that are defined, and how often they were."""
        book = self.host.replica.book
        known = (book.definition(name) for name in book.features())
        return {one.feature: one.stamp.counter for one in known if one.flag is not None}


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


async def test_what_a_file_says_is_defined_told_and_kept(files):
    await files.say(a=FLAG, b=FLAG)
    assert (files.defined, files.host.whats()) == ({"a": 1, "b": 1}, ["entries"])
    assert files.host.replica.book.definition("a").file == f"alpha:{files.directory}/web.json"
    files.begin()
    await files.keeper.follow()
    assert (files.defined, files.keeper.differing) == ({"a": 1, "b": 1}, ())
    await files.say(a={**FLAG, "defaultVariant": "off"})
    assert files.defined == {"a": 2}


async def test_a_removal_that_the_book_could_not_keep_is_made_again_by_the_next_life(files):
    await files.say(a=FLAG, b=FLAG)
    kept = (files.host.directory / FILE).read_bytes()
    (files.host.directory / FILE).unlink()
    (files.host.directory / FILE).mkdir()
    await files.say(b=FLAG)
    assert files.defined == {"b": 1}
    (files.host.directory / FILE).rmdir()
    (files.host.directory / FILE).write_bytes(kept)
    files.begin()
    await files.keeper.follow()
    assert files.defined == {"b": 1}


async def test_what_there_is_no_room_for_is_told(files, monkeypatch):
    monkeypatch.setattr(commands, "FEATURES", 1)
    with capture_logs() as logs:
        await files.say(a=FLAG, b=FLAG)
    assert (files.defined, [one["event"] for one in logs]) == ({"a": 1}, ["feature_file_refused", "features_defined"])
    assert files.keeper.differing == (f"flag 'b': {files.directory}/web.json: 1 flags are defined; remove some first",)
    monkeypatch.undo()
    await files.say(a=FLAG, b=FLAG)
    assert files.defined == {"a": 1, "b": 1}


async def test_what_was_never_seen_waits_for_the_others(files):
    files.host.reach("beta")
    await files.say(a=FLAG)
    assert (files.defined, files.keeper.waits) == ({}, True)
    files.host.reach()
    await files.keeper.follow()
    assert (files.defined, files.keeper.waits) == ({"a": 1}, False)


async def test_a_memory_that_is_damaged_is_told_and_what_is_in_force_stays(files):
    await files.say(a=FLAG)
    (files.host.directory / MEMORY).write_text("{")
    files.begin()
    with capture_logs() as logs:
        await files.say(a={**FLAG, "defaultVariant": "off"})
    assert (files.defined, [one["event"] for one in logs]) == ({"a": 1}, ["feature_files_forgotten"])
    assert "another definition is in force" in files.keeper.differing[0]


async def test_a_faulty_flag_is_told_and_counts_as_it_was(files):
    await files.say(a=FLAG)
    with capture_logs() as logs:
        await files.say(a={**FLAG, "state": "MAYBE"})
    assert (files.defined, [one["event"] for one in logs]) == ({"a": 1}, ["feature_file_refused"])
    assert "flag 'a': state" in files.keeper.differing[0]
