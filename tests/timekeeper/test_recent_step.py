import pytest

from timekeeper.recent_step import TOLD_S, RecentStep
from timekeeper.solution import Thresholds


@pytest.mark.parametrize(
    ("step_s", "at_s", "text"),
    [
        (0.03, 100.0, "set forward by 30 ms"),
        (-3600.0, 100.0, "set back by 3600 s"),
        (0.005, 100.0, ""),
        # Daemons may step a clock after a start.
        (0.03, 59.9, ""),
    ],
)
def test_a_large_step_is_told_at_once_and_for_a_while(step_s, at_s, text):
    recent = RecentStep(Thresholds(), grace_until_s=60.0)
    assert recent.tell(at_s) == ""
    recent.note(step_s, at_s)
    assert [recent.tell(at_s), recent.tell(at_s + TOLD_S - 1), recent.tell(at_s + TOLD_S)] == [text, text, ""]
