"""Files of flags are read one by one: what is wrong with one is told, and costs nothing of the others."""

import json

import pytest

from canary.feature.directory import MEMORY, read_directory, read_memory, write_memory
from canary.feature.files import Written
from tests.canary.feature.shop import FLAG


def write(directory, name, flags):
    (directory / name).write_text(flags if isinstance(flags, str) else json.dumps({"flags": flags}))


def test_all_files_are_read_in_the_order_of_their_names(tmp_path):
    write(tmp_path, "b.json", {"a": FLAG, "b": FLAG})
    write(tmp_path, "a.json", {"a": FLAG})
    write(tmp_path, "notes.txt", "no flags")
    found = read_directory(tmp_path)
    assert {name: file for name, (file, _) in found.flags.items()} == {
        "a": f"{tmp_path}/a.json",
        "b": f"{tmp_path}/b.json",
    }
    assert (found.broken, found.unread, len(found.faults)) == (set(), [], 1)


def test_a_flag_that_is_not_sound_costs_itself_alone(tmp_path):
    write(tmp_path, "a.json", {"good": FLAG, "bad": {**FLAG, "variants": {}}})
    found = read_directory(tmp_path)
    assert (set(found.flags), found.broken) == ({"good"}, {"bad"})
    assert "a.json: flag 'bad': variants" in found.faults[0]


@pytest.mark.parametrize("text", ["{", "{}", '{"flags": {}}', '{"flags": []}', "[" * 5_000, ""])
def test_a_file_that_makes_no_sense_costs_itself_alone(tmp_path, text):
    write(tmp_path, "a.json", text)
    write(tmp_path, "b.json", {"b": FLAG})
    found = read_directory(tmp_path)
    assert (set(found.flags), found.unread, len(found.faults)) == ({"b"}, [f"{tmp_path}/a.json"], 1)
    assert found.faults[0].startswith(f"{tmp_path}/a.json: ")


def test_a_directory_that_is_not_there_says_nothing_and_one_that_is_none_is_told(tmp_path):
    missing = tmp_path / "features.d"
    assert read_directory(missing) == ({}, (), (str(missing),), ())
    missing.write_text("")
    assert read_directory(missing).faults == (f"{missing}: Not a directory",)


def test_what_files_said_is_kept(tmp_path):
    assert read_memory(tmp_path) == {}
    write_memory(tmp_path, {"a": Written("/x", "0")})
    assert read_memory(tmp_path) == {"a": Written("/x", "0")}
    (tmp_path / MEMORY).write_text("{")
    with pytest.raises(ValueError, match="truncated"):
        read_memory(tmp_path)
    (tmp_path / MEMORY).unlink()
    (tmp_path / MEMORY).mkdir()
    with pytest.raises(ValueError, match=r"(?i)directory|plain file"):
        read_memory(tmp_path)
