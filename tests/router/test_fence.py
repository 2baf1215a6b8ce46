"""The fence, line by line: what a shadow says over any of its links reaches nobody, and what it may say is a short table."""

import pytest

from communicator.router.path.fence import OBEYED
from communicator.router.path.table import HANDLERS
from communicator.router.vocabulary.effects import Notice
from communicator.router.vocabulary.events import DatagramReceived, Process, UnitIdentified
from tests.router.behind_fence import LISTED, REGISTER_SHADOW, SHADOW, UNIT, begin, comes_as_shadow, discarded, quiet


@pytest.fixture
def book(playbook):
    return begin(playbook(), SHADOW)


WAYS_OUT = [
    "listener/NOTIFY x=1",
    "listener/NOTIFY",
    "peer:listener/NOTIFY x=1",
    "./NOTIFY x=1",
    "*/NOTIFY x=1",
    "?/NOTIFY x=1",
    "listener/NOTIFY deliver=all",
    "billing/NOTIFY to_version=1",
    "listener/NOTIFY ack=required",
    "listener/NOTIFY trace=1",
    "listener/NOTIFY transmission_report=failure",
    "offline/NOTIFY x=1",
    "offline/NOTIFY cache=ttl=60",
    "beyond:listener/NOTIFY",
    "beyond:communicatord/CLUSTER_GET_STATUS",
    "beyond:canary/ABSOLUTELY serial=1",
    "<peer:billing listener/NOTIFY x=1",
    "<beyond:communicatord listener/NOTIFY x=1",
    "<: listener/NOTIFY",
    '{"command":"NOTIFY","service":"listener"}',
    '{"command":"NOTIFY","service":"listener","sent_from_service":"canary"}',
    "  listener/NOTIFY",
    "\\tlistener/NOTIFY",
    "listener/NOTIFY no_value",
    "listener/NOTIFY shadow_id=x-0",
    "listener/NOTIFY correlation_id=x",
    "\\xff\\xfe",
    "listener/NOTIFY x=\\xff",
    "NOTIFY",
    "=",
    "listener/\\x00",
    "canary/RUN_REPORT service=billing;reason=unhealthy",
    "canary/CANARY_COMMAND command=freeze",
    "canary/CANARY_GET_REPORT",
    "canary/FEATURE_GET_FLAGS",
    "canary/FEATURE_EVALUATIONS counts=[]",
    "canary/CANARY_BOOK book={}",
    "./FEATURE_FLAGS_CHANGED generation=1",
    "timekeeper/CLOCK_REPORT report={}",
    "CLOCK_STABLE clock_resolution=verified",
    "POLICY_SET policy={}",
    "TAP",
    "STOP",
    "RESTART",
    "SHUTDOWN",
    "LOG_ROTATE",
    "FORGET ip=10.0.0.1",
    "LISTEN_LOADAVG ips=127.0.0.1",
    "REGISTER_FOR_LOADAVG",
    "CONNECT version=1;my_address=10.0.0.9:4042;server_name=beyond",
    "ACCEPT server_name=beyond;my_address=10.0.0.9:4042",
    "LINK_STATE records=[]",
    "COLOURS colours=[]",
    "SHADOW_COPY service=billing;conversation=x;number=0;ticket=1;line=listener/NOTIFY",
    'SHADOW_SAID steps={"service":"billing","version":"2","server":"peer"}',
    "SHADOW_GET_DISCARDED",
    "QUITTING",
    "INVALID command=X",
    "READY",
]


