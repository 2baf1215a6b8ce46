"""The commands against a real router, as a person types them."""

import json
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from itertools import count

import msgspec
import pytest
from typer.testing import CliRunner

from bellwether.main import application
from communicator.answers.policy import Denial, Policy
from communicator.client import BlockingClient, Service
from communicator.protocol import Message
from communicator.testing import run_router
from tests.bellwether.on_thread import on_thread, serving

GENERATIONS = count(1)
WITHIN_S = 50.0
"""For what takes a second on a machine with nothing else to do."""


@pytest.fixture(scope="module")
def router():
    with run_router() as running:
        yield running


@pytest.fixture
def bellwether(router):
    """Runs a command; gives its result with exit_code, stdout and stderr."""

    def run(*arguments):
        return CliRunner().invoke(
            application, list(arguments), prog_name="bellwether", env={"BELLWETHER_COMMUNICATOR": router.unix}
        )

    return run


@contextmanager
def timekeeper(router, answer):
    """A timekeeper that says `answer` to whatever it is asked."""
    with answering(Service(router.unix, "timekeeper"), "CLOCK_GET_REPORT", answer):
        yield


@contextmanager
def answering(service, question, answer):
    """A service that says `answer` to a question, on a thread of its own."""

    @service.on(question)
    async def answer_it(_message):
        return answer

    with on_thread(lambda: serving(service)):
        yield


def test_status_without_a_timekeeper(bellwether, router):
    done = bellwether("status")
    assert done.exit_code == 0
    assert re.search(r"^router +✔ +alpha ", done.stdout, re.MULTILINE)
    assert re.search(r"^cluster +✔ +up, complete", done.stdout, re.MULTILINE)
    assert re.search(r"^clock +⚠ +unstable \(checking\)", done.stdout, re.MULTILINE)
    assert "no timekeeper answers" in done.stdout
    assert router.unix in done.stdout.replace("\n", "")


def test_status_for_programs(bellwether):
    told = json.loads(bellwether("status", "--json").stdout)
    assert told["router"]["server"] == "alpha"
    assert told["cluster"]["status"] == "up"
    assert told["claim"] is None


@pytest.mark.parametrize("reading", ["not JSON", '{"local": 3}'])
def test_status_with_a_timekeeper_that_talks_nonsense(bellwether, router, reading):
    answer = Message("CLOCK_CURRENT_REPORT", {"report": reading})
    with timekeeper(router, answer):
        done = bellwether("status", "--json")
    assert json.loads(done.stdout)["claim"] is None


def test_status_shows_the_reasons_of_a_timekeeper(bellwether, router):
    claim = {"state": "holdover", "daemon": "chronyd", "reasons": ["chronyd no longer runs"]}
    with timekeeper(router, Message("CLOCK_CURRENT_REPORT", {"report": json.dumps({"local": {"claim": claim}})})):
        done = bellwether("status")
    assert "holdover, by chronyd" in done.stdout
    assert "chronyd no longer runs" in done.stdout


def test_services_are_listed(bellwether, router):
    with BlockingClient(router.unix, "printer", service_version="1.2"):
        table, told = bellwether("services"), bellwether("services", "--json")
    assert re.search(r"^printer +alpha +1\.2 +live +up ", table.stdout, re.MULTILINE)
    assert [one["service"] for one in json.loads(told.stdout)] == ["printer"]


def test_send_says_nothing_when_all_went_well(bellwether, router):
    with BlockingClient(router.unix, "printer") as printer:
        done = bellwether("send", 'printer/PRINT file="a b" copies=2')
        message = printer.receive(timeout_s=WITHIN_S)
    assert (done.exit_code, done.output) == (0, "")
    assert message.command == "PRINT"
    assert (message.get("file"), message.get("copies")) == ("a b", "2")
    assert message.sent_from_service.startswith("bellwether_")


def test_send_wait_prints_the_answer(bellwether):
    done = bellwether("send", "--wait", "CLUSTER_GET_STATUS")
    assert done.exit_code == 0
    assert done.stdout.startswith("<alpha:communicatord CLUSTER_CURRENT_STATUS ")
    told = json.loads(bellwether("send", "--wait", "--json", "CLUSTER_GET_STATUS").stdout)
    assert told["command"] == "CLUSTER_CURRENT_STATUS"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody/PRINT",), "no receiver for PRINT at 'nobody'"),
        (("--wait", "nobody/PRINT"), "no receiver for PRINT at 'nobody'"),
        (("NONSENSE",), "communicatord does not know this command"),
        (("POLICY_SET policy=x",), "only from the live canary"),
        (("--wait", "--timeout", "0.05", "printer/PRINT"), "no reply to PRINT within 0.05 s"),
        (("a=" + "x" * 1_200_000,), "is not"),
        (("PRINT", "a=" + "x" * 1_200_000), "bytes"),
    ],
    ids=["no-receiver", "no-receiver-wait", "unknown", "refused", "time-out", "no-command", "too-long"],
)
def test_send_tells_what_went_wrong(bellwether, router, arguments, words):
    with BlockingClient(router.unix, "printer"):
        done = bellwether("send", *arguments)
    assert done.exit_code in (1, 2)
    assert done.stdout == ""
    assert words in done.stderr
    assert done.stderr.startswith("bellwether: ")


