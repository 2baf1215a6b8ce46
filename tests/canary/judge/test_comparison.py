import msgspec
import pytest

from canary.judge.state import EXCUSE_S
from canary.judge.two_arms import Failed
from canary.records import (
    CellMoved,
    RulesSet,
    RunBegan,
    RunEnded,
    RunPassed,
    ServerBack,
    ServerBooted,
    ServerJudged,
    ServerLost,
    Version,
)
from canary.rules import AmbientSettings, RuleCSettings, Rules
from tests.canary.judge.fleet import Fleet, two_versions


def comparison_of(fleet):
    return fleet.state.comparisons["printer"]


def at_risk(fleet):
    """How many servers could have a first failure, by version."""
    cells = {version.version: each.values() for version, each in comparison_of(fleet).cells.items()}
    return {version: number for version, each in cells.items() if (number := sum(cell.is_at_risk for cell in each))}


def test_the_first_version_is_compared_with_nothing():
    fleet = Fleet()
    fleet.settle_in("1", "a", "b")
    fleet.crash("1", "a")
    assert comparison_of(fleet).control is None
    assert fleet.counted == (0, 0)


def test_the_next_version_is_compared_with_the_last_good_one():
    fleet = two_versions()
    assert (comparison_of(fleet).trial.version, comparison_of(fleet).control.version) == ("2", "1")
    fleet.crash("2", "c")
    fleet.crash("1", "a")
    assert fleet.counted == (1, 1)


def test_a_version_that_was_never_good_is_no_measure():
    fleet = Fleet()
    fleet.settle_in("1", "a")
    fleet.settle_in("2", "b")
    fleet.crash("2", "b")
    assert fleet.counted == (0, 0)


def test_the_older_one_becomes_the_measure_when_it_is_found_good():
    fleet = Fleet()
    fleet.settle_in("1", "a")
    fleet.settle_in("2", "b")
    fleet.find_good("2", "b")
    assert comparison_of(fleet).control is None
    fleet.find_good("1", "a")
    fleet.crash("2", "b")
    assert fleet.counted == (1, 0)


def test_that_the_new_version_is_found_good_on_one_server_ends_nothing():
    fleet = two_versions()
    fleet.find_good("2", "c")
    fleet.crash("2", "c")
    assert fleet.counted == (1, 0)


def test_the_newest_good_version_is_the_measure_of_the_third():
    fleet = two_versions()
    fleet.at_s = 5000.0
    fleet.find_good("2", "c")
    fleet.settle_in("3", "d")
    assert (comparison_of(fleet).trial.version, comparison_of(fleet).control.version) == ("3", "2")


def test_going_back_to_an_older_version_makes_it_no_trial():
    fleet = two_versions()
    fleet.end("2", "c", outcome="clean")
    fleet.settle_in("1", "c")
    assert comparison_of(fleet).trial.version == "2"


def test_another_build_of_the_same_version_starts_anew():
    fleet = two_versions()
    fleet.crash("2", "c", times=3)
    assert fleet.counted == (3, 0)
    fleet.begin("2", "d", build="rebuilt")
    assert comparison_of(fleet).trial.build == "rebuilt"
    assert fleet.counted == (0, 0)


def test_at_risk_are_the_servers_just_before_the_failing_one_included():
    fleet = two_versions(new=("c",), old=("a", "b", "d"))
    fleet.end("2", "c")
    (failure,) = fleet.state.unsettled
    assert failure.failed == Failed(is_new=True, place=0, new=(1.0,), old=(1.0, 1.0, 1.0))
    assert at_risk(fleet) == {"1": 3}


def test_a_cell_that_fails_again_before_it_has_worked_says_nothing_more():
    fleet = two_versions()
    for _ in range(7):
        fleet.end("2", "c")
        fleet.at_s += 10
        fleet.begin("2", "c")
    assert fleet.counted == (1, 0)
    fleet.succeed("2", "c")
    assert at_risk(fleet) == {"1": 2, "2": 1}
    fleet.crash("2", "c")
    assert fleet.counted == (2, 0)


def test_a_failure_with_nothing_beside_it_says_nothing():
    fleet = two_versions(old=("a",))
    fleet.end("1", "a", outcome="clean")
    fleet.crash("2", "c", times=5)
    assert fleet.counted == (0, 0)


def test_a_failure_beside_a_control_that_is_failing_says_nothing():
    fleet = two_versions(old=("a",))
    fleet.end("1", "a")
    fleet.begin("1", "a")
    fleet.crash("2", "c")
    assert fleet.counted == (0, 1)


@pytest.mark.parametrize("outcome", ["clean", "censored"])
def test_an_end_that_is_no_failure_says_nothing(outcome):
    fleet = two_versions()
    fleet.end("2", "c", outcome=outcome)
    assert fleet.counted == (0, 0)
    assert at_risk(fleet) == {"1": 2}


def test_what_fails_because_of_its_own_servers_configuration_says_nothing_elsewhere():
    fleet = two_versions()
    fleet.end("2", "c", local_only=True)
    assert fleet.counted == (0, 0)


