import pytest

from canary.records import RunExcused, ServerBooted, ServerLost
from tests.canary.judge.trial import ZERO_S, Trial, ended, good, rules

THREE = ("alpha", "beta", "gamma")


def excuses(facts, *, leads=False, **tables):
    trial = Trial(rules(**tables), THREE, leads=leads).play(facts)
    return {record.run_id: record.excuse for _, record in trial.decided if isinstance(record, RunExcused)}


def dies(at_s, service, server="alpha", version="2", **more):
    return ended(at_s, f"{server}/{service}@{at_s}", server=server, service=service, version=version, **more)


@pytest.mark.parametrize(
    ("times", "found"),
    [
        ((0, 10, 20), 3),
        ((0, 0, 30), 3),
        ((0, 29, 30.1), 1),
        ((0, 40, 80), 0),
        ((0, 20, 40), 1),
        ((40, 20, 0), 1),
    ],
)
def test_two_other_services_within_30_s(times, found):
    """The middle one of a row may be near to both others, which are far from each other."""
    facts = [dies(at_s, service) for at_s, service in zip(times, ("fluid", "ink", "page"), strict=True)]
    assert list(excuses(facts).values()) == ["services"] * found


def test_one_service_that_dies_often_is_one():
    assert excuses([dies(number, "fluid") for number in range(20)] + [dies(5, "ink")]) == {}


def test_services_of_another_server_do_not_count():
    assert excuses([dies(0, "fluid"), dies(1, "ink", "beta"), dies(2, "page", "beta")]) == {}


@pytest.mark.parametrize(("ago_s", "found"), [(0, 1), (89.9, 1), (90, 0), (-1, 0)])
def test_shortly_after_the_boot(ago_s, found):
    facts = [(0, ServerBooted(server="alpha")), dies(ago_s, "fluid")]
    assert list(excuses(facts).values()) == ["boot"] * found


def test_a_boot_that_is_told_late():
    assert excuses([dies(10, "fluid"), (11, ServerBooted(server="alpha", ago_s=20))]) == {"alpha/fluid@10": "boot"}


@pytest.mark.parametrize(("at_s", "found"), [(60, 1), (60.1, 0), (-60, 1), (-60.1, 0)])
def test_the_last_good_version_fails_elsewhere(at_s, found):
    facts = [*good("beta"), *good("gamma"), dies(0, "fluid"), dies(at_s, "fluid", "beta", "1")]
    assert [excuse for run, excuse in excuses(facts).items() if run.startswith("alpha")] == ["elsewhere"] * found


def test_another_version_that_fails_elsewhere_excuses_nothing():
    facts = [*good("beta"), *good("gamma"), dies(0, "fluid"), dies(1, "fluid", "beta", "2")]
    assert excuses(facts) == {}


@pytest.mark.parametrize(("lost_s", "leads", "found"), [(1, True, 1), (-1, True, 1), (31, True, 0), (1, False, 0)])
def test_the_leader_excuses_what_failed_as_its_server_was_lost(lost_s, leads, found):
    facts = [*good("beta"), dies(0, "fluid", "beta"), (lost_s, ServerLost(server="beta"))]
    assert list(excuses(facts, leads=leads).values()) == ["link"] * found


def test_named_dependency():
    assert excuses([dies(0, "fluid", causes=("DEP_UNAVAILABLE",))]) == {"alpha/fluid@0": "dependency"}


def test_nothing_is_excused_for_ever():
    facts = [dies(number * 60 + index, name) for number in range(40) for index, name in enumerate(("a", "b", "c"))]
    found = excuses(facts)
    assert all(float(run.split("@")[1]) < 1803 for run in found)
    assert len(found) > 85


@pytest.mark.parametrize(("happened_s", "found"), [(5, 1), (300, 0)])
def test_what_is_told_late_excuses_what_failed_when_it_happened(happened_s, found):
    late = ended(
        301, "late", server="beta", service="fluid", version="1", origin_seq=1, happened_at_s=ZERO_S + happened_s
    )
    facts = [*good("beta"), *good("gamma"), dies(0, "fluid"), dies(290, "ink"), late]
    assert [excuse for run, excuse in excuses(facts).items() if run.startswith("alpha")] == ["elsewhere"] * found


def test_a_late_word_hides_no_later_failure():
    """The newest failures of a service are looked through up to the first that is too old."""
    old = ended(2, "old", server="beta", service="fluid", version="2", origin_seq=1, happened_at_s=0.0)
    facts = [*good("beta"), *good("gamma"), dies(1, "fluid", "gamma", "1"), old, dies(3, "fluid")]
    assert excuses(facts)["alpha/fluid@3"] == "elsewhere"
