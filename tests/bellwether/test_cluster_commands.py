"""What the commands about the cluster ask a router, and what they make of its answers; then a real one."""

import asyncio
import json
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bellwether.cluster_commands import forget_message
from bellwether.failure import CommandError
from bellwether.main import application
from communicator.client import BlockingClient
from communicator.protocol import Message
from communicator.testing import run_cluster

ROUTER = {"sent_from_service": "communicatord"}
STATUS = {
    "status": "up",
    "completeness": "incomplete",
    "neighbors_count": "3",
    "live_count": "2",
    "quorum": "2",
    "servers": "alpha,beta",
    "missing": "10.0.0.3:4042",
}
GRAPH = {
    "server": "alpha",
    "address": "10.0.0.1:4042",
    "nodes": [
        {"server": "alpha", "address": "10.0.0.1:4042", "state": "self", "directory": True},
        {"server": "beta", "address": "10.0.0.2:4042", "state": "linked", "cost": 1, "hops": 1, "next_hop": "beta"},
    ],
    "links": [{"from": "alpha", "to": "beta", "cost": 1, "confirmed": True}],
    "neighbors": [{"address": "10.0.0.3:4042", "server": None, "state": "waiting", "failures": 2, "reason": "refused"}],
}
ROUTE = {
    "destination": "printer",
    "outcome": "remote",
    "server": "beta",
    "path": ["alpha", "beta"],
    "cost": 1,
    "candidates": [{"server": "beta", "service": "printer", "chosen": True}],
}


def said(command, parameters=None, server="alpha"):
    return Message(command, parameters or {}, sent_from_server=server, **ROUTER)


CLUSTER = {
    "CLUSTER_GET_STATUS": [said("CLUSTER_CURRENT_STATUS", STATUS)],
    "CLUSTER_GET_GRAPH": [said("CLUSTER_GRAPH", {"graph": json.dumps(GRAPH)})],
}


def test_the_cluster_in_a_table(ask):
    done, _ = ask(CLUSTER, "cluster")
    assert done.exit_code == 0
    assert "up, incomplete: 2 of 3 hosts reached; 2 are needed for a quorum" in done.stdout
    assert re.search(r"^alpha +10\.0\.0\.1:4042 +this one +beta *$", done.stdout, re.MULTILINE)
    assert re.search(r"^\? +10\.0\.0\.3:4042 +waiting +after 2 failures: refused *$", done.stdout, re.MULTILINE)


def test_the_cluster_for_programs(ask):
    done, _ = ask(CLUSTER, "cluster", "--json")
    told = json.loads(done.stdout)
    assert told["cluster"]["missing"] == ["10.0.0.3:4042"]
    assert told["graph"]["links"] == [{"from": "alpha", "to": "beta", "cost": 1.0, "confirmed": True}]


def test_a_router_without_a_graph_still_has_servers(ask):
    done, _ = ask({"CLUSTER_GET_STATUS": CLUSTER["CLUSTER_GET_STATUS"]}, "cluster")
    assert done.exit_code == 0
    assert re.search(r"^beta +linked *$", done.stdout, re.MULTILINE)


def test_a_graph_that_is_none_is_said(ask):
    done, _ = ask({"CLUSTER_GET_GRAPH": [said("CLUSTER_GRAPH", {"graph": "[]"})]}, "cluster")
    assert done.exit_code == 1
    assert done.stderr.startswith("bellwether: the router's picture of the cluster cannot be read: ")


@pytest.mark.parametrize(
    ("member", "parameters"),
    [
        ("gamma", {"server": "gamma"}),
        ("10.0.0.7:4042", {"ip": "10.0.0.7:4042"}),
        ("[fd00::7]:4042", {"ip": "[fd00::7]:4042"}),
    ],
)
def test_a_member_is_forgotten_by_name_or_address(ask, member, parameters):
    done, router = ask({"FORGET": []}, "cluster", "forget", member)
    assert (done.exit_code, done.stdout) == (0, "")
    assert f"{member} is forgotten" in done.stderr
    (message,) = router.of("FORGET")
    assert {name: message.get(name) for name in parameters} == parameters


@pytest.mark.parametrize("member", ["", "10.0.0.7", "a-b", "gamma,beta"])
def test_who_is_neither_is_not_asked_for(member):
    with pytest.raises(CommandError, match="neither the name of a server nor IP:PORT") as refused:
        forget_message(member)
    assert refused.value.exit_code == 2


