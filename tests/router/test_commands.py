"""What the router answers about itself: status, clock, load, statistics, and how it ends."""

import json

import pytest

from communicator.protocol import decode
from communicator.router.commands.table import HANDLERS
from communicator.router.effects import Close, ReopenLog, SampleLoad, Send, Stop, StopMode
from communicator.router.events import (
    CloseReason,
    DatagramReceived,
    HandlerFailed,
    LineTooLong,
    LinkClosed,
    LoadSampled,
    StopRequested,
)

UNREGISTERED = "+ U unix bob\n"
KEEPER = """
    + T unix root
    T > REGISTER service=timekeeper;version=1
    T < HELP
    T < READY my_address=*
"""


@pytest.mark.parametrize("to", ["", "communicatord/", ".:communicatord/", "peer:communicatord/", "*:communicatord/"])
def test_the_router_answers_under_each_of_its_addresses(playbook, to):
    playbook().play(UNREGISTERED + f"U > {to}PUBLIC_IP\nU < SERVER_PUBLIC_IP")


def test_a_command_for_another_router_is_not_obeyed(playbook):
    playbook().play(
        UNREGISTERED
        + """
        U > elsewhere:communicatord/PUBLIC_IP
        U > elsewhere:communicatord/PUBLIC_IP transmission_report=failure
        U < TRANSMISSION_REPORT command=PUBLIC_IP;status=failed;destination_service=communicatord;destination_server=elsewhere
        """,
    )


def test_unknown_commands_are_told_so(playbook):
    playbook().play(UNREGISTERED + "U > FOO x=1\nU < UNKNOWN command=FOO\nU > foo\nU < UNKNOWN command=foo")


def test_service_status_of_the_present_the_absent_and_the_unknown(trio):
    trio.play(
        """
        M > SERVICE_STATUS service=svc_b
        M < STATUS cache=no;server=peer;server_name=peer;service=svc_b;status=up;up_since=1795500000
        M > SERVICE_STATUS service=offline
        M < STATUS cache=no;service=offline;status=down
        M > SERVICE_STATUS service=svc_zzz
        M < STATUS cache=no;service=svc_zzz;status=unknown
        M > SERVICE_STATUS
        M < INVALID command=SERVICE_STATUS;message=*
        """,
    )


def test_cluster_status_old_and_new(trio):
    trio.play(
        """
        A > CLUSTER_GET_STATUS
        A < CLUSTER_CURRENT_STATUS status=up;completeness=complete;neighbors_count=1;live_count=1;quorum=1;servers=peer
        A > CLUSTER_STATUS
        A < ./CLUSTER_UP neighbors_count=1
        A < ./CLUSTER_COMPLETE neighbors_count=1
        M > CLUSTER_STATUS
        + U unix bob
        U > CLUSTER_STATUS
        U < ./CLUSTER_UP neighbors_count=1
        U < ./CLUSTER_COMPLETE neighbors_count=1
        """,
    )


def test_clock_status_repeats_the_timekeeper_while_its_word_is_fresh(playbook):
    book = playbook().play(
        UNREGISTERED
        + "U > CLOCK_STATUS\nU < CLOCK_UNSTABLE cache=no;clock_error=checking\n"
        + KEEPER
        + """
        T > CLOCK_STABLE clock_resolution=verified;interval_s=10
        U > CLOCK_STATUS
        U < CLOCK_STABLE cache=no;clock_resolution=verified
        @ 29
        U > CLOCK_STATUS
        U < CLOCK_STABLE cache=no;clock_resolution=verified
        @ 2
        U > CLOCK_STATUS
        U < CLOCK_UNSTABLE cache=no;clock_error=checking
        """,
    )
    assert book.router.next_deadline() is None


