"""``bellwether reporter`` as a person types it."""

import subprocess
import sys

import pytest

from bellwether.failure import CommandError
from bellwether.reporter_commands import read_param
from communicator.reporter.values import Address


@pytest.fixture
def reporter(tmp_path):
    (tmp_path / "good.rprtr").write_text('print(message: "hello $name")\n')
    (tmp_path / "bad.rprtr").write_text('set_variable(name: a, value: 1)\nerror(message: "not so: $a")\n')
    (tmp_path / "broken.rprtr").write_text("wiat(timeout: 1)\nprint(mesage: hello)\n")
    (tmp_path / "doubtful.rprtr").write_text(
        "set_variable(name: host, value: alpha)\nhas_message()\nif(true: nowhere)\nverify_message(command: `^$hots$`)\n"
    )
    (tmp_path / "binary.rprtr").write_bytes(b"\xff")

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "bellwether", "reporter", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return run


def test_what_a_script_prints_is_the_result(reporter):
    done = reporter("good.rprtr", "--param", "name=you")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello you\n", "good.rprtr: passed\n")


def test_a_script_that_fails_ends_the_row(reporter):
    done = reporter("bad.rprtr", "good.rprtr", "--param", "name=you")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == 'bellwether: bad.rprtr:2:1: not so: 1\n    error(message: "not so: $a")\n'


def test_check_names_every_flaw_and_plays_nothing(reporter):
    done = reporter("--check", "good.rprtr", "broken.rprtr", "binary.rprtr", "nowhere.rprtr")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "broken.rprtr:1:1: unknown instruction 'wiat'" in done.stderr
    assert "broken.rprtr:2:7: 'print' has no parameter 'mesage': did you mean 'message'?" in done.stderr
    assert "binary.rprtr: it is not UTF-8 at byte 0" in done.stderr
    assert "nowhere.rprtr: No such file or directory" in done.stderr


def test_check_says_what_is_well(reporter):
    done = reporter("--check", "good.rprtr", "bad.rprtr", "--param", "name=you")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "good.rprtr: 1 instruction, nothing wrong\nbad.rprtr: 2 instructions, nothing wrong\n"


def test_check_warns_of_what_a_script_may_fail_on_later(reporter):
    done = reporter("--check", "doubtful.rprtr", "good.rprtr")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        "doubtful.rprtr:3:10: warning: label 'nowhere' is not defined\n"
        "doubtful.rprtr:4:27: warning: variable 'hots' is never set,"
        " so it is empty unless --param sets it: did you mean 'host'?\n"
        "doubtful.rprtr: 4 instructions, 2 warnings\n"
        "good.rprtr:1:23: warning: variable 'name' is never set, so it is empty unless --param sets it\n"
        "good.rprtr: 1 instruction, 1 warning\n"
    )


def test_what_is_warned_of_is_played_all_the_same(reporter):
    done = reporter("good.rprtr")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello \n", "good.rprtr: passed\n")


def test_a_variable_that_no_script_looks_at_is_a_slip(reporter):
    for check in ([], ["--check"]):
        done = reporter(*check, "good.rprtr", "bad.rprtr", "--param", "name=you", "--param", "nmae=you")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "bellwether: --param nmae: no script looks at $nmae\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=5", 5),
        ("a=-0x10", -16),
        ("a=2.5", 2.5),
        ("a=<127.0.0.1:80>", Address("127.0.0.1", 80)),
        ("a=cd:///run/s", "cd:///run/s"),
        ("a=", ""),
        ("a=b=c", "b=c"),
    ],
)
def test_parameters(text, value):
    name, found = read_param(text)
    assert (name, found, type(found)) == ("a", value, type(value))


@pytest.mark.parametrize("text", ["a", "=5", "9=5", "a b=5", "a=<nonsense:x>", f"a={2**127}"])
def test_what_is_no_parameter(text):
    with pytest.raises(CommandError) as caught:
        read_param(text)
    assert caught.value.exit_code == 2
