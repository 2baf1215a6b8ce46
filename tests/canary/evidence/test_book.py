"""Stories of runs: what is told of them, and the facts that come of it."""

import pytest

from canary.evidence.book import PENDING
from canary.records import GaveUp, RunBegan, RunEnded, RunPassed, ServerBooted, ServerLost

END = 1e6
KEY = {"server": "alpha", "run_id": "r1", "service": "ping", "version": "1"}


def outcomes(story):
    story.advance(END)
    return [(fact.run_id, fact.outcome, fact.cause) for fact in story.of(RunEnded)]


def test_a_run_from_beginning_to_end(story):
    story.start(10.0, build="b", pid=7, config_hash="0f", role="standby")
    key = {"server": "alpha", "run_id": "r1", "service": "ping", "version": "1", "build": "b", "role": "standby"}
    assert story.facts == [RunBegan(**key, pid=7, config_hash="0f")]
    story.advance(200.0)
    story.report(300.0, "CRASH", pid=7, signal=11, message="core dumped")
    story.end(301.0)
    story.advance(END)
    assert story.facts[1:] == [
        RunPassed(**key, lasted_s=60.0),
        RunEnded(
            **key,
            outcome="failure",
            cause="CRASH",
            causes=("GONE",),
            lasted_s=290.0,
            signal=11,
            detail="core dumped",
        ),
    ]


@pytest.mark.parametrize(("ended_s", "passes"), [(69.9, False), (70.0, True), (70.1, True)])
def test_a_run_passes_when_it_has_lasted_so_long(story, ended_s, passes):
    story.start(10.0)
    story.end(ended_s)
    story.advance(END)
    assert len(story.of(RunPassed)) == passes


@pytest.mark.parametrize(("told_s", "cause"), [(102.0, "CRASH"), (104.9, "CRASH"), (105.0, "GONE"), (110.0, "GONE")])
def test_a_lost_run_waits_for_a_better_word(story, told_s, cause):
    story.start(0.0, pid=7)
    story.end(100.0)
    story.report(told_s, "CRASH", pid=7)
    assert outcomes(story) == [("r1", "failure", cause)]


def test_a_run_is_one_failure_whatever_is_told_of_it(story):
    story.start(0.0, pid=7)
    for at_s in (1.0, 2.0, 9.0):
        story.report(at_s, "START_TIMEOUT", run_id="r1")
        story.report(at_s, "WATCHDOG_TIMEOUT", run_id="r1")
        story.end(at_s)
    story.start(20.0, pid=7)
    assert outcomes(story) == [("r1", "failure", "WATCHDOG_TIMEOUT")]
    assert len(story.of(RunBegan)) == 1


ENDS = [
    ("unregister", [], "clean", "UNREGISTER"),
    ("replaced", [], "clean", "REPLACED"),
    ("lost", [], "failure", "GONE"),
    ("router_stop", [], "censored", "ROUTER_RESTART"),
    ("host_down", [], "censored", "HOST_DOWN"),
    ("blocked", [], "censored", "BLOCKED"),
    ("eaten", [], "censored", "UNSEEN"),
    ("lost", [("EXIT", {"exit_code": 0})], "clean", "EXIT"),
    ("lost", [("EXIT", {"exit_code": 1})], "failure", "CRASH"),
    ("lost", [("EXIT", {"exit_code": 78})], "failure", "CONFIG_ERROR"),
    ("lost", [("EXIT", {"exit_code": 69})], "censored", "DEP_UNAVAILABLE"),
    ("lost", [("DEP_UNAVAILABLE", {})], "censored", "DEP_UNAVAILABLE"),
    ("lost", [("DEP_UNAVAILABLE", {}), ("CRASH", {"exit_code": 1})], "censored", "DEP_UNAVAILABLE"),
    ("lost", [("OPERATOR_STOP", {}), ("CRASH", {"signal": 9})], "censored", "OPERATOR_STOP"),
    ("unregister", [("CRASH", {"signal": 11})], "failure", "CRASH"),
    ("unregister", [("UPGRADE", {})], "censored", "UPGRADE"),
    ("lost", [("WATCHDOG_TIMEOUT", {}), ("CRASH", {"signal": 6})], "failure", "WATCHDOG_TIMEOUT"),
    ("blocked", [("CRASH", {"exit_code": 1})], "censored", "BLOCKED"),
    ("lost", [("HOST_DOWN", {}), ("CRASH", {})], "censored", "HOST_DOWN"),
]


@pytest.mark.parametrize(
    ("reason", "reports", "outcome", "cause"),
    ENDS,
    ids=[
        "-".join([reason, *(f"{kind}{more.get('exit_code', '')}" for kind, more in told)]) for reason, told, *_ in ENDS
    ],
)
@pytest.mark.parametrize("reports_first", [False, True])
def test_how_runs_end(story, reason, reports, outcome, cause, reports_first):
    story.start(0.0, pid=7)
    if not reports_first:
        story.end(100.0, reason)
    for kind, more in reports:
        story.report(100.0, kind, pid=7, **more)
    if reports_first:
        story.end(100.0, reason)
    assert outcomes(story) == [("r1", outcome, cause)]
    assert story.of(RunEnded)[0].local_only is (cause == "CONFIG_ERROR")


@pytest.mark.parametrize(("ago_s", "cause"), [(30.0, "DEP_UNAVAILABLE"), (30.1, "GONE")])
def test_what_a_run_lacked_long_ago_is_no_excuse(story, ago_s, cause):
    story.start(0.0, pid=7)
    story.report(100.0 - ago_s, "DEP_UNAVAILABLE", source="service")
    story.end(100.0)
    assert outcomes(story)[0][2] == cause


