"""`bellwether messages`: lint, show and check, as a person sees them."""

import pytest
from typer.testing import CliRunner

from bellwether import messages_commands
from bellwether.main import application

PRINT = """
description = prints a [bold] file\x1b, on paper. More than once
broadcast = forbidden
scope = local
reply = PRINTED
from = anyone
to = printer
[file]
description = which
flags = required
[copies]
type = integer
flags = optional
validator = integer(1...99)
[note]
flags = optional, empty
[old]
flags = forbidden
"""


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """The router's configuration: there is none, unless a test writes it."""
    path = tmp_path / "communicatord.toml"
    monkeypatch.setattr(messages_commands, "CONFIG", path)
    return path


@pytest.fixture
def directory(tmp_path):
    made = tmp_path / "messages"
    made.mkdir()
    (made / "PRINT.conf").write_text(PRINT)
    (made / "PRINTED.conf").write_text("")
    return made


@pytest.fixture
def messages():
    def run(*arguments):
        line = ["messages", *map(str, arguments)]
        return CliRunner().invoke(application, line, prog_name="bellwether", env={"COLUMNS": "120"})

    return run


def test_what_the_suite_ships_is_without_a_remark(messages):
    done = messages("lint")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.endswith(" files, 0 errors, 0 warnings\n")


def test_warnings_are_no_failure(messages, directory):
    (directory / "LOADAVG.conf").write_text("[avg]\nflags = required\n[timestamp]\ntype = timespec\nflag = required\n")
    done = messages("lint", directory)
    assert done.exit_code == 0
    assert done.stdout == (
        f"{directory}/LOADAVG.conf:0: warning: kept from communicator/definitions/LOADAVG.conf, as optional: [my_address]\n"
        f"{directory}/LOADAVG.conf:5: warning: 'flag' is no key here, and not read: did you mean 'flags'?\n"
    )
    assert done.stderr == "3 files, 0 errors, 2 warnings\n"


def test_errors_are(messages, directory):
    (directory / "BAD.conf").write_text("scope = moon\n[cache]\nflags = required\n")
    done = messages("lint", directory / "BAD.conf")
    assert done.exit_code == 1
    first, second = done.stdout.splitlines()
    assert first == f"{directory}/BAD.conf:1: error: scope = 'moon' is none of local, cluster"
    assert second.startswith(f"{directory}/BAD.conf:2: error: [cache] is a parameter of every message (")
    assert done.stderr == "bellwether: 1 file, 2 errors, 0 warnings\n"


def test_a_global_name_used_for_something_else_is_an_error(messages, directory):
    (directory / "BAD.conf").write_text("[cache]\nflags = required\n")
    done = messages("lint", directory)
    assert done.exit_code == 1
    assert (
        "BAD.conf:1: error: [cache] is a parameter of every message (communicator/definitions/global.conf:"
        in done.stdout
    )


def test_what_cannot_be_read_is_told_with_the_rest(messages, directory):
    (directory / "A.conf").mkdir()
    (directory / "BAD.conf").write_text("scope = moon\n")
    done = messages("lint", directory, directory / "NONE.conf")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"{directory}/A.conf:0: error: cannot be read: it is no file",
        f"{directory}/BAD.conf:1: error: scope = 'moon' is none of local, cluster",
        f"{directory}/NONE.conf:0: error: cannot be read: No such file or directory",
    ]
    assert done.stderr == "bellwether: 5 files, 3 errors, 0 warnings\n"


def test_without_paths_the_configured_ones_are_looked_at_too(messages, directory, config):
    config.write_text(f"definitions_path = ['{directory}', '/nowhere/at/all']\n[listen]\nunix = 'x'\n")
    (directory / "BAD.conf").write_text("scope = moon\n")
    assert messages("lint").exit_code == 1
    done = messages("check", "PRINT copies=1")
    assert (done.exit_code, done.stdout) == (1, "parameter file is missing\n")
    assert "BAD.conf:1: error:" in done.stderr


def test_a_configuration_that_is_none_is_told(messages, config):
    config.write_text("definitions_path = 3\n")
    assert "definitions_path: expected" in messages("lint").stderr


