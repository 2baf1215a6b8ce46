"""What a person wants deployed: by the name of a file, by a file, or by a service and a version; each slip with its answer."""

import pytest

from bellwether.deploy_spec import read_spec
from bellwether.failure import CommandError

TEXT = 'service = "billing"\nversion = "2.0"\nexecutor = "systemd"\n[[steps]]\nservers = 1\nbake = "5m"\n'


@pytest.fixture
def read(tmp_path):
    """Reads in a folder with one file, named web."""
    (tmp_path / "web.toml").write_text(TEXT)
    return lambda what, version="", **said: read_spec(what, version, tmp_path, said)


def test_a_file_is_found_by_its_name(read):
    spec = read("web")
    assert (spec.name, spec.service, spec.version, spec.steps[0].bake) == ("web", "billing", "2.0", 300.0)


def test_a_file_is_found_by_its_path(read, tmp_path, monkeypatch):
    assert read(str(tmp_path / "web.toml")) == read("web")
    monkeypatch.chdir(tmp_path)
    assert read("web.toml") == read("./web.toml") == read("web")


def test_what_the_command_says_goes_before_what_the_file_says(read):
    spec = read("web", "3.0", executor="none")
    assert (spec.version, spec.executor, spec.steps[0].bake) == ("3.0", "none", 300.0)


def test_a_service_without_a_file_takes_what_is_usual(read):
    spec = read("_Mailer", "4.1", executor="systemd", strategy="blue-green")
    assert (spec.name, spec.service, spec.version) == ("mailer", "_Mailer", "4.1")
    assert (spec.executor, spec.strategy) == ("systemd", "blue-green")


@pytest.mark.parametrize(
    ("words", "said", "exit_code", "text"),
    [
        (
            ["wep"],
            {},
            2,
            "there is no {dir}/wep.toml; do you mean 'web'? (for a service without a file give the version, too: ",
        ),
        (["mailer"], {}, 2, "there is no {dir}/mailer.toml; there are: web (for a service without a file"),
        (["./none.toml"], {}, 78, "cannot read 'none.toml': No such file or directory"),
        (
            ["web"],
            {"strategy": "big-bang"},
            2,
            "strategy: invalid enum value 'big-bang': it is one of blue-green, canary",
        ),
        (["web"], {"strategy": "blue-green"}, 2, "steps: blue-green has none"),
        (["bil ling", "2"], {}, 2, "name: 'bil ling' is not a name of small letters"),
    ],
)
def test_each_slip_is_answered(read, tmp_path, words, said, exit_code, text):
    with pytest.raises(CommandError) as caught:
        read(*words, **said)
    assert caught.value.exit_code == exit_code
    assert str(caught.value).startswith(text.format(dir=tmp_path))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("service =", "not TOML: "),
        (TEXT + "bakes = 3", "steps[0].bakes: is not a known key"),
        (TEXT.replace('"5m"', '"soon"'), "steps[0].bake: 'soon' is not a duration"),
        ('service = "billing"', "version: is missing (or behind its name: bellwether deploy start NAME VERSION)"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_key(read, tmp_path, content, text):
    (tmp_path / "bad.toml").write_text(content)
    with pytest.raises(CommandError) as caught:
        read("bad")
    assert caught.value.exit_code == 78
    assert str(caught.value).startswith(f"'{tmp_path}/bad.toml' is wrong: ")
    assert text in str(caught.value)
