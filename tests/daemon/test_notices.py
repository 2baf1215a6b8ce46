"""Notices in the log, and what becomes of too many."""

import structlog
from structlog.testing import LogCapture

from communicator.daemon.notices import BURST, SPAN_S, NoticeLog
from communicator.router.vocabulary.effects import Level, Notice


def test_too_many_of_one_kind_are_counted_and_the_others_are_written():
    now = [50.0]
    capture = LogCapture()
    log = structlog.wrap_logger(
        structlog.testing.ReturnLogger(), processors=[capture], wrapper_class=structlog.make_filtering_bound_logger(20)
    )
    notices = NoticeLog(log, lambda: now[0])
    flood = Notice(Level.INFO, "message_refused", {"link": "x"})
    for _ in range(BURST + 7):
        notices.write(flood)
    notices.write(Notice(Level.WARNING, "slow_consumer_cut"))
    for _ in range(BURST + 1):
        notices.write(Notice(Level.DEBUG, "detail"))
    assert [entry["event"] for entry in capture.entries] == ["message_refused"] * BURST + ["slow_consumer_cut"]
    now[0] += SPAN_S
    notices.write(flood)
    left_out, again = capture.entries[BURST + 1 :]
    assert left_out == {"event": "notices_left_out", "of": "message_refused", "times": 7, "log_level": "warning"}
    assert again["event"] == "message_refused"
    notices.settle()
    assert len(capture.entries) == BURST + 3
