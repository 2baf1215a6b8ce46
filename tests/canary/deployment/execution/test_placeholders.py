"""Places in a text, and what stands there in the end."""

import pytest

from canary.deployment.execution.placeholders import fill, places_of


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{version}", "2.0"),
        ("--to={version}/{service}", "--to=2.0/{version}"),
        ("{", "{"),
        ("}{", "}{"),
        ("$(reboot)", "$(reboot)"),
    ],
)
def test_each_place_is_filled_once(text, filled):
    assert fill(text, {"version": "2.0", "service": "{version}"}) == filled


@pytest.mark.parametrize(
    ("text", "names"),
    [("plain", set()), ("{a}-{b}{a}", {"a", "b"}), ("{}", {""}), ("{{a}}", {"a"}), ("{a.__class__}", {"a.__class__"})],
)
def test_the_places_are_named(text, names):
    assert places_of(text) == names
