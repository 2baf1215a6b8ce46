import pytest

from canary.settings import CanarySettings
from communicator.errors import ConfigError
from communicator.runtime.settings import load_settings


def test_defaults():
    assert load_settings(CanarySettings, []).communicator == "cd:///run/bellwether/communicatord.sock"


@pytest.mark.parametrize(
    ("assignment", "key"), [("communicator=here", "communicator"), ('mode="enforce"', "mode"), ("rules.a=1", "rules")]
)
def test_a_wrong_setting_is_named(assignment, key):
    """A key that nothing reads yet is an error, not a promise."""
    with pytest.raises(ConfigError) as error:
        load_settings(CanarySettings, [], [assignment])
    assert error.value.key == key
