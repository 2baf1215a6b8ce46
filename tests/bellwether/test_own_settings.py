"""What the user's own files set."""

import pytest

from bellwether.failure import CommandError
from bellwether.own_settings import read_own_settings
from bellwether.places import Layout
from bellwether.suite import PROGRAMS


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path / "suite")


def test_without_files_every_daemon_has_an_empty_one(layout):
    keys, files = read_own_settings(None, layout)
    assert set(keys.values()) == {frozenset()}
    assert set(files.values()) == {layout.run / program.config_name for program in PROGRAMS}


def test_files_and_drop_ins_are_read(layout, tmp_path):
    (tmp_path / "communicatord.toml").write_text('server_name = "a"\n[listen]\nlocal = "127.0.0.1:0"\n')
    (tmp_path / "communicatord.d").mkdir()
    (tmp_path / "communicatord.d" / "more.toml").write_text('listen.signal = ""\n')
    keys, files = read_own_settings(tmp_path, layout)
    assert keys["communicatord"] == {"server_name", "listen", "listen.local", "listen.signal"}
    assert files["communicatord"] == tmp_path / "communicatord.toml"
    assert files["canaryd"] == layout.run / "canaryd.toml"


@pytest.mark.parametrize("text", ["nonsense", "listen = {", "a = 1\na = 2", "\xff"])
def test_what_is_no_toml_is_named(layout, tmp_path, text):
    (tmp_path / "exporter.toml").write_text(text, encoding="latin-1")
    with pytest.raises(CommandError, match=r"exporter\.toml: cannot be read: "):
        read_own_settings(tmp_path, layout)


def test_a_directory_that_is_none_is_named(layout, tmp_path):
    with pytest.raises(CommandError, match="is not a directory"):
        read_own_settings(tmp_path / "nowhere", layout)
