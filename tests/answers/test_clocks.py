"""A report on clocks: whom it speaks of, and what was measured."""

import pytest

from communicator.answers.clocks import Claim, ClockReport, Host, Local, Pair, Peer, Thresholds


def peer(name):
    return Peer(name, 0.001, 0.0001, 0.0002, 3.0, "probe")


def test_where_nothing_is_solved_pairs_are_those_of_this_host():
    report = ClockReport(local=Local("alpha", pairs=(Peer("beta", 0.001, 0.0001, 0.0002, 3.0, "probe", 5.0),)))
    assert report.all_pairs() == (Pair("alpha", "beta", 0.001, 0.0001, 0.0002, 3.0, "probe", 5.0),)
    assert report.host_names() == ["alpha", "beta"]


def test_where_hosts_are_compared_pairs_are_those_of_all():
    local = Local("alpha", pairs=(peer("delta"),))
    report = ClockReport(local, solved=True, hosts=(Host("gamma"),), pairs=(Pair("beta", "gamma"),))
    assert report.all_pairs() == (Pair("beta", "gamma"),)
    assert report.host_names() == ["alpha", "beta", "gamma"]


def test_a_host_without_a_name_is_this_one_where_it_alone_speaks():
    alone = ClockReport(local=Local(pairs=(peer("beta"), peer(""))))
    assert alone.host_names() == ["beta", "this host"]
    assert ClockReport(solved=True, hosts=(Host(""),)).host_names() == []


def test_a_host_that_makes_no_claim_is_taken_as_not_known():
    assert Host("alpha").claimed == Claim()
    assert Host("alpha", claim=Claim("holdover")).claimed.state == "holdover"


def test_thresholds_that_are_not_told_are_the_usual_ones():
    assert ClockReport().limits == Thresholds(0.005, 0.05)
    assert ClockReport(thresholds=Thresholds(1.0, 2.0)).limits == Thresholds(1.0, 2.0)


@pytest.mark.parametrize(
    ("told", "is_of_one"),
    [
        ({}, True),
        ({"has_majority": None}, True),
        ({"has_majority": True}, False),
        ({"solved": False}, False),
        ({"hosts": ()}, False),
        ({"hosts": (Host("alpha"), Host("beta"))}, False),
        ({"pairs": (Pair("alpha", "beta"),)}, False),
    ],
)
def test_an_only_host(told, is_of_one):
    alone = {"local": Local("alpha"), "solved": True, "hosts": (Host("alpha"),), "has_majority": False}
    assert ClockReport(**alone | told).is_of_one_host is is_of_one
