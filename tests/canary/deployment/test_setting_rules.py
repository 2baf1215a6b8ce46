"""Time limits and commands of `[deploy]`, and what is said of wrong ones."""

import pytest

from canary.deployment.setting_rules import CHARACTERS, WORDS, Timed, require_command, require_time
from communicator.errors import ConfigError


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90.0), ("0.5", 0.5), ("2m", 120.0)])
def test_a_time_limit(text, seconds):
    require_time(text, 300.0)
    assert Timed(timeout=text).timeout_s == seconds


@pytest.mark.parametrize(
    ("text", "told"),
    [("soon", "'soon' is not a duration"), ("0", "is not between 0.1 s and 300 s"), ("6m", "is not between")],
)
def test_what_is_no_time_limit(text, told):
    with pytest.raises(ConfigError, match=f"timeout: .*{told}"):
        require_time(text, 300.0)


def test_a_command():
    require_command(("/bin/measure", "--of={version}", "x{service}y"), ("service", "version"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "whole path of a program"),
        (("measure",), "whole path of a program"),
        (("/bin/{service}",), "which program is run must not depend on a deployment"),
        (("/bin/measure", "{build}"), "'{build}': nothing fills in {build}; service, version are"),
        (("/bin/measure", "a\nb"), "'a\\\\nb' holds characters that cannot be seen"),
        (("/bin/measure",) * (WORDS + 1), "it has more than 64 words"),
        (("/" + "x" * CHARACTERS,), "or 4096 characters: make a script of it"),
    ],
)
def test_what_is_no_command(words, told):
    with pytest.raises(ConfigError, match=told.replace("{", r"\{")):
        require_command(words, ("service", "version"))
