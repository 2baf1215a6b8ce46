"""A report on clocks: whom it speaks of, and what was measured."""

import msgspec
import pytest

from communicator.answers.clocks import Claim, ClockReport, Host, Local, Pair, Peer, References, Thresholds


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


HEARD_BEFORE = {"offset_seconds": 0.1, "bound_seconds": 0.01, "servers": 3, "identities": ["192.0.2.1"]}
OF_THE_SERVERS = {"offset_seconds": None, "bound_seconds": None, "agreeing": [], "falsetickers": []}


@pytest.mark.parametrize("references", [None, OF_THE_SERVERS])
def test_a_report_of_the_release_before_is_read(references):
    before = {"local": {"server": "alpha", "references": HEARD_BEFORE}, "solved": True, "references": references}
    report = msgspec.convert(before, ClockReport)
    assert (report.local.server, report.heard) == ("alpha", {})


def test_the_release_before_finds_nothing_under_its_keys_that_it_would_refuse():
    told = msgspec.to_builtins(ClockReport(local=Local(heard=References()), references_by_host={"alpha": References()}))
    assert "references" not in told.keys() | told["local"].keys()
