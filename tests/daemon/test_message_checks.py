"""Definitions from files, for a router that checks: where they come from, and what a wrong one costs."""

import pytest

from communicator.daemon.message_checks import Definitions, read_definitions, read_good_definitions, survey_definitions
from communicator.daemon.settings import CommunicatordSettings
from communicator.errors import ConfigError
from communicator.protocol import Message
from communicator.protocol.definitions import Checking
from communicator.runtime.settings import load_settings

GOOD = "[file]\nflags = required\n"
BAD = "[cache]\nvalidator = integer(1...2)\n"


def _settings(*directories, checking="enforce", enforced=()):
    return load_settings(
        CommunicatordSettings,
        [],
        [
            f"definitions_path={[str(directory) for directory in directories]}",
            f"definitions_enforced={[str(directory) for directory in enforced]}",
            f"check_messages={checking}",
            "flags_path=/f",
        ],
    )


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "PRINT.conf").write_text(GOOD)
    (tmp_path / "WRONG.conf").write_text(BAD)
    return tmp_path


@pytest.mark.parametrize("checking", ["debug", "enforce"])
def test_the_settings_say_which_definitions_count_and_how(directory, checking):
    definitions = read_definitions(_settings(directory / "none", directory, checking=checking))
    assert definitions.checks is not None
    assert definitions.checks.mode is Checking(checking)
    checker = definitions.checks.checker
    assert checker.fault(Message("PRINT")) == "parameter file is missing"
    assert checker.fault(Message("SERVICE_STATUS")) == "parameter service is missing"


@pytest.mark.parametrize("enforced", ["", "/", "/.", "//"])
def test_a_directory_is_only_watched_unless_the_settings_say_more(directory, enforced):
    watched = read_definitions(_settings(directory)).checks
    assert watched is not None
    assert watched.checker.watches("PRINT")
    assert not watched.checker.watches("SERVICE_STATUS")
    held = read_definitions(_settings(directory, enforced=[f"{directory}{enforced}"])).checks
    assert held is not None
    assert not held.checker.watches("PRINT")


def test_who_only_watches_looks_at_everything(directory):
    """Nothing is refused anyway, and all is to be told."""
    (directory / "global.conf").write_text("[colour]\nflags = optional\nvalidator = enum(red)\n")
    checks = read_definitions(_settings(directory, checking="debug")).checks
    assert checks is not None
    message = Message("SERVICE_STATUS", {"service": "a", "colour": "blue"})
    assert checks.checker.fault(message) == "parameter colour: 'blue' is not red"


def test_a_wrong_definition_costs_itself_only(directory):
    definitions = read_definitions(_settings(directory))
    assert [(remark.source, remark.line) for remark in definitions.refused] == [(str(directory / "WRONG.conf"), 1)]
    assert definitions.checks is not None
    assert definitions.checks.checker.definition("WRONG") is None
    assert definitions.checks.checker.definition("PRINT") is not None


def test_a_router_that_runs_takes_all_definitions_or_none(directory):
    wrong = directory / "WRONG.conf"
    with pytest.raises(ConfigError) as refused:
        read_good_definitions(_settings(directory))
    assert refused.value.key == "definitions_path"
    assert refused.value.reason.startswith(f"{wrong}:1: error: [cache] is a parameter of every message")
    assert "more)" not in refused.value.reason
    for number in range(2):
        (directory / f"WRONG{number}.conf").write_text(BAD)
    with pytest.raises(ConfigError, match=r"WRONG\.conf:1: .* \(and 2 more\)$"):
        read_good_definitions(_settings(directory))
    assert read_good_definitions(_settings(directory, checking="off")) == Definitions()
    for each in directory.glob("WRONG*"):
        each.unlink()
    assert read_good_definitions(_settings(directory)).checks is not None


def test_of_a_command_of_the_suite_a_wrong_file_leaves_the_suite_s_own(directory):
    (directory / "SERVICE_STATUS.conf").write_text("scope = moon\n")
    definitions = read_definitions(_settings(directory))
    assert definitions.checks is not None
    assert definitions.checks.checker.fault(Message("SERVICE_STATUS")) == "parameter service is missing"


def test_where_nobody_checks_nothing_is_read(directory):
    (directory / "NOT_A_FILE.conf").mkdir()
    assert read_definitions(_settings(directory, checking="off")) == Definitions()


@pytest.mark.parametrize("read", [read_definitions, read_good_definitions, survey_definitions])
def test_a_directory_that_cannot_be_read_is_named(directory, read):
    with pytest.raises(ConfigError, match=r"definitions_path: .*PRINT\.conf"):
        read(_settings(directory / "PRINT.conf"))


def test_a_file_that_cannot_be_read_is_as_wrong_as_a_wrong_one(directory):
    (directory / "NOT_A_FILE.conf").mkdir()
    (directory / "WRONG.conf").unlink()
    definitions = read_definitions(_settings(directory))
    assert [remark.source for remark in definitions.refused] == [str(directory / "NOT_A_FILE.conf")]
    assert definitions.checks is not None
    assert definitions.checks.checker.definition("PRINT") is not None
    assert len(survey_definitions(_settings(directory, checking="off"))) == 1
    with pytest.raises(ConfigError, match=r"definitions_path: .*NOT_A_FILE"):
        read_good_definitions(_settings(directory))


def test_a_survey_finds_wrong_definitions_whether_they_are_used_or_not(directory):
    [found] = survey_definitions(_settings(directory, checking="off"))
    assert found.startswith(f"{directory}/WRONG.conf:1: error: [cache] is a parameter of every message")
    (directory / "WRONG.conf").unlink()
    assert survey_definitions(_settings(directory)) == []
