import pytest

from tests.conftest import ROOT
from tests.prometheus.shortened import DURATION, replace, shorten

SHIPPED = [*sorted((ROOT / "deploy/prometheus").glob("*.yml")), *sorted((ROOT / "deploy/alertmanager").glob("*.yml"))]


@pytest.mark.parametrize(
    ("text", "shortened"),
    [
        ("        for: 2m", "        for: 4000ms"),
        ("for: 0m", "for: 0ms"),
        ("for: 15s", "for: 1000ms"),
        ("max_over_time(up[5m]) == 1", "max_over_time(up[10000ms]) == 1"),
        ("x offset 10m", "x offset 20000ms"),
        ("  group_interval: 5m", "  group_interval: 10000ms"),
        ("for more than 5 minutes, 10m", "for more than 5 minutes, 10m"),
        ("timekeeper_host_seconds_to_threshold < 3600", "timekeeper_host_seconds_to_threshold < 3600"),
    ],
)
def test_durations_are_divided_and_nothing_else(text, shortened):
    assert shorten(text, 30, 1.0) == shortened


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_of_what_is_shipped_all_but_durations_stays(path):
    text = path.read_text()
    shortened = shorten(text)
    assert shortened != text
    assert DURATION.sub("", shortened) == DURATION.sub("", text)


def test_what_is_to_be_replaced_must_be_there():
    assert replace("a b a", ("a", "c")) == "c b c"
    with pytest.raises(AssertionError, match="not in the file"):
        replace("a", ("b", "c"))
