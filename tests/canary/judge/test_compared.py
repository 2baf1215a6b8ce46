import pytest

from canary.judge.compared import compare
from canary.judge.two_arms import TwoArms
from canary.rules import RuleCSettings, Rules
from tests.canary.judge.fleet import two_versions


def compared(fleet, rules=None):
    return compare(fleet.state.comparisons["printer"], rules or fleet.rules, fleet.at_s)


def test_each_server_has_its_part():
    fleet = two_versions()
    fleet.at_s = 50.0
    fleet.end("2", "c")
    found = compared(fleet)
    parts = [(each.server, each.is_new, each.failures, each.seconds, each.weight) for each in found.servers]
    assert parts == [("c", True, 1, 50.0, 1.0), ("a", False, 0, 50.0, 1.0), ("b", False, 0, 50.0, 1.0)]
    assert (found.trial.version, found.control.version) == ("2", "1")


def test_a_failure_counts_only_when_nothing_can_excuse_it():
    fleet = two_versions()
    fleet.end("2", "c")
    assert (compared(fleet).failures_new, compared(fleet).pooled_log10_e) == (0, pytest.approx(0.0, abs=1e-9))
    assert fleet.counted == (1, 0)
    found = compared(fleet)
    assert (found.failures_new, found.failures_old) == (1, 0)
    assert found.pooled_log10_e > 0.1
    assert found.expected_new == pytest.approx(1.25 / 3.25)


def test_the_past_is_that_of_the_version_there():
    fleet = two_versions()
    fleet.crash("1", "a", times=3)
    fleet.settle_in("3", "d")
    before = {each.server: (each.past_failures, each.past_seconds) for each in compared(fleet).servers}
    assert before == {"d": (0, 0.0), "a": (3, 300.0), "b": (0, 300.0)}


def test_the_limits_are_those_of_the_rules():
    fleet = two_versions()
    rules = Rules(c=RuleCSettings(margin=2.0, suspect_log10=1.5, block_log10=2.5))
    found = compared(fleet, rules)
    assert (found.margin, found.suspect_log10, found.block_log10) == (2.0, 1.5, 2.5)


@pytest.mark.parametrize(
    ("times", "level", "differs_on"), [(1, "ok", ()), (3, "suspect", ()), (8, "held", ()), (30, "held", ())]
)
def test_the_level_is_what_the_evidence_comes_to_though_the_rule_runs_dry(times, level, differs_on):
    fleet = two_versions(new=("c", "d", "e"), old=tuple("abfghi"), rules=Rules())
    for _ in range(times):
        for server in "cde":
            fleet.crash("2", server)
    fleet.judge()
    found = compared(fleet)
    assert (found.level, found.differs_on) == (level, differs_on)


def test_without_an_old_version_there_is_nothing_to_compare_with():
    fleet = two_versions()
    comparison = fleet.state.comparisons["printer"]
    comparison.control = None
    found = compare(comparison, fleet.rules, 0.0, TwoArms())
    assert (found.control, found.level, found.reason[:20]) == (None, "ok", "fails more than none")
    assert [each.server for each in found.servers] == ["c"]
