"""One host's clock: its verdict as a sentence, its claim, and what was measured of it from either side."""

import msgspec
import pytest

from communicator.answers.clocks import Claim, ClockReport, Host, Local, Pair, References
from communicator.wording import marks
from exporters.page.views.host import host_view

CLAIM = Claim(
    "synchronized", daemon="chronyd", bound_seconds=0.002, offset_seconds=-1e-5, upstreams=("192.0.2.4", "192.0.2.5")
)
REPORT = ClockReport(
    local=Local("alpha", role="solver", claim=Claim("holdover", reasons=("ntpd no longer runs",))),
    solved=True,
    hosts=(
        Host("alpha", 0.0, 0.0, "ok"),
        Host("beta", -0.06, 0.0003, "wrong", critical=True, claim=CLAIM, claim_holds=False, reasons=("60 ms behind",)),
        Host("gamma"),
        Host("delta", 0.01, 0.001, "wrong"),
    ),
    has_majority=True,
    pairs=(
        Pair("alpha", "beta", -0.06, 0.0003, age_seconds=3, via="probe"),
        Pair("beta", "alpha", 0.06, 0.0003, age_seconds=70, via="router"),
        Pair("beta", "gamma"),
        Pair("alpha", "gamma", 1.0),
    ),
)


def test_all_that_is_known_of_a_host():
    view = host_view(REPORT, "beta")
    assert (view.mark, view.title) == (marks.BAD, "beta is wrong: off by 50 ms or more, for certain")
    assert view.reasons == ("60 ms behind",)
    assert dict(view.facts) == {
        "offset": "-60 ms ± 300 µs",
        "claim": "false: synchronized ± 2 ms",
        "its own offset": "-10 µs",
        "daemon": "chronyd",
        "upstreams": "192.0.2.4, 192.0.2.5",
    }


def test_what_is_told_of_its_external_servers_and_of_its_age():
    heard = {"gamma": References(-0.2, 0.007, ("s4",), (), {"s5": "no answer"}, 3.0)}
    gamma = Host("gamma", 0.0, 0.001, "ok", age_seconds=70, off=True, contradicted_by="beta", claim=CLAIM)
    view = host_view(msgspec.structs.replace(REPORT, hosts=(gamma,), references_by_host=heard), "gamma")
    assert (view.mark, view.title.split(",")[0]) == (marks.BAD, "gamma agrees with most others")
    facts = dict(view.facts)
    assert (facts["offset"], facts["claim"]) == ("0 µs ± 1 ms, 1m 10s old", "contradicted: synchronized ± 2 ms")
    assert (facts["references"], facts["s4"], facts["s5"]) == ("+200 ms ± 7 ms", "agrees", "gives nothing: no answer")


def test_every_pair_is_told_as_seen_from_the_host():
    assert [(pair.against, pair.offset, pair.age, pair.via, pair.by) for pair in host_view(REPORT, "beta").pairs] == [
        ("alpha", "-60 ms ± 300 µs", "3s", "probe", "alpha"),
        ("alpha", "-60 ms ± 300 µs", "1m 10s", "router", "beta"),
        ("gamma", "no answer", "-", "-", "beta"),
    ]


@pytest.mark.parametrize(
    ("report", "name", "mark", "title"),
    [
        (REPORT, "alpha", marks.GOOD, "alpha is ok: off by less than 5 ms"),
        (REPORT, "delta", marks.BAD, "delta is wrong: off by 5 ms or more, for certain"),
        (
            REPORT,
            "gamma",
            marks.UNKNOWN,
            "gamma cannot be judged: it was not measured, not lately or not for long enough",
        ),
        (
            ClockReport(local=Local("alpha")),
            "alpha",
            marks.UNKNOWN,
            "alpha is compared with nobody: nothing is solved here",
        ),
        (
            ClockReport(local=Local("alpha"), solved=True, hosts=(Host("alpha"),)),
            "alpha",
            marks.UNKNOWN,
            "alpha cannot be judged: it is the only host",
        ),
    ],
    ids=["ok", "wrong", "unknown", "unsolved", "alone"],
)
def test_the_verdict(report, name, mark, title):
    view = host_view(report, name)
    assert (view.mark, view.title) == (mark, title)


def test_of_its_own_host_a_timekeeper_says_all_it_claims():
    assert host_view(REPORT, "alpha").reasons == ("ntpd no longer runs",)


def test_nobody_of_this_name():
    assert host_view(REPORT, "omega") is None


def test_not_all_pairs_of_a_large_cluster_are_shown():
    pairs = tuple(Pair("alpha", f"h{number:03}", 0.0) for number in range(150))
    view = host_view(ClockReport(local=Local("alpha"), solved=True, hosts=REPORT.hosts, pairs=pairs), "alpha")
    assert (len(view.pairs), view.hidden) == (100, 50)


def test_a_host_whose_router_hears_of_no_verdict_says_so():
    aside = "not enforced there: host beta runs a C++ router, which knows no clock verdict"
    assert host_view(REPORT, "beta", ("beta",)).reasons == ("60 ms behind", aside)
    assert host_view(REPORT, "delta", ("beta",)).reasons == ()