def test_a_refusal_is_shown_in_the_words_of_the_router(ask):
    refusal = said("INVALID", {"command": "FORGET", "message": "only for root"})
    done, _ = ask({"FORGET": [refusal]}, "cluster", "forget", "gamma")
    assert (done.exit_code, done.stderr) == (1, "bellwether: FORGET refused: only for root\n")


@pytest.mark.parametrize(("options", "answers"), [((), ["y"]), (("--yes",), [])])
def test_on_a_terminal_it_asks_back_unless_told_not_to(scripted, on_terminal, options, answers):
    with scripted({"FORGET": []}) as router:
        conversation = [("Forget gamma in the whole cluster?", answer) for answer in answers]
        arguments = ["cluster", "forget", "--communicator", router.address, "gamma", *options]
        exit_code, said = on_terminal(arguments, conversation)
    assert (exit_code, len(router.of("FORGET"))) == (0, 1)
    assert "gamma is forgotten" in said


def test_who_says_no_has_nothing_forgotten(on_terminal):
    arguments = ["cluster", "forget", "--communicator", "cd:///nowhere.sock", "gamma"]
    exit_code, said = on_terminal(arguments, [("Forget gamma in the whole cluster?", "n")])
    assert exit_code == 1
    assert "nowhere" not in said


@pytest.mark.parametrize(
    ("typed", "asked"),
    [("beta/printer", "beta:printer"), ("printer", "printer"), ("*", "*"), ("printer/PRINT", "printer/PRINT")],
)
def test_a_route_is_asked_for_in_the_words_of_the_wire(ask, typed, asked):
    done, router = ask({"CLUSTER_GET_ROUTE": [said("CLUSTER_ROUTE", {"route": json.dumps(ROUTE)})]}, "route", typed)
    assert done.exit_code == 0
    assert "on beta, cost 1: alpha → beta" in done.stdout
    assert router.of("CLUSTER_GET_ROUTE")[0].get("destination") == asked


def test_no_way_is_a_failure_and_is_shown_all_the_same(ask):
    none = {"destination": "printer", "outcome": "none", "reason": "service_unknown"}
    script = {"CLUSTER_GET_ROUTE": [said("CLUSTER_ROUTE", {"route": json.dumps(none)})]}
    done, _ = ask(script, "route", "--json", "printer")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["outcome"] == "none"
    assert done.stderr == "bellwether: there is no way to 'printer': service_unknown\n"


def test_an_elder_router_knows_no_routes(ask):
    done, _ = ask({}, "route", "printer")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "bellwether: CLUSTER_GET_ROUTE refused: communicatord does not know this command\n"


def hop(server, number, action, onward="", reason="", trace=None):
    def answer(message):
        told = {"server": server, "hop": str(number), "action": action, "next": onward, "reason": reason}
        given = {name: value for name, value in told.items() if value}
        return said("TRACE_HOP", {"trace": trace or message.get("trace"), **given}, server)

    return answer


def hops(*told):
    return {"PRINT": lambda message: [make(message) for make in told]}


def lines(done):
    return [re.sub(r"^[\d:.]{12} ", "", line) for line in done.stdout.splitlines()]


TO_ONE, TO_ALL = "printer/PRINT", "printer/PRINT deliver=all"
HEARD_S = "3"
"""For what is followed to the end of the time: in it, all that is told has to be heard."""


def test_a_message_is_followed_until_it_arrives(ask):
    told = (
        hop("other", 0, "failed", trace="another"),
        hop("alpha", 0, "forwarded", "beta"),
        hop("beta", 1, "delivered", "printer"),
        hop("never", 2, "delivered"),
    )
    done, router = ask(hops(*told), "trace", "--wait", "60", "printer/PRINT file=a")
    assert (done.exit_code, done.stderr) == (0, "")
    assert lines(done) == [" 0 alpha        forwarded to beta", " 1 beta         delivered to printer"]
    (message,) = router.of("PRINT")
    assert (message.destination, message.get("file"), len(message.get("trace"))) == ("printer", "a", 16)


