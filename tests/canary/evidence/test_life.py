import pytest

from canary.evidence.kinds import Kind
from canary.evidence.life import Life, recall_life
from canary.evidence.words import ReportWord, RunStartedWord
from canary.records import RunBegan, RunEnded


def life(**more):
    return Life("r1", "ping", 10.0, version="1", pid=7, **more)


def report(kind, **more):
    return ReportWord(service="ping", kind=Kind(kind), at_s=0.0, source="supervisor", **more)


def learn(one, *told, at_s=20.0):
    return [one.learn(report(kind, **more), at_s) for kind, more in told]


def test_the_router_knows_best():
    one = life(build="old")
    one.register(RunStartedWord(run_id="r1", service="ping", at_s=0.0, version="2", config_hash="0f"), 15.0)
    assert (one.version, one.build, one.config_hash, one.pid, one.registered_s) == ("2", "", "0f", 7, 15.0)
    assert one.is_running


@pytest.mark.parametrize(
    ("kind", "more", "ends_as", "has_exited"),
    [
        ("CRASH", {}, "CRASH", True),
        ("CRASH", {"exit_code": 78}, "CONFIG_ERROR", True),
        ("EXIT", {}, "EXIT", True),
        ("GONE", {}, "GONE", True),
        ("DEP_UNAVAILABLE", {}, None, False),
        ("DEP_UNAVAILABLE", {"exit_code": 69}, "DEP_UNAVAILABLE", True),
        ("DEP_UNAVAILABLE", {"signal": 9}, "DEP_UNAVAILABLE", True),
        ("START_TIMEOUT", {}, "START_TIMEOUT", False),
        ("OPERATOR_STOP", {}, "OPERATOR_STOP", False),
        ("PARTITION", {}, None, False),
        ("HEALTH_FAIL", {}, None, False),
        ("READY", {}, None, False),
    ],
)
def test_what_a_report_means(kind, more, ends_as, has_exited):
    one = life()
    assert one.learn(report(kind, **more), 20.0) == ends_as
    assert one.has_exited is has_exited


@pytest.mark.parametrize("turn", [1, -1])
def test_what_says_more_is_shown(turn):
    one = life(kinds={Kind.CRASH}, ended_s=30.0)
    told = [("CRASH", {"signal": 6}), ("WATCHDOG_TIMEOUT", {"message": "silent"}), ("HEALTH_OK", {"message": "fine"})]
    learn(one, *told[::turn])
    assert (one.signal, one.detail) == (None, "silent")


@pytest.mark.parametrize(
    ("kinds", "host_kinds", "outcome", "cause", "causes"),
    [
        ({"GONE"}, set(), "failure", "GONE", ()),
        ({"GONE", "CRASH"}, set(), "failure", "CRASH", ("GONE",)),
        ({"GONE"}, {"PARTITION"}, "censored", "PARTITION", ("GONE",)),
        ({"UNREGISTER"}, {"PARTITION"}, "clean", "UNREGISTER", ()),
        ({"OPERATOR_STOP"}, {"HOST_DOWN"}, "censored", "OPERATOR_STOP", ()),
        ({"GONE", "GAVE_UP"}, set(), "failure", "GONE", ("GAVE_UP",)),
    ],
    ids=range(6),
)
def test_how_a_run_is_counted(kinds, host_kinds, outcome, cause, causes):
    one = life(kinds=set(map(Kind, kinds)), ended_s=30.0)
    ended = one.conclude("alpha", set(map(Kind, host_kinds)), 99.0)
    assert (ended.outcome, ended.cause, ended.causes, ended.lasted_s) == (outcome, cause, causes, 20.0)
    assert one.is_over


def test_a_run_is_recalled_from_its_facts():
    one = recall_life(RunBegan(server="alpha", run_id="r1", service="ping", pid=7, role="probe"), 10.0)
    assert (one.pid, one.role, one.began_s, one.is_told, one.is_running) == (7, "probe", 10.0, True, True)
    ended = RunEnded(server="alpha", run_id="r1", service="ping", outcome="failure", cause="GONE", causes=("GAVE_UP",))
    one.recall(ended, 20.0)
    assert (one.is_over, one.has_exited, one.was_given_up, one.is_running) == (True, False, True, False)


@pytest.mark.parametrize(
    ("cause", "more", "has_exited"),
    [("GONE", {}, False), ("CRASH", {}, True), ("WATCHDOG_TIMEOUT", {"signal": 6}, True)],
)
def test_whether_its_process_is_no_more_is_recalled(cause, more, has_exited):
    one = life()
    one.recall(RunEnded(server="alpha", run_id="r1", service="ping", outcome="failure", cause=cause, **more), 20.0)
    assert one.has_exited is has_exited
