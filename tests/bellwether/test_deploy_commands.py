"""The commands about deployments against two real routers, whose canaries say what a test wrote down: each command and slip."""

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from bellwether.main import application
from communicator.answers.deployments import Change, DeploymentTaken, Readiness
from communicator.testing import run_cluster
from tests.bellwether import deploy_sample as sample
from tests.bellwether.conftest import said
from tests.bellwether.deploy_canary import Story, scripted_canary
from tests.bellwether.deploy_sample import PAUSED, STEP
from tests.bellwether.on_thread import on_thread
from tests.bellwether.test_canary_questions import services, told

FILE = 'service = "billing"\nversion = "2.0"\nexecutor = "systemd"\n'
MISSING = ("executor 'systemd' is not defined: [deploy.executors.systemd] in canaryd.toml",)


@pytest.fixture(scope="module")
def cluster():
    """Two routers with a canary each; the first one leads."""
    with run_cluster(2) as routers, ExitStack() as stack:
        story = Story([router.server_name for router in routers])
        for router in routers:
            stack.enter_context(on_thread(lambda router=router: scripted_canary(router, story)))
            routers.wait_offered("canary")  # after the first: the second router has heard of it
        yield routers, story


@pytest.fixture
def story(cluster):
    """What the canaries tell in one test."""
    told = cluster[1]
    told.__init__(told.members)
    return told


@pytest.fixture
def deploy(cluster, story, tmp_path):
    """Runs a command on the host that does not lead; gives its result."""
    assert story.commands == []
    (tmp_path / "billing.toml").write_text(FILE)

    def run(name, *arguments, columns=100):
        folder = ("--dir", str(tmp_path)) if name in ("start", "check") else ()
        environment = {"BELLWETHER_COMMUNICATOR": cluster[0][1].unix, "COLUMNS": str(columns)}
        words = ["deploy", name, *arguments, *folder]
        return CliRunner().invoke(application, words, prog_name="bellwether", env=environment)

    return run


def test_start_sends_the_file_to_the_leader_once_all_hosts_can_do_it(deploy, story):
    story.becomes = replace(sample.PENDING, number=1)
    done = deploy("start", "billing", "2.5", "--reason", "ticket 812", "--executor", "none")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "◌ billing 2.0 (n1): pending\n", "")
    ((server, given),) = story.commands
    assert (server, given["command"], given["service"], given["reason"]) == (
        "alpha",
        "deploy-start",
        "billing",
        "ticket 812",
    )
    assert json.loads(given["spec"]) == {"name": "billing", "service": "billing", "version": "2.5"}
    assert given["actor_server"] == "beta"


def test_start_of_a_service_without_a_file(deploy, story):
    story.becomes = sample.FIRST
    assert deploy("start", "mailer", "4.1").exit_code == 0
    assert json.loads(story.commands[0][1]["spec"]) == {"name": "mailer", "service": "mailer", "version": "4.1"}


def test_nothing_begins_where_a_host_cannot_do_it(deploy, story):
    story.ready["beta"] = Readiness(server="beta", has="1.9", missing=MISSING)
    done = deploy("start", "billing")
    assert done.exit_code == 1
    assert [line.rstrip() for line in done.stdout.splitlines()] == [
        "✔ alpha: ready, has 1.9",
        "✖ beta: lacks what it needs, has 1.9",
        f"    {MISSING[0]}",
    ]
    assert done.stderr == (
        "bellwether: it cannot be done on beta; nothing was begun (--anyway begins it all the same)\n"
    )
    assert story.commands == []


def test_a_check_tells_what_who_leads_would_refuse(deploy, story):
    story.ready["alpha"] = Readiness(server="alpha", has="2.5", refused="billing 2.5 is held: it crashes")
    done = deploy("check", "billing")
    assert (done.exit_code, done.stderr) == (1, "bellwether: alpha refuses: billing 2.5 is held: it crashes\n")
    assert done.stdout.splitlines()[-1].strip() == "billing 2.5 is held: it crashes"


def test_it_begins_all_the_same_if_one_says_so(deploy, story):
    story.ready["beta"] = Readiness(server="beta", has="1.9", missing=MISSING)
    story.becomes = sample.PENDING
    story.taken = replace(story.taken, warnings=("gamma is away",))
    done = deploy("start", "billing", "--anyway")
    assert (done.exit_code, done.stderr) == (0, "warning: it cannot be done on beta\nwarning: gamma is away\n")


