"""``[listen]``: a door that is none is named by its key; who may stand behind it is in test_exposure.py."""

import pytest

from communicator.daemon.listen_settings import ListenSettings, check_address
from communicator.errors import ConfigError


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"remote": "10.0.0.5"}, "remote"),
        ({"remote": ":4042"}, "remote"),
        ({"secure": "10.0.0.5:x"}, "secure"),
        ({"secure": "cds://10.0.0.5:4043"}, "secure"),
        ({"local": "10.0.0.5:4040"}, "local"),
        ({"signal": "10.0.0.5:4041"}, "signal"),
        ({"unix": "relative"}, "unix"),
    ],
)
def test_what_is_no_address_is_named(values, key):
    with pytest.raises(ConfigError) as refused:
        ListenSettings(**values)
    assert refused.value.key == key


def test_no_other_host_comes_in_unless_somebody_says_so():
    assert (ListenSettings().remote, ListenSettings().secure) == ("", "")


def test_a_rule_is_asked_only_about_addresses():
    asked = []
    check_address("key", "", asked.append)
    assert asked == []
    with pytest.raises(ConfigError, match="'a:1' is not welcome"):
        check_address("key", "a:1", lambda _: "is not welcome")
