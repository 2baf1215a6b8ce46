"""What operators order: each needs its words, names what is missing, and becomes records of the ledger."""

import pytest

from canary.judge.state import Freeze, State
from canary.orders import OVERRIDES, read_order, records_of
from canary.records import ALL, Actor, Frozen, Overridden, OverrideEnded, Pardoned
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message

ACTOR = Actor(user="root", server="alpha")
WHOLE = {
    "service": "billing",
    "version": "2.0",
    "server": "beta",
    "duration": "2h",
    "reason": "it loses invoices",
    "actor_user": "root",
    "actor_server": "alpha",
}


def order(command, **changes):
    return read_order(Message("CANARY_COMMAND", {"command": command, **WHOLE, **changes}))


def override(number=1, action="block", server="beta", build=ALL, until_at_s=7_300.0):
    return Overridden(
        number=number,
        action=action,
        server=server,
        service="billing",
        version="2.0",
        build=build,
        reason="it loses invoices",
        actor=ACTOR,
        until_at_s=until_at_s,
    )


@pytest.mark.parametrize("action", ["block", "allow", "pin"])
def test_an_override_ends_by_itself(action):
    assert records_of(order(action), State(), 100.0) == [override(action=action)]


def test_a_second_one_replaces_the_first_of_the_same_scope_only():
    state = State(override_number=2, overrides={1: override(), 2: override(2, server=ALL)})
    assert records_of(order("allow"), state, 0.0) == [
        OverrideEnded(number=1, cause="replaced", actor=ACTOR),
        override(3, "allow", until_at_s=7_200.0),
    ]


def test_the_other_orders():
    state = State(overrides={1: override()}, freezes={"billing": Freeze("billing", None, "", "")})
    assert records_of(order("withdraw"), state, 0.0) == [OverrideEnded(number=1, cause="withdrawn", actor=ACTOR)]
    pardoned = Pardoned(server="beta", service="billing", version="2.0", reason="it loses invoices", actor=ACTOR)
    assert records_of(order("pardon"), state, 0.0) == [pardoned]
    frozen = Frozen(scope="billing", is_on=True, until_at_s=7_205.0, reason="it loses invoices", actor=ACTOR)
    assert records_of(order("freeze", version=""), state, 5.0) == [frozen]
    (everything,) = records_of(order("freeze", service="", version=""), state, 5.0)
    assert everything.scope == ALL
    (thawed,) = records_of(order("unfreeze", version="", duration=""), state, 5.0)
    assert thawed == Frozen(scope="billing", is_on=False, reason="it loses invoices", actor=ACTOR)


@pytest.mark.parametrize(
    ("command", "changes", "named"),
    [
        ("promote", {}, "'promote' is none of allow, block, freeze, pardon, pin, unfreeze, withdraw"),
        ("", {}, "parameter command"),
        ("block", {"service": ""}, "needs the parameters service and version"),
        ("block", {"version": ""}, "needs the parameters service and version"),
        ("block", {"service": "no name!"}, "is not a service name"),
        ("block", {"server": "no name!"}, "parameter server"),
        ("block", {"service": "canary"}, "'canary' is never blocked"),
        ("block", {"reason": " "}, "needs the parameter reason"),
        ("block", {"duration": ""}, "needs the parameter duration"),
        ("block", {"duration": "soon"}, "is not a duration"),
        ("block", {"duration": "0"}, "not between 0 and 30 days"),
        ("block", {"duration": "31d"}, "not between 0 and 30 days"),
        ("block", {"version": "9" * 257}, "parameter version is longer than 256"),
        ("pardon", {"reason": "x" * 257}, "parameter reason is longer than 256"),
    ],
)
def test_what_is_wrong_is_named(command, changes, named):
    with pytest.raises(RemoteProtocolError, match=named.replace("(", r"\(")):
        order(command, **changes)


@pytest.mark.parametrize(
    ("command", "named"),
    [("withdraw", "no override of billing 2.0 is in force"), ("unfreeze", "'billing' is frozen as such")],
)
def test_what_is_not_there_cannot_be_undone(command, named):
    with pytest.raises(RemoteProtocolError, match=named):
        records_of(order(command), State(), 0.0)


def test_overrides_are_bounded():
    state = State(overrides={number: override(number, server=f"h{number}") for number in range(OVERRIDES)})
    with pytest.raises(RemoteProtocolError, match="500 overrides are in force"):
        records_of(order("block"), state, 0.0)


def test_freezes_are_bounded_and_one_that_is_there_may_be_given_anew():
    freezes = {f"s{number}": Freeze(f"s{number}", None, "", "") for number in range(OVERRIDES)}
    with pytest.raises(RemoteProtocolError, match="500 services are frozen"):
        records_of(order("freeze", version=""), State(freezes=freezes), 0.0)
    del freezes["s0"]
    assert records_of(
        order("freeze", version=""), State(freezes={**freezes, "billing": Freeze("billing", None, "", "")}), 0.0
    )