def test_a_rehearsal_shows_the_steps_and_begins_nothing(deploy, story):
    done = deploy("start", "billing", "--dry-run")
    assert done.exit_code == 0
    assert done.stdout.startswith("canary of billing 2.0 by executor systemd\n  1  1 server, bakes 20m 0s\n")
    assert done.stdout.endswith("\n\n✔ alpha: ready, has 1.9\n✔ beta: ready, has 1.9\n")
    assert story.commands == []
    assert [row["server"] for row in json.loads(deploy("start", "billing", "--dry-run", "--json").stdout)] == [
        "alpha",
        "beta",
    ]


def test_what_no_majority_holds_yet_is_told(deploy, story, monkeypatch):
    monkeypatch.setattr("bellwether.deploy_questions.WAIT_S", 0.0)
    story.taken = replace(story.taken, in_force=False)
    done = deploy("start", "billing")
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr == (
        "bellwether: proposed as n1, and not in force yet: fewer than half of the canaries hold it; "
        "look again with 'bellwether deploy status'\n"
    )


def test_what_is_proposed_is_waited_for(deploy, story):
    story.taken = DeploymentTaken(id=STEP.id, number=8)
    story.looks = [(), (), (STEP,), (STEP,)]
    story.becomes = PAUSED
    assert deploy("start", "billing", "--json").exit_code == 0
    assert story.looks == []


def test_check_says_what_is_missing_where(deploy, story):
    assert deploy("check", "billing").exit_code == 0
    story.ready["alpha"] = Readiness(server="alpha", has="1.9", missing=MISSING)
    done = deploy("check", "billing")
    assert (done.exit_code, done.stderr) == (1, "bellwether: it cannot be done on alpha\n")
    assert json.loads(deploy("check", "billing", "--json").stdout)[0] == {
        "server": "alpha",
        "status": "lacking",
        "has": "1.9",
        "missing": list(MISSING),
    }


@pytest.mark.parametrize("name", ["start", "check"])
@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (
            ("bilings",),
            (2, "bilings.toml; do you mean 'billing'? (for a service without a file give the version, too: "),
        ),
        (("canery", "2"), (2, "no host has the service 'canery'; do you mean 'canary'? (to install it")),
        (("bad",), (78, "bad.toml' is wrong: steps[0].bake: 'soon' is not a duration")),
    ],
    ids=["file", "service", "wrong"],
)
def test_slips_are_answered(deploy, story, tmp_path, name, words, answer):
    story.ready = {server: Readiness(server=server) for server in story.members}
    (tmp_path / "bad.toml").write_text(f'{FILE}[[steps]]\nbake = "soon"\n')
    done = deploy(name, *words)
    assert (done.exit_code, done.stdout) == (answer[0], "")
    assert answer[1] in done.stderr
    assert story.commands == []


STEERED = [
    ("promote", (), {}),
    ("promote", ("--full",), {"full": "true"}),
    ("pause", ("--reason", "we move"), {"reason": "we move"}),
    ("resume", (), {}),
    ("abort", (), {}),
    ("retry", (), {}),
    ("undo", (), {}),
    ("undo", ("--full",), {"full": "true"}),
]


@pytest.mark.parametrize("about", ["billing", STEP.id])
@pytest.mark.parametrize(("name", "more", "parameters"), STEERED)
def test_the_leader_is_told_what_is_to_become_of_it(deploy, story, about, name, more, parameters):
    story.deployments, story.becomes = (STEP,), STEP
    story.taken = DeploymentTaken(id=STEP.id, number=8, in_force=True)
    done = deploy(name, about, *more)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"◐ billing 2.0 build 9f3c ({STEP.id}): step 2 of 3\n"
    ((server, given),) = story.commands
    names = ("command", "service", "deployment", "full", "reason")
    assert (server, {key: given[key] for key in names if key in given}) == (
        "alpha",
        {"command": f"deploy-{name}", "service": "billing", "deployment": STEP.id, **parameters},
    )