@pytest.mark.parametrize(
    ("checks", "cause"),
    [
        ("FF", "OPERATOR_STOP"),
        ("FFF", "HEALTH_FAIL"),
        ("FFOFF", "OPERATOR_STOP"),
        ("FFOFFF", "HEALTH_FAIL"),
        ("FFFO", "HEALTH_FAIL"),
    ],
)
def test_three_failed_checks_in_a_row_are_a_failure(story, checks, cause):
    story.start(0.0)
    for at_s, check in enumerate(checks, 1):
        story.report(at_s, "HEALTH_FAIL" if check == "F" else "HEALTH_OK", source="watcher")
    story.report(50.0, "OPERATOR_STOP")
    assert outcomes(story)[0][2] == cause
    assert len(outcomes(story)) == 1


def test_a_run_does_not_pass_while_its_health_fails(story):
    story.start(0.0)
    story.report(50.0, "HEALTH_FAIL", source="watcher")
    story.advance(90.0)
    assert not story.of(RunPassed)
    story.report(95.0, "HEALTH_OK", source="watcher")
    assert [fact.lasted_s for fact in story.of(RunPassed)] == [95.0]


def test_a_process_that_never_registers_is_a_run_of_its_own(story):
    story.start(0.0, version="1", build="b")
    story.end(1.0, "lost")
    story.report(50.0, "CRASH", pid=8, exit_code=1)
    story.report(50.5, "CRASH", pid=9, version="2")
    story.advance(END)
    began, ended = story.of(RunBegan)[1:], story.of(RunEnded)[1:]
    assert [(fact.version, fact.build, fact.pid) for fact in began] == [("1", "b", 8), ("2", "", 9)]
    assert [(fact.version, fact.outcome, fact.cause) for fact in ended] == [
        ("1", "failure", "CRASH"),
        ("2", "failure", "CRASH"),
    ]
    assert [fact.run_id for fact in began] == [fact.run_id for fact in ended]
    assert not story.of(RunPassed)


LAST_ENDS = [
    ("CRASH", {"signal": 11}, "lost", "1"),
    ("EXIT", {"exit_code": 1}, "lost", "1"),
    ("EXIT", {"exit_code": 69}, "lost", "1"),
    ("CRASH", {"signal": 11}, "unregister", "1"),
    ("START_TIMEOUT", {}, "lost", "1"),
    ("OPERATOR_STOP", {"signal": 15}, "lost", ""),
    ("OPERATOR_STOP", {"signal": 9}, "unregister", ""),
    ("UPGRADE", {}, "lost", ""),
    ("EXIT", {"exit_code": 0}, "lost", ""),
    ("EXIT", {"exit_code": 0}, "unregister", ""),
    ("CRASH", {"exit_code": 1}, "blocked", ""),
    ("HOST_DOWN", {}, "lost", ""),
]


@pytest.mark.parametrize(
    ("kind", "more", "reason", "version"),
    LAST_ENDS,
    ids=["-".join([kind, *map(str, more.values()), reason]) for kind, more, reason, _ in LAST_ENDS],
)
@pytest.mark.parametrize("next_s", [101.0, 200.0], ids=["merging", "over"])
def test_only_after_a_failure_what_never_registers_is_the_same_version(story, kind, more, reason, version, next_s):
    story.start(0.0, pid=7, build="b")
    story.report(100.0, kind, pid=7, **more)
    story.end(100.0, reason)
    for number in range(7):
        story.report(next_s + 12.0 * number, "CRASH", pid=10 + number, exit_code=1)
    story.advance(END)
    after = [(fact.version, fact.build, fact.outcome) for fact in story.of(RunEnded)[1:]]
    assert after == [(version, "b" if version else "", "failure")] * 7


@pytest.mark.parametrize(("program_changed", "version"), [(False, "1"), (True, "")])
def test_of_another_program_nobody_knows_the_version_until_it_registers(story, program_changed, version):
    """It has replaced the one that failed, and nobody had stopped that."""
    story.start(10.0, pid=7, build="b")
    story.report(20.0, "CRASH", pid=7, exit_code=1)
    story.report(30.0, "CRASH", pid=8, exit_code=1, program_changed=program_changed)
    story.report(40.0, "CRASH", pid=9, exit_code=1, program_changed=program_changed)
    story.start(50.0, "r2", version="2", pid=10)
    story.report(60.0, "CRASH", pid=10, exit_code=1, program_changed=program_changed)
    story.advance(END)
    ended = [(fact.version, fact.build) for fact in story.of(RunEnded)]
    assert ended == [("1", "b"), *[(version, "b" if version else "")] * 2, ("2", "")]


@pytest.mark.parametrize("first", ["never", "stopped", "replaced"])
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("gave_up", [False, True])
def test_a_start_that_fails_on_its_configuration_before_it_says_its_version_counts_for_nobody(
    story, first, times, gave_up
):
    if first != "never":
        story.start(0.0, pid=7)
        story.report(90.0, "EXIT", pid=7, exit_code=0)
        story.end(90.0, "unregister")
    for number in range(times):
        changed = first == "replaced"
        story.report(100.0 + 12.0 * number, "EXIT", pid=10 + number, exit_code=78, program_changed=changed)
    if gave_up:
        story.report(101.0 + 12.0 * times, "GAVE_UP", pid=9 + times)
    story.advance(200.0)
    story.start(200.0, "r2", version="2", pid=20)
    story.advance(END)
    told = {fact.version for fact in story.facts}
    assert told == ({"2"} if first == "never" else {"1", "2"})
    assert [fact.cause for fact in story.of(RunEnded)] == ([] if first == "never" else ["EXIT"])


