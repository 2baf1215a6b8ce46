"""When a clock is true enough to go on."""

import msgspec
import pytest

from bellwether.clock_wait import ACCUSED, NOT_YET, UNDECIDED, Shortfall, find_shortfall, gist
from communicator.answers.clocks import Claim, ClockReport, Found, Host, Local

SYNCED = Claim("synchronized", bound_seconds=0.0021, daemon="chronyd")


BETA = Host("beta")


def report(claim=SYNCED, *hosts, solved=True, grace_s=None):
    return ClockReport(local=Local("alpha", claim=claim, grace_left_seconds=grace_s), solved=solved, hosts=hosts)


@pytest.mark.parametrize(
    ("told", "bound_s"),
    [
        (report(), None),
        (report(), 0.0021),
        (report(Claim("synchronized")), None),
        (report(SYNCED, Host("beta", verdict="wrong", claim_holds=False)), None),
        (report(SYNCED, Host("alpha", verdict="suspect", claim_holds=True)), 1),
        (report(SYNCED, Host("alpha", verdict="unknown")), None),
        (report(SYNCED, Host("alpha", verdict="unknown"), grace_s=9), None),  # there is no other host
        (report(SYNCED, Host("alpha", verdict="unknown"), BETA, grace_s=0.0), None),
        (report(SYNCED, Host("alpha", compared_with="too few"), BETA, grace_s=0.0), None),  # in a minority
        (report(SYNCED, Host("alpha", verdict="ok"), BETA, grace_s=9), None),
        (report(SYNCED, Host("alpha", verdict="unknown"), BETA), None),  # told by an older timekeeper
        (report(SYNCED, Host("alpha", verdict="wrong"), solved=False), None),
    ],
)
def test_good_enough(told, bound_s):
    assert find_shortfall(told, bound_s) is None


@pytest.mark.parametrize(
    ("told", "bound_s", "reason"),
    [
        (ClockReport(), None, "the clock is unknown"),
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
            "what is claimed of the clock is false",
        ),
        (
            report(SYNCED, Host("alpha", verdict="unknown", reasons=("not measured yet",)), BETA, grace_s=9),
            None,
            "the clock is not compared with those of other hosts yet: not measured yet",
        ),
        (
            report(SYNCED, Host("alpha", verdict="suspect", claim_holds=True), BETA, grace_s=9),
            None,
            "the clock is not compared with those of other hosts yet",
        ),
        (
            report(SYNCED, Host("alpha", verdict="suspect", reasons=("3 ms ahead of 2 of 3 hosts",)), BETA, grace_s=0),
            None,
            "the other hosts doubt the clock: 3 ms ahead of 2 of 3 hosts",
        ),
    ],
)
def test_not_good_enough(told, bound_s, reason):
    found = find_shortfall(told, bound_s)
    assert found.reason == reason
    assert (found.exit_code == NOT_YET) is ("find the clock wrong" not in reason and "is false" not in reason)


WHY = ("as it is", "and more")


@pytest.mark.parametrize(
    ("own", "reason", "exit_code"),
    [
        (Host("alpha", verdict="wrong", claim_holds=False), "the other hosts find the clock wrong", ACCUSED),
        (Host("alpha", claim_holds=False, contradicted_by="beta"), "what is claimed of the clock is false", ACCUSED),
        (Host("alpha", verdict="ok", off=True), "external servers find this clock and most others off", UNDECIDED),
        (Host("alpha", contradicted_by="beta"), "nobody can tell whether the clock is right", UNDECIDED),
        (Host("alpha", verdict="no_majority"), "nobody can tell whether the clock is right", UNDECIDED),
    ],
)
@pytest.mark.parametrize("claim", [SYNCED, Claim("unsynchronized")], ids=["synchronized", "unsynchronized"])
@pytest.mark.parametrize("grace_s", [None, 0.0, 9])
def test_what_speaks_against_it_is_told_first_whatever_is_claimed(own, reason, exit_code, claim, grace_s):
    told = report(claim, msgspec.structs.replace(own, reasons=WHY), BETA, grace_s=grace_s)
    assert find_shortfall(told, None) == Shortfall(f"{reason}: as it is", exit_code)


