"""What is checked: where the definitions come from, and that who checks nothing does not load them."""

import subprocess
import sys

import pytest

from communicator.client import Checks
from communicator.client.inspection import inspection_of
from communicator.errors import ConfigError
from communicator.protocol import Message
from communicator.protocol.definitions import Catalogue, Checker, Checking


@pytest.mark.parametrize(
    ("checking", "is_off", "is_enforced"),
    [
        ("off", True, False),
        ("debug", False, False),
        ("enforce", False, True),
        (Checking.OFF, True, False),
        (Checking.DEBUG, False, False),
        (Checking.ENFORCE, False, True),
    ],
)
def test_the_three_settings_as_text_and_as_value(checking, is_off, is_enforced):
    for checks in (Checks.load(checking), Checks(Checking(checking), Checker(Catalogue()))):
        assert checks.checking is Checking(checking)
        assert (checks.is_off, checks.is_enforced) == (is_off, is_enforced)
        assert (inspection_of(checks) is None) is is_off
    assert inspection_of(None) is None


def test_a_fourth_setting_is_told():
    with pytest.raises(ConfigError, match="checking: 'on' is none of off, debug, enforce"):
        Checks.load("on")


@pytest.mark.parametrize("as_text", [str, lambda path: path], ids=["str", "Path"])
def test_definitions_of_directories_and_of_the_suite_count(definitions, tmp_path, as_text):
    checks = Checks.load("enforce", as_text(tmp_path / "none"), as_text(definitions))
    assert "'0' is not" in checks.fault(Message("PRINT", {"copies": "0"}, "printer"), "alpha")
    assert "is not known in HELP" in checks.fault(Message("HELP", {"nonsense": "1"}, "printer"), "alpha")
    assert checks.fault(Message("NOTE", {"nonsense": "1"}, "printer"), "alpha") == ""


def test_the_server_of_our_router_tells_what_leaves_this_host(checks):
    paper = Message("PAPER", service="printer", server="beta")
    assert checks("debug").fault(paper, "beta") == ""
    assert "may not be sent to 'beta'" in checks("debug").fault(paper, "alpha")


def test_what_cannot_be_read_is_told_unless_nothing_is_checked(definitions):
    with pytest.raises(ConfigError, match=r"PRINT\.conf' cannot be read: Not a directory"):
        Checks.load("debug", definitions / "PRINT.conf")
    assert Checks.load("off", definitions / "PRINT.conf").fault(Message("PRINT", {"copies": "0"}), "") == ""


def test_a_definition_that_is_not_taken_is_logged_once_and_the_rest_counts(definitions, caplog):
    (definitions / "SCAN.conf").write_text("[dpi]\nflags = optional\nvalidator = integer(\n")
    (definitions / "COPY.conf").write_text("[times]\nflags = optinal\n")
    checks = Checks.load("debug", definitions)
    (record,) = caplog.records
    assert (record.event, record.fields["path"], record.fields["line"]) == (
        "definition_refused",
        str(definitions / "SCAN.conf"),
        3,
    )
    assert checks.fault(Message("SCAN", {"dpi": "x"}), "") == ""
    assert checks.fault(Message("PRINT", {"copies": "x"}), "") != ""


@pytest.mark.parametrize(
    ("statement", "loads"),
    [
        ("import communicator.client", False),
        ("from communicator.client import Checks; Checks.load('off')", True),
    ],
)
def test_definitions_are_loaded_with_the_first_checks(statement, loads):
    code = f"{statement}; import sys; print('communicator.protocol.definitions' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(loads)
