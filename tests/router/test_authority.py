"""The table of who may say what, cell by cell: y allowed, n refused with a reason, ? the user must be identified first."""

import pytest

from communicator.protocol import Message
from communicator.router.authority import OWNED_SERVICES, RULES, Speaker, judge
from communicator.router.events import LinkKind, User
from communicator.router.registry import Registration, Role


def registered(service, role="live"):
    """A link of user bob that is registered."""
    registration = Registration(service=service, role=Role(role), run_id="r1", up_since_s=0)
    return Speaker(kind=LinkKind.UNIX, user=User(1001, "bob"), registration=registration)


SPEAKERS = {
    "root": Speaker(kind=LinkKind.UNIX, user=User(0, "root")),
    "bell": Speaker(kind=LinkKind.UNIX, user=User(200, "bell")),  # the router's own user
    "alice": Speaker(kind=LinkKind.LOCAL, user=User(1000, "alice", frozenset({"operators"}))),  # owns canary
    "bob": Speaker(kind=LinkKind.UNIX, user=User(1001, "bob", frozenset({"bob"}))),  # owns payroll
    "asked": Speaker(kind=LinkKind.LOCAL, user=None, user_known=False),
    "nobody": Speaker(kind=LinkKind.LOCAL, user=None, user_known=True),
    "signal": Speaker(kind=LinkKind.SIGNAL),
    "remote": Speaker(kind=LinkKind.REMOTE),
    "peer": Speaker(kind=LinkKind.SECURE, accepted=True),
    "timekeeper": registered("timekeeper"),
    "canary": registered("canary"),
    "svc_x": registered("svc_x"),
}
NAMES = list(SPEAKERS)
REPORT = '{"server":"peer"}'