def test_a_version_that_failed_is_started_again_also_with_a_wrong_configuration(story):
    story.start(0.0, pid=7)
    story.report(90.0, "CRASH", pid=7, exit_code=1)
    story.report(100.0, "EXIT", pid=8, exit_code=78)
    story.advance(END)
    assert [(fact.version, fact.cause) for fact in story.of(RunEnded)] == [("1", "CRASH"), ("1", "CONFIG_ERROR")]


@pytest.mark.parametrize("killed_s", [None, 63.0, 90.0])
def test_a_run_that_hangs_never_passes_and_is_one_failure(story, killed_s):
    """Stopped 2 s after it registered: the questions of then, and the kill that ends it, are no further failures."""
    story.start(0.0, pid=7)
    for at_s in (29.0, 44.0):
        story.report(at_s, "SILENT", run_id="r1", source="watcher")
    story.report(59.0, "HUNG", run_id="r1", source="watcher", message="it left 3 questions in a row unanswered")
    if killed_s is not None:
        story.report(killed_s, "CRASH", pid=7, signal=9)
        story.end(killed_s)
    assert outcomes(story) == [("r1", "failure", "HUNG")]
    assert story.of(RunPassed) == []


def test_a_run_that_missed_one_question_passes_with_the_next_answer(story):
    story.start(0.0, pid=7)
    story.report(50.0, "SILENT", run_id="r1", source="watcher")
    story.advance(64.0)
    assert story.of(RunPassed) == []
    story.report(65.0, "HEALTH_OK", run_id="r1", source="watcher")
    assert [fact.lasted_s for fact in story.of(RunPassed)] == [65.0]


def test_a_service_cannot_call_itself_hung(story):
    story.start(0.0, pid=7)
    story.report(5.0, "HUNG", source="service", run_id="r1")
    assert outcomes(story) == []
    assert story.book.refused == 1


def test_beside_one_that_runs_nobody_knows_what_never_registers(story):
    story.start(0.0, pid=7)
    story.report(50.0, "CRASH", pid=8)
    assert [(fact.version, fact.pid) for fact in story.of(RunBegan)] == [("1", 7)]
    assert len(outcomes(story)) == 1
    assert story.of(RunEnded)[0].version == ""


def test_a_process_that_dies_before_it_registers_again_and_again_fails_each_time(story):
    for at_s in (0.0, 10.0, 20.0):
        story.report(at_s, "CRASH", pid=1)  # in a container each process has the same
    story.report(21.0, "CRASH", pid=1)
    assert [outcome for _, outcome, _ in outcomes(story)] == ["failure"] * 3


def test_a_pid_that_comes_again_after_its_process_has_ended_is_another_run(story):
    for at_s, kind in ((0.0, "CRASH"), (10.0, "START_TIMEOUT"), (20.0, "START_TIMEOUT"), (30.0, "WATCHDOG_TIMEOUT")):
        story.report(at_s, kind, pid=1)
    assert [cause for _, _, cause in outcomes(story)] == ["CRASH", "START_TIMEOUT", "START_TIMEOUT"]


def test_a_supervisor_that_starts_a_process_means_another_run_than_the_one_that_was_lost(story):
    story.start(0.0, pid=7)
    story.end(10.0)
    story.report(20.0, "RUN_START", pid=7)
    story.report(50.0, "START_TIMEOUT", pid=7)
    assert [cause for _, _, cause in outcomes(story)] == ["GONE", "START_TIMEOUT"]


def test_a_process_that_a_supervisor_tells_of_registers_later(story):
    story.report(0.0, "RUN_START", pid=7)
    assert not story.facts
    story.start(30.0, pid=7)
    story.advance(89.9)
    assert not story.of(RunPassed)
    story.advance(90.0)
    assert [(fact.run_id, fact.lasted_s) for fact in story.of(RunPassed)] == [("r1", 90.0)]


def test_a_start_that_took_too_long_is_the_same_run_when_it_registers_after_all(story):
    story.report(0.0, "START_TIMEOUT", pid=7)
    story.advance(10.0)
    story.start(20.0, pid=7)
    story.end(30.0)
    assert [outcome for _, outcome, _ in outcomes(story)] == ["failure"]
    assert len(story.of(RunBegan)) == 1


def test_words_about_a_process_overtake_its_registration(story):
    story.report(0.0, "CRASH", pid=7)
    story.start(1.0, pid=7)
    story.end(2.0)
    assert outcomes(story) == [("r1", "failure", "CRASH")]
    assert [fact.run_id for fact in story.of(RunBegan)] == ["r1"]


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_process_of_another_version_is_another_one(story, version):
    story.report(0.0, "CRASH", pid=7, version="1")
    story.start(1.0, pid=7, version=version)
    story.advance(END)
    assert len(story.of(RunBegan)) == (1 if version == "1" else 2)


def test_a_pid_belongs_to_the_newest_run_of_it(story):
    story.start(0.0, "r1", pid=7)
    story.end(10.0, "unregister", "r1")
    story.start(11.0, "r2", pid=7)
    story.report(12.0, "CRASH", pid=7)
    assert outcomes(story) == [("r1", "clean", "UNREGISTER"), ("r2", "failure", "CRASH")]