@pytest.mark.parametrize("line", WAYS_OUT)
@pytest.mark.parametrize("door", ["registered", "second connection", "another name", "tcp"])
def test_no_way_leads_out(book, line, door):
    """Neither for the shadow nor for anything else of its unit, registered or not, by its user or by root."""
    comes_as_shadow(book)
    book.run(f"S > COMMANDS list={LISTED}")
    speaker = "S"
    if door != "registered":
        speaker = "T"
        book.run(f"+ T {'local' if door == 'tcp' else 'unix'} root unit={UNIT}/workers")
    if door == "another name":
        book.run("T > REGISTER service=billing_helper;version=1\nT < HELP\nT < READY my_address=*;role=shadow\nC < ...")
    before = discarded(book).total
    book.run(f"{speaker} > {line}")
    quiet(book)
    assert discarded(book).total == before + 1
    assert len(book.router._board.cache) == 0
    assert book.router._board.comparison.holds is False
    assert not len(book.router._board.pending)


def test_its_user_may_be_root_and_it_still_changes_nothing(book):
    book.run(f"+ S unix root unit={UNIT}\nS > {REGISTER_SHADOW}\nS < HELP\nS < READY my_address=*;role=shadow\nC < ...")
    for command in sorted(set(HANDLERS) - OBEYED):
        book.run(f"S > {command} a=1")
    quiet(book)
    assert not [effect for effect in book.effects if type(effect).__name__ in ("Stop", "ReopenLog")]


def test_what_it_may_ask_is_answered_to_itself(book):
    comes_as_shadow(book)
    for line in ("ALIVE serial=1", "HELP", "CLUSTER_GET_STATUS", "LIST_SERVICES", "SERVICE_STATUS service=listener"):
        before = discarded(book).total
        book.run(f"S > {line}")
        assert book.heard[book.links["S"]], line
        book.run("S < ...")
        quiet(book)
        assert discarded(book).total == before


def test_its_health_is_told_to_the_canary_and_nothing_beside_it(book):
    comes_as_shadow(book)
    is_asked_by_the_canary(book)
    book.run("S > canary/ABSOLUTELY serial=7;health=tired;trace=1;ack=required;x=1")
    book.run("C < <peer:billing canary/ABSOLUTELY health=tired;serial=7\nC < (nothing)")
    quiet(book)
    assert discarded(book).total == 0


def is_asked_by_the_canary(book):
    run = next(link.registration.run_id for link in book.router._board.registry.links.values() if link.fence)
    book.run(f"C > billing/ALIVE serial=7;run_id={run}\nS < <peer:canary billing/ALIVE serial=7")


def test_the_canary_is_not_flooded_with_health_that_it_has_not_asked_for(book):
    comes_as_shadow(book)
    book.write("S", b"canary/ABSOLUTELY serial=7;health=x\n" * 5)
    quiet(book)
    is_asked_by_the_canary(book)
    book.write("S", b"canary/ABSOLUTELY serial=8\n" + b"canary/ABSOLUTELY serial=7\n" * 5)
    book.run("C < <peer:billing canary/ABSOLUTELY serial=7\nC < (nothing)")
    quiet(book)
    assert discarded(book).total == 10


def test_without_a_canary_its_health_is_kept_for_none(book):
    comes_as_shadow(book)
    book.run("C x\nS > canary/ABSOLUTELY serial=7")
    assert len(book.router._board.cache) == 0
    assert discarded(book).total == 1


def test_the_process_alone_tells_where_no_unit_is_its_own(playbook):
    """A second connection of it is behind the fence, before and after its registration has ended; a stranger's is not."""
    book = begin(playbook(), {**SHADOW, "unit": ""})
    book.run(
        "+ E unix bob pid=77 unit=/user.slice\nE > listener/NOTIFY a=0"
    )  # before it has registered nobody knows it
    assert book.hear("X").get("a") == "0"
    comes_as_shadow(book, words="unix bob pid=77 unit=/user.slice")
    book.run("+ T unix bob pid=77 unit=/user.slice\nT > listener/NOTIFY a=1\nE > listener/NOTIFY a=2\nX < (nothing)")
    book.run("S > UNREGISTER service=billing\nS < EOF\nC < ...\n+ U unix bob pid=77 unit=/user.slice")
    book.run("U > listener/NOTIFY a=3\nX < (nothing)\n+ V unix bob pid=78 unit=/user.slice\nV > listener/NOTIFY a=4")
    assert book.hear("X").get("a") == "4"
    assert [one.reason for one in discarded(book).newest] == ["process"] * 3


