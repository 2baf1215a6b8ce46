"""The password file, as a person changes it."""

import os
import stat

import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner

from bellwether import password_commands
from bellwether.main import application
from communicator.daemon.passwords import read_password_file

KEY = "auth.password_file"
PASSWORD = "correct horse"
HASH = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$uCUpUkHmVxF8TcPmPkBnrL4GwAsv2lTwfQhzV9zwKJc"
PRINTER = ("printer", "--for", "service", "--name", "printer")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "passwords"


@pytest.fixture
def password(file):
    """Runs `bellwether password …` on the file; gives its result."""

    def run(command, *arguments, said=PASSWORD, file=file):
        line = ["password", command, *arguments, *([] if file is None else ["--file", str(file)])]
        return CliRunner().invoke(application, line, prog_name="bellwether", input=said)

    return run


def test_an_entry_is_made(password, file):
    done = password("add", "hall", "--for", "service", "--name", "printer, spooler", "--name", "scanner")
    assert (done.exit_code, done.stdout) == (0, "")
    entry = read_password_file(file, KEY)["hall"]
    assert (entry.opens, entry.names) == ("service", {"printer", "spooler", "scanner"})
    assert PasswordHasher().verify(entry.hash, PASSWORD)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    added, made, counts = done.stderr.splitlines()
    assert added == f"added 'hall' in {str(file)!r}: opens service printer, scanner, spooler"
    assert made.startswith("made the file for user ")
    assert "SIGHUP" in counts


@pytest.mark.parametrize("said", [f"{PASSWORD}\n", f"{PASSWORD}\r\n", PASSWORD])
def test_a_password_from_a_pipe_ends_where_its_line_does(password, file, said):
    password("add", *PRINTER, said=said)
    assert PasswordHasher().verify(read_password_file(file, KEY)["printer"].hash, PASSWORD)


def test_an_entry_is_replaced(password, file):
    file.touch(0o600)
    file.write_text(f"printer service printer {HASH}\n")
    done = password("add", "printer", "--for", "router", "--name", "*")
    assert done.stderr.startswith(f"replaced 'printer' in {str(file)!r}: opens router *\n")
    assert "made the file" not in done.stderr
    assert read_password_file(file, KEY)["printer"].opens == "router"


def test_an_entry_is_removed(password, file):
    password("add", *PRINTER)
    done = password("remove", "printer")
    assert done.exit_code == 0
    assert "SIGHUP" in done.stderr
    assert read_password_file(file, KEY) == {}
    again = password("remove", "printer")
    assert (again.exit_code, again.stderr) == (1, f"bellwether: 'printer' has no entry in {str(file)!r}\n")


def test_the_list_shows_no_hash(password, file):
    file.touch(0o600)
    file.write_text(f"hall service printer,spooler {HASH}\nbeta router beta {HASH}\n")
    done = password("list")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["USER", "FOR", "NAMES"],
        ["hall", "service", "printer,", "spooler"],
        ["beta", "router", "beta"],
    ]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "the password is empty"),
        ("\n", "the password is empty"),
        ("short77\n", "the password has fewer than 8 characters"),
        ("two lines\nof text\n", "not one line"),
        (" correct horse", "without blanks around it"),
        ("correct\thorse", "printable"),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(password, file, said, words):
    done = password("add", *PRINTER, said=said)
    assert (done.exit_code, done.stdout) == (1, "")
    assert words in done.stderr
    assert "nothing was changed" in done.stderr
    assert not file.exists()
    assert not said.strip() or said.strip() not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("two words", "--for", "service", "--name", "printer"), "'two words' is not the name of a user"),
        (("hall", "--for", "service", "--name", "prin-ter"), "'prin-ter' is not the name of a service"),
        (("hall", "--for", "router", "--name", "beta,"), "'' is not the name of a server"),
        (("hall", "--for", "admin", "--name", "beta"), "'admin' is not one of 'service', 'router'"),
        (("hall", "--for", "router"), "--name"),
        (("hall", "--name", "beta"), "--for"),
    ],
)
def test_a_mistake_on_the_command_line_is_told(password, file, arguments, words):
    done = password("add", *arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert not file.exists()


@pytest.mark.parametrize("command", [("add", *PRINTER), ("remove", "printer"), ("list",)])
def test_a_file_that_is_not_good_is_told_and_left_alone(password, file, command):
    file.touch(0o600)
    file.write_text("nonsense\n")
    done = password(*command)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"bellwether: --file: {str(file)!r}, line 1: ")
    assert file.read_text() == "nonsense\n"
    file.chmod(0o644)
    assert "mode 0644: a secret must have 0600" in password(*command).stderr


def test_what_cannot_be_there_is_told(password, tmp_path):
    assert "No such file" in password("list", file=tmp_path / "none").stderr
    assert "cannot be changed: No such file" in password("add", *PRINTER, file=tmp_path / "none" / "passwords").stderr


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """Writes the router's configuration."""
    config = tmp_path / "communicatord.toml"
    monkeypatch.setattr(password_commands, "CONFIG", config)
    return config


def test_the_file_is_the_one_the_router_reads(password, file, configured):
    configured.write_text(
        f"[listen]\nremote = '0.0.0.0:4042'\n[auth]\npassword_file = {str(file)!r}\nmode = 'password'\n"
    )
    assert password("add", *PRINTER, file=None).exit_code == 0
    assert list(read_password_file(file, KEY)) == ["printer"]
    file.write_text("nonsense\n")
    assert password("list", file=None).stderr.startswith("bellwether: auth.password_file: ")


@pytest.mark.parametrize("text", [None, "", "[auth]\nmode = 'none'\n"])
def test_without_a_file_in_the_configuration_it_says_what_to_do(password, configured, text):
    if text is not None:
        configured.write_text(text)
    done = password("list", file=None)
    assert done.exit_code == 1
    assert done.stderr == (
        f"bellwether: {configured} names no password file: set [auth] password_file there, or say which with --file\n"
    )


def test_a_configuration_that_is_none_is_told(password, configured):
    configured.write_text("[auth]\npassword_file = 3\n")
    assert "auth.password_file: expected str" in password("list", file=None).stderr


def test_on_a_terminal_it_is_asked_for_twice_and_never_shown(on_terminal, file):
    arguments = ["password", "add", *PRINTER, "--file", str(file)]
    exit_code, shown = on_terminal(arguments, [("Password for printer: ", PASSWORD), ("The same again: ", PASSWORD)])
    assert exit_code == 0
    assert "added 'printer'" in shown
    assert PASSWORD not in shown
    assert PasswordHasher().verify(read_password_file(file, KEY)["printer"].hash, PASSWORD)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([("Password for printer: ", PASSWORD), ("The same again: ", "another horse")], "the two passwords differ"),
        ([("Password for printer: ", "\x04")], "no password was given"),
    ],
)
def test_on_a_terminal_a_slip_changes_nothing(on_terminal, file, answers, words):
    exit_code, shown = on_terminal(["password", "add", *PRINTER, "--file", str(file)], answers)
    assert exit_code == 1
    assert f"{words}: nothing was changed" in shown
    assert not file.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_new_file_belongs_to_whom_its_directory_does(password, tmp_path):
    os.chown(tmp_path, 65534, 65534)
    done = password("add", *PRINTER)
    assert (tmp_path / "passwords").stat().st_uid == 65534
    assert "made the file for user 'nobody' alone" in done.stderr
