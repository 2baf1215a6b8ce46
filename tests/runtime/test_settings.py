"""Files, drop-ins and assignments laid over each other, and what a wrong one is told."""

from enum import StrEnum
from typing import Any, Literal

import msgspec
import pytest

from communicator.errors import ConfigError
from communicator.runtime.settings import configuration_files, load_settings
from communicator.runtime.settings_type import Settings


class Inner(Settings, frozen=True):
    number: int = 1
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.number == 13:
            raise ConfigError("number", "13 brings bad luck")


class Outer(Settings, frozen=True):
    name: str = "outer"
    inner: Inner = Inner()


@pytest.fixture
def write(tmp_path):
    def write_file(name: str, text: str):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write_file


def test_later_layers_win_table_by_table(write):
    main = write("d.toml", 'name = "file"\n[inner]\nnumber = 2\nwords = ["a", "b"]\n')
    write("d.d/20-late.toml", "[inner]\nnumber = 4\n")
    write("d.d/10-early.toml", '[inner]\nnumber = 3\nwords = ["c"]\n')
    write("d.d/ignored.conf", "not TOML")
    files = configuration_files(main)
    assert [file.name for file in files] == ["d.toml", "10-early.toml", "20-late.toml"]
    assert load_settings(Outer, files, ["name=line"]) == Outer(name="line", inner=Inner(number=4, words=("c",)))


def test_files_that_are_not_there_are_no_fault(tmp_path):
    assert configuration_files(tmp_path / "d.toml") == []
    assert load_settings(Outer, []) == Outer()


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("name=plain", Outer(name="plain")),
        ('name="quoted"', Outer(name="quoted")),
        ("name=127.0.0.1:0", Outer(name="127.0.0.1:0")),
        ("name=", Outer(name="")),
        ('name=a "b" \\c', Outer(name='a "b" \\c')),
        ("inner.number=5", Outer(inner=Inner(number=5))),
        ('inner.words=["x","y"]', Outer(inner=Inner(words=("x", "y")))),
        ("inner={number=6}", Outer(inner=Inner(number=6))),
    ],
)
def test_an_assignment_is_toml_or_else_text(assignment, expected):
    assert load_settings(Outer, [], [assignment]) == expected


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("nmae = 1", "nmae", "is not a known key"),
        ("[inner]\nnumbr = 1", "inner.numbr", "is not a known key"),
        ('[inner]\nnumber = "one"', "inner.number", "expected int, got str"),
        ('[inner]\nwords = ["a", 2]', "inner.words[1]", "expected str, got int"),
        ("inner = 1", "inner", "expected object, got int"),
        ("[inner]\nnumber = 13", "inner.number", "13 brings bad luck"),
        ("name = ", "", "is not TOML"),
        ("name = '\udcff'", "", "is not TOML"),
        ("name = " + "[" * 3_000 + "]" * 3_000, "", "is nested"),
        ("inner = " + "{a = " * 3_000 + "1" + "}" * 3_000, "", "is nested"),
        ("inner." + "a." * 3_000 + "a = 1", "", "is nested"),
    ],
)
def test_a_wrong_file_is_named_with_the_key(tmp_path, text, key, reason):
    path = tmp_path / "d.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError) as refused:
        load_settings(Outer, [path])
    assert (refused.value.key, refused.value.source) == (key, str(path))
    assert refused.value.reason.startswith(reason)
    assert str(refused.value).startswith(f"{path}: {key and key + ': '}")


class Word(StrEnum):
    OFF = "off"
    ON = "on"


class Worded(Settings, frozen=True):
    word: Word = Word.OFF
    number: Literal[1, 2] = 1
    inner: Inner = Inner()


class Deep(Settings, frozen=True):
    worded: Worded = Worded()
    free: dict[str, Any] = msgspec.field(default_factory=dict)


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("worded.word=Off", "worded.word: invalid enum value 'Off': it is one of off, on"),
        ("worded.word=1", "worded.word: expected str, got int: it is one of off, on"),
        ("worded.number=3", "worded.number: invalid enum value 3: it is one of 1, 2"),
        ("worded.inner.number=x", "worded.inner.number: expected int, got str"),
        ("worded=x", "worded: expected object, got str"),
        ("free=x", "free: expected object, got str"),
        ("worded.wrod=on", "worded.wrod: is not a known key"),
    ],
)
def test_a_setting_with_a_fixed_set_of_words_lists_them(assignment, told):
    with pytest.raises(ConfigError) as refused:
        load_settings(Deep, [], [assignment])
    assert str(refused.value) == f"command line: {told}"


@pytest.mark.parametrize("assignment", ["name", "=1", "a b=1", "name\n=1"])
def test_what_is_no_assignment_is_refused(assignment):
    with pytest.raises(ConfigError, match="command line"):
        load_settings(Outer, [], [assignment])


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_settings(Outer, [tmp_path / "missing.toml"])


def test_the_last_layer_to_set_a_wrong_value_is_blamed(write):
    good = write("a.toml", "[inner]\nnumber = 1\n")
    with pytest.raises(ConfigError) as refused:
        load_settings(Outer, [good], ["inner.number=x"])
    assert refused.value.source == "command line"


def test_a_directory_that_cannot_be_looked_into_is_named(tmp_path):
    main = tmp_path / "a.toml"
    (tmp_path / "a.d").touch()
    with pytest.raises(ConfigError, match=r"a\.d: cannot be read: Not a directory"):
        configuration_files(main)
    with pytest.raises(ConfigError, match=r"b\.toml: cannot be read: Not a directory"):
        configuration_files(tmp_path / "a.d" / "b.toml")
