import sys

import pytest

from canary.judge import retirement
from canary.judge.decide import decide
from canary.records import CellMoved, ServerBack, ServerJudged, ServerLost
from tests.canary.judge.trial import ZERO_S, Trial, began, crashes, ended, good, ordered, passed, rules, works

EXACT = rules()


def versions(trial, server="alpha", service="fluid"):
    return [key.version for key in trial.state.servers[server].services[service]]


def passing(numbers, at_s=0.0, server="alpha"):
    """Versions that begin and end, one after the other."""
    for number in numbers:
        yield began(at_s + number, f"{server}{at_s:g}+{number}", server, version=f"v{number}")
        yield ended(
            at_s + number + 0.5, f"{server}{at_s:g}+{number}", "clean", "EXIT", server=server, version=f"v{number}"
        )


def test_so_many_versions_of_a_service_are_remembered_on_a_server():
    trial = Trial(EXACT).play([*passing(range(40)), *passing(range(5), server="beta")])
    assert versions(trial) == [f"v{number}" for number in range(8, 40)]
    assert versions(trial, "beta") == [f"v{number}" for number in range(5)]
    assert {key.version for key in trial.state.releases} == {f"v{number}" for number in (*range(5), *range(8, 40))}
    reasons = {record.reason for _, record in trial.decided if getattr(record, "new", "") == "archived"}
    assert reasons == {"more than 32 versions of its service ran here"}


def test_it_goes_on_while_a_decision_for_the_cluster_waits_for_a_majority():
    trial = Trial(EXACT, ()).play(passing(range(40)))
    waits = ServerJudged(server="alpha", state="sick", until_at_s=0.0)
    trial.tell(ZERO_S + 50, waits)
    found = decide(trial.state, EXACT, "alpha", leads=True, now_s=ZERO_S + 50, trigger=trial.entries[-2])
    assert {record.new for record in found} == {"archived"}


def test_what_ran_again_is_not_old():
    trial = Trial(EXACT).play([*passing(range(32)), *passing([0], 100), *passing([50], 100)])
    assert "v0" in versions(trial)
    assert "v1" not in versions(trial)


def test_what_runs_what_is_blocked_and_what_is_good_stays():
    before = [
        *good("alpha", version="good"),
        ended(-1, "alpha/fluid/good@-1000.0", "clean", "EXIT", version="good"),
        *good("beta", version="1"),
        *works(0, version="running"),
        *crashes(1, version="bad", times=7),
    ]
    trial = Trial(EXACT).play([*before, *passing(range(60), 100)])
    assert trial.cell(version="bad").state == "blocked"
    assert versions(trial)[:3] == ["good", "running", "bad"]
    assert len(versions(trial)) == 32


def test_the_newest_one_stays_when_nothing_else_may_go(monkeypatch):
    """Or it would never be known well enough to be blocked itself."""
    monkeypatch.setattr(retirement, "VERSIONS", 2)
    running = [fact for number in range(3) for fact in works(number, version=f"r{number}")]
    trial = Trial(EXACT).play([*running, *passing([9], 100)])
    assert versions(trial)[-1] == "v9"


def test_the_versions_of_a_server_that_is_out_of_reach_are_archived_though_they_may_run():
    facts = [*works(0, "beta"), *works(0, "gamma"), *works(0), (100, ServerLost(server="beta"))]
    trial = Trial(EXACT).play([*facts, (100, ServerLost(server="gamma")), (200, ServerBack(server="gamma"))])
    assert retirement.next_deadline_s(trial.state, EXACT.archive_s) == ZERO_S + 100 + EXACT.archive_s
    trial.wait(ZERO_S + EXACT.archive_s + 101)
    found = [record for _, record in trial.decided if isinstance(record, CellMoved) and record.new == "archived"]
    assert [(record.server, record.reason) for record in found] == [
        ("beta", "its server is out of reach for 2.592e+06 s")
    ]
    trial.play(works(EXACT.archive_s + 200, "beta"))
    assert trial.cell("beta", version="1").running == 1


