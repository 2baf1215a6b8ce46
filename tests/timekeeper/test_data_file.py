import pytest
from timekeeper.history_file import NAME, HistoryFile

from tests.timekeeper.test_history import POINT
from timekeeper.history import History, encode_history


@pytest.fixture
def told():
    return []


@pytest.fixture
def file(tmp_path, told):
    return HistoryFile(tmp_path / "data", lambda path, reason: told.append((path, reason)))


async def test_it_outlives_the_timekeeper(file, told):
    assert file.read().points == []
    await file.write(History([POINT]))
    assert file.read().points == [POINT]
    assert told == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [("nonsense", "JSON is malformed"), ("[1]", "Expected `object`"), ("[" * 2**20 + "[", "larger")],
)
def test_a_damaged_one_is_told_and_counts_as_none(file, told, tmp_path, content, reason):
    path = tmp_path / "data" / NAME
    path.parent.mkdir()
    path.write_text(content)
    assert file.read().points == []
    [(where, why)] = told
    assert where == path
    assert reason in why


def test_one_that_is_no_file(file, told, tmp_path):
    (tmp_path / "data" / NAME).mkdir(parents=True)
    assert file.read().points == []
    assert told == [(tmp_path / "data" / NAME, "Is a directory")]


async def test_what_cannot_be_kept_is_told_once_until_it_can(file, told, tmp_path):
    in_the_way = tmp_path / "data"
    in_the_way.write_text("")
    for _ in range(2):
        await file.write(History([POINT]))
    assert told == [(in_the_way / NAME, "Not a directory")]
    in_the_way.unlink()
    await file.write(History([POINT]))
    assert (in_the_way / NAME).read_bytes() == encode_history(History([POINT]))
    (in_the_way / NAME).unlink()
    in_the_way.rmdir()
    in_the_way.write_text("")
    await file.write(History([POINT]))
    assert len(told) == 2