@pytest.mark.parametrize("role", ["probe", "shadow"])
def test_who_does_no_work_is_not_compared(role):
    fleet = two_versions()
    fleet.begin("3", "d", role=role)
    fleet.end("3", "d")
    assert comparison_of(fleet).trial.version == "2"
    assert fleet.counted == (0, 0)


def test_a_server_counts_once_however_many_runs_it_has():
    fleet = two_versions()
    fleet.begin("2", "c", role="standby")
    assert at_risk(fleet) == {"1": 2, "2": 1}
    fleet.end("2", "c")
    assert at_risk(fleet) == {"1": 2}  # the whole cell is in doubt


def test_time_counts_while_a_first_failure_could_be_heard_of():
    fleet = two_versions()
    cell = comparison_of(fleet).cells[Version("printer", "2", "")]["c"]
    fleet.at_s += 40.0
    fleet.begin("2", "c", role="standby")
    fleet.at_s += 60.0
    fleet.end("2", "c")
    fleet.at_s += 1000.0
    fleet.begin("2", "c")
    assert (cell.seconds, cell.failures) == (100.0, 1)
    fleet.succeed("2", "c")
    fleet.at_s += 7.0
    assert cell.at_risk_s(fleet.at_s) == 107.0


def test_an_excused_failure_says_nothing_of_its_server():
    fleet = two_versions()
    run_id = fleet.end("1", "a")
    cell = comparison_of(fleet).cells[Version("printer", "1", "")]["a"]
    assert cell.failures == 1
    for _ in range(2):
        fleet.excuse("1", "a", run_id)
        assert cell.failures == 0


def test_one_that_is_excused_after_the_next_version_came_says_nothing_of_its_server_either():
    fleet = two_versions()
    run_id = fleet.end("1", "a")
    fleet.settle_in("3", "d")
    cell = comparison_of(fleet).cells[Version("printer", "1", "")]["a"]
    assert cell.past_failures == 1
    fleet.excuse("1", "a", run_id)
    assert cell.past_failures == 0


def test_servers_weigh_as_the_old_version_failed_there_before():
    fleet = Fleet()
    fleet.settle_in("1", *"abcd")
    fleet.find_good("1", "a")
    for _ in range(40):
        fleet.crash("1", "a")
    for server in "bcd":
        fleet.crash("1", server, times=4)
    fleet.settle_in("2", "c")
    weights = comparison_of(fleet).weights
    assert 40 / 13 > weights["a"] > 2.5  # of 52 failures 13 would be its own
    assert 4 / 13 < weights["b"] < 0.5
    fleet.end("2", "c")
    (failure,) = fleet.state.unsettled
    assert failure.failed.new == (weights["c"],)
    assert sorted(failure.failed.old) == sorted(weights[server] for server in "abcd")


def test_an_excused_failure_does_not_count():
    fleet = two_versions()
    run_id = fleet.end("2", "c")
    fleet.at_s += 30
    fleet.excuse("2", "c", run_id)
    assert fleet.counted == (0, 0)


def test_a_failure_counts_when_nothing_can_excuse_it_any_more():
    fleet = two_versions()
    fleet.end("2", "c")
    ambient = AmbientSettings()
    due_s = fleet.at_s + max(ambient.around_s, ambient.elsewhere_s) + EXCUSE_S
    for at_s, counted in ((due_s - 0.1, 0), (due_s, 1)):
        fleet.at_s = at_s
        fleet.begin("1", "d")
        assert comparison_of(fleet).evidence.new == counted


def test_the_rules_say_how_long_that_takes_and_what_the_margin_is():
    fleet = two_versions()
    rules = Rules(c=RuleCSettings(margin=2.0), ambient=AmbientSettings(elsewhere_s=300.0, around_s=5.0))
    text = msgspec.json.encode(rules).decode()
    fleet.tell(RulesSet(rules=text.replace('"margin"', '"not_known_yet":1,"margin"'), revision="r"))
    assert (fleet.state.compare_margin, fleet.state.compare_settle_s) == (2.0, 300.0 + EXCUSE_S)


def test_what_failed_on_a_sick_server_says_nothing():
    fleet = two_versions()
    fleet.end("2", "c")
    fleet.tell(ServerJudged(server="c", state="sick", until_at_s=1e6))
    assert fleet.counted == (0, 0)


@pytest.mark.parametrize("record", [ServerBooted(server="c"), ServerLost(server="c")])
def test_the_runs_of_a_server_that_booted_or_is_out_of_reach_are_not_at_risk(record):
    fleet = two_versions()
    fleet.tell(record)
    assert at_risk(fleet) == {"1": 2}
    fleet.end("2", "c")
    assert fleet.counted == (0, 0)


def test_what_is_told_twice_counts_once():
    fleet = two_versions()
    again = RunBegan(**fleet.runs["2", "c"])
    fleet.tell(again)
    assert at_risk(fleet) == {"1": 2, "2": 1}
    fleet.end("2", "c")
    fleet.end("2", "c")
    fleet.tell(again)
    assert at_risk(fleet) == {"1": 2}
    assert fleet.counted == (1, 0)


