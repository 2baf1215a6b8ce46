import pytest

from canary.evidence.kinds import (
    MEANINGS,
    Counts,
    Kind,
    classify_exit,
    classify_reason,
    parse_kind,
    refine_kind,
    sort_kinds,
)

TABLE = [
    # kind               counts      ends   by itself  local only
    ("BLOCKED",          "censored", True,  False, False),
    ("REBOOT",           "censored", True,  False, False),
    ("HOST_DOWN",        "censored", True,  False, False),
    ("ROUTER_RESTART",   "censored", True,  False, False),
    ("PARTITION",        "censored", False, False, False),
    ("OPERATOR_STOP",    "censored", True,  False, False),
    ("UPGRADE",          "censored", True,  False, False),
    ("DEP_UNAVAILABLE",  "censored", False, True,  False),
    ("CONFIG_ERROR",     "failure",  True,  True,  True),
    ("WATCHDOG_TIMEOUT", "failure",  True,  True,  False),
    ("START_TIMEOUT",    "failure",  True,  True,  False),
    ("HUNG",             "failure",  True,  False, False),
    ("CRASH",            "failure",  True,  True,  False),
    ("HEALTH_FAIL",      "failure",  False, True,  False),
    ("EXIT",             "clean",    True,  True,  False),
    ("UNREGISTER",       "clean",    True,  False, False),
    ("REPLACED",         "clean",    True,  False, False),
    ("GONE",             "failure",  True,  False, False),
    ("UNSEEN",           "censored", True,  False, False),
    ("RUN_START",        "start",    False, False, False),
    ("READY",            "ready",    False, True,  False),
    ("RUN_OK",           "success",  False, True,  False),
    ("SILENT",           "nothing",  False, False, False),
    ("HEALTH_OK",        "nothing",  False, True,  False),
    ("GAVE_UP",          "nothing",  False, False, False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "counts", "ends", "by_itself", "local_only"), TABLE)
def test_each_row_of_the_table(name, counts, ends, by_itself, local_only):
    assert MEANINGS[Kind(name)] == (Counts(counts), ends, by_itself, local_only)


def test_the_table_holds_every_kind_in_the_order_of_how_much_it_says():
    assert [name for name, *_ in TABLE] == [kind.value for kind in MEANINGS]
    assert set(MEANINGS) == set(Kind)


@pytest.mark.parametrize("text", ["START_TIMEOUT", "start-timeout", "Start_Timeout", "start_TIMEOUT"])
def test_how_a_kind_may_be_written(text):
    assert parse_kind(text) is Kind.START_TIMEOUT


@pytest.mark.parametrize("text", ["", "START TIMEOUT", "START", "BOREDOM", "START__TIMEOUT"])
def test_what_is_no_kind(text):
    with pytest.raises(ValueError, match="is not a valid Kind"):
        parse_kind(text)


def test_what_says_more_stands_first_whatever_came_first():
    said = [Kind.GONE, Kind.CRASH, Kind.HOST_DOWN, Kind.CRASH, Kind.UNREGISTER]
    expected = [Kind.HOST_DOWN, Kind.CRASH, Kind.UNREGISTER, Kind.GONE]
    assert sort_kinds(said) == sort_kinds(reversed(said)) == expected


EXITS = [
    # exit code, signal, expected, kind
    (0,    None, False, "EXIT"),
    (0,    None, True,  "EXIT"),
    (1,    None, False, "CRASH"),
    (1,    None, True,  "CRASH"),
    (9,    None, False, "CONFIG_ERROR"),
    (78,   None, True,  "CONFIG_ERROR"),
    (69,   None, False, "DEP_UNAVAILABLE"),
    (75,   None, True,  "DEP_UNAVAILABLE"),
    (None, None, False, "CRASH"),
    (None, 15,   True,  "OPERATOR_STOP"),
    (None, 2,    True,  "OPERATOR_STOP"),
    (None, 15,   False, "CRASH"),
    (None, 9,    True,  "CRASH"),
    (None, 11,   False, "CRASH"),
    (0,    11,   False, "CRASH"),
    (128,  None, True,  "CRASH"),
    (129,  None, True,  "CRASH"),
    (130,  None, True,  "OPERATOR_STOP"),
    (143,  None, True,  "OPERATOR_STOP"),
    (143,  None, False, "CRASH"),
    (192,  None, False, "CRASH"),
    (255,  None, True,  "CRASH"),
]  # fmt: skip


@pytest.mark.parametrize(("exit_code", "signal", "expected", "kind"), EXITS)
def test_how_a_process_ended(exit_code, signal, expected, kind):
    assert classify_exit(exit_code, signal, expected=expected) is Kind(kind)


@pytest.mark.parametrize(
    ("told", "exit_code", "signal", "kind"),
    [
        ("EXIT", None, None, "EXIT"),
        ("EXIT", 0, None, "EXIT"),
        ("EXIT", 1, None, "CRASH"),
        ("EXIT", None, 15, "CRASH"),
        ("EXIT", 78, None, "CONFIG_ERROR"),
        ("CRASH", None, None, "CRASH"),
        ("CRASH", 0, None, "CRASH"),
        ("CRASH", 9, None, "CONFIG_ERROR"),
        ("CRASH", 75, None, "DEP_UNAVAILABLE"),
        ("WATCHDOG_TIMEOUT", 78, None, "WATCHDOG_TIMEOUT"),
        ("OPERATOR_STOP", None, 11, "OPERATOR_STOP"),
    ],
)
def test_how_a_process_ended_says_more_than_that_it_did(told, exit_code, signal, kind):
    assert refine_kind(Kind(told), exit_code, signal) is Kind(kind)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("unregister", "UNREGISTER"),
        ("lost", "GONE"),
        ("replaced", "REPLACED"),
        ("router_stop", "ROUTER_RESTART"),
        ("host_down", "HOST_DOWN"),
        ("blocked", "BLOCKED"),
        ("eaten", "UNSEEN"),
    ],
)
def test_how_a_registration_ended(reason, kind):
    assert classify_reason(reason) is Kind(kind)