def test_clock_word_is_news_to_those_who_listen_only_when_it_changes(trio):
    trio.play(
        """
        + T unix root
        T > REGISTER service=timekeeper;version=1
        T < HELP
        T < READY my_address=*
        A < STATUS cache=no;server=peer;server_name=peer;service=timekeeper;status=up;up_since=*
        T > CLOCK_STABLE clock_resolution=no_ntp
        A < CLOCK_STABLE cache=no;clock_resolution=no_ntp
        T > CLOCK_STABLE clock_resolution=no_ntp
        T > CLOCK_UNSTABLE clock_error=unsynchronized;interval_s=1
        A < CLOCK_UNSTABLE cache=no;clock_error=unsynchronized
        @ 3.5
        A < CLOCK_UNSTABLE cache=no;clock_error=checking
        T > CLOCK_STABLE clock_resolution=verified
        A < CLOCK_STABLE cache=no;clock_resolution=verified
        T x
        A < STATUS cache=no;server=peer;server_name=peer;service=timekeeper;status=down;up_since=*;down_since=*
        A < CLOCK_UNSTABLE cache=no;clock_error=checking
        """,
    )


@pytest.mark.parametrize(
    "word",
    [
        "CLOCK_STABLE",
        "CLOCK_STABLE clock_error=x",
        "CLOCK_UNSTABLE",
        "CLOCK_STABLE clock_resolution=verified;interval_s=0",
        "CLOCK_STABLE clock_resolution=verified;interval_s=2d",
        "CLOCK_STABLE clock_resolution=verified;interval_s=x",
    ],
)
def test_a_bad_clock_word_is_refused(playbook, word):
    playbook().play(
        KEEPER + f"T > {word}\nT < INVALID command={word.partition(' ')[0]};message=*\n"
        "T > CLOCK_STATUS\nT < CLOCK_UNSTABLE cache=no;clock_error=checking",
    )


def test_public_ip_tells_what_there_is(playbook):
    playbook(public_ip="203.0.113.5", secure_ip="203.0.113.6").play(
        UNREGISTERED + "U > PUBLIC_IP\nU < SERVER_PUBLIC_IP public_ip=203.0.113.5;secure_ip=203.0.113.6",
    )


def test_help_lists_every_command_the_router_obeys(playbook):
    book = playbook().play(UNREGISTERED)
    book.write("U", b"HELP\n")
    assert book.hear("U").get("list").split(",") == sorted(HANDLERS)


def test_alive_is_answered_with_serial_timestamp_and_the_time(trio):
    trio.play(
        """
        A > ALIVE serial=123;timestamp=1.5
        A < peer:svc_a/ABSOLUTELY reply_timestamp=1795500000.000000000;serial=123;timestamp=1.5
        """,
    )


def test_load_is_told_when_it_has_moved(playbook):
    book = playbook().play("+ A unix bob\n+ B unix bob\nA > UNREGISTER_FROM_LOADAVG\nA > REGISTER_FOR_LOADAVG")
    assert book.effects_of(SampleLoad) == [SampleLoad(enabled=True)]
    for average in (0.5, 0.55, 0.59, 0.61):
        book.handle(LoadSampled(average))
    told = "LOADAVG my_address=127.0.0.1:4042;timestamp=1795500000.000000000;avg="
    book.play(f"A < {told}0.50\nA < {told}0.61\nB > LISTEN_LOADAVG ips=127.0.0.1")
    book.handle(LoadSampled(0.62))
    book.play(f"B < {told}0.62\nA > UNREGISTER_FROM_LOADAVG\nB x")
    assert book.effects_of(SampleLoad)[1:] == [SampleLoad(enabled=False)]


def test_the_load_of_a_stranger_is_not_to_be_had(playbook):
    playbook().play(
        UNREGISTERED + "U > LISTEN_LOADAVG ips=127.0.0.1,10.0.0.9\nU < INVALID command=LISTEN_LOADAVG;message=*"
    )


def test_statistics_are_json_and_count(trio):
    trio.play("A > FOO\nA < UNKNOWN command=FOO\nA > svc_b/P\nB < <peer:svc_a svc_b/P\nA > nobody/P")
    trio.write("A", b"ROUTER_GET_STATS\n")
    stats = json.loads(trio.hear("A").get("stats"))
    assert stats["connections"] == {"unix": 2, "local": 1, "signal": 0, "remote": 0, "secure": 0}
    assert stats["services"] == {"offline": 0, "svc_a": 1, "svc_b": 1, "svc_m": 1}
    assert stats["commands_total"] == {"REGISTER": 3, "COMMANDS": 3, "ROUTER_GET_STATS": 1, "other": 1}
    assert stats["messages_routed_total"]["local"] == 1
    assert stats["messages_dropped_total"]["unroutable"] == 1
    assert stats["messages_received_total"]["unix"] == 8


