import pytest

from canary.judge import caps, freezing
from canary.judge.apply import apply
from canary.judge.state import State
from canary.records import CellKey, CellMoved, Entry, Frozen, ServerLost, Version
from tests.canary.judge.trial import ACTOR, ZERO_S, Trial, began, crashes, ordered, pardoned, passed, rules, works

KEY = CellKey("s1", "fluid", "2", "")
EXACT = rules()


def running(servers, version="2", *, has_worked=True):
    """As many servers as that, each with one instance."""
    state = State()
    for number in range(1, servers + 1):
        _, fact = began(0, f"r{number}", f"s{number}", version=version)
        write(state, fact, float(number))
    if has_worked:
        _, fact = passed(0, "r1", "s1", version=version)
        write(state, fact)
    return state


def write(state, record, at_s=10.0):
    apply(state, Entry(state.seq + 1, at_s, at_s, record))


def blocked(server, at_s=10.0):
    key = CellKey(server, "fluid", "2", "")
    return CellMoved(**key._asdict(), old="suspect", new="blocked", rule="a", until_at_s=at_s + 600)


@pytest.mark.parametrize(("servers", "blocks"), [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3)])
def test_some_instances_are_always_left(servers, blocks):
    state = running(servers)
    for number in range(1, servers + 1):
        expected = "" if number <= blocks else "last_instance"
        at_s = 100.0 * number
        key = CellKey(f"s{number}", "fluid", "2", "")
        assert caps.forbids(state, EXACT, key, "a", at_s) == expected
        assert caps.forbids(state, EXACT, key, "b", at_s) == expected
        if not expected:
            write(state, blocked(f"s{number}", at_s), at_s)


@pytest.mark.parametrize(
    ("table", "servers", "least"),
    [
        ({"min_routable": 2}, 2, 2),
        ({"min_routable": 0, "routable_share": 0}, 3, 0),
        ({"routable_share": 1}, 3, 3),
        ({"routable_share": 0.3}, 4, 2),
    ],
)
def test_how_many_must_be_left_is_a_setting(table, servers, least):
    assert caps.least_routable(running(servers), rules(caps=table), "fluid") == least


def test_a_version_that_is_not_installed_takes_nothing_away():
    assert caps.forbids(running(1, version="3"), EXACT, KEY, "a", 10.0) == ""


def test_one_that_was_stopped_may_be_started_again():
    """So the last one is not taken behind the back of who has stopped it."""
    stopped = Trial(EXACT).play([*works(0, version="2", until_s=70)])
    assert caps.forbids(stopped.state, EXACT, stopped.cell().key, "b", 2000.0) == "last_instance"


@pytest.mark.parametrize("servers", [1, 2, 6])
def test_a_version_that_never_worked_anywhere_takes_nothing_away(servers):
    state = running(servers, has_worked=False)
    for number in range(1, servers + 1):
        assert caps.forbids(state, EXACT, KEY._replace(server=f"s{number}"), "a", 100.0 * number) == ""
        write(state, blocked(f"s{number}", 100.0 * number), 100.0 * number)


def test_one_that_worked_on_another_server_may_be_needed():
    """It is the server then, or what only this one lacks now: an outage during a roll-out takes half at most."""
    state = running(2)
    assert caps.forbids(state, EXACT, KEY._replace(server="s2"), "a", 10.0) == ""
    write(state, blocked("s1"))
    assert caps.forbids(state, EXACT, KEY._replace(server="s2"), "a", 100.0) == "last_instance"


@pytest.mark.parametrize(
    ("table", "cap"),
    [
        ({"mode": "dry-run"}, "dry_run"),
        ({"a": {"mode": "dry-run"}}, "dry_run"),
        ({"services": {"fluid": "dry-run"}}, "dry_run"),
        ({"mode": "enforce", "services": {"fluid": "dry-run"}, "a": {"mode": "dry-run"}}, ""),
        ({"services": {"fluid": "enforce"}, "a": {"mode": "dry-run"}}, ""),
        ({"services": {"ink": "dry-run"}}, ""),
        ({"caps": {"protected": ["fluid"]}}, "protected"),
    ],
)
def test_what_settings_forbid(table, cap):
    assert caps.forbids(running(2), rules(**table), KEY, "a", 10.0) == cap


@pytest.mark.parametrize("scope", ["*", "fluid"])
def test_frozen(scope):
    state = running(2)
    write(state, Frozen(scope=scope, is_on=True, until_at_s=20.0, actor=ACTOR))
    assert caps.forbids(state, EXACT, KEY, "a", 19.9) == "frozen"
    assert caps.forbids(state, EXACT, KEY, "a", 20.0) == ""
    assert not caps.is_frozen(state, "ink", 19.9) or scope == "*"