def test_over_tcp_who_shares_the_group_of_such_a_process_cannot_be_told_from_it(playbook):
    book = begin(playbook(), {**SHADOW, "unit": ""})
    comes_as_shadow(book, words="unix bob pid=77 unit=/user.slice")
    book.run("+ T local bob unit=/user.slice\nT > listener/NOTIFY a=1\nX < (nothing)")
    book.run("T > REGISTER service=other;version=1\nT < INVALID command=REGISTER;message=*")
    book.run("+ U local bob unit=/system.slice/u.service\nU > listener/NOTIFY a=2")
    assert book.hear("X").get("a") == "2"
    assert [one.reason for one in discarded(book).newest] == ["untold"]


def test_whose_process_cannot_be_told_is_behind_the_fence_while_a_shadow_is_here(book):
    book.run("+ T local bob unit=-\nT > listener/NOTIFY a=1\nX < (nothing)")
    book.run("T > REGISTER service=other;version=1\nT < INVALID command=REGISTER;message=*\nX < (nothing)")
    assert discarded(book).by_reason == {"untold": 1}
    assert [notice.event for notice in book.notices if notice.event == "process_not_told"] == ["process_not_told"]


def test_the_unit_of_the_router_itself_tells_nobody_apart(playbook):
    book = begin(playbook(control_group="/system.slice/all.service"), {**SHADOW, "unit": "all.service"})
    comes_as_shadow(book, words="unix bob pid=77 unit=/system.slice/all.service")
    book.run("+ T unix bob pid=78 unit=/system.slice/all.service\nT > listener/NOTIFY a=1")
    assert book.hear("X").get("a") == "1"
    assert not book.router._board.fence.by_unit("billing", "2")


@pytest.mark.parametrize(
    ("process", "gets_out"),
    [
        (Process(None, "/system.slice/other.service"), True),
        (Process(None, UNIT), False),
        (Process(99, UNIT + "/below"), False),
        (Process(99, ""), False),
        (Process(), False),
        (None, False),
    ],
)
def test_datagrams_are_told_by_their_sender(book, process, gets_out):
    book.handle(DatagramReceived(b"listener/NOTIFY a=1", process))
    assert bool(book.heard[book.links["X"]]) is gets_out
    assert discarded(book).total == (not gets_out)


def test_a_datagram_of_another_host_is_none_of_a_shadow_here(book):
    book.handle(DatagramReceived(b"listener/NOTIFY a=1", is_from_afar=True))
    assert book.hear("X").get("a") == "1"


def test_a_flood_waits_for_its_turn_and_others_do_not(book):
    comes_as_shadow(book)
    with book.waiting():
        book.write("S", b"listener/NOTIFY a=1\n" * 5000)
        assert discarded(book).total < 500
        book.run("L > listener/NOTIFY a=2")
        assert book.hear("X").get("a") == "2"
    assert discarded(book).total == 5000


def test_the_log_hears_of_the_1st_the_2nd_the_4th(book):
    comes_as_shadow(book)
    book.write("S", b"listener/NOTIFY a=1\n" * 9)
    told = [notice.fields["lines"] for notice in book.effects_of(Notice) if notice.event == "shadow_line_discarded"]
    assert told == [1, 2, 4, 8]


def test_its_own_routers_door_for_other_hosts_is_no_way_out(mesh):
    book = begin(mesh(), SHADOW)
    book.run("+ R remote\n+ O remote from=10.0.0.8")
    book.handle(UnitIdentified(book.links["R"], Process(None, UNIT)))
    book.handle(UnitIdentified(book.links["O"], Process(None, "/system.slice/other-router.service")))
    book.run("R < EOF\nO > ALIVE serial=1\nO < ABSOLUTELY serial=1;reply_timestamp=*")