def test_a_run_whose_beginning_was_not_heard_is_at_risk_once_it_has_worked():
    fleet = two_versions()
    run = {"server": "e", "service": "printer", "version": "2", "run_id": "unheard"}
    fleet.runs["2", "e"] = run
    fleet.succeed("2", "e")
    assert at_risk(fleet) == {"1": 2, "2": 2}
    fleet.end("2", "e")
    assert fleet.counted == (1, 0)


def test_a_pardon_in_the_whole_cluster_starts_anew_and_one_on_a_server_does_not():
    fleet = two_versions()
    fleet.crash("2", "c", times=4)
    fleet.end("2", "c")
    fleet.pardon("2", server="c")
    fleet.pardon("1")
    assert comparison_of(fleet).evidence.new == 3  # and two that wait
    fleet.pardon("2")
    assert fleet.counted == (0, 0)
    assert comparison_of(fleet).log10_e == 0.0


def test_services_are_compared_each_for_itself():
    fleet = two_versions()
    other = {"server": "a", "run_id": "o", "service": "other", "version": "2"}
    fleet.runs["o", "a"] = other
    fleet.succeed("o", "a")
    fleet.end("o", "a")
    assert set(fleet.state.comparisons) == {"printer", "other"}
    assert fleet.counted == (0, 0)


def test_the_runs_of_a_server_that_is_back_are_at_risk_again():
    fleet = two_versions(new=("c", "d"))
    fleet.tell(ServerLost(server="c"))
    fleet.tell(ServerLost(server="a"))
    assert at_risk(fleet) == {"1": 1, "2": 1}
    fleet.tell(ServerBack(server="c"))
    fleet.begin("1", "a", role="standby")  # a fact says the same
    assert at_risk(fleet) == {"1": 2, "2": 2}
    fleet.end("2", "c")
    assert fleet.counted == (1, 0)


def test_what_goes_on_while_a_server_is_out_of_reach_is_put_in_order_when_it_is_back():
    fleet = two_versions(new=("c", "d"))
    fleet.end("2", "c")
    fleet.begin("2", "c")
    fleet.tell(ServerLost(server="c"))
    fleet.tell(ServerLost(server="c"))
    fleet.tell(ServerLost(server="d"))
    fleet.succeed("2", "c")
    fleet.end("2", "d", outcome="clean")
    assert at_risk(fleet) == {"1": 2, "2": 1}
    fleet.tell(ServerLost(server="c"))
    fleet.tell(ServerBooted(server="c"))
    assert at_risk(fleet) == {"1": 2}
    assert not fleet.state.aside


def test_how_many_are_at_risk_does_not_depend_on_losses():
    fleet = two_versions(new=("c", "d"))
    for server in "abcd":
        fleet.tell(ServerLost(server=server))
    assert at_risk(fleet) == {}
    fleet.tell(CellMoved(**{**CELL, "server": "d"}, old="proving", new="archived", rule="time"))
    for server in "abcd":
        fleet.tell(ServerBack(server=server))
    assert at_risk(fleet) == {"1": 2, "2": 1}


CELL = {"service": "printer", "version": "2", "build": ""}


def heard(server, version, happened_at_s):
    """What was long known on another server: a version runs there."""
    run = {"server": server, "run_id": f"{server}{version}", "service": "printer", "version": version}
    about = {"origin_seq": 1, "happened_at_s": happened_at_s}
    return [RunBegan(**run, **about), RunPassed(**run, lasted_s=60.0, **about | {"happened_at_s": happened_at_s + 60})]


@pytest.mark.parametrize("order", ["012", "021", "102", "120", "201", "210"])
def test_the_trial_is_the_version_that_was_first_seen_last_whoever_is_heard_first(order):
    told = (heard("a", "1", 100.0), heard("b", "2", 500.0), heard("c", "1", 900.0))
    fleet = Fleet()
    fleet.at_s = 10_000.0
    for place in map(int, order):
        for record in told[place]:
            fleet.tell(record)
    fleet.find_good("1", "a")
    assert (comparison_of(fleet).trial.version, comparison_of(fleet).control.version) == ("2", "1")


def test_a_success_says_when_its_version_was_there():
    fleet = Fleet()
    fleet.at_s = 1000.0
    for server, version, lasted_s in (("a", "2", 100.0), ("b", "1", 200.0)):
        run = {"server": server, "run_id": server, "service": "printer", "version": version}
        fleet.tell(RunPassed(**run, lasted_s=lasted_s))
    assert comparison_of(fleet).trial.version == "2"


@pytest.mark.parametrize(("ago_s", "counted"), [(69.0, 1), (71.0, 0)])
def test_a_failure_that_is_told_too_late_says_nothing(ago_s, counted):
    fleet = two_versions()
    fleet.at_s = 1000.0
    run = fleet.runs["2", "c"]
    ended = RunEnded(**run, outcome="failure", cause="CRASH", origin_seq=9, happened_at_s=1000.0 - ago_s)
    fleet.tell(ended)
    assert at_risk(fleet) == {"1": 2}
    assert fleet.counted == (counted, 0)
