"""The commands about clocks against a real router and a timekeeper that says what a test wrote down."""

import json
import re
import threading
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from bellwether.clock_commands import wait_synced
from bellwether.failure import CommandError
from bellwether.main import application
from communicator.client import Service
from communicator.protocol import Message
from communicator.testing import run_router
from tests.bellwether.on_thread import on_thread, serving

pytestmark = pytest.mark.takes(1)
WITHIN_S = 50.0
"""For what takes a second on a machine with nothing else to do."""
SYNCED = {"state": "synchronized", "bound_seconds": 0.0021, "daemon": "chronyd", "reasons": ["updated 12 s ago"]}
AGENT = {"local": {"server": "alpha", "role": "agent", "claim": SYNCED, "pairs": []}, "solved": False, "age_seconds": 2}
LOST = {"local": {"server": "alpha", "claim": {"state": "unsynchronized", "reasons": ["chronyd says so"]}}}
SOLUTION = {
    **AGENT,
    "solved": True,
    "hosts": [
        {"host": "alpha", "offset_seconds": 0.000012, "bound_seconds": 0.000056, "verdict": "ok", "claim": SYNCED},
        {"host": "beta", "offset_seconds": -0.0401, "bound_seconds": 0.0003, "verdict": "wrong", "claim_holds": False},
    ],
    "pairs": [{"from": "alpha", "to": "beta", "offset_seconds": -0.0401, "bound_seconds": 0.0003, "via": "probe"}],
    "has_majority": True,
    "agreeing": 1,
    "later": None,
}


def told(report):
    text = report if isinstance(report, str) else json.dumps(report)
    return Message("CLOCK_CURRENT_REPORT", {"report": text})


@pytest.fixture(scope="module")
def router():
    with run_router() as running:
        yield running


@contextmanager
def timekeeper(address, *answers, asked=None):
    """A timekeeper on a thread of its own; it gives one answer after the other, the last one for ever.

    It sets `asked` when it is. An answer may be made of the question.
    """
    service, left = Service(address, "timekeeper"), list(answers)

    @service.on("CLOCK_GET_REPORT")
    async def answer(message):
        if asked:
            asked.set()
        given = left.pop(0) if len(left) > 1 else left[0]
        return given(message) if callable(given) else given

    with on_thread(lambda: serving(service)):
        yield


def run(address, *arguments, columns=120):
    environment = {"BELLWETHER_COMMUNICATOR": address, "COLUMNS": str(columns)}
    return CliRunner().invoke(application, ["clock", *arguments], prog_name="bellwether", env=environment)


@pytest.fixture
def clock(router):
    """Runs a command about clocks while a timekeeper gives these answers; gives its result."""

    def ask(answers, *arguments, **options):
        with timekeeper(router.unix, *answers):
            return run(router.unix, *arguments, **options)

    return ask


def test_a_solution_is_a_table(clock):
    done = clock([told(SOLUTION)])
    assert (done.exit_code, done.stderr) == (0, "")
    assert re.search(r"^beta +-40\.1 ms ± 300 µs +✖ wrong +✖ false: unknown", done.stdout, re.MULTILINE)
    assert "1 of 2 hosts agree" in done.stdout


def test_the_word_of_an_agent_is_no_table(clock):
    done = clock([told(AGENT)])
    assert done.exit_code == 0
    assert done.stdout.startswith("✔ alpha: synchronized, by chronyd, off by at most 2.1 ms\n")
    assert "this timekeeper is an agent" in done.stdout


