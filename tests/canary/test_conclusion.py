"""Which flags stand: each for what it speaks of, and of this host alone."""

import pytest

from canary.conclusion import FLAGS, flags_to_raise
from canary.judge.state import Cell, Freeze, Server, State
from canary.records import ALL, CellKey
from communicator.flags.catalogue import (
    CANARY_BLOCKED,
    CANARY_FROZEN,
    CANARY_HUMAN,
    CANARY_LAST_INSTANCE,
    CANARY_LEDGER,
    CANARY_SERVER_SICK,
    CANARY_SUSPECT,
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
    assert set(raised) <= set(FLAGS)


def test_stale_feature_flags_are_told():
    assert flags_to_raise(State(), "alpha", (), "", "new-checkout") == {FEATURE_STALE: "new-checkout"}