def test_services_are_listed_in_pages(playbook):
    book = playbook(known_services=frozenset())
    for number in range(30):
        book.play(f"+ A unix bob\nA > REGISTER service=s{number:02};version=1\nA < HELP\nA < READY my_address=*")
    book.play("+ U unix bob")
    names, offset = [], 0
    while True:
        book.write("U", b"LIST_SERVICES offset=%d;limit=7\n" % offset)
        page = book.hear("U")
        services = json.loads(page.get("services"))
        if not services:
            break
        assert page.get("list") == ",".join(service["service"] for service in services)
        assert page.get("total") == "30"
        names += [service["service"] for service in services]
        offset += len(services)
    assert names == [f"s{number:02}" for number in range(30)]


def test_a_page_of_services_stays_within_a_line(playbook):
    book = playbook(known_services=frozenset(f"service_{number:05}" for number in range(9000)))
    book.play("+ U unix bob")
    book.write("U", b"LIST_SERVICES limit=9000\n")
    [effect] = book.effects_of(Send)[-1:]
    assert 100_000 < len(effect.data) <= 1024 * 1024
    assert 500 < len(json.loads(decode(effect.data).get("services"))) < 9000


@pytest.mark.parametrize("parameters", ["offset=-1", "limit=x", "limit=-2"])
def test_a_bad_page_is_refused(playbook, parameters):
    playbook().play(UNREGISTERED + f"U > LIST_SERVICES {parameters}\nU < INVALID command=LIST_SERVICES;message=*")


def test_stop_takes_leave_in_order_and_the_canary_goes_last(playbook):
    book = playbook().play(
        "+ C unix root\nC > REGISTER service=canary;version=1\nC < HELP\nC < READY my_address=*\n"
        "C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=11\nC > COMMANDS list=DISCONNECTING,STATUS",
    )
    book.play(
        """
        + A unix bob
        A > REGISTER service=svc_a;version=1
        A < HELP
        A < READY my_address=*
        C < STATUS cache=no;server=peer;server_name=peer;service=svc_a;status=up;up_since=*
        C < canary/RUN_STARTED run_id=*;service=svc_a;role=live;pid=14
        A > COMMANDS list=HELP
        C > STOP
        A < EOF
        C < canary/RUN_ENDED run_id=*;reason=router_stop
        C < DISCONNECTING
        C < EOF
        + N unix bob
        N < QUITTING
        N < EOF
        """,
    )
    assert [effect.mode for effect in book.effects_of(Stop)] == [StopMode.STOP]


@pytest.mark.parametrize(
    ("line", "mode"), [("STOP", StopMode.STOP), ("RESTART", StopMode.RESTART), ("SHUTDOWN", StopMode.STOP)]
)
def test_each_way_to_end(playbook, line, mode):
    book = playbook().play(
        "+ R unix root\n+ A unix bob\nA > REGISTER service=svc_a;version=1\nA < HELP\nA < READY my_address=*"
    )
    book.play("A > COMMANDS list=STOP")
    book.play(f"R > {line}\nR < EOF\n" + ("A < STOP\n" if line == "SHUTDOWN" else "") + "A < EOF")
    assert [effect.mode for effect in book.effects_of(Stop)] == [mode]


def test_a_signal_to_the_process_stops_it_once(trio):
    trio.handle(StopRequested("SIGTERM"))
    trio.handle(StopRequested("SIGINT"))
    trio.play("A < DISCONNECTING\nA < EOF\nB < DISCONNECTING\nB < EOF\nM < EOF")
    assert len(trio.effects_of(Stop)) == 1


def test_logs_are_reopened_and_neighbors_are_not_there_to_forget(playbook):
    book = playbook().play(
        "+ R unix root\nR > LOG_ROTATE\nR > FORGET ip=10.0.0.1\nR < INVALID command=FORGET;message=*"
    )
    assert book.effects_of(ReopenLog) == [ReopenLog()]


def test_a_tap_sees_every_line_without_secrets_and_is_not_tapped_itself(trio):
    trio.play(
        """
        + R unix root
        R > TAP
        A > svc_b/P password=xyz;x=1
        R < TAPPED direction=in;link=svc_a;line="svc_b/P password=***;x=1"
        R < TAPPED direction=out;link=svc_b;line="<peer:svc_a svc_b/P password=***;x=1"
        B < <peer:svc_a svc_b/P password=xyz;x=1
        R > ALIVE
        R < ABSOLUTELY reply_timestamp=*
        R x
        A > svc_b/P
        B < <peer:svc_a svc_b/P
        """,
    )
    assert all(effect.droppable for effect in trio.effects_of(Send) if b"TAPPED" in effect.data)


