"""Flags, as a person sees, raises and lowers them."""

import json
import os
import time

import pytest
from typer.testing import CliRunner

from bellwether.failure import CommandError
from bellwether.flag_commands import find_directory
from bellwether.main import application
from communicator.flags.catalogue import FILE_WRITE
from communicator.flags.declarations import declarations
from communicator.flags.flag import Flag, FlagName
from communicator.flags.flag_directory import FlagDirectory

OURS = declarations()[FILE_WRITE]
NAME = "backup/nightly/failed"


@pytest.fixture
def place(tmp_path):
    (tmp_path / "flags").mkdir()
    return FlagDirectory(tmp_path / "flags")


@pytest.fixture
def flag(place):
    """Runs `bellwether flag …` on the directory; gives its result."""

    def run(*arguments, directory=place.path):
        line = ["flag", *arguments, "--dir", str(directory)]
        return CliRunner().invoke(application, line, prog_name="bellwether", env={"COLUMNS": "140"})

    return run


def test_a_flag_is_raised_shown_and_taken_down(flag, place):
    done = flag(
        "raise", NAME, "Monday is missing", "--priority", "60", "--tag", "disk", "--tag", "backup", "--help-text", "Look.",
        "--help-uri", "https://wiki/backup", "--manual",
    )  # fmt: skip
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"raised {NAME} in {str(place.path)!r}\n"
    raised = place.find(FlagName("backup", "nightly", "failed"))
    assert (raised.message, raised.priority, raised.manual_down, raised.help, raised.help_uri) == (
        "Monday is missing",
        60,
        True,
        "Look.",
        "https://wiki/backup",
    )
    assert raised.tags == {"disk", "backup"}
    assert abs(raised.date_s - time.time()) < 60
    shown = flag("show", NAME).stdout
    for word in (
        "Monday is missing",
        NAME,
        "60, only a person takes it down",
        "backup, disk",
        "Look.",
        "https://wiki/backup",
    ):
        assert word in shown
    assert flag("lower", NAME).stderr == f"took {NAME} down\n"
    assert place.read_all().flags == ()


def test_a_person_takes_down_flags_of_any_unit(flag, place):
    place.raise_(Flag(name=FlagName("communicatord", "a", "b"), message="m", manual_down=True), 1000)
    assert flag("lower", "communicatord/a/b").exit_code == 0
    assert list(place.path.iterdir()) == []


def test_a_flag_that_is_up_stays_as_it_is(flag, place):
    name = FlagName("backup", "nightly", "failed")
    place.raise_(Flag(name=name, message="first", priority=50), int(time.time()) - 7200)
    done = flag("raise", NAME, "second", "--priority", "90")
    assert done.exit_code == 0
    assert done.stderr.startswith(f"{NAME} was up already, for 2 h: counted")
    done = flag("raise", NAME, "third")
    assert done.stderr.startswith(f"{NAME} is up already, and was written less than a minute ago")
    found = place.find(name)
    assert (found.message, found.priority, found.count) == ("first", 50, 2)


def test_the_list_has_the_most_urgent_first(flag, place):
    now_s = int(time.time())
    for section, priority, age_s in (("a", 5, 30), ("b", 97, 7300), ("c", 55, 200_000)):
        named = FlagName("unit", section, "name")
        place.raise_(Flag(name=named, message=f"trouble\nof {section}\x1b[2J", priority=priority), now_s - age_s)
    lines = flag("list").stdout.splitlines()
    assert lines[0].split() == ["PRIO", "FLAG", "UP", "FOR", "MESSAGE"]
    assert [line.split()[:2] for line in lines[1:]] == [
        ["97", "unit/b/name"],
        ["55", "unit/c/name"],
        ["5", "unit/a/name"],
    ]
    assert "2 h  trouble\\nof b\\x1b[2J" in lines[1]
    assert "2 d" in lines[2]
    told = json.loads(flag("list", "--json").stdout)
    assert tuple(told[0][key] for key in ("unit", "priority", "message")) == (
        "unit",
        97,
        "trouble\nof b\x1b[2J",
    )


def test_an_empty_list(flag):
    assert flag("list").stdout == "No flag is up.\n"
    assert json.loads(flag("list", "--json").stdout) == []


