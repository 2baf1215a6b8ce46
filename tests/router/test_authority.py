"""The table of who may say what, row by row: y allowed, n refused with a reason, ? the user must be identified first."""

import pytest

from communicator.answers.services import Role
from communicator.protocol import Message
from communicator.router.path.table import HANDLERS
from communicator.router.vocabulary.authority import OWNED_SERVICES, RULES, judge
from communicator.router.vocabulary.events import LinkKind, User
from communicator.router.vocabulary.registry import Link, Peer, Registration


def speaker(kind, user=None, *, user_known=True, **fields):
    return Link(1, kind, "x", user, user_known=user_known, **fields)


def registered(service, role="live"):
    """A link of user bob that is registered."""
    registration = Registration(service=service, role=Role(role), run_id="r1", up_since_s=0)
    return speaker(LinkKind.UNIX, User(1001, "bob"), registration=registration)


def registered_from_afar(service):
    """A service of another host that has no router, and has shown its password."""
    registration = Registration(service=service, role=Role.LIVE, run_id="r1", up_since_s=0)
    return speaker(LinkKind.SECURE, registration=registration)


PEER = Peer(server="beyond", address="10.0.0.9:4042")
SPEAKERS = {
    "root": speaker(LinkKind.UNIX, User(0, "root")),
    "bell": speaker(LinkKind.UNIX, User(200, "bell")),  # the router's own user
    "alice": speaker(LinkKind.LOCAL, User(1000, "alice", frozenset({"operators"}))),  # owns canary
    "bob": speaker(LinkKind.UNIX, User(1001, "bob", frozenset({"bob"}))),  # owns payroll
    "asked": speaker(LinkKind.LOCAL, user_known=False),
    "nobody": speaker(LinkKind.LOCAL, user_known=True),
    "signal": speaker(LinkKind.SIGNAL),
    "remote": speaker(LinkKind.REMOTE),  # a stranger
    "router": speaker(LinkKind.SECURE, peer=PEER),
    "afar": registered_from_afar("svc_x"),
    "timekeeper": registered("timekeeper"),
    "canary": registered("canary"),
    "svc_x": registered("svc_x"),
}
REPORT = '{"server":"peer"}'