UNSOLVED = ClockReport(Local("alpha", role="solver", claim=SYNCED, grace_left_seconds=9))
ALONE = report(SYNCED, Host("alpha", verdict="unknown"), grace_s=9)


@pytest.mark.parametrize(
    ("told", "routers", "is_good"),
    [
        (ALONE, 1, True),
        (ALONE, 3, False),
        (report(SYNCED, Host("alpha", verdict="unknown"), grace_s=0.0), 3, True),
        (report(SYNCED, Host("alpha", verdict="ok"), grace_s=9), 3, True),  # external servers find it right
        (UNSOLVED, 1, True),
        (UNSOLVED, 3, False),
        (ClockReport(Local("alpha", role="agent", claim=SYNCED, grace_left_seconds=0.0)), 1, True),
        (ClockReport(Local("alpha", role="agent", claim=SYNCED, grace_left_seconds=0.0)), 200, False),
        (
            ClockReport(Local("alpha", role="agent", claim=SYNCED, grace_left_seconds=9)),
            3,
            False,
        ),  # one that solves may answer it
        (ClockReport(Local("", role="solver", claim=SYNCED, grace_left_seconds=9)), 3, False),
    ],
)
def test_hosts_of_which_only_the_router_knows_may_still_come(told, routers, is_good):
    reason = "" if is_good else "the clock is not compared with those of other hosts yet"
    found = find_shortfall(told, None, routers)
    assert found == (Shortfall(reason, NOT_YET) if reason else None)


def test_the_gist_is_without_numbers():
    assert gist("updated 12.5 s ago") == gist("updated 1,300 s ago") != gist("updated never")


def held(*faults, host=None, grace_s=0.0):
    told = report(SYNCED, *filter(None, [host]), BETA, grace_s=grace_s, solved=host is not None)
    return msgspec.structs.replace(told, held=Found(faults, tuple(f"why {fault}" for fault in faults)))


NOBODY = "nobody can tell whether the clock is right"
OFF = "external servers find this clock and most others off"


@pytest.mark.parametrize(
    ("told", "reason", "exit_code"),
    [
        (held("wrong"), "the other hosts find the clock wrong: why wrong", ACCUSED),
        (held("false_claim", "contradicted"), "what is claimed of the clock is false: why false_claim", ACCUSED),
        (held("cluster_off"), f"{OFF}: why cluster_off", UNDECIDED),
        (held("contradicted"), f"{NOBODY}: why contradicted", UNDECIDED),
        (held("no_majority"), f"{NOBODY}: why no_majority", UNDECIDED),
        (held("contradicted", host=Host("alpha", verdict="ok")), f"{NOBODY}: why contradicted", UNDECIDED),
        (
            held("contradicted", host=Host("alpha", contradicted_by="beta", reasons=WHY)),
            f"{NOBODY}: as it is",
            UNDECIDED,
        ),
        (
            held("no_majority", host=Host("alpha", verdict="wrong", reasons=WHY)),
            "the other hosts find the clock wrong: as it is",
            ACCUSED,
        ),
        (held(host=Host("alpha", verdict="ok", faults=("contradicted",))), NOBODY, UNDECIDED),
        (
            held(host=Host("alpha", faults=("false_claim",), compared_with="apart")),
            "what is claimed of the clock is false",
            ACCUSED,
        ),
    ],
)
def test_what_has_lasted_speaks_against_it_whatever_is_seen_now_and_whoever_solves(told, reason, exit_code):
    assert find_shortfall(told, None, 200) == Shortfall(reason, exit_code)


def test_a_fault_that_a_later_release_tells_of_speaks_against_nobody():
    assert find_shortfall(held("strange", host=Host("alpha", verdict="ok")), None, 200) is None