@pytest.mark.parametrize("leads", [True, False])
def test_a_service_with_ever_new_versions_costs_no_more(leads):
    """The limit is several times what it takes; without a bound it is hundreds of times as much."""
    trial = Trial(EXACT, ("alpha",), leads=leads)
    trial.play([*good("beta"), *passing(range(4_000))])
    at_s, fact = ended(4_001, "last", version="v4001")
    entry = trial._write(ZERO_S + at_s, fact)
    calls = 0

    def count(_frame, what, _argument):
        nonlocal calls
        calls += what in ("call", "c_call")

    sys.setprofile(count)
    try:
        decide(trial.state, EXACT, "alpha", leads=leads, now_s=ZERO_S + at_s, trigger=entry)
    finally:
        sys.setprofile(None)
    assert len(trial.state.cells) < 40
    assert 10 < calls < 500


def test_an_order_about_a_version_that_is_remembered_no_longer_holds_on():
    trial = Trial(EXACT).play(
        [*passing(range(3)), ordered(10, "block", 9e5, version="v0"), *passing(range(3, 60), 100)]
    )
    assert "v0" not in versions(trial)
    assert len(trial.state.overrides) == 1


def blocked(numbers, at_s=0.0, server="alpha"):
    """Versions that never work, one after the other, until each is blocked."""
    for number in numbers:
        yield from crashes(at_s + number * 200, server, version=f"b{number}", times=7)


def test_versions_that_are_all_blocked_do_not_grow_without_end():
    free = rules(caps={"min_routable": 0, "routable_share": 0, "block_gap_s": 0})
    trial = Trial(free).play(blocked(range(80)))
    known = versions(trial)
    assert len(known) == retirement.BARRED_VERSIONS
    assert known[-1] == "b79"
    assert "b0" not in known
    assert len(trial.state.timed) <= retirement.BARRED_VERSIONS


def test_services_with_ever_new_names_do_not_grow_without_end(monkeypatch):
    monkeypatch.setattr(retirement, "CELLS", 50)
    facts = [fact for number in range(120) for fact in _short(number)]
    trial = Trial(EXACT).play([*works(-900), *crashes(-800, service="ink", times=7), *good("beta", "ink"), *facts])
    assert len(trial.state.cells) == 50
    kept = {key.service for key in trial.state.cells}
    assert {"fluid", "ink", "s119"} <= kept, "what runs, and what is blocked, stays"
    assert "s0" not in kept
    for known in (trial.state.versions, trial.state.installed, trial.state.failures_of, trial.state.comparisons):
        assert len(known) <= 50
    assert len(trial.state.releases) <= 50


def test_where_all_is_barred_the_oldest_goes_all_the_same(monkeypatch):
    monkeypatch.setattr(retirement, "CELLS", 10)
    free = rules(caps={"min_routable": 0, "routable_share": 0, "frozen_services": 1000})
    facts = [fact for number in range(15) for fact in crashes(number * 200, service=f"s{number}", times=7)]
    trial = Trial(free).play(facts)
    assert {key.service for key in trial.state.cells} == {f"s{number}" for number in range(5, 15)}


def _short(number):
    yield began(number, f"n{number}", service=f"s{number}")
    yield ended(number + 0.5, f"n{number}", "clean", "EXIT", service=f"s{number}")


def test_what_had_no_name_is_forgotten_once_a_version_works_there():
    """Elsewhere it stays."""
    nameless = [*crashes(1, version="", times=2), *crashes(1, version="", times=2, server="beta")]
    trial = Trial(EXACT).play([*nameless, began(100, "n", version="2")])
    assert versions(trial) == ["", "2"]
    trial.play([passed(161, "n", version="2")])
    assert versions(trial) == ["2"]
    assert versions(trial, "beta") == [""]
