import json

import msgspec

from canary.report import ROWS, CurrentReport, answer_report
from canary.runs import Run, Runs, Version
from canary.wire import OTHER, REASONS, TEXT_CHARACTERS
from communicator.protocol import decode, encode


def run(run_id, version, started_s=0.0, **others):
    fields = {"role": "live", "pid": 7, "config_hash": "0f"} | others
    return Run(run_id=run_id, version=version, started_s=started_s, **fields)


def test_the_shape():
    runs = Runs()
    runs.start(run("a", Version("ping", "1.0", "abc"), 100.0))
    runs.end("a", "lost", 104.0)
    runs.start(run("b", Version("pong", "", ""), 109.0, pid=None, config_hash=""))
    runs.end("never begun", "lost", 109.5)
    message = answer_report(runs, server="alpha", now_s=110.0)
    assert message.command == "CANARY_CURRENT_REPORT"
    assert json.loads(message.get("report")) == {
        "server": "alpha",
        "versions": [
            {
                "service": "ping",
                "version": "1.0",
                "build": "abc",
                "started": 1,
                "running": 0,
                "ended": {"lost": 1},
                "last": {
                    "run_id": "a",
                    "role": "live",
                    "pid": 7,
                    "config_hash": "0f",
                    "age_seconds": 10.0,
                    "lasted_seconds": 4.0,
                    "reason": "lost",
                },
            },
            {
                "service": "pong",
                "version": "",
                "build": "",
                "started": 1,
                "running": 1,
                "ended": {},
                "last": {
                    "run_id": "b",
                    "role": "live",
                    "pid": None,
                    "config_hash": "",
                    "age_seconds": 1.0,
                    "lasted_seconds": None,
                    "reason": None,
                },
            },
        ],
        "runs_ended_total": [{"server": "alpha", "service": "ping", "version": "1.0", "reason": "lost", "count": 1}],
        "offset": 0,
        "total": 2,
        "runs_kept": 2,
        "runs_forgotten_total": 0,
        "unmatched_ends_total": 1,
    }


def read(message):
    return msgspec.json.decode(decode(encode(message)).get("report"), type=CurrentReport)


def test_many_versions_come_in_pages():
    runs = Runs()
    for number in range(ROWS + 5):
        runs.start(run(str(number), Version("ping", str(number), ""), role="standby"))
    first = read(answer_report(runs, server="alpha", now_s=2.0))
    assert (len(first.versions), first.offset, first.total) == (ROWS, 0, ROWS + 5)
    second = read(answer_report(runs, server="alpha", now_s=2.0, offset=ROWS))
    assert [row.version for row in second.versions] == [str(number) for number in range(ROWS, ROWS + 5)]
    assert (second.offset, second.total) == (ROWS, ROWS + 5)
    assert read(answer_report(runs, server="alpha", now_s=2.0, offset=10**9)).versions == []


def test_a_page_fits_a_line_whatever_services_call_themselves():
    runs = Runs(limit_per_service=10_000)
    odd = "\x01" * TEXT_CHARACTERS  # six characters in JSON, seven on the wire
    reasons = (*sorted(REASONS), OTHER)
    for number in range(ROWS):
        for reason in reasons:
            run_id = f"{number} {reason}"
            runs.start(run(run_id, Version("ping", f"{number}{odd}"[:TEXT_CHARACTERS], odd), role=odd, config_hash=odd))
            runs.end(run_id, reason, 1.0)
    seen = 0
    while seen < ROWS:
        page = read(answer_report(runs, server="alpha", now_s=2.0, offset=seen))
        assert page.offset == seen
        assert page.versions
        seen += len(page.versions)
    assert page.total == ROWS


def test_a_report_survives_the_wire():
    runs = Runs()
    runs.start(run("a", Version("ping", '1.0";\\', "abc")))
    assert read(answer_report(runs, server="alpha", now_s=1.0)).versions[0].version == '1.0";\\'
