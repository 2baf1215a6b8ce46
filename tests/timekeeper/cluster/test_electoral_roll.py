import pytest

from timekeeper.cluster.electoral_roll import ElectoralRoll
from timekeeper.cluster.electorate import Members

NAME = "members.json"
BOTH = Members(frozenset({"alpha", "beta"}), 2, frozenset({"alpha", "beta"}))
BETA_IS_DOWN = Members(BOTH.counting, 2, frozenset({"alpha"}))


@pytest.fixture
def told():
    return []


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def roll(data, told):
    return ElectoralRoll(data / NAME, lambda _, reason: told.append(reason))


async def test_who_counts_outlives_the_timekeeper(roll, data, told):
    roll.settle(BOTH, {"alpha", "beta"}, (), 0.0)
    assert not data.exists(), "a look waits for no disk"
    await roll.keep()
    again = ElectoralRoll(data / NAME, lambda _, reason: told.append(reason))
    again.settle(BETA_IS_DOWN, {"alpha"}, (), 0.0)
    assert (again.away, told) == (("beta",), [])


async def test_what_could_not_be_kept_is_tried_again(roll, data, told):
    data.write_text("")
    roll.settle(BOTH, {"alpha", "beta"}, (), 0.0)
    await roll.keep()
    data.unlink()
    roll.settle(BOTH, {"alpha", "beta"}, (), 10.0)
    await roll.keep()
    assert (b"beta" in (data / NAME).read_bytes(), told) == (True, ["Not a directory"])


async def test_what_is_in_the_file_is_not_written_again(roll, data):
    roll.settle(BOTH, {"alpha", "beta"}, (), 0.0)
    await roll.keep()
    (data / NAME).unlink()
    await roll.keep()
    assert not (data / NAME).exists()