@pytest.mark.parametrize(("message", "exit_code"), [("STOP", 0), ("communicatord/SHUTDOWN", 0), ("RESTART", 75)])
def test_a_router_that_goes_away_because_it_was_told_to_is_no_error(message, exit_code):
    with run_router() as router:
        done = CliRunner().invoke(application, ["send", "--communicator", router.unix, message])
        assert (done.exit_code, done.output) == (0, "")
        assert router.wait() == exit_code


@contextmanager
def tap(address, *options):
    """A `bellwether tap` that watches already."""
    command = [sys.executable, "-m", "bellwether", "tap", "--communicator", address, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr.readline() == "watching alpha; Ctrl-C ends\n"
            yield process
        finally:
            process.kill()


def test_tap_shows_what_passes(router):
    wanted = ["--command", "PRINT", "--service", "printer", "--count", "2"]
    with (
        tap(router.unix, *wanted) as watching,
        BlockingClient(router.unix, "printer"),
        BlockingClient(router.local, "asker") as asker,
    ):
        asker.send(Message("SCAN", service="printer"))
        asker.send(Message("PRINT", {"file": "a"}, "printer"))
        shown = watching.communicate(timeout=WITHIN_S)[0].splitlines()
    assert watching.returncode == 0
    assert [re.sub(r"^[\d:.]{12} ", "", line) for line in shown] == [
        "< asker       printer/PRINT file=a",
        "> printer     <alpha:asker printer/PRINT file=a",
    ]


def test_tap_ends_on_ctrl_c_without_a_word(router):
    with tap(router.unix) as watching:
        watching.send_signal(signal.SIGINT)
        said = watching.communicate(timeout=WITHIN_S)[1]
    assert (watching.returncode, said) == (130, "")


def test_tap_ends_when_its_reader_does(router):
    with tap(router.unix) as watching:
        watching.stdout.close()
        with BlockingClient(router.unix, "printer"):
            said = watching.stderr.read()
        watching.wait(WITHIN_S)
    assert (watching.returncode, said) == (1, "")


def test_tap_ends_with_its_router():
    with run_router() as router, tap(router.unix) as watching:
        router.stop()
        said = watching.communicate(timeout=WITHIN_S)[1]
    assert watching.returncode == 69
    assert said.startswith("bellwether: the link to the router at ")
    assert said.count("\n") == 1


HOSTILE = "\x1b[31m\x9b2J\u202e\u2066\u2028\x07\nforged"


@pytest.mark.parametrize(
    "words",
    [
        ("services",),
        ("services", "--json"),
        ("status",),
        ("status", "--json"),
        ("send", "hostile/ASK", "--wait"),
        ("send", "hostile/ASK", "--wait", "--json"),
        ("send", "communicatord/ROUTER_GET_STATS", "--wait"),
        ("route", "hostile"),
        ("trace", "hostile/ASK"),
        ("cluster",),
        ("clock",),
        ("canary",),
    ],
    ids=" ".join,
)
def test_what_a_peer_chose_cannot_steer_the_terminal(bellwether, router, words):
    hostile = Service(router.unix, "hostile", service_version=f"1{HOSTILE}", build=f"b{HOSTILE}")
    with answering(hostile, "ASK", Message("ANSWER", {"words": HOSTILE})):
        done = bellwether(*words)
    for said in (done.stdout, done.stderr):
        assert all(line.isprintable() for line in said.split("\n"))
        assert "\nforged" not in said
    if words[0] in ("services", "send"):
        assert done.exit_code == 0


BLOCKED = r"ping 1.0 is blocked on alpha until [-0-9: ]+ \(9m \d+s\): bellwether canary explain 'alpha/ping/1.0'"


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [(("services",), 0), (("route", "ping"), 1), (("trace", "ping/PING"), 1), (("send", "ping/PING"), 1)],
    ids=str,
)
def test_a_blocked_version_is_named_where_its_service_is_missed(bellwether, router, words, exit_code):
    denial = Denial(service="ping", version="1.0", build="*", server="alpha", until_s=600.0, reason="it dies")
    other = Denial(service="pong", version="1.0", build="*", server="*", until_s=0.0)
    policy = Policy(generation=(next(GENERATIONS), 1), lease_s=600.0, denylist=(denial, other))
    with BlockingClient(router.unix, "canary") as canary:
        canary.send(Message("POLICY_SET", {"policy": msgspec.json.encode(policy).decode()}))
        canary.request(Message("ALIVE", {"serial": "1"}), "ABSOLUTELY")
        done = bellwether(*words)
    assert done.exit_code == exit_code
    assert re.search(BLOCKED, done.stderr.replace("\n", " "))
    assert "pong" not in done.stderr
