"""The history as a person reads it."""

from datetime import UTC

from bellwether.canary_history import render
from communicator.answers.history import Event, History
from tests.bellwether.canary_sample import screen
from tests.bellwether.conftest import said

TOLD = History(
    "alpha",
    (
        Event(1_000.0, "rule a", "found billing 2.0 on alpha blocked", "never worked in 7 tries"),
        Event(2_000.0, "root@beta", "pardoned billing 2.0"),
    ),
    3,
)


def test_each_event_has_its_line_and_its_reason_below():
    assert screen(render(TOLD, UTC)).splitlines() == [
        "3 older events are left out",
        "01-01 00:16:40  rule a found billing 2.0 on alpha blocked",
        "                never worked in 7 tries",
        "01-01 00:33:20  root@beta pardoned billing 2.0",
    ]


def test_where_nothing_happened_that_is_told():
    assert screen(render(History(), UTC)) == "Nothing was ordered and nothing decided."


def test_the_command_asks_the_canary_for_one_service(ask):
    report = '{"server":"alpha","events":[{"wall_s":1000.0,"who":"root@beta","what":"pardoned billing 2.0"}]}'
    answer = said("CANARY_CURRENT_REPORT", {"report": report}, sent_from_service="canary")
    done, router = ask({"CANARY_GET_REPORT": [answer]}, "canary", "history", "billing")
    assert done.exit_code == 0
    assert done.stdout.endswith("root@beta pardoned billing 2.0\n")
    (question,) = router.of("CANARY_GET_REPORT")
    assert (question.get("view"), question.get("service")) == ("history", "billing")