def test_a_definition_is_shown(messages, directory):
    done = messages("show", "PRINT", "--definitions", directory)
    assert done.exit_code == 0
    shown = done.stdout
    assert "PRINT  prints a [bold] file\\x1b, on paper. More than once\n" in shown
    told = [line.split() for line in shown.splitlines()]
    for words in (
        ["from", "anyone"],
        ["to", "printer"],
        ["answer", "PRINTED"],
        ["broadcast", "forbidden"],
        ["scope", "stays", "on", "its", "host"],
        ["PARAMETER", "VALUES", "MEANING"],
        ["file", "required", "any", "text", "which"],
        ["copies", "optional", "integer(1...99)"],
        ["note", "optional,", "may", "be", "empty", "any", "text"],
        ["old", "forbidden", "any", "text"],
    ):
        assert words in told, shown


def test_what_is_not_said_of_one_is_not_shown(messages, directory):
    shown = messages("show", "PRINTED", "--definitions", directory).stdout
    assert "PRINTED  (not described)" in shown
    assert [line.split()[0] for line in shown.splitlines()[2:5]] == ["broadcast", "scope", "defined"]


def test_who_checks_hears_of_errors_in_definitions_only(messages, directory):
    (directory / "PRINTED.conf").write_text("colour = red\n")
    done = messages("check", "PRINTED", "--definitions", directory)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "OK\n", "")


def test_one_without_parameters_says_so(messages):
    shown = messages("show", "CLOCK_STATUS").stdout
    assert "It has no parameters of its own." in shown
    assert "defined in" in shown


def test_all_are_listed(messages, directory):
    shown = messages("show", "--definitions", directory).stdout
    names = [line.split()[0] for line in shown.splitlines() if line[:1].isupper()]
    assert names[0] == "COMMAND"
    assert names[1:] == sorted(names[1:])
    assert {"PRINT", "PRINTED", "REGISTER"} <= set(names)
    assert "More than once" not in shown


def test_what_any_message_may_have_is_shown(messages):
    shown = messages("show", "global").stdout
    assert ["deliver", "optional", "enum(any|all)"] in [line.split()[:3] for line in shown.splitlines()]


@pytest.mark.parametrize(
    ("command", "hint"),
    [("stauts", "did you mean STATUS?"), ("XYZZY", "'bellwether messages show' lists those that there are")],
)
def test_what_has_no_definition_is_told(messages, command, hint):
    done = messages("show", command)
    assert (done.exit_code, done.stderr) == (1, f"bellwether: '{command}' has no definition: {hint}\n")


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (["REGISTER service=a;version=1"], 0, "OK"),
        (["<s:a x/STATUS service=two words;status=up"], 0, "OK"),
        (['{"command":"HELP"}'], 0, "OK"),
        (["STATUS", "service=printer", "status=up"], 0, "OK"),
        (["XYZZY a="], 0, "OK: XYZZY has no definition, so nothing was checked"),
        (["REGISTER service=a"], 1, "parameter version is missing"),
        (["STATUS", "service=printer", "status=so so"], 1, "parameter status: 'so so' is not one of up, down, unknown"),
        (["*/STOP"], 1, "STOP may not be broadcast"),
        (["--server", "alpha", "beta:svc/STOP"], 1, "STOP stays on its host: it may not be sent to 'beta'"),
        (["--server", "beta", "beta:svc/STOP"], 0, "OK"),
        (["--server", "alpha", "beta:svc/HELP"], 0, "OK"),
        (["beta:svc/HELP"], 0, "OK"),
        (["svc/STOP"], 0, "OK"),
        ([".:svc/STOP"], 0, "OK"),
        (
            ["beta:svc/STOP"],
            0,
            "OK, but STOP stays on its host, and whether 'beta' is that one was not judged: say --server NAME",
        ),
        (["REGISTER service"], 1, "parameter 1 is not of the form name=value"),
        (["STATUS", "service"], 1, "'service' is not name=value; a value with blanks needs quotes: name=\"two words\""),
        ([""], 1, "'' is not [<server:service ][[server:]service/]COMMAND"),
        (["STATUS \udcff"], 1, "'utf-8' codec can't encode character '\\udcff' in position 7: surrogates not allowed"),
    ],
)
def test_a_message_is_checked(messages, words, exit_code, said):
    done = messages("check", *words)
    assert (done.exit_code, done.stdout, done.stderr) == (exit_code, f"{said}\n", "")


def test_a_server_that_is_none_is_told(messages):
    done = messages("check", "--server", "10.0.0.1", "HELP")
    assert (done.exit_code, done.stdout) == (1, "")
    assert (
        done.stderr
        == "bellwether: --server: '10.0.0.1' is not a name: letters, digits and '_', not starting with a digit\n"
    )
