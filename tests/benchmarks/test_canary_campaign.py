import pytest

from benchmarks.campaign import Campaign, Effort
from benchmarks.canary_campaign import CanaryCampaign, CanaryEffort
from benchmarks.canary_results import CanaryResults
from benchmarks.servers import NATS, OURS

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.takes(3),
]  # others run beside: what takes ten seconds may take a minute

MOMENT = CanaryEffort(facts=100, plays=2, entries=400, appends=20, lives=1)


def test_a_run_takes_all_figures_of_the_canary():
    said = []
    results = Campaign(Effort(stages=("canary",), servers=(OURS,), canary=MOMENT), said.append).run()
    found = results.canary
    assert results.problems == []
    assert found.decisions.facts == 100
    assert found.ledger.entries == 400
    assert [block.lives for block in found.blocks] == [1, 1, 1]
    assert {one.lives for one in found.accused} == {1}
    assert len(found.found) == 6
    assert said == [
        "decisions of the canary on 100 facts",
        "a ledger of 400 entries",
        "1 lives of good versions, and some of bad ones",
    ]


def test_the_canary_is_ours_alone():
    results = Campaign(Effort(stages=("canary",), servers=(NATS,), canary=MOMENT), [].append).run()
    assert results.canary == CanaryResults()


def test_what_fails_is_noted_and_the_rest_goes_on():
    found, problems = CanaryResults(), []
    too_small = CanaryEffort(facts=100, plays=1, entries=10, appends=20, lives=1)
    CanaryCampaign(too_small, found, problems, [].append).run()
    assert [problem.partition(": ")[0] for problem in problems] == ["decisions of the canary"]
    assert "does not verify" in problems[0]
    assert found.ledger is None
    assert len(found.blocks) == 3