@pytest.mark.parametrize(
    "line", [b"svc_b/P x=\xff\xfe\n", b'svc_b/P "a;b\\\n', b'"quoted;\\\n', b"svc_b/P a=\0;b\n", b"\n"]
)
def test_a_tap_shows_any_bytes(trio, line):
    trio.play("+ R unix root\nR > TAP")
    trio.write("A", line)
    assert trio.hear("R").get("direction") == "in"


def test_a_line_too_long_is_answered_and_the_link_closed(playbook):
    book = playbook().play(UNREGISTERED)
    book.handle(LineTooLong(1, 65536))
    book.play("U < INVALID message=*\nU < EOF")
    assert book.router._board.statistics.dropped["too_long"] == 1


def test_a_slow_consumer_is_named_in_log_statistics_and_an_event(trio):
    trio.play("M > COMMANDS list=SLOW_CONSUMER")
    trio.handle(LinkClosed(trio.links["B"], CloseReason.SLOW, queued_bytes=1234))
    trio.play(
        """
        M < SLOW_CONSUMER client=svc_b;queued_bytes=1234
        A < STATUS cache=no;server=peer;server_name=peer;service=svc_b;status=down;up_since=*;down_since=*
        """,
    )
    assert [notice.fields["client"] for notice in trio.notices if notice.event == "slow_consumer_cut"] == ["svc_b"]
    assert trio.router._board.statistics.slow_consumers == {"svc_b": 1}


def test_a_half_closed_link_is_served_to_its_end(playbook):
    playbook().play(UNREGISTERED + "U > PUBLIC_IP\nU -\nU < SERVER_PUBLIC_IP\nU < EOF")


def test_a_service_that_stops_writing_has_left(trio):
    trio.play(
        "B -\nA < STATUS cache=no;server=peer;server_name=peer;service=svc_b;status=down;up_since=*;down_since=*\nB < EOF"
    )


def test_datagrams_are_delivered_without_a_sender_and_never_answered(trio):
    for datagram in (
        b"svc_b/P x=1",
        b"<peer:svc_a svc_b/P x=2\n",
        b"ALIVE",
        b"FOO",
        b"STOP",
        b"REGISTER service=x;version=1",
    ):
        trio.handle(DatagramReceived(datagram))
    for datagram in (b"", b"\xff\xfe\x00", b"svc_b/P x=3\nsvc_b/P x=4", b"PUBLIC_IP"):
        trio.handle(DatagramReceived(datagram))
    assert [message.get("x") for message in trio.heard[trio.links["B"]]] == ["1", "2"]
    assert {message.sender for message in trio.heard[trio.links["B"]]} == {""}
    assert not trio.heard[trio.links["A"]]


def test_failures_of_the_shell_are_counted(trio):
    trio.handle(HandlerFailed("lines", "KeyError('x')"))
    trio.write("A", b"ROUTER_GET_STATS\n")
    assert json.loads(trio.hear("A").get("stats"))["handler_exceptions_total"] == {"lines": 1}


def test_a_flood_of_bad_lines_is_no_flood_of_the_log(playbook):
    book = playbook().play(UNREGISTERED)
    book.write("U", b"\xff\n" * 1000)
    assert len([notice for notice in book.notices if notice.event == "message_refused"]) == 10
    assert book.router._board.statistics.dropped["invalid"] == 1000


def test_new_rules_apply_at_once(playbook, make_config):
    book = playbook().play(
        "+ U unix bob\nU > STOP\nU < INVALID command=STOP;message=*\nU > SERVICE_STATUS service=new\nU < STATUS cache=no;service=new;status=unknown"
    )
    book.router.reconfigure(make_config(known_services=frozenset({"new"}), stop_group="bob"), book.now)
    book.play("U > SERVICE_STATUS service=new\nU < STATUS cache=no;service=new;status=down\nU > STOP\nU < EOF")
    assert len(book.effects_of(Close)) == 1
