"""The commands about versions against a real router, a real canary with a real ledger, and services that really die."""

import asyncio
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress

import pytest
import structlog
from typer.testing import CliRunner

from bellwether.main import application
from communicator.client import Client
from communicator.testing import run_cluster, run_router
from tests.bellwether.on_thread import on_thread
from tests.canary.running import Desk, crash, run_canary

WITHIN_S = 60.0
pytestmark = pytest.mark.timeout(240)
PATIENT = ("rules.a.first_block_s=1800", "rules.a.ok_after_s=8")
"""On a busy machine it takes a moment until a death is known: it must not pass for a success meanwhile."""
BILLING = ("billing", "2.0", "b1")


@pytest.fixture(scope="module", autouse=True)
def _quiet():
    """What the canary logs in this process is no output of a command."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@contextmanager
def canary_on(router, directory, *assignments):
    """A canary on a thread of its own."""
    with on_thread(lambda: run_canary(router, directory, *assignments)):
        yield


@contextmanager
def running(router, service):
    """A service in version 1.0, on a thread of its own."""
    with on_thread(lambda: Client(router.unix, service, service_version="1.0", build="p1")):
        yield


async def _crash_until_blocked(router):
    """Each death is known before the next; but who comes while the block is on its way is expelled, and that is no death."""
    async with asyncio.timeout(WITHIN_S), Client(router.unix, "asker") as client:
        desk, failed = Desk(client), 0
        while await crash(router) != "VERSION_BLOCKED":
            failed += 1
            while not _is_known(await desk.cells(), failed):
                pass


def _is_known(cells, failed):
    cell = cells.get(BILLING, {"state": "", "failed": 0})
    return cell["state"] == "blocked" or cell["failed"] >= failed


@pytest.fixture(scope="module")
def blocked(tmp_path_factory):
    """A router with a canary that has blocked ``billing 2.0``; ``printer 1.0`` runs."""
    directory = tmp_path_factory.mktemp("canary")
    with run_router() as router, canary_on(router, directory, *PATIENT), running(router, "printer"):
        asyncio.run(_crash_until_blocked(router))
        assert run(router.unix, "status", "printer", "1.0", "--timeout", f"{WITHIN_S:g}s").exit_code == 0
        yield router


def run(address, *arguments, columns=100):
    environment = {"BELLWETHER_COMMUNICATOR": address, "COLUMNS": str(columns)}
    return CliRunner().invoke(application, ["canary", *arguments], prog_name="bellwether", env=environment)


@pytest.fixture
def canary(blocked):
    """Runs a command there; gives its result."""
    return lambda *arguments, **options: run(blocked.unix, *arguments, **options)


def test_what_is_blocked_is_shown_with_the_reason(canary):
    done = canary()
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("canary of alpha, led by alpha in term ")
    assert re.search(
        r"billing\n└── ✖ 2\.0 build b1\n +└── ✖ alpha  blocked  0 ok, \d+ failed  next probe in \d+m", done.stdout
    )
    assert "never worked in " in done.stdout
    assert re.search(r"printer\n└── ✔ 1\.0 build p1  last good", done.stdout)


def test_one_service_alone(canary):
    done = canary("get", "printer")
    assert "billing" not in done.stdout
    assert "printer" in done.stdout


def test_a_service_that_is_not_known_is_told_with_the_nearest(canary):
    done = canary("get", "printers")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "bellwether: nothing is known of a service 'printers'; do you mean 'printer'?\n"


def test_programs_get_all_of_it(canary):
    cells = {cell["service"]: cell["state"] for cell in json.loads(canary("get", "--json").stdout)["cells"]}
    assert cells["billing"] == "blocked"
    assert cells.keys() == {cell["service"] for cell in json.loads(canary("--json").stdout)["cells"]}


def test_each_event_that_counted_is_explained(canary):
    done = canary("explain", "alpha/billing/2.0")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("✖ billing 2.0 build b1 on alpha is blocked\n  never worked in ")
    assert re.search(r"counted +run [0-9a-f]{8} ended after \d+ s: GONE", done.stdout)
    assert re.search(r"decided +suspect -> blocked \(rule a\)", done.stdout)
    told = json.loads(canary("explain", "alpha/billing/2.0/b1", "--json").stdout)
    assert told["state"] == "blocked"


def test_a_wrong_scope_is_told_how_one_looks(canary):
    done = canary("explain", "billing")
    assert done.exit_code == 2
    assert done.stderr.startswith("bellwether: 'billing' is no scope: a scope is SERVER/SERVICE/VERSION")


def test_the_ledger_holds(canary):
    done = canary("verify")
    assert done.exit_code == 0
    assert re.fullmatch(r"✔ the ledger holds: \d+ entries are as they were written\n", done.stdout)
    assert json.loads(canary("verify", "--json").stdout)["ok"]


@pytest.fixture
def policy(tmp_path):
    """A file with other rules."""

    def write(text):
        file = tmp_path / "canaryd.toml"
        file.write_text(text)
        return str(file)

    return write


def test_what_was_exported_is_replayed_by_other_rules(canary, tmp_path, policy):
    exported = canary("events")
    numbers = [json.loads(line)["seq"] for line in exported.stdout.splitlines()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [
        json.loads(line)["seq"] for line in canary("events", "--after", "3", "--limit", "2").stdout.splitlines()
    ] == [4, 5]
    file = tmp_path / "events.jsonl"
    file.write_text(exported.stdout)
    told = json.loads(canary("replay", str(file), "--policy", policy('mode = "dry-run"'), "--json").stdout)
    blocks = [pair for pair in told["pairs"] if (pair["was"] or pair["would"])["record"].get("new") == "blocked"]
    assert blocks
    assert not any(pair["same"] for pair in blocks)
    shown = canary("replay", str(file), "--policy", policy("[rules.a]\nfailures = 900"))
    assert re.search(r"blocked \(rule a\).* - *\n", shown.stdout)


@pytest.mark.parametrize(
    ("text", "reason"),
    [(None, "cannot read '[^']*/none': No such file or directory"), ("", "there are no entries in it")],
    ids=["no file", "empty"],
)
def test_what_cannot_be_replayed_is_told(canary, tmp_path, policy, text, reason):
    file = tmp_path / "none"
    if text is not None:
        file.write_text(text)
    done = canary("replay", str(file), "--policy", policy(""))
    assert done.exit_code == 1
    assert re.search(reason, done.stderr)


def test_what_has_no_run_in_it_cannot_be_replayed(canary, tmp_path, policy):
    file = tmp_path / "events.jsonl"
    file.write_text('{"seq":1,"at_s":1,"record":{"record":"stopped"}}\n')
    done = canary("replay", str(file), "--policy", policy(""))
    assert "cannot be replayed: there is no run" in done.stderr


@pytest.mark.parametrize(
    "text", ["[rules.a]\nfailurs = 7", "[rules.a]\nfailures = 0", "="], ids=["unknown", "range", "syntax"]
)
def test_rules_that_are_wrong_are_named(canary, tmp_path, policy, text):
    file = policy(text)
    done = canary("replay", str(tmp_path / "events.jsonl"), "--policy", file)
    assert done.exit_code == 78
    assert done.stderr.startswith(f"bellwether: {file}: ")


def test_orders_are_obeyed_and_undone(canary):
    scope = ("mailer", "1.0", "--build", "m1", "--reason", "we try it")
    assert canary("block", *scope, "--for", "1h", "--unseen").stdout.endswith("✔ alpha: in force\n")
    assert "mailer 1.0 build m1 is blocked for 59m" in canary().stdout
    assert canary("withdraw", *scope, "--unseen").stdout.endswith("✔ alpha: in force\n")
    refused = canary("withdraw", *scope, "--unseen")
    assert refused.exit_code == 1
    assert refused.stderr.endswith("the canary of 'alpha' refuses it: no override of mailer 1.0 build m1 is in force\n")
    assert canary("freeze", "mailer", "--reason", "we move", "--for", "1h", "--unseen").exit_code == 0
    assert "the rules are frozen for mailer on alpha for 59m" in canary().stdout
    assert canary("unfreeze", "mailer", "--reason", "we have moved").exit_code == 0
    assert canary("pardon", "printer", "1.0", "--reason", "it is mended").exit_code == 0
    proved = canary("status", "printer", "1.0", "--timeout", f"{WITHIN_S:g}s")
    assert proved.stdout == "good: printer 1.0 is good on alpha\n", "as the other tests find it"


@pytest.mark.parametrize("words", [("block", "printer", "1.0"), ("freeze",)], ids=["block", "freeze"])
def test_an_order_says_why_and_for_how_long(canary, words):
    assert "say why with --reason" in canary(*words).stderr
    done = canary(*words, "--reason", "x")
    assert done.exit_code == 2
    assert "say for how long with --for, such as --for 24h" in done.stderr


def test_a_script_hears_that_a_version_failed(canary):
    done = canary("status", "billing", "2.0", "--timeout", "10s")
    assert done.exit_code == 1
    assert done.stdout.startswith("failed: it is blocked on alpha: never worked in ")
    assert json.loads(canary("status", "billing", "2.0", "--json").stdout)["verdict"] == "failed"


def test_a_script_hears_that_nobody_can_tell(canary):
    done = canary("status", "biling", "7", "--timeout", "0.01s")
    assert done.exit_code == 3
    assert done.stdout == "inconclusive: nothing is known of a service 'biling'; do you mean 'billing'?\n"
    assert canary("status", "mailer", "7", "--timeout", "soon").stderr.startswith(
        "bellwether: --timeout: 'soon' is not"
    )


def test_a_script_hears_that_a_version_is_good_or_takes_its_time(tmp_path):
    with run_router() as router, canary_on(router, tmp_path, "rules.b.bake_s=8"):
        with running(router, "printer"):
            early = run(router.unix, "status", "printer", "1.0", "--timeout", "0.01s")
            late = run(router.unix, "status", "printer", "1.0", "--timeout", f"{WITHIN_S:g}s")
        assert (early.exit_code, early.stdout.partition(":")[0]) in {(75, "open"), (3, "inconclusive")}
        assert (late.exit_code, late.stdout) == (0, "good: printer 1.0 is good on alpha\n")


def test_without_a_canary_it_is_told_what_to_start():
    with run_router() as router:
        for words in ((), ("get",), ("explain", "a/b/1"), ("events",), ("verify",)):
            done = run(router.unix, *words)
            assert (done.exit_code, done.stderr) == (69, "bellwether: no canary runs in this cluster: start canaryd\n")
        done = run(router.unix, "pardon", "b", "1", "--reason", "x")
        assert done.stderr == "bellwether: no canary runs in this cluster: start canaryd\n"
        done = run(router.unix, "status", "b", "1", "--timeout", "0.01s")
        assert (done.exit_code, done.stdout) == (69, "unreachable: no canary runs in this cluster: start canaryd\n")


def test_a_ledger_that_takes_longer_than_one_waits_is_no_broken_one(canary):
    done = canary("verify", "--timeout", "0s")
    assert (done.exit_code, done.stderr) == (75, "bellwether: the canary in this cluster does not answer within 0 s\n")


def test_two_servers_are_shown_together_and_both_obey(tmp_path):
    with run_cluster(2) as routers, ExitStack() as stack:
        for router in routers:
            directory = tmp_path / router.server_name
            directory.mkdir()
            stack.enter_context(canary_on(router, directory))
            stack.enter_context(running(router, "printer"))
        address, names = routers[0].unix, sorted(router.server_name for router in routers)
        give_up_s = time.monotonic() + WITHIN_S
        good = ""
        while good != f"good: printer 1.0 is good on {', '.join(names)}\n":
            assert time.monotonic() < give_up_s, good
            good = run(address, "status", "printer", "1.0", "--timeout", "5s").stdout
        done = run(address, "block", "printer", "1.0", "--reason", "x", "--for", "1h")
        assert done.stdout.splitlines()[-2:] == [f"✔ {name}: in force" for name in names]
        status = run(address, "status", "printer", "1.0", "--timeout", "5s")
        assert (status.exit_code, status.stdout) == (1, f"failed: an operator blocks it on {names[0]}\n")
        assert run(address, "events", "--server", names[1], "--limit", "1").stdout.startswith('{"seq":1,')


def test_a_watch_without_a_terminal_is_plain_text_until_interrupted(blocked):
    command = [
        sys.executable,
        "-m",
        "bellwether",
        "canary",
        "get",
        "billing",
        "--watch",
        "--communicator",
        blocked.unix,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watcher:
        shown = [watcher.stdout.readline() for _ in range(3)]
        watcher.send_signal(signal.SIGINT)
        shown += watcher.stdout.readlines()
    assert watcher.returncode == 130
    assert shown[0].startswith("canary of alpha")
    assert not any("\x1b" in line for line in shown)


def test_a_watch_on_a_terminal_is_drawn_anew(blocked):
    master, slave = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "bellwether",
        "canary",
        "get",
        "billing",
        "--watch",
        "--communicator",
        blocked.unix,
    ]
    environment = {"PATH": os.defpath, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
    with subprocess.Popen(command, stdout=slave, env=environment) as watcher:
        os.close(slave)
        shown = b""
        while shown.count(b"canary of alpha") < 2:
            shown += os.read(master, 4096)
        watcher.send_signal(signal.SIGINT)
        with suppress(OSError):  # the terminal is gone when nobody has it open any more
            while heard := os.read(master, 4096):
                shown += heard
        os.close(master)
    assert watcher.returncode == 130
    assert b"\x1b[1A" in shown, "the lines before are drawn over"


def test_a_watch_is_for_people(canary):
    done = canary("get", "--watch", "--json")
    assert done.exit_code == 2
    assert "--watch is for people" in done.stderr


def test_json_stands_behind_the_name_of_a_command(canary):
    assert canary("--json", "get").exit_code == 2