TABLE = [
    # command and parameters                           root bell alic bob  ask  nob  sig  rem  rout afar time cana svcx
    ("REGISTER service=timekeeper",                 "y    y    n    n    ?    n    n    n    n    n    n    n    n"),
    ("REGISTER service=canary",                     "y    y    y    n    ?    n    n    n    n    n    n    n    n"),
    ("REGISTER service=exporter",                   "y    y    n    n    ?    n    n    n    n    n    n    n    n"),
    ("REGISTER service=sitter",                     "y    y    n    n    ?    n    n    n    n    n    n    n    n"),
    ("REGISTER service=payroll",                    "y    y    n    y    ?    n    n    n    n    n    y    y    y"),
    ("REGISTER service=anything",                   "y    y    y    y    ?    y    n    y    n    y    y    y    y"),
    ("UNREGISTER service=anything",                 "y    y    y    y    y    y    n    n    n    y    y    y    y"),
    ("COMMANDS list=A",                             "y    y    y    y    y    y    n    n    y    y    y    y    y"),
    ("CLUSTER_STATUS",                              "y    y    y    y    y    y    n    n    n    y    y    y    y"),
    ("REGISTER_FOR_LOADAVG",                        "y    y    y    y    y    y    n    n    y    y    y    y    y"),
    ("UNREGISTER_FROM_LOADAVG",                     "y    y    y    y    y    y    n    n    y    y    y    y    y"),
    ("svc_y/REGISTER_FOR_LOADAVG",                  "y    y    y    y    y    y    n    n    y    y    y    y    y"),
    ("far:communicatord/REGISTER_FOR_LOADAVG",      "n    n    n    n    n    n    n    n    y    n    n    n    n"),
    ("far:communicatord/UNREGISTER_FROM_LOADAVG",   "n    n    n    n    n    n    n    n    y    n    n    n    n"),
    ("LOADAVG avg=1",                               "n    n    n    n    n    n    n    n    y    n    n    n    n"),
    ("svc_y/LOADAVG avg=1",                         "y    y    y    y    y    y    y    n    y    y    y    y    y"),
    ("LISTEN_LOADAVG ips=127.0.0.1",                "y    y    y    y    y    y    n    n    n    y    y    y    y"),
    ("ROUTER_GET_STATS",                            "y    y    y    y    y    y    n    n    n    y    y    y    y"),
    ("STOP",                                        "y    y    y    n    ?    n    n    n    n    n    n    n    n"),
    ("SHUTDOWN",                                    "y    y    y    n    ?    n    n    n    n    n    n    n    n"),
    ("FORGET ip=10.0.0.1",                          "y    y    y    n    ?    n    n    n    n    n    n    n    n"),
    ("LOG_ROTATE",                                  "y    y    y    n    ?    n    n    n    n    n    n    n    n"),
    ("RESTART",                                     "y    y    y    n    ?    n    n    n    n    n    n    n    n"),
    ("TAP",                                         "y    y    y    n    ?    n    n    n    n    n    n    n    n"),
    ("POLICY_SET policy=x",                         "n    n    n    n    n    n    n    n    n    n    n    y    n"),
    ("CLOCK_STABLE clock_resolution=verified",      "n    n    n    n    n    n    n    n    n    n    y    n    n"),
    ("CLOCK_UNSTABLE clock_error=checking",         "n    n    n    n    n    n    n    n    n    n    y    n    n"),
    ("timekeeper/CLOCK_REPORT report=" + REPORT,    "n    n    n    n    n    n    n    n    n    n    y    n    n"),
    ("timekeeper/CLOCK_REPORT report={}",           "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ('timekeeper/CLOCK_REPORT report={"server":1}', "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("canary/CANARY_BOOK book={}",                  "n    n    n    n    n    n    n    n    n    n    n    y    n"),
    ("canary/CANARY_EVIDENCE report=" + REPORT,     "n    n    n    n    n    n    n    n    n    n    n    y    n"),
    ("canary/CANARY_EVIDENCE report={}",            "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ('canary/CANARY_EVIDENCE report={"server":1}',  "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("canary/CANARY_GET_EVIDENCE after=0",          "n    n    n    n    n    n    n    n    n    n    n    y    n"),
    ("./FEATURE_FLAGS_CHANGED generation=x",        "n    n    n    n    n    n    n    n    n    n    n    y    n"),
    ("canary/RUN_REPORT service=svc_x",             "y    y    y    n    ?    n    n    n    n    y    n    n    y"),
    ("canary/RUN_REPORT service=svc_y",             "y    y    y    n    ?    n    n    n    n    n    n    n    n"),
    ("canary/CANARY_COMMAND command=freeze",        "y    y    y    n    ?    n    n    n    y    n    n    n    n"),
    ("iplock/BLOCK uri=tcp://192.0.2.1:25",         "y    y    y    y    ?    n    n    n    n    n    y    y    y"),
    ("iplock/BLOCK uri=127.0.0.1",                  "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=[::1]:80",                   "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=10.9.8.7",                   "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=10.9.8.75",                  "y    y    y    y    ?    n    n    n    n    n    y    y    y"),
    ("iplock/BLOCK uri=tcp://[::ffff:10.9.8.7]:1",  "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=http://me@127.0.0.1/",       "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=10.9.8.9",                   "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=0.0.0.0",                    "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=localhost",                  "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK",                                "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("canary/RUN_STARTED run_id=x",                 "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("canary/RUN_ENDED run_id=x",                   "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("svc_x/VERSION_BLOCKED reason=x",              "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("CONNECT version=1",                           "n    n    n    n    n    n    n    y    y    y    n    n    n"),
    ("ACCEPT",                                      "n    n    n    n    n    n    n    y    y    y    n    n    n"),
    ("REFUSE",                                      "n    n    n    n    n    n    n    y    y    y    n    n    n"),
    ("GOSSIP",                                      "n    n    n    n    n    n    n    y    y    y    n    n    n"),
    ("RECEIVED",                                    "n    n    n    n    n    n    n    y    y    y    n    n    n"),
    ("CHALLENGE",                                   "n    n    n    n    n    n    n    y    y    y    n    n    n"),
    ("PROOF",                                       "n    n    n    n    n    n    n    y    y    y    n    n    n"),
    ("svc_y/ANYTHING",                              "y    y    y    y    y    y    y    n    y    y    y    y    y"),
    ("./CLOCK_STABLE",                              "y    y    y    y    y    y    y    n    y    y    y    y    y"),
    ("ALIVE",                                       "y    y    y    y    y    y    y    y    y    y    y    y    y"),
    ("svc_y/ALIVE",                                 "y    y    y    y    y    y    y    n    y    y    y    y    y"),
    ("ABSOLUTELY serial=1",                         "y    y    y    y    y    y    y    y    y    y    y    y    y"),
    ("svc_y/ABSOLUTELY serial=1",                   "y    y    y    y    y    y    y    n    y    y    y    y    y"),
    ("POLICY_GET",                                  "y    y    y    y    y    y    n    n    n    y    y    y    y"),
    ("DISCONNECT",                                  "n    n    n    n    n    n    n    n    y    n    n    n    n"),
    ("LINK_STATE records=[]",                       "n    n    n    n    n    n    n    n    y    n    n    n    n"),
    ("LINK_STATE_SUMMARY known={}",                 "n    n    n    n    n    n    n    n    y    n    n    n    n"),
    ("COLOURS colours=[]",                          "n    n    n    n    n    n    n    n    y    n    n    n    n"),
    ("ACKNOWLEDGED ack_id=x",                       "n    n    n    n    n    n    n    n    y    n    n    n    n"),
    ("HELP",                                        "y    y    y    y    y    y    y    n    y    y    y    y    y"),
    ("QUITTING",                                    "y    y    y    y    y    y    y    y    y    y    y    y    y"),
    ("INVALID command=X",                           "y    y    y    y    y    y    y    y    y    y    y    y    y"),
    ("CLUSTER_GET_STATUS",                          "y    y    y    y    y    y    y    n    y    y    y    y    y"),
    ("LIST_SERVICES",                               "y    y    y    y    y    y    y    n    y    y    y    y    y"),
    ("SHADOW_COPY service=svc_x",                   "n    n    n    n    n    n    n    n    y    n    n    n    n"),
    ("SHADOW_TAKEN service=svc_x",                  "n    n    n    n    n    n    n    n    y    n    n    n    n"),
    ("SHADOW_SAID service=svc_x",                   "n    n    n    n    n    n    n    n    y    n    n    n    n"),
    ("canary/SHADOW_STEPS steps={}",                "n    n    n    n    n    n    n    n    n    n    n    n    n"),
    ("SHADOW_GET_DISCARDED",                        "y    y    y    n    ?    n    n    n    n    n    n    n    n"),
    ("canary/CANARY_COMMAND actor_server=other",    "y    y    y    n    ?    n    n    n    n    n    n    n    n"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "row"), TABLE, ids=[line.partition(" report")[0] for line, _ in TABLE])
def test_each_row_of_the_table(config, line, row):
    rulings = {name: judge(read(line), link, config) for name, link in SPEAKERS.items()}
    marks = {name: {True: "y", False: "n", None: "?"}[ruling.allowed] for name, ruling in rulings.items()}
    assert marks == dict(zip(SPEAKERS, row.split(), strict=True))
    assert {name for name, ruling in rulings.items() if ruling.reason} == {name for name in marks if marks[name] == "n"}


def read(line):
    """A message from the short form of the table, whose values may hold anything."""
    head, _, rest = line.partition(" ")
    to, _, command = head.rpartition("/")
    name, _, value = rest.partition("=")
    server, _, service = to.rpartition(":")
    return Message(command, {name: value} if name else {}, service, server)


def test_the_table_has_a_row_for_each_rule():
    assert {read(line).command for line, _ in TABLE} >= set(RULES)


@pytest.mark.parametrize(
    ("server", "service"),
    [("beyond", "communicatord"), ("beyond", "svc_y"), ("peer", "svc_y"), ("", "*"), ("*", "svc_y")],
)
def test_nothing_a_stranger_says_goes_any_further(config, server, service):
    for command in {*RULES, *HANDLERS, "ANYTHING"}:
        said = Message(command, {"service": "svc_x"}, service=service, server=server)
        assert judge(said, SPEAKERS["remote"], config).allowed is False, command


@pytest.mark.parametrize("server", ["", ".", "?", "*", "peer"])
def test_a_stranger_speaks_to_this_router_by_any_of_its_names(config, server):
    assert judge(Message("GOSSIP", {}, service="communicatord", server=server), SPEAKERS["remote"], config).allowed


MEETING = {"CONNECT", "ACCEPT", "REFUSE", "GOSSIP", "RECEIVED", "CHALLENGE", "PROOF"}


def test_a_bus_of_routers_may_say_what_a_router_may_but_nobody_meets_there(config):
    bus = speaker(LinkKind.REMOTE, is_bus=True)
    for line, _ in TABLE:
        said = read(line)
        is_allowed = judge(said, SPEAKERS["router"], config).allowed and said.command not in MEETING
        assert judge(said, bus, config).allowed is is_allowed, line


def from_afar(command, sender, to="", **parameters):
    return Message(command, parameters, to, "", "beyond", sender)


@pytest.mark.parametrize(
    ("message", "is_allowed"),
    [
        (from_afar("CLOCK_REPORT", "timekeeper", "timekeeper", report='{"server":"beyond"}'), True),
        (from_afar("CLOCK_REPORT", "timekeeper", "timekeeper", report=REPORT), False),
        (from_afar("CLOCK_REPORT", "timekeeper", "timekeeper", report='{"server":1}'), False),
        (from_afar("CLOCK_REPORT", "svc_x", "timekeeper", report='{"server":"beyond"}'), False),
        (from_afar("CLOCK_STABLE", "timekeeper", clock_resolution="verified"), False),
        (from_afar("CANARY_EVIDENCE", "canary", "canary", report='{"server":"beyond"}'), True),
        (from_afar("CANARY_BOOK", "canary", "canary", book="{}"), True),
        (from_afar("CANARY_BOOK", "svc_x", "canary", book="{}"), False),
        (from_afar("CANARY_EVIDENCE", "canary", "canary", report=REPORT), False),
        (from_afar("CANARY_EVIDENCE", "svc_x", "canary", report='{"server":"beyond"}'), False),
        (from_afar("CANARY_EVIDENCE", "canary", report='{"server":"beyond"}'), False),
        (from_afar("CANARY_GET_EVIDENCE", "canary", "canary", after="0"), True),
        (from_afar("CANARY_GET_EVIDENCE", "svc_x", "canary", after="0"), False),
        (from_afar("CANARY_COMMAND", "tool", "canary", actor_server="beyond"), True),
        (from_afar("CANARY_COMMAND", "tool", "canary", actor_server="peer"), False),
        (from_afar("POLICY_SET", "canary", policy="{}"), False),
        (from_afar("RUN_REPORT", "svc_x", "canary", service="svc_x"), False),
    ],
)
def test_of_what_other_hosts_say_only_what_is_theirs_is_believed(config, message, is_allowed):
    assert judge(message, SPEAKERS["router"], config).allowed is is_allowed


@pytest.mark.parametrize(("sender", "is_allowed"), [("", True), ("communicatord", True), ("svc_x", False)])
def test_only_a_router_shuts_others_down_and_only_where_that_is_allowed(
    config, make_config, make_cluster, sender, is_allowed
):
    allowing = make_config(cluster=make_cluster(remote_shutdown=True))
    assert judge(from_afar("SHUTDOWN", sender), SPEAKERS["router"], allowing).allowed is is_allowed
    assert judge(from_afar("SHUTDOWN", sender), SPEAKERS["router"], config).allowed is False
    assert judge(from_afar("SHUTDOWN", sender), SPEAKERS["afar"], allowing).allowed is False


@pytest.mark.parametrize(
    ("neighbor", "is_allowed"), [("10.0.0.1:4042", False), ("10.0.0.2:4042", True), ("host-a:4042", True)]
)
def test_a_configured_neighbor_is_never_blocked(make_config, make_cluster, neighbor, is_allowed):
    block = Message("BLOCK", {"uri": "tcp://10.0.0.1:22"}, service="iplock")
    assert judge(block, SPEAKERS["root"], make_config(cluster=make_cluster(neighbor))).allowed is is_allowed


@pytest.mark.parametrize(
    ("patterns", "said", "is_allowed"),
    [
        (("timekeeper/*",), "timekeeper/CLOCK_GET_REPORT", True),
        (("timekeeper/*",), "svc_y/PING", False),
        (("timekeeper/*", "svc_y/PI*"), "svc_y/PING", True),
        ((), "svc_y/PING", False),
        ((), "./PING", False),
        (("[.]/PING",), "./PING", True),
        ((), "STATUS", True),
        ((), "communicatord/ALIVE", True),
        (("svc_y/TIMEKEEPER",), "iplock/BLOCK", False),
    ],
)
def test_a_service_may_be_told_what_it_may_send(make_config, patterns, said, is_allowed):
    rules = make_config(may_send={"svc_x": patterns})
    for name in ("svc_x", "afar"):
        assert judge(read(said), SPEAKERS[name], rules).allowed is is_allowed
    assert judge(read("svc_y/PING"), registered("svc_z"), rules).allowed


def test_the_table_has_a_row_for_each_owned_name():
    assert {f"REGISTER service={name}" for name in OWNED_SERVICES} <= {line for line, _ in TABLE}


def test_a_group_may_stop_only_where_the_configuration_says_so(make_config):
    stop = Message("STOP")
    assert judge(stop, SPEAKERS["alice"], make_config(stop_group="operators")).allowed
    assert not judge(stop, SPEAKERS["alice"], make_config(stop_group="")).allowed


@pytest.mark.parametrize("role", ["standby", "shadow", "probe"])
def test_only_the_live_one_speaks_for_a_name(config, role):
    for service, line in (("timekeeper", "CLOCK_STABLE clock_resolution=verified"), ("canary", "POLICY_SET policy=x")):
        assert judge(read(line), registered(service), config).allowed
        assert judge(read(line), registered(service, role), config).allowed is False


@pytest.mark.parametrize(("run_id", "allowed"), [("", True), ("r1", True), ("r2", False)])
def test_a_service_reports_on_its_own_run_only(config, run_id, allowed):
    told = {"service": "svc_x"} | ({"run_id": run_id} if run_id else {})
    assert judge(Message("RUN_REPORT", told, service="canary"), registered("svc_x"), config).allowed is allowed


@pytest.mark.parametrize(("line", "cells"), TABLE)
def test_a_leaf_may_say_what_a_router_may_but_nothing_of_the_suite(config, line, cells):
    """Its word is nobody's proof: it meets and leaves, asks, and shuts down as far as that is allowed."""
    leaf = speaker(LinkKind.REMOTE, peer=PEER)
    may_router = cells.split()[list(SPEAKERS).index("router")] == "y"
    message = read(line)
    is_of_suite = message.command.startswith(
        ("COLOURS", "LINK_STATE", "ACKNOWLEDGED", "CLOCK_", "CANARY_", "POLICY_", "RUN_", "SHADOW_")
    )
    assert judge(message, leaf, config, is_of_leaf=True).allowed is (may_router and not is_of_suite)