def test_programs_get_what_came_of_it(deploy, story):
    story.deployments, story.becomes = (STEP,), STEP
    story.taken = DeploymentTaken(id=STEP.id, number=8, phase="paused")
    assert json.loads(deploy("pause", "billing", "--json").stdout) == {
        "id": STEP.id,
        "number": 8,
        "phase": "paused",
        "in_force": True,
        "warnings": [],
    }


def test_a_refusal_is_told_with_its_reason(deploy, story):
    story.deployments, story.refusal = (STEP,), "it is not paused: it is step"
    done = deploy("resume", "billing")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "bellwether: the canary of 'alpha' refuses it: it is not paused: it is step\n"
    assert len(story.commands) == 1


def test_a_leader_that_has_just_changed_is_followed_once(deploy, story):
    story.deployments, story.leads_next = (STEP,), "beta"
    story.taken = DeploymentTaken(id=STEP.id, number=7, in_force=True)
    assert deploy("pause", "billing").exit_code == 0
    assert [server for server, _ in story.commands] == ["alpha", "beta"]


def test_without_a_leader_nothing_is_taken(deploy, story):
    story.deployments, story.leader = (STEP,), ""
    for words in (("pause", "billing"), ("start", "billing")):
        done = deploy(*words)
        assert (done.exit_code, done.stdout) == (75, "")
        assert done.stderr == (
            "bellwether: nobody leads: nothing moves, and no command is taken until a majority of the canaries is in reach; "
            "'bellwether cluster' tells who is away\n"
        )


@pytest.mark.parametrize("name", ["promote", "status", "wait"])
def test_a_deployment_that_is_not_known_is_told_with_the_nearest(deploy, story, name):
    story.deployments = (STEP,)
    done = deploy(name, "biling")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "bellwether: nothing is known of a deployment of 'biling'; do you mean 'billing'?\n"
    assert deploy(name, "x").stderr.endswith("of 'x'; there are deployments of: billing\n")


def test_status_shows_the_tree(deploy, story):
    story.deployments = (PAUSED, sample.FIRST)
    done = deploy("status")
    assert done.exit_code == 0
    assert done.stdout.startswith("deployments, as the canary of alpha knows them, led by alpha\n\n‖ billing 2.0 ")
    assert "◐ mailer 4.1  promoting" in done.stdout
    one = deploy("status", "mailer")
    assert "billing" not in one.stdout
    assert [each["id"] for each in json.loads(deploy("status", "77", "--json").stdout)["deployments"]] == ["77"]


def test_list_has_a_line_for_each(deploy, story):
    story.deployments = (PAUSED, sample.FIRST)
    assert len(deploy("list").stdout.splitlines()) == 5
    assert len(json.loads(deploy("list", "--json").stdout)["deployments"]) == 2


@pytest.mark.parametrize("words", [("start", "billing", "2"), ("abort", "billing")])
def test_a_reason_is_no_story(deploy, words):
    done = deploy(*words, "--reason", "x" * 257)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "bellwether: --reason: 257 characters are more than 256: say it shortly, and name the ticket that has more\n"
    )


def test_history_has_a_line_for_each_change(deploy, story):
    other = Change(wall_s=0.0, id="77", name="mailer", service="mailer", version="4.1", phase="done")
    story.changes = (*sample.CHANGES.changes, other)
    assert [line.split("  ", 1)[1] for line in deploy("history", columns=40).stdout.splitlines()] == [
        "◌ billing 2.0 pending by root@alpha: ticket 812  3f2a9c",
        "◐ billing 2.0 step 1  3f2a9c",
        "✖ billing 2.0 rolled back: alpha: never worked in 5 tries over 62 s (limit 5 over 60 s)  3f2a9c",
        "✔ mailer 4.1 done  77",
    ]
    assert [each["id"] for each in json.loads(deploy("history", "mailer", "--json").stdout)["changes"]] == ["77"]


