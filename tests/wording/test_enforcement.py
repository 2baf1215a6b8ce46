"""On which hosts nothing that is decided can be enforced, and why."""

import pytest

from communicator.wording.enforcement import CPP_ROUTER, NOT_ENFORCED, not_enforced_text

MANY = [f"c{number:02}" for number in range(20)]


@pytest.mark.parametrize(
    ("servers", "not_enforced", "text"),
    [
        ((), ("c",), ""),
        (("a", "b"), ("c",), ""),
        (("a",), (), ""),
        (("a", "c"), ("c", "d"), "not enforced there: host c runs a C++ router, which knows no policy"),
        (("d", "c", "c"), ("c", "d"), "not enforced there: hosts c, d run C++ routers, which know no policy"),
        (
            MANY,
            MANY,
            f"not enforced there: hosts {', '.join(MANY[:12])} and 8 more run C++ routers, which know no policy",
        ),
    ],
    ids=["nothing", "elsewhere", "none", "one", "two", "many"],
)
def test_where_a_policy_is_not_enforced_and_why(servers, not_enforced, text):
    assert not_enforced_text(servers, not_enforced) == text


def test_a_clock_verdict_does_not_get_there_either():
    told = not_enforced_text(["c"], ["c"], "clock verdict")
    assert told == "not enforced there: host c runs a C++ router, which knows no clock verdict"


def test_the_note_on_a_host_has_the_same_words():
    assert CPP_ROUTER.endswith(NOT_ENFORCED)