@pytest.mark.parametrize("report", [AGENT, SOLUTION, {}], ids=["agent", "solution", "empty"])
def test_programs_get_the_report_as_it_came(clock, report):
    done = clock([told(report)], "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {**report, "not_enforced": []}


@pytest.mark.parametrize("columns", [80, 120])
def test_the_pairs_are_a_matrix(clock, columns):
    done = clock([told(SOLUTION)], "matrix", columns=columns)
    assert done.exit_code == 0
    assert re.search(r"^alpha +- +~$", done.stdout, re.MULTILINE)


def test_a_matrix_is_no_wider_than_the_terminal(clock):
    shown = clock([told(SOLUTION)], "matrix", columns=12).stdout
    assert "1 column is left out" in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 12


def test_one_host_is_explained(clock):
    done = clock([told(SOLUTION)], "explain", "beta")
    assert done.exit_code == 0
    assert done.stdout.startswith("✖ beta is wrong: off by 5 ms or more, for certain\n")
    assert re.search(r"^alpha +-40\.1 ms ± 300 µs ", done.stdout, re.MULTILINE)


def test_a_wrong_name_is_told_the_right_ones(clock):
    done = clock([told(SOLUTION)], "explain", "betta")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "bellwether: nothing is known of a host 'betta'; known are alpha, beta\n"


DAY = [
    {"at_seconds": 1.8e9 + 300 * number, "state": "synchronized", "bound_seconds": 0.0021, "verdict": None}
    for number in range(288)
]


def day(points=DAY, report=AGENT):
    return Message("CLOCK_CURRENT_REPORT", {"report": json.dumps(report), "history": json.dumps(points)})


@pytest.mark.parametrize(("options", "count"), [((), 24), (("--limit", "3"), 3), (("--limit", "1000"), 288)])
def test_the_last_day_is_a_table_of_the_newest_points(clock, options, count):
    done = clock([day()], "history", *options)
    assert (done.exit_code, done.stderr) == (0, "")
    assert len(re.findall(r"^\w{3} \d\d:\d\d  ✔ synchronized  2\.1 ms  -", done.stdout, re.MULTILINE)) == count


def test_programs_get_the_points_as_they_came(clock):
    done = clock([day()], "history", "--json", "--limit", "3")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == DAY[-3:]


def test_only_history_asks_for_it(router):
    heard = []

    def answer(message):
        heard.append(message.get("history"))
        return day()

    with timekeeper(router.unix, answer):
        run(router.unix, "history")
        run(router.unix)
    assert heard == ["true", ""]


def test_a_line_as_long_as_a_router_may_allow_is_read():
    points = [{**DAY[0], "wrong": ["h" * 250]} for _ in range(288)]
    answer = day(points, {"local": {}, "reasons": ["x" * 900_000]})
    with run_router(settings={"limits.line_bytes": 1023 * 1024}) as roomy, timekeeper(roomy.unix, answer):
        assert run(roomy.unix, "history").exit_code == 0


def test_a_timekeeper_without_history(clock):
    done = clock([told(AGENT)], "history")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "bellwether: the timekeeper keeps no history: it is of an older version\n"


@pytest.mark.parametrize("count", ["0", "-1", "all"])
def test_what_is_no_count(router, count):
    done = run(router.unix, "history", "--limit", count)
    assert (done.exit_code, done.stdout) == (2, "")


COMMANDS = [(), ("--json",), ("matrix",), ("explain", "alpha"), ("history",), ("history", "--json")]
REFUSAL = Message("INVALID", {"command": "CLOCK_GET_REPORT", "message": "not now"})


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_timekeeper_that_talks_nonsense(clock, arguments):
    nonsense = Message("CLOCK_CURRENT_REPORT", {"report": "nonsense", "history": "nonsense"})
    done = clock([nonsense], *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert " cannot be read: " in done.stderr


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_timekeeper_that_will_not_answer(clock, arguments):
    done = clock([REFUSAL], *arguments)
    assert done.exit_code == 1
    assert "the timekeeper tells nothing of the clocks: not now" in done.stderr


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_without_a_timekeeper(router, arguments):
    done = run(router.unix, *arguments)
    assert (done.exit_code, done.stdout) == (69, "")
    assert "no timekeeper runs on this host: start timekeeperd" in done.stderr


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_without_a_router(tmp_path, arguments):
    done = run(f"cd://{tmp_path}/nothing.sock", *arguments)
    assert (done.exit_code, done.stdout) == (69, "")
    assert "nothing.sock" in done.stderr


def test_a_timekeeper_that_is_silent(router, monkeypatch):
    monkeypatch.setattr("bellwether.conversation.TIMEOUT_S", 0.3)
    with timekeeper(router.unix, None):
        done = run(router.unix)
    assert (done.exit_code, done.stderr) == (69, "bellwether: the timekeeper does not answer within 0.3 s\n")


@pytest.mark.parametrize("position", ["before", "behind"])
def test_the_router_may_be_named_before_or_behind_the_command(router, position):
    option = ["--communicator", router.unix]
    with timekeeper(router.unix, day(report=SOLUTION)):
        for command in (["matrix"], ["explain", "beta"], ["wait-synced"], ["history"]):
            words = [*option, *command] if position == "before" else [*command, *option]
            assert run("cd:///nowhere.sock", *words).exit_code == 0


def test_json_is_for_the_whole_alone(router):
    done = run(router.unix, "--json", "matrix")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "bellwether: --json is for 'bellwether clock' alone, which tells all; 'history' takes it"
    )


def test_who_is_synchronized_need_not_wait(clock):
    done = clock([told(AGENT)], "wait-synced", "--timeout", f"{WITHIN_S:g}", "--bound", "0.01")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "the clock is synchronized\n")


def test_waiting_for_ever_ends_when_it_is_time(clock):
    assert clock([told(AGENT)], "wait-synced", "--timeout", "inf").exit_code == 0


ACCUSED = {**SOLUTION, "hosts": [{"host": "alpha", "verdict": "wrong", "reasons": ["9 ms behind"]}]}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (told(LOST), "the clock is unsynchronized: chronyd says so"),
        (
            told({"local": {"claim": {**SYNCED, "bound_seconds": 0.02}}}),
            "the clock may be off by 20 ms, 10 ms are allowed",
        ),
        (told(ACCUSED), "the other hosts find the clock wrong: 9 ms behind"),
        (told("nonsense"), "the timekeeper's report cannot be read: JSON is malformed: invalid character (byte 4)"),
        (REFUSAL, "the timekeeper tells nothing of the clocks: not now"),
    ],
    ids=["lost", "too-wide", "accused", "nonsense", "refusal"],
)
def test_it_says_what_it_waits_for(router, capsys, answer, reason):
    with timekeeper(router.unix, answer, told(AGENT)):
        wait_synced(router.unix, timeout_s=WITHIN_S, bound_s=0.01, poll_s=0.01)
    assert capsys.readouterr().err.splitlines() == [f"waiting: {reason}", "the clock is synchronized"]


