"""The oracle: which receipts and which losses it lets pass, and which it does not."""

import pytest

from simulation.agenda import ViolationError
from simulation.oracle import Dispatch, Kind, Oracle, Party

ANVIL1 = Party("host1", "anvil", frozenset({"NEWS"}))
ANVIL2 = Party("host2", "anvil", frozenset({"NEWS"}))
BELLOWS1 = Party("host1", "bellows")
BELLOWS2 = Party("host2", "bellows")
CALM = 5


def send(oracle, kind=Kind.ONE, number=1, **changes):
    settings = {"command": f"TELL_{number}", "sender": BELLOWS1, "sent_s": 10.0, "calm": CALM}
    if kind in (Kind.ONE, Kind.ANY, Kind.ALL):
        settings |= {"service": "anvil", "server": "host2" if kind is Kind.ONE else ""}
    else:
        settings |= {"command": "NEWS"}
    dispatch = Dispatch(number=number, kind=kind, **{**settings, **changes})
    oracle.sent(dispatch)
    return dispatch


def receive(oracle, receiver, number=1, life="first", claimed_sender="host1:bellows", calm=CALM):
    oracle.received(number, receiver, life, claimed_sender=claimed_sender, calm=calm)


@pytest.mark.parametrize(
    ("kind", "receiver", "is_right"),
    [
        (Kind.ONE, ANVIL2, True),
        (Kind.ONE, ANVIL1, False),
        (Kind.ONE, BELLOWS2, False),
        (Kind.ANY, ANVIL1, True),
        (Kind.ANY, BELLOWS2, False),
        (Kind.ALL, ANVIL1, True),
        (Kind.ALL, BELLOWS2, False),
        (Kind.BROADCAST, ANVIL2, True),
        (Kind.BROADCAST, BELLOWS2, False),
        (Kind.BROADCAST_HERE, ANVIL1, True),
        (Kind.BROADCAST_HERE, ANVIL2, False),
    ],
)
def test_who_may_receive_what(kind, receiver, is_right):
    oracle = Oracle()
    send(oracle, kind)
    if is_right:
        receive(oracle, receiver)
    else:
        with pytest.raises(ViolationError, match="must not receive"):
            receive(oracle, receiver)


def test_deliver_all_never_returns_to_its_sender():
    oracle = Oracle()
    send(oracle, Kind.ALL, sender=ANVIL1)
    with pytest.raises(ViolationError, match="must not receive"):
        receive(oracle, ANVIL1, claimed_sender="host1:anvil")


def test_a_message_nobody_sent():
    with pytest.raises(ViolationError, match="which nobody sent"):
        receive(Oracle(), ANVIL1)


def test_a_false_sender():
    oracle = Oracle()
    send(oracle)
    with pytest.raises(ViolationError, match="as if it came from 'host2:bellows'"):
        receive(oracle, ANVIL2, claimed_sender="host2:bellows")


@pytest.mark.parametrize("ack", [True, False])
@pytest.mark.parametrize("kind", Kind)
def test_a_double_is_found(kind, ack):
    oracle = Oracle()
    send(oracle, kind, ack=ack)
    receiver = ANVIL1 if kind is Kind.BROADCAST_HERE else ANVIL2
    receive(oracle, receiver)
    with pytest.raises(ViolationError, match="twice"):
        receive(oracle, receiver)


@pytest.mark.parametrize("ack", [True, False])
def test_an_acknowledged_message_may_come_again_only_after_its_router_forgot(ack):
    oracle = Oracle()
    send(oracle, ack=ack)
    receive(oracle, ANVIL2, life="first")
    if ack:
        receive(oracle, ANVIL2, life="second")
    else:
        with pytest.raises(ViolationError, match="twice"):
            receive(oracle, ANVIL2, life="second")


