import json

import pytest
from rich.console import Console

from benchmarks.measure import Rate
from benchmarks.report import show, to_json
from benchmarks.results import CrowdCell, LatencyCell, RateCell, Results, judge
from benchmarks.servers import NATS, OURS

COSTLIEST = {"costliest_ms": 0.6, "costliest_of_all_ms": 9.0, "longest_told_ms": 2.0}


def rate(per_s):
    return Rate(per_s, 10, 0, 1, 0.5, 1024, "" if per_s else "failed")


def results(ours_per_s=(1000.0, 3000.0, 2000.0), crowded_per_s=900.0, lost_links=0):
    return Results(
        machine={"cores": "2"},
        rates=[
            RateCell("1:1", 100, "tcp", OURS, [rate(per_s) for per_s in ours_per_s]),
            RateCell("1:1", 100, "tcp", NATS, [rate(2000.0)]),
        ],
        latencies=[LatencyCell("tcp", OURS, [3e-5], [9e-5]), LatencyCell("tcp", NATS, [2e-5], [9e-5])],
        crowds=[CrowdCell("idle links", 10_000, [rate(1000.0)], [rate(crowded_per_s)], lost_links)],
        idle_bytes={OURS: 48 * 1024 * 1024},
        ready_s={OURS: [0.4, 0.6, 0.5]},
        codecs=[{"python": "3.13.5", "decode_per_s": 500_000.0, "encode_per_s": 300_000.0, **COSTLIEST}],
        script_s=0.4,
        imports_s={"asyncio": 0.05, "communicator": 0.01, "communicator.client": 0.08},
    )


def test_each_figure_is_held_against_its_bar():
    assert {bar.what: (bar.found, bar.met) for bar in judge(results())} == {
        "rate 1:1, 100-byte lines, TCP": ("1.00 x", True),
        "one-way latency p50, TCP": ("1.50 x", False),
        "rate with 10,000 idle links": ("0.90 x (CPU/message 1.00 x)", True),
        "10,000 idle links held": ("10,000", True),
        "resident with 100 idle links": ("48.0 MiB", True),
        "start to ready": ("0.50 s", True),
        "codec, decode, Python 3.13.5": ("500 k/s", True),
        "codec, encode, Python 3.13.5": ("300 k/s", False),
        "costliest line of 64 KiB, Python 3.13.5": ("0.60 ms", True),
        "costliest line of 1 MiB, Python 3.13.5": ("9.00 ms", False),
        "longest word of a router, Python 3.13.5": ("2.00 ms", True),
        "a script of 5,000 lines is loaded": ("0.40 s", True),
        "import communicator": ("0.20 x", True),
        "import communicator.client": ("1.60 x", False),
    }


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"ours_per_s": (1900.0,)}, "rate 1:1, 100-byte lines, TCP"),
        ({"crowded_per_s": 890.0}, "rate with 10,000 idle links"),
        ({"lost_links": 1}, "10,000 idle links held"),
    ],
)
def test_a_bar_can_be_missed(changed, what):
    assert [bar.met for bar in judge(results(**changed)) if bar.what == what] == [False]


def test_a_failed_run_counts_for_nothing():
    found = results(ours_per_s=(None, 2000.0))
    assert found.rates[0].median == 2000.0
    assert results(ours_per_s=(None,)).rates[0].median is None


def test_what_was_not_measured_has_no_bar():
    assert judge(Results()) == []


def test_the_json_holds_the_figures_and_the_verdicts():
    found = results()
    told = json.loads(to_json(found, judge(found)))
    assert told["rates"][0]["ratio_to_nats"] == 1.0
    assert told["rates"][0]["runs"][1]["per_s"] == 3000.0
    assert {"what": "start to ready", "asked": "<= 0.50 s", "found": "0.50 s", "met": True} in told["bars"]


def test_people_are_shown_what_was_missed_and_that_the_machine_was_busy():
    found = results(ours_per_s=(1_500_000.0,))
    console = Console(record=True, width=120, highlight=False)
    show(found, judge(found), console)
    show(Results(machine={"cores": "2", "load_before": "1.50"}), [], console)
    text = console.export_text()
    assert "MISSED" in text
    assert "note: other processes were busy" in text