def test_a_file_that_is_no_flag_is_told_beside_the_list(flag, place):
    (place.path / "a_b_c.flag").write_bytes(b"unit=a\n")
    done = flag("list")
    assert (done.exit_code, done.stdout) == (0, "No flag is up.\n")
    assert "a_b_c.flag' cannot be read: no flag: without section" in done.stderr


def test_more_flags_than_the_sitter_reads_are_told(flag, place):
    for number in range(101):
        place.raise_(Flag(name=FlagName("unit", f"s{number}", "name"), message="m"), 1000)
    assert flag("list").stderr == "bellwether: 101 flags are up, and the sitter reads no more than 100\n"


def test_a_flag_of_the_ancestor_gets_our_help(flag, place):
    place.raise_(Flag(name=FILE_WRITE, message="of the ancestor"), 1000)
    done = flag("show", str(FILE_WRITE))
    assert OURS.help[:60] in done.stdout
    assert OURS.help_uri in done.stdout
    [told] = json.loads(flag("show", str(FILE_WRITE), "--json").stdout)
    assert (told["help"], told["help_uri"]) == (OURS.help, OURS.help_uri)


def test_a_flag_that_is_down_is_explained_when_it_is_ours(flag):
    done = flag("show", str(FILE_WRITE))
    assert done.exit_code == 1
    assert f"it would mean: {OURS.help}" in done.stderr
    assert "mean" not in flag("show", NAME).stderr


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (("raise", "Backup/a/b", "m"), 2, "unit 'Backup' will not do: lower case letters, digits and single dashes"),
        (("raise", "a/b", "m"), 2, "'a/b' is not UNIT/SECTION/NAME"),
        (("raise", NAME, ""), 2, f"the message of {NAME} is empty"),
        (("raise", NAME, "m", "--tag", "a b"), 2, "tag 'a b' will not do"),
        (("raise", NAME, "m" * 70_000), 2, "more than 65536"),
        (("show", "a/b/c-"), 2, "name 'c-'"),
        (("lower", "../b/c"), 2, "unit '..'"),
        (("lower", NAME), 1, f"{NAME} is not up"),
        (("show", NAME), 1, f"{NAME} is down"),
    ],
)
def test_a_mistake_is_told_in_a_line_with_the_rule(flag, place, arguments, exit_code, words):
    done = flag(*arguments)
    assert (done.exit_code, done.stdout) == (exit_code, "")
    assert done.stderr.startswith("bellwether: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(place.path.iterdir()) == []


@pytest.mark.parametrize("arguments", [("list",), ("raise", NAME, "m"), ("lower", NAME)])
def test_a_directory_that_is_not_there_is_told(flag, tmp_path, arguments):
    done = flag(*arguments, directory=tmp_path / "missing")
    assert done.exit_code == 1
    assert str(tmp_path / "missing") in done.stderr
    assert any(words in done.stderr for words in ("no such file or directory", "the directory is not there"))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become a user who may not")
def test_a_directory_that_is_not_writable_is_told(flag, place):
    for above in (place.path, *place.path.parents[:-2]):
        above.chmod(above.stat().st_mode | 0o055)
    os.seteuid(65534)
    try:
        for arguments in (("raise", NAME, "m"), ("lower", NAME)):
            done = flag(*arguments)
            assert (done.exit_code, "this user may not write there" in done.stderr) == (1, True)
        assert flag("list").exit_code == 0
    finally:
        os.seteuid(0)


def test_an_underscore_is_a_dash(flag, place):
    assert flag("raise", "time_keeper/a/b", "m").exit_code == 0
    assert [path.name for path in place.path.iterdir()] == ["time-keeper_a_b.flag"]


def test_where_flags_are_looked_for(tmp_path):
    config, standard, private = tmp_path / "communicatord.toml", tmp_path / "standard", tmp_path / "private"
    with pytest.raises(CommandError, match="--dir"):
        find_directory(None, config, standard, private)
    (private / "flags").mkdir(parents=True)
    assert find_directory(None, config, standard, private) == private / "flags"
    standard.mkdir()
    assert find_directory(None, config, standard, private) == standard
    config.write_text('server_name = "alpha"\nflags_path = "/elsewhere"\n[listen]\nlocal = ""\n')
    assert str(find_directory(None, config, standard, private)) == "/elsewhere"
    assert find_directory(tmp_path, config, standard, private) == tmp_path