def test_a_report_that_names_no_process_is_about_the_one_that_runs(story):
    story.start(0.0, "r1")
    story.report(1.0, "CRASH")
    story.report(20.0, "CRASH")  # nothing runs any more: it died before it registered
    assert [cause for _, _, cause in outcomes(story)] == ["CRASH", "CRASH"]


def test_a_late_report_on_a_run_that_was_lost_adds_nothing(story):
    story.start(0.0, "r1", pid=7)
    story.end(1.0)
    story.report(20.0, "CRASH", pid=7)
    assert outcomes(story) == [("r1", "failure", "GONE")]


@pytest.mark.parametrize("reason", ["lost", "blocked", "router_stop"])
def test_a_sum_of_runs_that_were_not_told_is_about_none_of_those_that_were(story, reason):
    story.start(100.0)
    story.end(101.0, reason, "r9", service="ping", omitted=7)
    story.advance(155.0)
    assert len(story.facts) == 1
    story.end(158.0)
    story.advance(170.0)
    assert (outcomes(story), story.book.missed) == ([("r1", "failure", "GONE")], 0)


@pytest.mark.parametrize("then", [[], ["CRASH"], ["START_TIMEOUT"]])
def test_a_refused_start_is_no_run(story, then):
    story.report(0.0, "BLOCKED", pid=7)
    for kind in then:
        story.report(0.1, kind, pid=7)
    story.advance(10.0)
    assert story.facts == []
    story.start(700.0, "r1", pid=7, role="probe")
    assert [fact.role for fact in story.of(RunBegan)] == ["probe"]


@pytest.mark.parametrize("pid", [7, None], ids=["known", "not-known"])
@pytest.mark.parametrize("kind", ["CRASH", "EXIT", "GONE", "START_TIMEOUT"])
@pytest.mark.parametrize("exit_s", [96.0, 99.9, 100.0, 104.9], ids=str)
def test_the_exit_of_a_process_that_was_refused_is_no_run(story, pid, kind, exit_s):
    told = [
        (100.0, lambda at_s: story.refuse(at_s, pid=pid)),
        (exit_s, lambda at_s: story.report(at_s, kind, source="watcher", pid=7, exit_code=1)),
    ]
    for at_s, tell in sorted(told, key=lambda one: one[0]):
        tell(at_s)
    story.advance(END)
    assert (story.facts, story.book.missed) == ([], 0)


@pytest.mark.parametrize(("told", "refused"), [(7, 7), (7, None), (None, 7), (None, None)])
@pytest.mark.parametrize("is_exit_first", [False, True])
def test_refusal_and_exit_belong_together_unless_they_name_two_processes(story, told, refused, is_exit_first):
    if is_exit_first:
        story.report(99.0, "CRASH", source="watcher", pid=told)
    story.refuse(100.0, pid=refused)
    if not is_exit_first:
        story.report(101.0, "CRASH", source="watcher", pid=told)
    story.report(102.0, "CRASH", source="watcher", pid=8)
    story.advance(END)
    assert [fact.pid for fact in story.of(RunBegan)] == ([] if refused is None else [8])


@pytest.mark.parametrize(
    ("pid", "exit_s", "runs"), [(7, 4000.0, 0), (None, 105.0, 0), (None, 105.1, 1)], ids=["known", "in-time", "later"]
)
def test_a_process_that_is_known_was_refused_for_good(story, pid, exit_s, runs):
    story.refuse(100.0, pid=pid)
    story.report(exit_s, "CRASH", source="watcher", pid=7, exit_code=1)
    assert len(outcomes(story)) == runs


def test_a_blocked_service_that_is_started_all_the_time_never_fails(story):
    for number in range(50):
        story.refuse(60.0 * number, f"x{number}", pid=20 + number)
        story.report(60.0 * number + 0.1, "CRASH", source="watcher", pid=20 + number, exit_code=1)
    story.advance(END)
    assert story.facts == []


def test_the_next_process_with_that_pid_is_another_one(story):
    story.refuse(0.0, pid=1)
    story.report(1.0, "CRASH", pid=1)
    story.report(2.0, "EXIT", pid=1, exit_code=1)  # of the same, by somebody else
    story.report(20.0, "CRASH", pid=1)
    story.report(30.0, "CRASH", pid=1)
    story.refuse(31.0, "x2", pid=1)
    story.report(50.0, "CRASH", pid=1)
    assert [outcome for _, outcome, _ in outcomes(story)] == ["failure"] * 2


def test_a_supervisor_that_starts_a_process_means_another_than_the_refused_one(story):
    story.refuse(0.0, pid=1)
    story.report(10.0, "RUN_START", pid=1)
    story.report(20.0, "CRASH", pid=1)
    story.report(40.0, "CRASH", pid=1)
    assert [cause for _, _, cause in outcomes(story)] == ["CRASH", "CRASH"]


def test_a_process_that_is_started_after_an_unknown_one_was_refused_is_a_run(story):
    story.refuse(0.0, pid=None)
    story.report(1.0, "RUN_START", pid=8)
    story.report(10.0, "CRASH", pid=8)
    assert [cause for _, _, cause in outcomes(story)] == ["CRASH"]


@pytest.mark.parametrize(("ended_s", "runs"), [(5.9, 0), (6.1, 1)])
def test_a_process_that_starts_may_be_the_unknown_one_that_was_refused(story, ended_s, runs):
    story.report(0.0, "RUN_START", pid=8)
    story.refuse(1.0, pid=None)
    story.report(ended_s, "CRASH", pid=8)
    assert len(outcomes(story)) == runs