@pytest.mark.parametrize(
    ("told", "wait_s", "text", "words"),
    [
        ((hop("alpha", 0, "failed", reason="no_route"),), "40", TO_ONE, "not delivered: alpha says no_route"),
        (
            (hop("alpha", 0, "delivered", "printer"), hop("beta", 1, "failed", reason="no_route")),
            HEARD_S,
            TO_ALL,
            "not delivered everywhere: beta says no_route",
        ),
        ((hop("alpha", 0, "cached"),), "40", TO_ONE, "not delivered: kept until its service comes"),
        ((hop("alpha", 0, "forwarded", "beta"),), "0.2", TO_ALL, "nothing was heard of its delivery within 0.2 s"),
        ((), "0.2", TO_ALL, "nothing was heard of its delivery within 0.2 s"),
        (
            (lambda _: said("INVALID", {"command": "PRINT", "message": "not so"}),),
            "40",
            TO_ALL,
            "PRINT refused: not so",
        ),
        ((lambda _: said("UNKNOWN", {"command": "PRINT"}),), "40", TO_ALL, "does not know this command"),
    ],
)
def test_what_does_not_arrive_is_a_failure(ask, told, wait_s, text, words):
    done, _ = ask(hops(*told), "trace", "--wait", wait_s, text)
    assert done.exit_code == 1
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("text", ["*/PRINT", TO_ALL])
def test_what_goes_to_many_is_followed_to_the_end_of_the_time(ask, text):
    told = (hop("alpha", 0, "delivered", "printer"), hop("beta", 1, "delivered", "printer"))
    done, _ = ask(hops(*told), "trace", "--wait", HEARD_S, text)
    assert done.exit_code == 0
    assert [line.split()[1] for line in lines(done)] == ["alpha", "beta"]


def test_a_service_cannot_pass_for_a_router(ask):
    def lie(message):
        return Message("TRACE_HOP", {"trace": message.get("trace"), "action": "delivered"}, sent_from_service="liar")

    done, _ = ask(hops(lie), "trace", "--wait", "0.2", "printer/PRINT")
    assert (done.exit_code, done.stdout) == (1, "")


def test_commands_of_groups_are_found_by_their_names(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "bellwether", "cluster", "forget", "a b"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "bellwether: 'a b' is neither the name of a server nor IP:PORT\n"


@pytest.fixture(scope="module")
def cluster():
    """Three in a line; a printer at its end."""
    with run_cluster(3, neighbors="chain") as routers, BlockingClient(routers[2].unix, "printer", commands=["PRINT"]):
        routers.wait_offered("printer")
        yield routers


@pytest.fixture
def bellwether(cluster):
    """Runs a command at the other end of the line."""

    def run(*arguments):
        environment = {"BELLWETHER_COMMUNICATOR": cluster[0].unix, "COLUMNS": "140"}
        return CliRunner().invoke(application, list(arguments), prog_name="bellwether", env=environment)

    return run


async def test_in_a_real_cluster_a_service_is_found_where_it_is(bellwether, eventually):
    async def listed():
        return (await asyncio.to_thread(bellwether, "services")).stdout

    await eventually(listed, lambda shown: re.search(r"^printer +gamma ", shown, re.MULTILINE))
    local = await asyncio.to_thread(bellwether, "services", "--local")
    assert "printer" not in local.stdout


def test_in_a_real_cluster_everybody_is_shown(bellwether):
    """In a chain whose ends have no link they do not count each other."""
    shown = bellwether("cluster").stdout
    assert shown.startswith("✔ up, complete: 2 of 2 hosts reached; 2 are needed for a quorum\n")
    assert re.search(r"^alpha .* this one +beta *$", shown, re.MULTILINE)
    assert re.search(r"^gamma .* reachable +beta +2 +2 +beta +vouched for by one \(beta\): ", shown, re.MULTILINE)


def test_in_a_real_cluster_the_way_is_shown_and_gone(bellwether):
    assert "on gamma, cost 2: alpha → beta → gamma" in bellwether("route", "gamma/printer").stdout
    done = bellwether("trace", "gamma:printer/PRINT")
    assert (done.exit_code, done.stderr) == (0, "")
    assert lines(done) == [
        " 0 alpha        forwarded to beta",
        " 1 beta         forwarded to gamma",
        " 2 gamma        delivered to printer",
    ]


@pytest.mark.parametrize("arguments", [("route", "delta/printer"), ("trace", "delta:printer/PRINT")])
def test_in_a_real_cluster_a_server_nobody_knows_is_no_way(bellwether, arguments):
    done = bellwether(*arguments)
    assert done.exit_code == 1
    assert "server_unknown" in done.stderr


def test_in_a_real_cluster_only_the_absent_are_forgotten(bellwether):
    done = bellwether("cluster", "forget", "beta")
    assert done.exit_code == 1
    assert done.stderr.startswith("bellwether: FORGET refused: 'beta' is reached now")
