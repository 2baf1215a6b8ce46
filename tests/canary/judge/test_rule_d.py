import pytest

from canary.records import CellMoved, ServerJudged, VersionJudged
from tests.canary.judge.trial import ZERO_S, Trial, began, crashes, ended, good, pardoned, passed, probe_fails, rules

SIX = ("alpha", "beta", "gamma", "delta", "omega", "sigma")


def judged(*facts, until_s=None, **tables):
    installed = [fact for name in SIX for fact in good(name)]
    return Trial(rules(**tables), SIX, leads=True).play([*installed, *facts], until_s)


def of_versions(trial):
    return [record for _, record in trial.decided if isinstance(record, VersionJudged)]


TWO = [*crashes(0, times=7), *crashes(200, "beta", times=7)]


def test_a_version_that_never_worked_on_two_of_two_servers_is_held():
    trial = judged(*TWO)
    (verdict,) = of_versions(trial)
    assert (verdict.state, verdict.mode, verdict.until_at_s) == ("held", "enforced", ZERO_S + 263 + 86_400)
    assert verdict.reason == "never worked on 2 of 2 servers (limit 2, and 50% of them)"
    assert trial.state.held


@pytest.mark.parametrize(("tried", "is_held"), [(2, True), (3, False)])
def test_of_those_that_tried_it_half_must_agree(tried, is_held):
    elsewhere = [fact for name in SIX[2 : 2 + tried] for fact in good(name, version="2", at_s=0)]
    assert bool(judged(*elsewhere, *TWO).state.held) is is_held


def test_a_wrong_configuration_says_nothing_of_the_version():
    wrong = {"times": 7, "cause": "CONFIG_ERROR", "local_only": True}
    assert of_versions(judged(*crashes(0, **wrong), *crashes(200, "beta", **wrong))) == []


def test_a_hold_ends_when_a_probe_works():
    trial = judged(*TWO, began(900, "p", role="probe"), passed(960, "p", role="probe"))
    assert [record.state for record in of_versions(trial)] == ["held", "ok"]
    assert not trial.state.held


def test_a_hold_outlives_the_block_that_it_came_from():
    trial = judged(*TWO, *probe_fails(700), *probe_fails(900, server="beta"))
    assert [record.state for record in of_versions(trial)] == ["held"]


@pytest.mark.parametrize("heard", [(), TWO[:-14], TWO[-14:]], ids=["nothing", "of alpha", "of beta"])
def test_a_leader_that_has_not_heard_all_ends_no_hold(heard):
    """It has just started with an empty disk, and all that it knows of the hold is the book."""
    (held,) = of_versions(judged(*TWO))
    trial = Trial(rules(), ("omega",), leads=True).play(heard)
    trial.tell(ZERO_S + 300, held)
    trial.play([*good("gamma", at_s=301), *good("delta", "ink", at_s=302)], 1_000)
    assert (of_versions(trial), list(trial.state.held)) == ([], [("fluid", "2", "")])
    trial.wait(held.until_at_s + 1)
    assert [record.state for record in of_versions(trial)] == ["ok"]


def test_a_hold_is_renewed_as_long_as_it_is_true():
    trial = judged(*TWO, until_s=90_000)
    assert [record.state for record in of_versions(trial)] == ["held", "held"]


def test_a_pardon_ends_a_hold():
    assert [record.state for record in of_versions(judged(*TWO, pardoned(300)))] == ["held", "ok"]


def test_a_dry_run_holds_nothing():
    trial = judged(*TWO, d={"mode": "dry-run"})
    assert [(record.mode, record.suppressed_by) for record in of_versions(trial)] == [("detected", "dry_run")]
    assert not trial.state.held


def three_services(until_s=None, **tables):
    names = ("ink", "page", "tray")
    installed = [fact for name in names for server in SIX for fact in good(server, name)]
    bad = [fact for number, name in enumerate(names) for fact in crashes(number * 100, service=name, times=7)]
    return judged(*installed, *bad, until_s=until_s, **tables)


def of_servers(trial):
    return [
        (at_s - ZERO_S, record.state, record.mode) for at_s, record in trial.decided if isinstance(record, ServerJudged)
    ]


def test_three_services_make_a_server_sick_for_a_while():
    trial = three_services(until_s=1000)
    assert of_servers(trial) == [(263, "sick", "enforced"), (863, "ok", "enforced")]
    (verdict,) = (record for _, record in trial.decided if getattr(record, "state", "") == "sick")
    assert verdict.reason == "3 services were blocked or ejected there: ink, page, tray (limit 3 within 600 s)"


@pytest.mark.parametrize("table", [{"server_services": 4}, {"server_within_s": 200}])
def test_fewer_or_slower_ones_do_not(table):
    assert of_servers(three_services(d={"mode": "enforce", **table})) == []


def test_a_dry_run_finds_no_server_sick():
    trial = three_services(until_s=1000, d={"mode": "dry-run"})
    assert of_servers(trial) == [(263, "sick", "detected"), (863, "ok", "detected")]
    assert not trial.state.servers["alpha"].is_sick


def test_what_failed_on_a_sick_server_is_withdrawn():
    trial = three_services()
    trial.play(crashes(270, times=6))
    assert trial.cell().consecutive == 6
    trial.wait(ZERO_S + 900)
    assert trial.cell().consecutive == 0


def test_a_canary_that_holds_finds_no_server_sick_and_holds_no_version():
    trial = three_services(until_s=300, holds=True)
    assert of_servers(trial) == [(263, "sick", "detected")]
    found = [(record.mode, record.suppressed_by) for record in of_versions(judged(*TWO, holds=True))]
    assert found == [("detected", "dry_run")]


@pytest.mark.parametrize(("ended_ago_s", "holds"), [(59.0, 1), (61.0, 0)])
def test_old_news_of_which_the_rest_has_not_been_heard_holds_nothing(ended_ago_s, holds):
    """A ledger that is told page by page says for a moment that a version is blocked which has long worked since."""
    trial = judged(until_s=0)
    told = {"origin_seq": 1, "happened_at_s": 5.0}
    for server in ("beta", "gamma"):
        who = {"server": server, "service": "fluid", "version": "2"}
        until_at_s = ZERO_S + 100 - ended_ago_s
        move = CellMoved(**who, build="", old="suspect", new="blocked", rule="a", until_at_s=until_at_s, **told)
        trial.servers = SIX[:1]
        for record in (began(0, server, server, **told)[1], ended(0, server, server=server, **told)[1], move):
            trial.tell(ZERO_S + 100, record)
    assert len(of_versions(trial)) == holds


@pytest.mark.parametrize(
    ("until_s", "said"), [(300.0, "363 alpha/fluid/2 blocked a"), (900.0, "363 alpha/fluid/2 blocked a (frozen)")]
)
def test_a_server_is_no_longer_sick_when_its_time_is_over_though_nobody_leads(until_s, said):
    sick = ServerJudged(server="alpha", state="sick", until_at_s=ZERO_S + until_s)
    trial = Trial(rules(), ("alpha",)).play([*good("beta"), *good("alpha", "ink"), (0, sick), *crashes(300, times=7)])
    assert trial.verdicts() == ["0 alpha sick d", said][1:]
