import pytest

from benchmarks.campaign import Campaign, Effort
from benchmarks.clock_campaign import ClockCampaign, ClockEffort
from benchmarks.clock_results import IN_USE, IN_USE_READ, ClockResults
from benchmarks.servers import NATS, OURS

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.takes(5),
]  # others run beside: what takes ten seconds may take a minute

MOMENT = ClockEffort(
    exchanges=16,
    probed_s=1.2,
    hosts=2,
    busy_processes=1,
    questions=2,
    read_s=0.1,
    solved=((5, 4),),
    solves=1,
    detect=False,
    crowd=0,
)


def test_a_run_takes_all_figures_of_clocks_but_those_left_out():
    said = []
    results = Campaign(Effort(stages=("clock",), servers=(OURS,), clock=MOMENT), said.append).run()
    found = results.clock
    assert results.problems == []
    assert [one.what for one in found.quiet] == [
        "exchange alone, no pause",
        "burst of 8 alone, no pause",
        IN_USE,
        IN_USE_READ,
    ]
    assert [one.what for one in found.busy] == [IN_USE, IN_USE_READ]
    assert [one.what for one in found.beside] == ["ntplib, one question", "chronyd, a question a second"]
    assert [one.agents for one in found.accusations] == [6]
    assert [(one.hosts, one.links) for one in found.solves] == [(5, 10)]
    assert found.detections == []
    assert said == [
        "error of a clock, 16 exchanges, then as in use",
        "the same, and accusations, beside 1 busy processes",
        "what others say of the same clock",
        "solutions",
    ]


def test_clocks_are_ours_alone():
    results = Campaign(Effort(stages=("clock",), servers=(NATS,), clock=MOMENT), [].append).run()
    assert results.clock == ClockResults()


def test_what_fails_is_noted_and_the_rest_goes_on(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))  # so nothing that unpacks a package can be run
    found, problems = ClockResults(), []
    ClockCampaign(MOMENT, found, problems, [].append).run()
    assert [problem.partition(": ")[0] for problem in problems] == ["chronyd"]
    assert len(found.quiet) == 4
    assert found.beside == []
    assert len(found.solves) == 1