def test_only_its_end_ends_a_process_that_was_refused(story):
    story.refuse(0.0, pid=7)
    story.report(1.0, "HEALTH_FAIL", pid=7)
    story.report(100.0, "CRASH", pid=7)
    story.advance(END)
    assert (story.facts, story.book.refused) == ([], 1)


def test_a_process_that_its_supervisor_says_was_refused_was_so_for_good(story):
    story.report(0.0, "BLOCKED", pid=7)
    story.report(100.0, "CRASH", pid=7)
    story.report(200.0, "CRASH", pid=7)
    assert len(outcomes(story)) == 1


@pytest.mark.parametrize("again_s", [1.0, 100.0])
@pytest.mark.parametrize("is_announced", [False, True])
def test_a_process_that_was_refused_and_comes_again_as_a_probe_is_a_run(story, again_s, is_announced):
    if is_announced:
        story.report(0.0, "RUN_START", pid=7)
    story.refuse(0.5, pid=7)
    story.start(again_s, "r1", pid=7, version="2", role="probe")
    story.report(again_s + 0.5, "CRASH", pid=7, exit_code=1)
    story.report(again_s + 50.0, "CRASH", pid=7, exit_code=1)
    assert outcomes(story)[0] == ("r1", "failure", "CRASH")
    assert len(outcomes(story)) == 2


def test_a_refusal_touches_no_run_beside_it(story):
    story.start(0.0, "r1", pid=7)
    story.report(1.0, "RUN_START", pid=8)
    for at_s, pid in ((2.0, 9), (3.0, None)):
        story.refuse(at_s, f"x{pid}", pid=pid)
    story.start(4.0, "r2", pid=8, role="standby")
    story.report(5.0, "CRASH", "pong", pid=9)
    story.report(6.0, "CRASH")
    assert outcomes(story)[1:] == [("r2", "failure", "CRASH")]
    assert [fact.run_id for fact in story.of(RunPassed)] == ["r1"]


@pytest.mark.parametrize("is_exit_first", [False, True])
@pytest.mark.parametrize(("refused", "version"), [("1", "1"), ("2", "")])
def test_what_was_refused_last_tells_whether_the_same_is_started_again(story, refused, version, is_exit_first):
    story.start(0.0, pid=7, version="1")
    story.report(100.0, "CRASH", pid=7)
    if is_exit_first:
        story.report(199.0, "CRASH", pid=8)
    story.refuse(200.0, pid=8, version=refused)
    story.report(300.0, "CRASH", pid=9)
    story.advance(END)
    assert [fact.version for fact in story.of(RunEnded)] == ["1", version]


def test_of_refusals_that_were_only_summed_up_no_end_is_one_of_a_run(story):
    story.start(0.0, version="2", pid=7)
    story.end(1.0)
    story.advance(20.0)
    known = len(story.facts)
    story.refuse(30.0, pid=100)
    for number in range(100):
        story.report(30.0 + number / 10, "CRASH", pid=100 + number)
        if number % 40 == 39:
            story.end(30.05 + number / 10, "blocked", f"x{number}", service="ping", version="2", omitted=40)
    story.advance(END)
    assert story.facts[known:] == []


@pytest.mark.parametrize("refused_s", [101.0, 110.0])
@pytest.mark.parametrize("is_exit_first", [False, True])
def test_giving_up_after_refused_starts_says_nothing_of_the_run_before(story, refused_s, is_exit_first):
    story.start(0.0, pid=7)
    story.report(100.0, "OPERATOR_STOP", pid=7)
    if is_exit_first:
        story.report(refused_s - 0.1, "CRASH", pid=8)
    story.refuse(refused_s, pid=8)
    story.report(refused_s + 0.1, "GAVE_UP")
    story.advance(END)
    assert [fact.causes for fact in story.of(RunEnded)] == [()]
    assert not story.of(GaveUp)


def test_giving_up_what_was_only_ever_refused_says_nothing(story):
    story.refuse(0.0, pid=8)
    story.report(1.0, "GAVE_UP")
    story.advance(END)
    assert story.facts == []


def test_all_runs_lost_together_are_the_servers_fault(story):
    story.start(0.0, "r1", "ping")
    story.start(0.0, "r2", "pong")
    story.end(100.0, run_id="r1")
    story.end(104.0, run_id="r2")
    assert outcomes(story) == [("r1", "censored", "HOST_DOWN"), ("r2", "censored", "HOST_DOWN")]
    assert story.of(RunEnded)[0].causes == ("GONE",)


@pytest.mark.parametrize(
    ("services", "lost", "last_s"),
    [
        (["ping", "ping"], 2, 101.0),
        (["ping", "pong", "tock"], 2, 101.0),
        (["ping", "pong"], 2, 105.1),
    ],
    ids=["one-service", "one-goes-on", "too-far-apart"],
)
def test_what_is_no_loss_of_the_server(story, services, lost, last_s):
    for number, service in enumerate(services):
        story.start(0.0, f"r{number}", service)
    for number in range(lost):
        story.end(100.0 if number == 0 else last_s, run_id=f"r{number}")
    assert [cause for _, _, cause in outcomes(story)] == ["GONE"] * lost


def test_a_loss_that_is_told_again_is_no_other_loss(story):
    story.start(0.0, "r1", "ping")
    story.start(0.0, "r2", "pong")
    story.end(10.0, run_id="r1")
    story.end(100.0, run_id="r2")
    story.end(101.0, run_id="r1")
    assert [cause for _, _, cause in outcomes(story)] == ["GONE", "GONE"]