TABLE = [
    # command and parameters                       root bell alic bob  ask  nob  sig  rem  peer time cana svcx
    ("REGISTER service=timekeeper",                "y    y    n    n    ?    n    n    n    n    n    n    n"),
    ("REGISTER service=canary",                    "y    y    y    n    ?    n    n    n    n    n    n    n"),
    ("REGISTER service=exporter",                  "y    y    n    n    ?    n    n    n    n    n    n    n"),
    ("REGISTER service=sitter",                    "y    y    n    n    ?    n    n    n    n    n    n    n"),
    ("REGISTER service=payroll",                   "y    y    n    y    ?    n    n    n    n    y    y    y"),
    ("REGISTER service=anything",                  "y    y    y    y    y    y    n    n    n    y    y    y"),
    ("UNREGISTER service=anything",                "y    y    y    y    y    y    n    n    n    y    y    y"),
    ("COMMANDS list=A",                            "y    y    y    y    y    y    n    n    n    y    y    y"),
    ("CLUSTER_STATUS",                             "y    y    y    y    y    y    n    n    n    y    y    y"),
    ("REGISTER_FOR_LOADAVG",                       "y    y    y    y    y    y    n    n    n    y    y    y"),
    ("UNREGISTER_FROM_LOADAVG",                    "y    y    y    y    y    y    n    n    n    y    y    y"),
    ("LISTEN_LOADAVG ips=127.0.0.1",               "y    y    y    y    y    y    n    n    n    y    y    y"),
    ("ROUTER_GET_STATS",                           "y    y    y    y    y    y    n    n    n    y    y    y"),
    ("STOP",                                       "y    y    y    n    ?    n    n    n    n    n    n    n"),
    ("SHUTDOWN",                                   "y    y    y    n    ?    n    n    n    n    n    n    n"),
    ("FORGET ip=10.0.0.1",                         "y    y    y    n    ?    n    n    n    n    n    n    n"),
    ("LOG_ROTATE",                                 "y    y    y    n    ?    n    n    n    n    n    n    n"),
    ("RESTART",                                    "y    y    y    n    ?    n    n    n    n    n    n    n"),
    ("TAP",                                        "y    y    y    n    ?    n    n    n    n    n    n    n"),
    ("POLICY_SET policy=x",                        "n    n    n    n    n    n    n    n    n    n    y    n"),
    ("CANARY_POLICY policy=x",                     "n    n    n    n    n    n    n    n    n    n    y    n"),
    ("CLOCK_STABLE clock_resolution=verified",     "n    n    n    n    n    n    n    n    n    y    n    n"),
    ("CLOCK_UNSTABLE clock_error=checking",        "n    n    n    n    n    n    n    n    n    y    n    n"),
    ("timekeeper/CLOCK_REPORT report=" + REPORT,   "n    n    n    n    n    n    n    n    n    y    n    n"),
    ("timekeeper/CLOCK_REPORT report={}",          "n    n    n    n    n    n    n    n    n    n    n    n"),
    ('timekeeper/CLOCK_REPORT report={"server":1}', "n   n    n    n    n    n    n    n    n    n    n    n"),
    ("canary/RUN_REPORT service=svc_x",            "y    y    y    n    ?    n    n    n    n    n    n    y"),
    ("canary/RUN_REPORT service=svc_y",            "y    y    y    n    ?    n    n    n    n    n    n    n"),
    ("canary/CANARY_COMMAND command=freeze",       "y    y    y    n    ?    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=tcp://192.0.2.1:25",        "y    y    y    y    ?    n    n    n    n    y    y    y"),
    ("iplock/BLOCK uri=127.0.0.1",                 "n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=[::1]:80",                  "n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=10.9.8.7",                  "n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=10.9.8.75",                 "y    y    y    y    ?    n    n    n    n    y    y    y"),
    ("iplock/BLOCK uri=tcp://[::ffff:10.9.8.7]:1", "n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=http://me@127.0.0.1/",      "n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=10.9.8.9",                  "n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=0.0.0.0",                   "n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK uri=localhost",                 "n    n    n    n    n    n    n    n    n    n    n    n"),
    ("iplock/BLOCK",                               "n    n    n    n    n    n    n    n    n    n    n    n"),
    ("canary/RUN_STARTED run_id=x",                "n    n    n    n    n    n    n    n    n    n    n    n"),
    ("canary/RUN_ENDED run_id=x",                  "n    n    n    n    n    n    n    n    n    n    n    n"),
    ("svc_x/VERSION_BLOCKED reason=x",             "n    n    n    n    n    n    n    n    n    n    n    n"),
    ("CONNECT version=1",                          "n    n    n    n    n    n    n    y    y    n    n    n"),
    ("ACCEPT",                                     "n    n    n    n    n    n    n    y    y    n    n    n"),
    ("REFUSE",                                     "n    n    n    n    n    n    n    y    y    n    n    n"),
    ("GOSSIP",                                     "n    n    n    n    n    n    n    y    y    n    n    n"),
    ("RECEIVED",                                   "n    n    n    n    n    n    n    y    y    n    n    n"),
    ("svc_y/ANYTHING",                             "y    y    y    y    y    y    y    n    y    y    y    y"),
    ("./CLOCK_STABLE",                             "y    y    y    y    y    y    y    n    y    y    y    y"),
]  # fmt: skip
CELLS = [
    pytest.param(line, name, cell, id=f"{line.partition(' report')[0]}-{name}")
    for line, row in TABLE
    for name, cell in zip(NAMES, row.split(), strict=True)
]


@pytest.mark.parametrize(("line", "name", "cell"), CELLS)
def test_each_cell_of_the_table(config, line, name, cell):
    ruling = judge(read(line), SPEAKERS[name], config)
    assert {True: "y", False: "n", None: "?"}[ruling.allowed] == cell
    assert (ruling.reason != "") == (cell == "n")


def read(line):
    """A message from the short form of the table, whose values may hold anything."""
    head, _, rest = line.partition(" ")
    to, _, command = head.rpartition("/")
    name, _, value = rest.partition("=")
    return Message(command, {name: value} if name else {}, service=to)


def test_the_table_has_a_row_for_each_rule():
    assert {read(line).command for line, _ in TABLE} - {"ANYTHING"} == set(RULES)


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
