"""What a script that deploys is told of a version."""

import pytest

from bellwether.canary_outcome import EXIT_CODES, outcome_of
from bellwether.canary_picture import Frozen, Picture, put_together
from canary.report import Known, answer_report
from canary.tallies import Tallies
from communicator.answers.reading import read_answer
from communicator.answers.releases import CanaryReport, Cell, Release, SickServer, Standing
from tests.canary.judge.trial import Trial, crashes, rules, works


def cell(server, state, build="", *, running=1, **more):
    return Cell(server, "x", "2", build, state, running=running, **more)


def outcome(*cells, build=None, **more):
    return outcome_of(Picture("a", cells=cells, **more), "x", "2", build)


def held_back(cap, **more):
    return cell("b", "suspect", running=0, consecutive=7, reason=f"r; held back by {cap}", held_back_by=cap, **more)


def freeze(by, scope="*", servers=("b",)):
    return Frozen(scope, reason="r", by=by, servers=servers)


GOOD = cell("a", "good")
HELD = Release("x", "2", state="held", reason="never worked on 2 of 2 servers")
BLOCKED = cell("b", "blocked", running=0, reason="never worked")


@pytest.mark.parametrize(
    ("found", "verdict", "why"),
    [
        (outcome(GOOD, cell("b", "good")), "good", "x 2 is good on a, b"),
        (outcome(GOOD, cell("b", "proving", running=0)), "good", "x 2 is good on a"),
        (
            outcome(cell("a", "good", unheard=("CANCEL", "REFUND")), cell("b", "good")),
            "good",
            "x 2 is good on a, b; never exercised there: CANCEL, REFUND (a)",
        ),
        (outcome(GOOD, BLOCKED), "failed", "it is blocked on b: never worked"),
        (outcome(GOOD, cell("b", "probation", running=0, reason="r")), "failed", "it is probation on b: r"),
        (outcome(cell("b", "suspect", until_seconds=3.0, reason="r")), "failed", "it is ejected on b: r"),
        (outcome(cell("b", "good", override="block")), "failed", "an operator blocks it on b"),
        (outcome(cell("b", "blocked", override="allow", reason="r")), "inconclusive", "it is blocked on b: r"),
        (outcome(GOOD, releases=(HELD,)), "failed", "x 2 is held in the whole cluster: never worked on 2 of 2 servers"),
        (outcome(), "inconclusive", "nothing is known of a service 'x'"),
        (outcome(cell("a", "good", running=0)), "inconclusive", "x 2 runs nowhere: good on a"),
        (
            outcome(Cell("a", "x", "2.0")),
            "inconclusive",
            "nothing is known of version '2' of x; known: 2.0",
        ),
        (outcome(cell("a", "archived")), "inconclusive", "x 2 was not seen for long, or not in that build"),
        (outcome(GOOD, cell("b", "suspect", reason="r")), "inconclusive", "it is suspect on b: r"),
        (
            outcome(GOOD, cell("b", "suspect", running=0, consecutive=1)),
            "inconclusive",
            "it is suspect and does not run on b",
        ),
        (outcome(GOOD, cell("b", "proving")), "open", "no verdict yet: proving on b"),
        (outcome(cell("a", "observing")), "open", "no verdict yet: observing on a"),
        (outcome(cell("a", "proving"), freezes=(Frozen(reason="r"),)), "inconclusive", "the rules are frozen: r"),
        (outcome(GOOD, cell("b", "blocked", "b2"), build=""), "good", "x 2 is good on a"),
        (outcome(GOOD, releases=(Release("x", "2", "b2", "held"),), build=""), "good", "x 2 is good on a"),
        (outcome(GOOD, Cell("c", "y", "2", state="blocked")), "good", "x 2 is good on a"),
    ],
    ids=range(21),
)
def test_what_became_of_a_version(found, verdict, why):
    assert (found.verdict, found.why) == (verdict, why)
    assert found.is_final == (verdict in {"good", "failed"})


@pytest.mark.parametrize("cap", ["last_instance", "protected", "gap"])
def test_what_a_rule_has_found_is_a_failure_also_where_a_cap_spares_the_version(cap):
    found = outcome(GOOD, held_back(cap))
    assert (found.verdict, found.why) == ("failed", f"it is suspect on b: r; held back by {cap}")


