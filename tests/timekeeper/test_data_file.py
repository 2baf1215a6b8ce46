import pytest

from timekeeper.data_file import DataFile

NAME = "kept.json"


def decode(content):
    if not content.startswith(b"good"):
        raise ValueError("not good")
    return content


@pytest.fixture
def told():
    return []


@pytest.fixture
def file(tmp_path, told):
    return DataFile(tmp_path / "data" / NAME, lambda path, reason: told.append((path, reason)))


async def test_it_outlives_the_timekeeper(file, told):
    assert file.read(decode) is None
    await file.write(b"good")
    assert file.read(decode) == b"good"
    assert told == []


@pytest.mark.parametrize(("content", "reason"), [("nonsense", "not good"), ("[" * 2**20 + "[", "larger")])
def test_a_damaged_one_is_told_and_counts_as_none(file, told, tmp_path, content, reason):
    path = tmp_path / "data" / NAME
    path.parent.mkdir()
    path.write_text(content)
    assert file.read(decode) is None
    [(where, why)] = told
    assert where == path
    assert reason in why


def test_one_that_is_no_file(file, told, tmp_path):
    (tmp_path / "data" / NAME).mkdir(parents=True)
    assert file.read(decode) is None
    assert told == [(tmp_path / "data" / NAME, "it is not a plain file")]


async def test_what_cannot_be_kept_is_told_once_until_it_can(file, told, tmp_path):
    in_the_way = tmp_path / "data"
    in_the_way.write_text("")
    for _ in range(2):
        await file.write(b"good")
    assert told == [(in_the_way / NAME, "Not a directory")]
    in_the_way.unlink()
    await file.write(b"good")
    assert (in_the_way / NAME).read_bytes() == b"good"
    (in_the_way / NAME).unlink()
    in_the_way.rmdir()
    in_the_way.write_text("")
    await file.write(b"good")
    assert len(told) == 2