@pytest.mark.parametrize(
    ("one", "more", "exit_code", "text"),
    [
        (sample.DONE, (), 0, "done: billing 2.0 is done\n"),
        (sample.ROLLED_BACK, (), 1, "failed: billing 2.0 is rolled back: alpha: never worked in 5 tries over 62 s "),
        (
            PAUSED,
            (),
            3,
            "paused: billing 2.0 build 9f3c is paused at step 2 of 3: step 2 is over and waits for promote; ",
        ),
        (PAUSED, ("--until", "paused"), 0, "reached: billing 2.0 build 9f3c is paused at step 2 of 3: "),
        (PAUSED, ("--wait-paused", "--timeout", "0s"), 75, "open: billing 2.0 build 9f3c is paused at step 2 of 3: "),
        (STEP, ("--until", "step 2"), 0, "reached: billing 2.0 build 9f3c is at step 2 of 3: step 1 is over\n"),
        (STEP, ("--timeout", "0s"), 75, "open: billing 2.0 build 9f3c is at step 2 of 3: step 1 is over; next: it "),
    ],
)
def test_a_script_hears_by_the_exit_code_what_became_of_it(deploy, story, one, more, exit_code, text):
    story.deployments = (one,)
    done = deploy("wait", "billing", *more)
    assert done.exit_code == exit_code
    assert done.stdout.startswith(text)
    told = json.loads(deploy("wait", one.id, *more, "--json").stdout)
    assert (told["verdict"], told["deployment"]["id"]) == (text.partition(":")[0], one.id)


def test_a_script_hears_of_each_change_while_it_waits(deploy, story, monkeypatch):
    monkeypatch.setattr("bellwether.deploy_views.Patience.__new__.__defaults__", (False, 0.01))
    story.deployments = (sample.DONE,)
    story.looks = [(STEP,)] * 6 + [(replace(STEP, number=8, reason="up"),)] * 4
    done = deploy("wait", "billing")
    assert (done.exit_code, done.stdout) == (0, "done: billing 2.0 is done\n")
    assert [line.partition(": ")[2].partition("; ")[0] for line in done.stderr.splitlines()] == [
        "billing 2.0 build 9f3c is at step 2 of 3: step 1 is over",
        "billing 2.0 build 9f3c is at step 2 of 3: up",
    ]


def test_who_waits_for_one_does_not_take_a_later_one_for_it(deploy, story, monkeypatch):
    monkeypatch.setattr("bellwether.deploy_views.Patience.__new__.__defaults__", (False, 0.01))
    story.deployments = (replace(sample.DONE, id="later"),)
    story.looks = [(STEP,)] * 2
    story.changes = sample.CHANGES.changes
    done = deploy("wait", "billing")
    assert (done.exit_code, done.stdout.partition(":")[0]) == (1, "failed")
    assert "is rolled back: alpha: never worked" in done.stdout


def test_a_wrong_span_or_aim_is_refused(deploy):
    assert deploy("wait", "billing", "--timeout", "soon").stderr.startswith("bellwether: --timeout: 'soon' is not")
    assert deploy("wait", "billing", "--until", "dawn").exit_code == 2