def test_a_host_that_is_not_linked_yet_is_waited_for(capsys):
    """In the first seconds of a boot, only the settings of the router know that there are others."""
    alone = {"local": {**AGENT["local"], "role": "solver"}, "solved": True, "hosts": [{"host": "alpha"}]}
    begun, over = ({**alone, "local": {**alone["local"], "grace_left_seconds": s}} for s in (9, 0))
    with (
        run_router(settings={"cluster.neighbors": ["127.0.0.1:9"]}) as router,
        timekeeper(router.unix, told(begun), told(over)),
    ):
        wait_synced(router.unix, timeout_s=WITHIN_S, poll_s=0.01)
    assert capsys.readouterr().err.splitlines() == [
        "waiting: the clock is not compared with those of other hosts yet",
        "the clock is synchronized",
    ]


def test_what_only_differs_in_its_numbers_is_said_once(router, capsys):
    first, second = ({"local": {"claim": {"state": "holdover", "reasons": [f"{s} s ago"]}}} for s in (12, 13))
    with timekeeper(router.unix, told(first), told(second), told(AGENT)):
        wait_synced(router.unix, timeout_s=WITHIN_S, poll_s=0.01)
    assert capsys.readouterr().err.splitlines() == [
        "waiting: the clock is holdover: 12 s ago",
        "the clock is synchronized",
    ]


def test_when_the_time_is_over_the_last_reason_is_told(clock):
    done = clock([told(LOST)], "wait-synced", "--timeout", "4")
    reason = "the clock is unsynchronized: chronyd says so"
    assert (done.exit_code, done.stdout) == (75, "")
    assert done.stderr == f"waiting: {reason}\nbellwether: not synchronized within 4 s: {reason}\n"


@pytest.mark.parametrize("is_there", [True, False], ids=["no-timekeeper", "no-router"])
def test_nobody_to_ask_is_a_reason_too(router, tmp_path, is_there):
    address = router.unix if is_there else f"cd://{tmp_path}/nothing.sock"
    done = run(address, "wait-synced", "--timeout", "4")
    assert (done.exit_code, done.stdout) == (69, "")
    assert ("no timekeeper runs on this host" if is_there else "nothing.sock") in done.stderr.splitlines()[-1]


def test_it_waits_for_a_router_that_is_not_there_yet(tmp_path, capsys):
    address = f"cd://{tmp_path}/s"
    done = threading.Event()

    def start():
        with run_router(settings={"listen.unix": f"{tmp_path}/s"}), timekeeper(address, told(AGENT)):
            done.wait(2 * WITHIN_S)

    thread = threading.Thread(target=start)
    thread.start()
    try:
        wait_synced(address, timeout_s=WITHIN_S, poll_s=0.01)
    finally:
        done.set()
        thread.join()
    assert capsys.readouterr().err.splitlines()[-1] == "the clock is synchronized"


def test_it_outlives_its_router(tmp_path, capsys):
    address, path = f"cd://{tmp_path}/s", {"listen.unix": f"{tmp_path}/s"}
    asked, done = threading.Event(), threading.Event()

    def start():
        with run_router(settings=path), timekeeper(address, told(LOST), asked=asked):
            asked.wait(WITHIN_S)
        with run_router(settings=path), timekeeper(address, told(AGENT)):
            done.wait(2 * WITHIN_S)

    thread = threading.Thread(target=start)
    thread.start()
    try:
        wait_synced(address, timeout_s=2 * WITHIN_S, poll_s=0.01)
    finally:
        asked.set()
        done.set()
        thread.join()
    assert capsys.readouterr().err.splitlines()[-1] == "the clock is synchronized"


@pytest.mark.parametrize("option", ["--timeout", "--bound"])
@pytest.mark.parametrize("value", ["soon", "-1", "0", "nan", ""])
def test_what_is_no_time(router, option, value):
    done = run(router.unix, "wait-synced", option, value)
    assert (done.exit_code, done.stdout) == (2, "")
    assert option in done.stderr


def test_an_address_that_is_none_is_not_waited_for():
    done = run("nonsense", "wait-synced", "--timeout", "20")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nonsense" in done.stderr


def test_the_exit_code_says_what_was_in_the_way(clock):
    """Which one each report deserves is in test_clock_wait.py."""
    done = clock([told(ACCUSED)], "wait-synced", "--timeout", "4s")
    assert (done.exit_code, done.stdout) == (1, "")


def test_a_report_that_makes_no_sense_is_not_known_yet(clock):
    assert clock([told("nonsense")], "wait-synced", "--timeout", "4s").exit_code == 75


def test_a_router_that_cannot_be_found_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BELLWETHER_COMMUNICATOR", raising=False)
    with pytest.raises(CommandError, match=r"not synchronized within 0.05 s: no router found") as raised:
        wait_synced(None, timeout_s=0.05)
    assert raised.value.exit_code == 69