def test_what_came_after_the_loss_does_not_show_that_the_server_was_there(story):
    story.start(0.0, "r1", "ping")
    story.start(0.0, "r2", "pong")
    story.end(100.0, run_id="r1")
    story.end(100.0, run_id="r2")
    story.start(102.0, "r3", "ping")
    assert [cause for _, _, cause in outcomes(story)] == ["HOST_DOWN"] * 2


@pytest.mark.parametrize(("stopped_s", "cause"), [(94.9, "GONE"), (95.0, "ROUTER_RESTART"), (104.0, "ROUTER_RESTART")])
def test_a_run_that_ends_with_the_router_is_excused(story, stopped_s, cause):
    story.start(0.0, "r1", "ping")
    story.start(0.0, "r2", "pong")
    story.start(0.0, "r3", "tock")
    for at_s, reason, run_id in sorted([(100.0, "lost", "r1"), (stopped_s, "router_stop", "r2")]):
        story.end(at_s, reason, run_id)
    assert {run_id: cause for run_id, _, cause in outcomes(story)}["r1"] == cause


def test_what_happens_to_the_server_makes_no_clean_end_unclean(story):
    story.start(0.0)
    story.end(100.0, "unregister")
    story.host(101.0, "PARTITION")
    assert outcomes(story) == [("r1", "clean", "UNREGISTER")]


@pytest.mark.parametrize("kind", ["HOST_DOWN", "ROUTER_RESTART", "REBOOT"])
def test_runs_that_the_router_does_not_tell_of_again_are_over(story, kind):
    story.start(0.0, "r1")
    story.start(0.0, "r2", "pong")
    story.host(100.0, kind)
    story.start(104.0, "r2", "pong")
    story.advance(104.9)
    assert not story.of(RunEnded)
    assert outcomes(story) == [("r1", "censored", kind)]
    assert story.of(RunEnded)[0].lasted_s == 100.0
    assert [fact.run_id for fact in story.of(RunPassed)] == ["r1", "r2"]
    assert len(story.of(RunBegan)) == 2


def test_a_partition_ends_nothing(story):
    story.start(0.0, "r1")
    story.host(100.0, "PARTITION")
    story.advance(200.0)
    story.end(300.0, "lost")
    assert outcomes(story) == [("r1", "failure", "GONE")]


def test_a_host_word_about_a_single_run_is_refused(story):
    story.host(1.0, "CRASH")
    assert (story.facts, story.book.refused) == ([], 1)


def test_a_boot_is_told_once(story):
    story.host(10.0, "REBOOT", ago_s=30.0)
    story.host(12.0, "REBOOT", ago_s=32.5)
    story.host(500.0, "REBOOT", ago_s=20.0)
    assert story.facts == [ServerBooted(server="alpha", ago_s=30.0), ServerBooted(server="alpha", ago_s=20.0)]


@pytest.mark.parametrize(("gave_up_s", "crashed_s"), [(101.0, 100.0), (100.0, 101.0), (100.0, 104.9), (104.9, 100.0)])
def test_giving_up_goes_with_the_end_of_the_last_run(story, gave_up_s, crashed_s):
    story.start(0.0, pid=7)
    words = [(crashed_s, "CRASH"), (gave_up_s, "GAVE_UP"), (gave_up_s, "GAVE_UP")]
    for at_s, kind in sorted(words):
        story.report(at_s, kind, pid=7)
    assert outcomes(story) == [("r1", "failure", "CRASH")]
    assert story.of(RunEnded)[0].causes == ("GAVE_UP",)
    assert not story.of(GaveUp)


def test_giving_up_has_nothing_to_do_with_a_run_before_the_last(story):
    story.start(0.0, "r1", pid=7)
    story.report(100.0, "CRASH", pid=7)
    story.start(101.0, "r2", pid=8)
    story.report(102.0, "GAVE_UP")
    story.advance(END)
    assert [fact.causes for fact in story.of(RunEnded)] == [()]
    assert not story.of(GaveUp)


def test_giving_up_later_is_told_by_itself_and_once(story):
    story.start(0.0, pid=7, build="b")
    story.report(100.0, "CRASH", pid=7)
    story.report(110.0, "GAVE_UP")
    story.report(120.0, "GAVE_UP")
    story.advance(END)
    assert story.of(GaveUp) == [GaveUp(server="alpha", run_id="r1", service="ping", version="1", build="b")]
    assert len(story.of(RunEnded)) == 1


def test_giving_up_what_runs_says_nothing_and_what_never_ran_is_told(story):
    story.start(0.0)
    story.report(10.0, "GAVE_UP")
    story.report(10.0, "GAVE_UP", "pong", version="3")
    story.advance(END)
    assert [(fact.service, fact.run_id, fact.version) for fact in story.of(GaveUp)] == [("pong", "", "3")]


def test_ends_that_come_before_their_beginning_wait_for_it(story):
    story.end(0.0)
    story.report(1.0, "CRASH", run_id="r1", exit_code=3)
    story.start(2.0)
    assert outcomes(story) == [("r1", "failure", "CRASH")]
    assert story.of(RunEnded)[0].exit_code == 3
    assert story.book.missed == 0


def test_ends_whose_beginning_is_never_told_are_forgotten(story):
    story.end(0.0)
    story.end(1.0)
    story.start(5.0)
    story.advance(END)
    assert not story.of(RunEnded)
    assert story.book.missed == 1