@pytest.mark.parametrize(
    ("one", "exit_code", "text"),
    [(sample.DONE, 0, "deployed"), (PAUSED, 0, "a person has to decide"), (sample.ROLLED_BACK, 1, "rolled back: see ")],
)
def test_the_ci_job_of_the_manual_ends_as_it_says(cluster, story, tmp_path, one, exit_code, text):
    page = (Path(__file__).parents[2] / "docs/deployments.md").read_text()
    job = tmp_path / "deploy.sh"
    job.write_text("#!/bin/sh\n" + page.partition("```sh\n#!/bin/sh\n")[2].partition("```")[0])
    story.becomes = one
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
        "BELLWETHER_COMMUNICATOR": cluster[0][1].unix,
    }
    done = subprocess.run(["sh", job, "2.0"], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == exit_code, done.stderr
    assert done.stdout.splitlines()[-1].startswith(text)
    assert story.commands[0][1]["reason"] == "build by hand"


def watcher_of(cluster, **options):
    command = [sys.executable, "-m", "bellwether", "deploy", "status", "billing", "--watch"]
    return subprocess.Popen([*command, "--communicator", cluster[0][1].unix], **options)


def test_a_watch_without_a_terminal_is_plain_text_until_interrupted(cluster, story):
    story.deployments = (STEP,)
    with watcher_of(cluster, stdout=subprocess.PIPE, text=True) as watcher:
        shown = [watcher.stdout.readline().rstrip() for _ in range(3)]
        story.deployments = (replace(PAUSED, reason="changed"),)
        while "  changed" not in shown:
            shown.append(watcher.stdout.readline().rstrip())
        watcher.send_signal(signal.SIGINT)
        watcher.stdout.read()
    assert watcher.returncode == 130
    assert not any("\x1b" in line for line in shown)
    assert shown.count("deployments, as the canary of alpha knows them, led by alpha") == 2


def test_a_watch_on_a_terminal_is_drawn_anew(cluster, story):
    story.deployments = (STEP,)
    master, slave = pty.openpty()
    environment = {"PATH": os.defpath, "TERM": "xterm", "COLUMNS": "100", "LINES": "50"}
    with watcher_of(cluster, stdout=slave, env=environment) as watcher:
        os.close(slave)
        shown = b""
        while shown.count(b"deployments, as the canary of alpha") < 2:
            shown += os.read(master, 4096)
        story.deployments = (replace(PAUSED, reason="changed"),)
        while b"changed" not in shown:
            shown += os.read(master, 4096)
        watcher.send_signal(signal.SIGINT)
        with suppress(OSError):  # the terminal is gone when nobody has it open any more
            while heard := os.read(master, 4096):
                shown += heard
        os.close(master)
    assert watcher.returncode == 130
    assert b"\x1b[1A" in shown, "the lines before are drawn over"


def test_a_watch_is_for_people(deploy):
    done = deploy("status", "--watch", "--json")
    assert done.exit_code == 2
    assert "--watch is for people" in done.stderr


def canaries(report=None, **more):
    """A cluster that consists of one canary which says the same to all."""
    answer = told("alpha", report or {"leader": "alpha", "deployments": [{"id": "1"}]})
    return {"LIST_SERVICES": [services("alpha")], "CANARY_GET_REPORT": [answer], **more}


KNOWN = {
    "leader": "alpha",
    "deployments": [
        {
            "id": "a1",
            "name": "x",
            "service": "billing",
            "version": "2",
            "strategy": "canary",
            "executor": "none",
            "phase": "step",
        }
    ],
}


def test_who_may_not_is_told_who_may(ask):
    reason = "user 'bob' may not: it takes root, the router's user or user 'bellwether'"
    refusal = said("INVALID", {"command": "CANARY_COMMAND", "message": reason})
    done, _ = ask(canaries(KNOWN, CANARY_COMMAND=[refusal]), "deploy", "abort", "billing")
    assert (done.exit_code, done.stderr) == (77, f"bellwether: you may not give orders to canaries: {reason}\n")


def test_a_leader_that_is_silent_is_not_asked_twice(ask, monkeypatch):
    monkeypatch.setattr("bellwether.canary_orders.TIMEOUT_S", 0.05)
    done, router = ask(canaries(KNOWN, CANARY_COMMAND=[]), "deploy", "abort", "billing")
    assert done.exit_code == 69
    assert done.stderr == "bellwether: the canary of 'alpha' does not answer within 0.05 s\n"
    assert len(router.of("CANARY_COMMAND")) == 1


def test_an_answer_that_makes_no_sense_is_told(ask):
    done, _ = ask(canaries(), "deploy", "status")
    assert done.exit_code == 1
    assert done.stderr.startswith("bellwether: what the canary tells of deployments cannot be read: ")


NOBODY = "no canary runs in this cluster: start canaryd\n"


@pytest.mark.parametrize(
    ("words", "stdout", "stderr"),
    [
        (("status",), "", f"bellwether: {NOBODY}"),
        (("list",), "", f"bellwether: {NOBODY}"),
        (("history",), "", f"bellwether: {NOBODY}"),
        (("abort", "billing"), "", f"bellwether: {NOBODY}"),
        (("start", "billing", "2"), "", f"bellwether: {NOBODY}"),
        (("wait", "billing", "--timeout", "0s"), f"unreachable: {NOBODY}", f"waiting: {NOBODY}"),
    ],
)
def test_without_a_canary_it_is_told_what_to_start(ask, words, stdout, stderr):
    nobody = said("TRANSMISSION_REPORT", {"status": "failed", "command": "CANARY_GET_REPORT"})
    script = {"CANARY_GET_REPORT": [nobody], "LIST_SERVICES": [services()]}
    done, _ = ask(script, "deploy", *words)
    assert (done.exit_code, done.stdout, done.stderr) == (69, stdout, stderr)