def test_one_block_of_a_service_at_a_time():
    state = running(6)
    write(state, blocked("s2"))
    assert caps.forbids(state, EXACT, KEY, "a", 69.9) == "gap"
    assert caps.forbids(state, EXACT, KEY, "a", 70.0) == ""
    assert caps.forbids(state, EXACT, KEY, "b", 69.9) == ""


@pytest.mark.parametrize(("action", "cap"), [("allow", "override"), ("pin", "override"), ("block", "")])
def test_an_order_is_above_the_rules(action, cap):
    state = running(2)
    _, order = ordered(0, action, 0, server="s1")
    write(state, order)
    assert caps.forbids(state, EXACT, KEY, "a", order.until_at_s - 1) == cap
    assert caps.forbids(state, EXACT, KEY, "a", order.until_at_s) == ""


def test_the_first_cap_is_told():
    state = running(1)
    write(state, Frozen(is_on=True, actor=ACTOR))
    everything = {"caps": {"protected": ["fluid"]}}
    assert caps.forbids(state, rules(**everything, mode="dry-run"), KEY, "a", 10.0) == "dry_run"
    assert caps.forbids(state, rules(**everything), KEY, "a", 10.0) == "frozen"
    write(state, Frozen(is_on=False, actor=ACTOR))
    assert caps.forbids(state, rules(**everything), KEY, "a", 10.0) == "protected"
    assert caps.forbids(state, EXACT, KEY, "a", 10.0) == "last_instance"


def test_the_last_good_version_is_never_held():
    trial = Trial(EXACT, ("alpha", "beta")).play([*works(-900, "alpha"), *works(-900, "beta")], 0)
    enforce = rules(c={"mode": "enforce"})
    assert caps.forbids_hold(trial.state, enforce, Version("fluid", "1", ""), "c", 1000.0) == "last_good"


def test_a_hold_leaves_enough_of_a_service():
    state = running(2, has_worked=False)
    assert caps.forbids_hold(state, EXACT, KEY.of, "d", 10.0) == "last_instance"
    for number in (3, 4):
        _, fact = began(0, f"r{number}", f"s{number}", version="1")
        write(state, fact)
    assert caps.forbids_hold(state, EXACT, KEY.of, "d", 10.0) == ""
    assert caps.forbids_hold(state, rules(d={"mode": "dry-run"}), KEY.of, "d", 10.0) == "dry_run"


def test_verdicts_count_for_a_while():
    state = running(2)
    write(state, blocked("s1"))
    assert freezing.services_judged(state, EXACT.caps, 309.9) == {"fluid"}
    assert freezing.services_judged(state, EXACT.caps, 310.0) == set()


def test_a_suppressed_verdict_is_told_once_per_change():
    story = [*works(-900, "beta"), *crashes(0, times=30), (100, Frozen(is_on=True, actor=ACTOR)), pardoned(1500)]
    trial = Trial(rules(a={"mode": "dry-run"}), ("alpha", "beta")).play(story)
    assert trial.verdicts() == ["63 alpha/fluid/2 blocked a (dry_run)", "1500 alpha/fluid/2 unknown operator"]


def test_a_canary_that_holds_acts_upon_nothing_new():
    holds = rules(holds=True, c={"mode": "enforce"})
    assert caps.forbids(running(6), holds, KEY, "a", 10.0) == "dry_run"
    assert caps.forbids_hold(running(6), holds, KEY.of, "c", 10.0) == "dry_run"


def test_who_is_out_of_reach_for_long_is_not_counted_among_the_servers_any_more():
    others = [fact for name in ("beta", "gamma") for fact in works(0, name, version="1")]
    lost = [(100, ServerLost(server=name)) for name in ("beta", "gamma")]
    trial = Trial(EXACT, ("alpha", "beta", "gamma")).play([*others, *works(0, version="1"), *lost])
    assert caps.least_routable(trial.state, EXACT, "fluid") == 2
    trial.wait(ZERO_S + EXACT.archive_s + 99)
    assert caps.least_routable(trial.state, EXACT, "fluid") == 2
    trial.wait(ZERO_S + EXACT.archive_s + 101)
    assert caps.least_routable(trial.state, EXACT, "fluid") == 1
    assert (set(trial.state.servers), set(trial.state.aside)) == ({"alpha"}, set())
    assert {run.key.server for run in trial.state.runs.values()} == {"alpha"}
