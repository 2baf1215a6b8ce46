"""Which flags stand: each for what it speaks of, and of this host alone."""

import pytest

from canary.conclusion import OVERDUE_S, ROLLED_BACK_S, flags_to_raise
from canary.deployment.spec import read_table
from canary.judge.state import Cell, Freeze, Server, State
from canary.records import ALL, CellKey
from canary.records.deployments import Deploying, DeploymentMoved
from communicator.flags.catalogue import (
    CANARY_BLOCKED,
    CANARY_FROZEN,
    CANARY_HUMAN,
    CANARY_LAST_INSTANCE,
    CANARY_LEDGER,
    CANARY_SERVER_SICK,
    CANARY_SUSPECT,
    DEPLOYMENT_OVERDUE,
    DEPLOYMENT_ROLLED_BACK,
    DEPLOYMENT_WAITING,
    FEATURE_STALE,
)


def state_of(server="alpha", **fields):
    cell = Cell(CellKey(server, "billing", "2.0", ""), reason="it fails", **fields)
    return State(cells={cell.key: cell})


@pytest.mark.parametrize(
    ("state", "denied", "fault", "raised"),
    [
        (State(), (), "", {}),
        (
            State(),
            ("billing 2: failed", "printer 1: held"),
            "",
            {CANARY_BLOCKED: "billing 2: failed; printer 1: held"},
        ),
        (state_of(state="suspect"), (), "", {}),
        (state_of(state="suspect", until_at_s=30.0), (), "", {CANARY_SUSPECT: "billing 2.0: it fails"}),
        (state_of("beta", state="suspect", until_at_s=30.0, needs_human=True), (), "", {}),
        (state_of(suppressed_by="last_instance"), (), "", {CANARY_LAST_INSTANCE: "billing 2.0: it fails"}),
        (state_of(suppressed_by="gap"), (), "", {}),
        (state_of(needs_human=True), (), "", {CANARY_HUMAN: "billing 2.0: it fails"}),
        (
            State(freezes={ALL: Freeze(ALL, None, "too much", ""), "ping": Freeze("ping", 5.0, "we move", "root")}),
            (),
            "",
            {CANARY_FROZEN: "all services: too much; ping: we move"},
        ),
        (
            State(servers={"alpha": Server("alpha", is_sick=True, reason="three fail")}),
            (),
            "",
            {CANARY_SERVER_SICK: "three fail"},
        ),
        (State(servers={"beta": Server("beta", is_sick=True, reason="three fail")}), (), "", {}),
        (State(), (), "disk full", {CANARY_LEDGER: "disk full"}),
    ],
)
def test_what_stands(state, denied, fault, raised):
    assert flags_to_raise(state, "alpha", denied, fault) == raised


def test_stale_feature_flags_are_told():
    assert flags_to_raise(State(), "alpha", (), "", "new-checkout") == {FEATURE_STALE: "new-checkout"}


NOW_S = 1e6


def deploying(service="billing", *, in_phase_s=0.0, left_s=None, **moved):
    spec = read_table({"name": "web", "service": service, "version": "2.0"})
    until_at_s = None if left_s is None else NOW_S + left_s
    at = DeploymentMoved(id="d1", spec=spec, by="root@alpha", until_at_s=until_at_s, **{"reason": "so it is", **moved})
    return Deploying(at, NOW_S - in_phase_s, NOW_S - in_phase_s - 10.0)


SO_IT_IS = "billing 2.0: so it is"


@pytest.mark.parametrize(
    ("one", "raised"),
    [
        (deploying(phase="step", left_s=5.0), {}),
        (deploying(phase="paused", pause="gate", left_s=5.0), {DEPLOYMENT_WAITING: SO_IT_IS}),
        (deploying(phase="paused", pause="suspect", left_s=5.0), {DEPLOYMENT_WAITING: SO_IT_IS}),
        (deploying(phase="paused", pause="objection", left_s=5.0), {}),
        (deploying(phase="paused", pause="inconclusive", left_s=5.0), {}),
        (deploying(phase="aborting", left_s=5.0), {}),
        (deploying(phase="rolled_back"), {DEPLOYMENT_ROLLED_BACK: SO_IT_IS}),
        (deploying(phase="rolled_back", in_phase_s=ROLLED_BACK_S), {}),
        (deploying(phase="done"), {}),
        (deploying(phase="superseded", left_s=-100.0), {}),
        (deploying(phase="promoting", left_s=-OVERDUE_S), {}),
        (deploying(phase="promoting", left_s=-OVERDUE_S - 1), {DEPLOYMENT_OVERDUE: SO_IT_IS}),
        (
            deploying(phase="paused", pause="no_way_back", left_s=-OVERDUE_S - 1),
            {DEPLOYMENT_OVERDUE: SO_IT_IS, DEPLOYMENT_WAITING: SO_IT_IS},
        ),
    ],
)
def test_the_host_that_leads_speaks_of_deployments(one, raised):
    state = State(deployments={"billing": one})
    assert flags_to_raise(state, "alpha", (), "", leads_at_s=NOW_S) == raised
    assert flags_to_raise(state, "alpha", (), "") == {}, "one matter is one flag in the cluster"


def test_several_deployments_share_a_flag():
    both = (deploying(name, phase="paused", pause="hand") for name in ("billing", "mailer"))
    state = State(deployments={one.at.service: one for one in both})
    assert flags_to_raise(state, "alpha", (), "", leads_at_s=NOW_S) == {
        DEPLOYMENT_WAITING: "billing 2.0: so it is; mailer 2.0: so it is"
    }
