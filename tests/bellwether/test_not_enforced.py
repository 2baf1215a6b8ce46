"""A real router with a real canary beside a router that speaks as a C++ one does: where nothing is enforced is told."""

import contextlib
import json
import socket
import threading

import pytest
import structlog
from typer.testing import CliRunner

from bellwether.main import application
from communicator.protocol import Message, decode, encode
from communicator.testing import run_router
from tests.bellwether.test_canary_commands import WITHIN_S, canary_on

pytestmark = pytest.mark.timeout(240)
CONNECT = Message(
    "CONNECT", {"version": "1", "server_name": "cpp", "my_address": "127.0.0.9:4042", "services": "canary,printer"}
)
"""It names no features."""
CELL = {"server": "cpp", "service": "printer", "version": "1.0", "state": "blocked", "reason": "never worked"}
ASIDE = "not enforced there: host cpp runs a C++ router, which knows no policy"


@pytest.fixture(scope="module", autouse=True)
def _quiet():
    """What the canary logs in this process is no output of a command."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


def _answer_of(asked):
    """What is said there, by the router and by its canary; None: nothing."""
    back = {"service": asked.sent_from_service, "server": asked.sent_from_server}
    canary = {"sent_from_server": "cpp", "sent_from_service": "canary", **back}
    match asked.command:
        case "ALIVE":
            return Message("ABSOLUTELY", {"serial": asked.get("serial")})
        case "CANARY_COMMAND":
            return Message("CANARY_RESULT", {"command": asked.get("command"), "status": "done"}, **canary)
        case "CANARY_GET_REPORT":
            report = {"server": "cpp", "cells": [CELL], "total": 1}
            return Message("CANARY_CURRENT_REPORT", {"report": json.dumps(report)}, **canary)
    return None


@contextlib.contextmanager
def cpp_router(address):
    """A router without features, linked with the one at the address until the block ends."""
    host, port = address.removeprefix("cd://").rsplit(":", 1)
    accepted = threading.Event()

    def speak(stream):
        for line in stream:
            asked = decode(line)
            if asked.command == "ACCEPT":
                accepted.set()
            if (answer := _answer_of(asked)) is not None:
                stream.write(encode(answer) + b"\n")
                stream.flush()

    with socket.create_connection((host, int(port)), WITHIN_S, source_address=("127.0.0.9", 0)) as link:
        link.settimeout(None)
        with link.makefile("rwb") as stream:
            stream.write(encode(CONNECT) + b"\n")
            stream.flush()
            speaker = threading.Thread(target=speak, args=(stream,))
            speaker.start()
            try:
                assert accepted.wait(WITHIN_S)
                yield
            finally:
                link.shutdown(socket.SHUT_RDWR)
                speaker.join()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs a command in a cluster of two, one of which runs a C++ router."""
    settings = {"listen.remote": "127.0.0.1:0", "auth.mode": "none", "cluster.discover": False}
    with (
        run_router("alpha", settings) as router,
        canary_on(router, tmp_path_factory.mktemp("canary")),
        cpp_router(router.remote),
    ):
        environment = {"BELLWETHER_COMMUNICATOR": router.unix, "COLUMNS": "160"}
        yield lambda *words: CliRunner().invoke(application, list(words), prog_name="bellwether", env=environment)


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ((), f"✔ alpha: in force\n⚠ cpp: {ASIDE}\n"),
        (("--server", "cpp"), f"⚠ cpp: {ASIDE}\n"),
        (("--server", "alpha"), "✔ alpha: in force\n"),
    ],
    ids=["everywhere", "there", "elsewhere"],
)
def test_an_order_is_done_and_says_where_nothing_comes_of_it(run, more, shown):
    done = run("canary", "block", "printer", "1.0", "--reason", "x", "--for", "1h", "--unseen", *more)
    assert (done.exit_code, done.stdout, done.stderr) == (0, shown, "")


@pytest.mark.parametrize(
    ("words", "exit_code", "told"),
    [
        (("canary",), 0, f"⚠ {ASIDE}\n"),
        (("canary",), 0, "✖ cpp  blocked  0 ok, 0 failed  not enforced there\n"),
        (("canary", "explain", "cpp/printer/1.0"), 0, f"  {ASIDE}\n"),
        (("canary", "status", "printer", "1.0"), 1, f"failed: it is blocked on cpp: never worked; {ASIDE}\n"),
        (("route", "printer"), 0, f"  {ASIDE}\n"),
        (("services",), 0, "up, not enforced there"),
        (("services",), 0, f"\n{ASIDE}\n"),
        (("cluster",), 0, "  C++ router: policies and clock verdicts are not enforced there"),
    ],
    ids=["notice", "tree", "explain", "status", "route", "services", "reason", "cluster"],
)
def test_who_looks_is_told_where_nothing_is_enforced(run, words, exit_code, told):
    done = run(*words)
    assert done.exit_code == exit_code
    assert told in "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    "words", [("canary",), ("canary", "explain", "cpp/printer/1.0"), ("route", "printer")], ids=lambda words: words[-1]
)
def test_programs_are_told_the_same(run, words):
    assert json.loads(run(*words, "--json").stdout)["not_enforced"] == ["cpp"]


def test_the_router_counts_them(run):
    done = run("send", "--wait", "communicatord/ROUTER_GET_STATS", "--json")
    assert json.loads(json.loads(done.stdout)["parameters"]["stats"])["cluster"]["members_not_enforcing"] == 1