def test_runs_that_came_and_went_while_nobody_listened_are_counted(story):
    for number in range(1_100):
        story.end(0.0, "lost", run_id=f"r{number}")
    story.end(0.0, "lost", run_id="tool", service="bellwether_7")
    story.advance(END)
    assert (story.of(RunEnded), story.book.missed) == ([], 1_100)


@pytest.mark.parametrize(
    "kind", ["OPERATOR_STOP", "HOST_DOWN", "ROUTER_RESTART", "REBOOT", "PARTITION", "UPGRADE", "BLOCKED", "GAVE_UP"]
)
def test_a_service_cannot_excuse_itself(story, kind):
    story.start(0.0)
    story.report(99.0, kind, source="service")
    story.end(100.0)
    assert outcomes(story) == [("r1", "failure", "GONE")]
    assert story.book.refused == 1


@pytest.mark.parametrize("kind", ["GONE", "UNREGISTER", "REPLACED", "UNSEEN"])
def test_what_the_router_knows_nobody_reports(story, kind):
    story.start(0.0)
    story.report(1.0, kind)
    assert (outcomes(story), story.book.refused) == ([], 1)


def test_who_watches_processes_may_say_that_one_is_gone_but_meets_none(story):
    story.start(0.0, pid=7)
    story.report(1.0, "GONE", source="watcher", pid=7)
    story.report(1.0, "GONE", source="watcher", pid=8)
    assert (outcomes(story), story.book.refused) == ([("r1", "failure", "GONE")], 1)


def test_a_service_reports_on_no_run_but_its_own(story):
    story.start(0.0, "r1", "ping", pid=7)
    story.start(0.0, "r2", "pong", pid=8)
    story.report(1.0, "CRASH", "pong", run_id="r1")
    story.report(1.0, "CRASH", "pong", source="service", pid=7)
    story.report(1.0, "CRASH", "pong", source="service", run_id="r1")
    assert (outcomes(story), story.book.refused) == ([], 3)


def test_a_flood_of_forged_pids_makes_no_run(story):
    story.start(0.0, pid=7)
    for pid in range(100, 1_100):
        story.report(1.0, "CRASH", source="service", pid=pid)
    assert (outcomes(story), story.book.refused) == ([], 1_000)


def test_a_flood_of_unknown_runs_is_forgotten(story):
    for number in range(2_000):
        story.report(0.0, "CRASH", run_id=f"x{number}")
        story.end(0.0, run_id=f"y{number}")
    story.advance(10.0)
    assert story.facts == []
    assert story.book.missed == 2_000
    assert story.book.next_deadline_s is None


def test_so_many_services_may_have_been_given_up_at_once(story):
    for number in range(PENDING + 1):
        story.report(0.0, "GAVE_UP", f"s{number}")
    story.advance(10.0)
    assert (len(story.of(GaveUp)), story.book.refused) == (PENDING, 1)


def test_passing_commands_are_no_services(story):
    story.start(0.0, service="bellwether_311")
    story.report(0.0, "CRASH", "bellwether_311", pid=3)
    story.end(1.0)
    assert outcomes(story) == []


def test_a_run_that_makes_room_is_over_as_far_as_anyone_knows(tell):
    story = tell(limit_per_service=2)
    for number in range(4):
        story.start(0.0, f"r{number}", role="standby")
    assert [(fact.run_id, fact.outcome, fact.cause) for fact in story.of(RunEnded)] == [
        ("r0", "censored", "UNSEEN"),
        ("r1", "censored", "UNSEEN"),
    ]
    story.advance(END)
    assert [fact.run_id for fact in story.of(RunPassed)] == ["r2", "r3"]


def test_a_run_that_made_room_and_is_told_again_goes_on(tell):
    story = tell(limit_per_service=1)
    story.start(0.0, "r1")
    story.end(1.0, "lost", "r1")
    story.start(2.0, "r2", role="standby")
    assert [(fact.run_id, fact.cause) for fact in story.of(RunEnded)] == [("r1", "GONE")]
    story.start(3.0, "r1")
    story.advance(5.9)
    story.end(5.9, "lost", "r1")
    story.report(10.0, "CRASH", run_id="r1")
    assert [fact.cause for fact in story.of(RunEnded)] == ["GONE", "UNSEEN"]
    story.advance(END)
    assert [(fact.run_id, fact.cause) for fact in story.of(RunEnded)][2:] == [("r1", "CRASH")]


def test_texts_are_cut(story):
    story.report(0.0, "CRASH", pid=7, version="9" * 1000, build="b" * 1000, message="m" * 1000)
    story.advance(END)
    ended = story.of(RunEnded)[0]
    assert (len(ended.version), len(ended.build), len(ended.detail)) == (256, 256, 256)


def test_a_deadline_is_known_while_something_is_due(story):
    assert story.book.next_deadline_s is None
    story.start(10.0)
    assert story.book.next_deadline_s == 70.0
    story.end(20.0)
    assert story.book.next_deadline_s == 25.0
    story.advance(24.9)
    assert not story.of(RunEnded)
    story.advance(25.0)
    assert story.of(RunEnded)


def test_time_does_not_go_back(story):
    story.start(100.0)
    story.end(50.0)
    assert outcomes(story) == [("r1", "failure", "GONE")]
    assert story.of(RunEnded)[0].lasted_s == 0.0


def test_without_a_time_to_merge_the_first_word_counts(tell):
    story = tell(merge_s=0.0)
    story.start(0.0, pid=7)
    story.end(1.0)
    assert [fact.cause for fact in story.of(RunEnded)] == ["GONE"]
    for _ in range(2):
        story.report(2.0, "CRASH", pid=8)
    assert [fact.cause for fact in story.of(RunEnded)] == ["GONE", "CRASH"]