@pytest.mark.parametrize("cap", ["dry_run", "override", "moon"])
def test_what_a_rule_would_have_found_is_none(cap):
    assert outcome(GOOD, held_back(cap)).verdict == "inconclusive"


STANDING = Standing(
    mode="by-rule",
    leader="alpha",
    term=1,
    generation=(1, 1),
    denied=0,
    policy_age_seconds=None,
    ledger_entries=0,
    ledger_errors_total=0,
    facts_lost_total=0,
    watchers={},
)


@pytest.mark.parametrize(
    ("tables", "verdict", "why"),
    [
        ({}, "failed", "it is blocked on alpha: never worked in 7 tries over 63 s (limit 5 over 60 s)"),
        (
            {"caps": {"protected": ["fluid"]}},
            "failed",
            "it is suspect on alpha: failed 7 times in a row; held back by protected",
        ),
        ({"a": {"mode": "dry-run"}}, "inconclusive", "fluid 2 runs nowhere: suspect on alpha"),
    ],
)
def test_what_never_works_on_the_only_server_has_failed(tables, verdict, why):
    """From the facts to the exit code: where nothing may be blocked, a script has to know all the same."""
    trial = Trial(rules(**tables), ["alpha"]).play([*works(-900, until_s=-1), *crashes(0, times=7)])
    known = Known(trial.state, Tallies(), STANDING, "alpha", trial.state.now_s)
    picture = put_together(read_answer(answer_report(known).get("report"), CanaryReport), {})
    found = outcome_of(picture, "fluid", "2")
    assert (found.verdict, found.why) == (verdict, why)


def test_what_an_operator_allows_has_not_failed():
    assert outcome(held_back("last_instance", override="allow")).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("freezes", "servers", "verdict"),
    [
        ([freeze("ann@a")], (), "failed"),
        ([freeze("ann@a", "x")], (), "failed"),
        ([freeze("")], (), "inconclusive"),
        ([freeze("ann@a"), freeze("")], (), "inconclusive"),
        ([freeze("ann@a"), freeze("", servers=("c",))], (), "failed"),
        ([freeze("ann@a", "y")], (), "inconclusive"),
        ([freeze("ann@a")], (SickServer("b", "sick"),), "inconclusive"),
        ([freeze("ann@a")], (SickServer("c", "sick"),), "failed"),
        ([], (), "inconclusive"),
    ],
    ids=range(9),
)
def test_rules_that_an_operator_has_frozen_have_found_what_they_found(freezes, servers, verdict):
    assert outcome(held_back("frozen"), freezes=tuple(freezes), servers=servers).verdict == verdict


def test_exit_codes_are_as_scripts_know_them():
    assert EXIT_CODES == {"good": 0, "failed": 1, "inconclusive": 3, "unreachable": 69, "open": 75}


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (outcome(BLOCKED, not_enforced=("b", "c")), "it is blocked on b: never worked"),
        (outcome(cell("b", "good", override="block"), not_enforced=("b", "c")), "an operator blocks it on b"),
        (outcome(GOOD, releases=(HELD,), not_enforced=("b",)), f"x 2 is held in the whole cluster: {HELD.reason}"),
    ],
    ids=["blocked", "ordered", "held"],
)
def test_a_failure_that_is_not_enforced_says_so(found, why):
    aside = "not enforced there: host b runs a C++ router, which knows no policy"
    assert (found.verdict, found.why) == ("failed", f"{why}; {aside}")


def test_a_failure_elsewhere_says_nothing_of_it():
    assert outcome(BLOCKED, not_enforced=("c",)).why == "it is blocked on b: never worked"


@pytest.mark.parametrize("version", ["", "(none)", "(no version)"])
def test_what_has_no_version_is_waited_for_by_the_word_for_that(version):
    picture = Picture("alpha", cells=(Cell("alpha", "plain", "", state="good", running=1),))
    outcome = outcome_of(picture, "plain", version)
    assert (outcome.verdict, outcome.why) == ("good", "plain (none) is good on alpha")
