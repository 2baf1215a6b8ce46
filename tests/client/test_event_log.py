"""An event of the library, as plain logging shows it and as its record carries it; a daemon's form is in tests/runtime."""

import logging

import pytest

from communicator.client.event_log import LOGGER, Repeats, log_event


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("alpha", "alpha"),
        (7, "7"),
        (None, "None"),
        ("two words", "'two words'"),
        ("", "''"),
        ("%s", "%s"),
        ("x\nforged by=peer", r"'x\nforged by=peer'"),
        ("\x1b[31m", r"'\x1b[31m'"),
    ],
)
def test_a_plain_line_has_the_event_and_its_fields(caplog, value, shown):
    log_event(logging.WARNING, "link_lost", address="cd:///a", reason=value)
    assert caplog.messages == [f"link_lost address=cd:///a reason={shown}"]


def test_the_record_carries_them_apart_and_names_the_caller(caplog):
    log_event(logging.ERROR, "link_lost", count=7)
    (record,) = caplog.records
    assert (record.name, record.levelno, record.event, record.fields) == (
        LOGGER,
        logging.ERROR,
        "link_lost",
        {"count": 7},
    )
    assert record.msg == "link_lost count=%s"
    assert record.funcName == test_the_record_carries_them_apart_and_names_the_caller.__name__


def test_the_exception_being_handled_may_be_shown(caplog):
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        log_event(logging.ERROR, "handler_failed", exc_info=True, command="DIVIDE")
    assert "handler_failed command=DIVIDE" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_ever_rarer_and_each_name_by_itself():
    repeats = Repeats()
    due = [repeats.due("a") for _ in range(20)]
    assert [count for count in due if count] == [1, 2, 4, 8, 16]
    assert due.index(16) == 15
    assert repeats.due("b") == 1