@pytest.mark.parametrize(
    ("kind", "more", "is_run"),
    [
        ("DEP_UNAVAILABLE", {}, False),
        ("DEP_UNAVAILABLE", {"exit_code": 69}, True),
        ("DEP_UNAVAILABLE", {"signal": 15}, True),
        ("HEALTH_FAIL", {"exit_code": 1}, False),
        ("READY", {}, False),
        ("START_TIMEOUT", {}, True),
    ],
)
def test_only_a_beginning_or_an_end_tells_of_a_process_that_nobody_knows(story, kind, more, is_run):
    story.report(0.0, kind, pid=7, **more)
    assert len(outcomes(story)) == is_run
    assert story.book.refused == (not is_run)


def test_a_second_call_says_more_of_why_runs_are_missing(story):
    story.start(0.0)
    story.host(100.0, "ROUTER_RESTART")
    story.host(101.0, "REBOOT")
    story.host(102.0, "ROUTER_RESTART")
    assert outcomes(story) == [("r1", "censored", "REBOOT")]


class TestAnotherLifeOfTheCanary:
    def told(self):
        return [
            (0.0, ServerBooted(server="alpha", ago_s=5.0)),
            (10.0, RunBegan(**KEY, pid=7)),
            (10.0, RunBegan(**KEY | {"run_id": "r2", "service": "pong"}, pid=8)),
            (10.0, RunBegan(**KEY | {"run_id": "r3", "service": "tock"}, pid=9)),
            (20.0, RunEnded(**KEY | {"run_id": "r3"}, outcome="failure", cause="CRASH")),
            (25.0, GaveUp(**KEY | {"run_id": "r3"})),
            (70.0, RunPassed(**KEY, lasted_s=60.0)),
            (75.0, ServerLost(server="alpha")),
            (80.0, RunBegan(**KEY | {"server": "beta", "run_id": "r4"})),
        ]

    @pytest.mark.parametrize(("again_s", "is_over"), [(1004.9, False), (1005.0, True)])
    def test_runs_that_the_router_does_not_tell_of_again_were_missed(self, tell, again_s, is_over):
        story = tell(told=self.told(), now_s=1000.0)
        story.start(again_s, "r2", "pong", pid=8)
        story.advance(2000.0)
        assert story.of(RunBegan) == []
        ended = [(fact.run_id, fact.outcome, fact.cause) for fact in story.of(RunEnded)]
        assert ended == [("r1", "censored", "UNSEEN"), ("r2", "censored", "UNSEEN")][: 1 + is_over]
        assert [fact.run_id for fact in story.of(RunPassed)] == ([] if is_over else ["r2"])

    def test_their_ends_are_told_as_ever(self, tell):
        story = tell(told=self.told(), now_s=1000.0)
        story.end(1001.0, run_id="r1")
        story.report(1001.0, "CRASH", "pong", pid=8)
        assert outcomes(story) == [("r1", "failure", "GONE"), ("r2", "failure", "CRASH")]
        assert [(fact.lasted_s, fact.causes) for fact in story.of(RunEnded)] == [(991.0, ()), (991.0, ())]

    @pytest.mark.parametrize(
        ("outcome", "cause", "version"),
        [
            ("failure", "CRASH", "1"),
            ("censored", "DEP_UNAVAILABLE", "1"),
            ("clean", "EXIT", ""),
            ("censored", "OPERATOR_STOP", ""),
        ],
    )
    def test_how_the_last_run_ended_is_remembered(self, tell, outcome, cause, version):
        told = [(10.0, RunBegan(**KEY, pid=7)), (20.0, RunEnded(**KEY, outcome=outcome, cause=cause))]
        story = tell(told=told, now_s=1000.0)
        story.report(1001.0, "CRASH", pid=8)
        story.advance(END)
        assert [fact.version for fact in story.of(RunEnded)] == [version]

    def test_what_was_told_is_not_told_again(self, tell):
        story = tell(told=self.told(), now_s=1000.0)
        story.start(1000.0, "r1", pid=7)
        story.start(1000.0, "r2", "pong", pid=8)
        story.start(1000.0, "r3", "tock", pid=9)
        story.end(1001.0, run_id="r3")
        story.report(1001.0, "GAVE_UP", "tock")
        story.host(1002.0, "REBOOT", ago_s=1007.0)
        story.advance(2000.0)
        assert [(type(fact), fact.run_id) for fact in story.facts] == [(RunPassed, "r2")]

    def test_a_boot_says_why_they_are_over(self, tell):
        story = tell(told=self.told(), now_s=1000.0)
        story.host(1000.0, "REBOOT", ago_s=40.0)
        assert [cause for _, _, cause in outcomes(story)] == ["REBOOT", "REBOOT"]


def test_a_process_that_died_before_it_registered_is_taken_for_what_a_known_user_ran_last(tell):
    """A stranger who registers under the name in between does not give it his version, nor takes the failure on himself."""
    story = tell(is_known=lambda service, user: (service, user) == ("ping", "app"))
    story.start(0, "r1", version="2", user="app", pid=11)
    story.end(1, "lost", "r1")
    story.advance(10)
    story.start(11, "r2", version="9", user="mallory", pid=12)
    story.end(12, "lost", "r2")
    story.advance(20)
    story.report(21, "CRASH", pid=13, exit_code=1)
    story.advance(30)
    last = story.of(RunEnded)[-1]
    assert (last.version, last.user) == ("2", "app")
    assert last.run_id not in ("r1", "r2")