@pytest.mark.parametrize(("ack", "calm", "may"), [(False, None, False), (True, None, True), (True, CALM, False)])
def test_any_instance_means_one(ack, calm, may):
    oracle = Oracle()
    send(oracle, Kind.ANY, ack=ack)
    receive(oracle, ANVIL1, calm=calm)
    if may:
        receive(oracle, ANVIL2, calm=calm)
    else:
        with pytest.raises(ViolationError, match="and so did host1:anvil"):
            receive(oracle, ANVIL2, calm=calm)


@pytest.mark.parametrize(("calm", "is_lost"), [(CALM, True), (None, False), (CALM + 1, False)])
def test_a_loss_counts_while_the_calm_lasts(calm, is_lost):
    oracle = Oracle()
    dispatch = send(oracle, Kind.ALL, expected=frozenset({ANVIL1, ANVIL2}))
    receive(oracle, ANVIL1)
    if is_lost:
        with pytest.raises(ViolationError, match="lost on its way to host2:anvil"):
            oracle.settle(dispatch, calm)
    else:
        oracle.settle(dispatch, calm)
        assert oracle.judged == 0


def test_what_arrived_is_counted():
    oracle = Oracle()
    dispatch = send(oracle, Kind.ANY, expected=frozenset({ANVIL1, ANVIL2}))
    receive(oracle, ANVIL2)
    oracle.settle(dispatch, CALM)
    assert (oracle.judged, oracle.receipts) == (1, 1)


@pytest.mark.parametrize(("calm", "is_found"), [(CALM, True), (None, False)])
def test_order_is_kept_in_a_calm(calm, is_found):
    oracle = Oracle()
    send(oracle, number=1)
    send(oracle, number=2)
    receive(oracle, ANVIL2, number=2)
    if is_found:
        with pytest.raises(ViolationError, match="after message 2, sent later"):
            receive(oracle, ANVIL2, number=1, calm=calm)
    else:
        receive(oracle, ANVIL2, number=1, calm=calm)


def test_a_message_reported_as_failed_must_not_arrive():
    oracle = Oracle()
    send(oracle)
    oracle.report("TELL_1", "failed no_route")
    with pytest.raises(ViolationError, match="reported as failed no_route"):
        receive(oracle, ANVIL2)


def test_a_message_that_arrived_must_not_be_reported_as_failed():
    oracle = Oracle()
    send(oracle)
    receive(oracle, ANVIL2)
    with pytest.raises(ViolationError, match="and received by host2:anvil"):
        oracle.report("TELL_1", "failed no_route")


def test_a_report_that_is_due():
    oracle = Oracle()
    dispatch = send(oracle, report_due=True)
    with pytest.raises(ViolationError, match="its sender was not told"):
        oracle.settle(dispatch, CALM)
    oracle.report("TELL_1", "failed service_unknown")
    oracle.settle(dispatch, CALM)


def test_a_report_of_nothing():
    with pytest.raises(ViolationError, match="which nobody sent"):
        Oracle().report("TELL_1", "failed")


def test_what_is_long_past_is_forgotten():
    oracle = Oracle()
    send(oracle)
    oracle.forget(10.0)
    assert len(oracle.dispatches) == 1
    oracle.forget(10.1)
    assert not oracle.dispatches


def test_what_cpp_routers_look_for_may_reach_every_instance():
    oracle = Oracle()
    send(oracle, Kind.ANY, may_spread=True)
    receive(oracle, ANVIL1)
    receive(oracle, ANVIL2)
    with pytest.raises(ViolationError, match="twice"):
        receive(oracle, ANVIL2)


def test_only_cpp_hosts_may_get_a_copy_twice():
    oracle = Oracle()
    send(oracle, Kind.ANY, may_spread=True, may_repeat=frozenset({"host2"}))
    for receiver in (ANVIL1, ANVIL2, ANVIL2):
        receive(oracle, receiver)
    with pytest.raises(ViolationError, match=r"host1:anvil received .* twice"):
        receive(oracle, ANVIL1)


def test_what_takes_several_ways_may_be_overtaken():
    oracle = Oracle()
    send(oracle, number=1, is_ordered=False)
    send(oracle, number=2)
    receive(oracle, ANVIL2, number=2)
    receive(oracle, ANVIL2, number=1)
