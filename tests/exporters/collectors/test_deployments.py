"""What a canary tells of deployments as metrics, in each phase."""

import pytest

from communicator.answers.deployments import ENDED
from exporters.collectors.deployments import DEPLOYMENTS, DEPLOYMENTS_ANSWER, PHASES
from tests.exporters.page.scenes import ABORTING, DONE, PAUSED, deployment, told_deployments

ABOUT = ("billing", "2.0")


def samples(*deployments, **more):
    report = DEPLOYMENTS_ANSWER.read(told_deployments(*deployments, **more))
    return {
        (sample.name.removeprefix("bellwether_deployment_"), *sample.labels.values()): sample.value
        for family in DEPLOYMENTS.translate(report).families
        for sample in family.samples
    }


def test_all_of_a_deployment_is_exported():
    found = samples(PAUSED)
    phases = {key: value for key, value in found.items() if key[0] == "phase"}
    assert phases == {("phase", *ABOUT, phase): float(phase == "paused") for phase in PHASES}
    assert {key: value for key, value in found.items() if key not in phases} == {
        ("info", "billing", "3f2a9c11", "2.0", "*", "1.9", "canary"): 1,
        ("phase_seconds", *ABOUT): 725,
        ("step", *ABOUT): 2,
        ("steps", *ABOUT): 3,
        ("needs_human", *ABOUT): 1,
        ("overdue", *ABOUT): 0,
        ("behind_routers", *ABOUT): 1,
        ("log10_evidence", *ABOUT): 2.1,
        ("log10_evidence_limit", *ABOUT, "suspect"): 2,
        ("log10_evidence_limit", *ABOUT, "block"): 3,
        ("servers", *ABOUT, "running"): 2,
        ("servers", *ABOUT, "wanted"): 1,
        ("servers", *ABOUT, "failed"): 0,
        ("servers", *ABOUT, "away"): 1,
        ("untold",): 0,
    }


@pytest.mark.parametrize("phase", PHASES)
def test_each_phase_is_told(phase):
    found = samples(deployment(phase, is_overdue=phase not in ENDED))
    assert [name for name in PHASES if found["phase", *ABOUT, name]] == [phase]
    assert found["overdue", *ABOUT] == (phase not in ENDED)


def test_where_nothing_is_compared_there_is_no_evidence():
    found = samples(ABORTING)
    assert not [key for key in found if key[0].startswith("log10")]


def test_without_steps_it_is_at_none():
    found = samples(deployment(steps=()))
    assert ("step", *ABOUT) not in found
    assert found["steps", *ABOUT] == 0


def test_several_are_told_apart_and_what_does_not_fit_is_counted():
    found = samples(PAUSED, DONE, omitted=4)
    assert [key[1] for key in found if key[0] == "info"] == ["billing", "printer"]
    assert found[("untold",)] == 4


def test_where_nothing_was_deployed_nothing_is_told():
    assert samples() == {("untold",): 0}
