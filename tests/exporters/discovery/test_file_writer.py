"""Files for file_sd_configs: whole, readable for Prometheus, and written when there is something new."""

import asyncio
import json

import pytest
import structlog
from structlog.testing import capture_logs

from communicator.errors import ConfigError
from communicator.protocol import HostPort
from exporters.discovery.file_writer import FileWriter, check_files
from exporters.discovery.finder import IncompleteError
from exporters.discovery.instances import Place

BILLING = Place("billing", "alpha", "live", "up", "", "", HostPort("10.0.0.5", 9404))


class Finding:
    def __init__(self):
        self.places = [BILLING]
        self.times = 0

    async def __call__(self):
        self.times += 1
        if self.places is None:
            raise IncompleteError("no link to the router now")
        return self.places


@pytest.fixture
def finding():
    return Finding()


def writer(finding, path):
    return FileWriter({"billing": str(path)}, finding, structlog.get_logger())


def targets(path):
    return [group["targets"] for group in json.loads(path.read_text())]


async def test_it_is_written_when_it_changes(finding, tmp_path):
    path = tmp_path / "billing.json"
    files = writer(finding, path)
    await files.write()
    assert targets(path) == [["10.0.0.5:9404"]]
    assert path.stat().st_mode & 0o777 == 0o644
    first = path.stat()
    await files.write()
    await writer(finding, path).write()
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns), "nothing is new"
    finding.places = []
    await files.write()
    assert targets(path) == []
    assert path.stat().st_ino != first.st_ino, "put in its place, not written over"
    assert [entry.name for entry in tmp_path.iterdir()] == ["billing.json"]


async def test_one_that_somebody_took_away_is_there_again(finding, tmp_path):
    path = tmp_path / "billing.json"
    files = writer(finding, path)
    await files.write()
    path.unlink()
    await files.write()
    assert targets(path) == [["10.0.0.5:9404"]]


async def test_while_not_all_is_known_it_stays(finding, tmp_path):
    path = tmp_path / "billing.json"
    files = writer(finding, path)
    await files.write()
    finding.places = None
    with capture_logs() as logs:
        await files.write()
        await files.write()
        assert targets(path) == [["10.0.0.5:9404"]]
        finding.places = [BILLING]
        await files.write()
    assert [(line["event"], line.get("reason")) for line in logs] == [
        ("discovery_not_written", "no link to the router now"),
        ("discovery_written", None),
    ]


async def test_a_file_that_cannot_be_written_is_told_once_and_tried_again(finding, tmp_path):
    path = tmp_path / "billing.json"
    path.mkdir()
    files = writer(finding, path)
    with capture_logs() as logs:
        await files.write()
        await files.write()
        path.rmdir()
        await files.write()
    assert [line["event"] for line in logs] == ["discovery_not_written", "discovery_written"]
    assert (logs[0]["service"], logs[0]["path"]) == ("billing", str(path))
    assert targets(path) == [["10.0.0.5:9404"]]


async def test_it_begins_once_there_is_a_link_and_goes_on(finding, tmp_path, eventually):
    linked, path = asyncio.Event(), tmp_path / "billing.json"
    async with asyncio.TaskGroup() as group:
        task = group.create_task(writer(finding, path).keep_writing(0.001, linked.wait))
        await asyncio.sleep(0)
        assert finding.times == 0
        linked.set()

        async def times():
            return finding.times

        await eventually(times, lambda count: count >= 3)
        task.cancel()
    assert path.exists()


async def test_without_files_nobody_is_asked(finding):
    await FileWriter({}, finding, structlog.get_logger()).keep_writing(1, asyncio.Event().wait)
    assert finding.times == 0


def test_a_directory_that_is_not_there_is_named(tmp_path):
    check_files({"billing": str(tmp_path / "billing.json")})
    with pytest.raises(ConfigError, match="is not there") as caught:
        check_files({"billing": str(tmp_path / "nowhere" / "billing.json")})
    assert caught.value.key == "discovery.files.billing"
