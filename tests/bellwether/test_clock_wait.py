"""When a clock is true enough to go on."""

import pytest

from bellwether.clock_report import Claim, Host, Local, Report
from bellwether.clock_wait import gist, shortfall

SYNCED = Claim("synchronized", bound_seconds=0.0021, daemon="chronyd")


def report(claim=SYNCED, *hosts, solved=True):
    return Report(local=Local("alpha", claim=claim), solved=solved, hosts=hosts)


@pytest.mark.parametrize(
    ("told", "bound_s"),
    [
        (report(), None),
        (report(), 0.0021),
        (report(Claim("synchronized")), None),
        (report(SYNCED, Host("beta", verdict="wrong", claim_holds=False)), None),
        (report(SYNCED, Host("alpha", verdict="suspect", claim_holds=True)), 1),
        (report(SYNCED, Host("alpha", verdict="no_majority")), None),
        (report(SYNCED, Host("alpha", verdict="wrong"), solved=False), None),
    ],
)
def test_good_enough(told, bound_s):
    assert shortfall(told, bound_s) == ""


@pytest.mark.parametrize(
    ("told", "bound_s", "reason"),
    [
        (Report(), None, "the clock is unknown"),
        (report(Claim("holdover")), None, "the clock is holdover"),
        (
            report(Claim("unsynchronized", reasons=("chronyd says so", "more"))),
            None,
            "the clock is unsynchronized: chronyd says so",
        ),
        (report(), 0.002, "the clock may be off by 2.1 ms, 2 ms are allowed"),
        (
            report(Claim("synchronized")),
            1,
            "the clock is synchronized, but how far it may be off is not known",
        ),
        (
            report(SYNCED, Host("alpha", verdict="wrong", reasons=("40.1 ms behind 4 of 5 hosts",))),
            None,
            "the other hosts find the clock wrong: 40.1 ms behind 4 of 5 hosts",
        ),
        (
            report(SYNCED, Host("alpha", verdict="ok", claim_holds=False)),
            None,
            "the clock is said to be synchronized, which is false",
        ),
    ],
)
def test_not_good_enough(told, bound_s, reason):
    assert shortfall(told, bound_s) == reason


def test_the_gist_is_without_numbers():
    assert gist("updated 12.5 s ago") == gist("updated 1,300 s ago") != gist("updated never")
