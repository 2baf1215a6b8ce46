import pytest

from communicator.protocol.first_words import OtherProtocol
from communicator.router.vocabulary.effects import Close, Measure, SampleLoad
from communicator.router.vocabulary.events import (
    CloseReason,
    Continued,
    CredentialChecked,
    CredentialsRevoked,
    DatagramReceived,
    DialFailed,
    LinesReceived,
    LineTooLong,
    LinkClosed,
    LinkEnded,
    LinkHeld,
    LinkKind,
    LinkOpened,
    Measured,
    SpokeOtherwise,
    StopRequested,
    UserIdentified,
)

UNREGISTERED = "+ U unix bob\n"


@pytest.mark.parametrize("to", ["", "communicatord/", ".:communicatord/", "peer:communicatord/", "*:communicatord/"])
def test_the_router_answers_under_each_of_its_addresses(playbook, to):
    playbook().play(UNREGISTERED + f"U > {to}PUBLIC_IP\nU < SERVER_PUBLIC_IP")


def test_a_command_for_another_router_is_not_obeyed(playbook):
    told = "command=PUBLIC_IP;status=failed;reason=server_unknown;destination_service=communicatord;destination_server=elsewhere"
    playbook().play(
        UNREGISTERED
        + f"""
        U > elsewhere:communicatord/PUBLIC_IP
        U > elsewhere:communicatord/PUBLIC_IP transmission_report=failure
        U < TRANSMISSION_REPORT {told}
        """,
    )


def test_unknown_commands_are_told_so(playbook):
    playbook().play(UNREGISTERED + "U > FOO x=1\nU < UNKNOWN command=FOO\nU > foo\nU < UNKNOWN command=foo")


def test_a_line_too_long_is_answered_and_the_link_closed(playbook):
    book = playbook().play(UNREGISTERED)
    book.handle(LineTooLong(1, 65536))
    book.play("U < INVALID message=*\nU < EOF")
    assert book.router._board.statistics.dropped["too_long"] == 1


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


def test_new_rules_apply_at_once(playbook, make_config):
    book = playbook().play(
        "+ U unix bob\nU > STOP\nU < INVALID command=STOP;message=*\n"
        "U > SERVICE_STATUS service=new\nU < STATUS cache=no;service=new;status=unknown"
    )
    book.router.reconfigure(make_config(known_services=frozenset({"new"}), stop_group="bob"), book.now)
    book.play("U > SERVICE_STATUS service=new\nU < STATUS cache=no;service=new;status=down\nU > STOP\nU < EOF")
    assert len(book.effects_of(Close)) == 1


def test_a_line_too_long_ends_a_registration_at_once(trio):
    trio.handle(LineTooLong(trio.links["B"], 65536))
    trio.play(
        """
        B < INVALID message=*
        A < STATUS cache=no;server=peer;server_name=peer;service=svc_b;status=down;up_since=*;down_since=*
        B < EOF
        A > svc_b/P transmission_report=failure
        A < TRANSMISSION_REPORT command=P;status=failed;reason=service_unknown;destination_service=svc_b
        """,
    )


def test_a_datagram_leaves_nothing_behind(playbook):
    book = playbook()
    for datagram in (b"LISTEN_LOADAVG ips=127.0.0.1", b"REGISTER_FOR_LOADAVG", b"ROUTER_GET_STATS"):
        book.handle(DatagramReceived(datagram))
    assert book.router._board.load.is_empty
    assert not book.effects_of(Measure)
    assert not book.effects_of(SampleLoad)


@pytest.mark.parametrize(
    "event",
    [
        LinesReceived(99, b"ALIVE\n"),
        LineTooLong(99, 65536),
        SpokeOtherwise(99, OtherProtocol.HTTP),
        LinkEnded(99),
        LinkClosed(99, CloseReason.HUP),
        LinkHeld(99, held=True),
        Continued(99),
        UserIdentified(99, None),
        Measured(99, ()),
        DialFailed(99, "refused"),
        CredentialChecked(99, None),
        CredentialsRevoked(frozenset({"nobody"}), frozenset({99})),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_is_told_of_a_link_that_is_gone_changes_nothing(playbook, event):
    book = playbook()
    book.handle(event)
    assert not book.effects


@pytest.mark.parametrize(
    "event",
    [LinesReceived(1, b"ALIVE\n"), LineTooLong(1, 65536), LinkEnded(1)],
    ids=lambda event: type(event).__name__,
)
def test_a_link_that_is_being_closed_is_heard_no_more(playbook, event):
    book = playbook()
    book.handle(LinkOpened(1, LinkKind.UNIX, "here", None))
    book.heard[1] = []
    book.router._board.close(book.router._board.registry.links[1], CloseReason.DRAIN)
    book.router._board.take_effects()
    book.handle(event)
    assert not book.effects


def test_datagrams_are_not_taken_while_stopping(trio):
    trio.handle(StopRequested("SIGTERM"))
    before = len(trio.effects)
    trio.handle(DatagramReceived(b"svc_b/P x=1"))
    assert len(trio.effects) == before


def test_a_tap_sees_datagrams(playbook):
    book = playbook().play("+ R unix root\nR > TAP")
    book.handle(DatagramReceived(b"nobody/P x=1"))
    assert book.hear("R").get("link") == "signal:signal"
    assert not book.heard[book.links["R"]]


LEAF = "CONNECT version=1;my_address=10.0.0.9:4042;server_name=cpp"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (lambda link: LineTooLong(link, 65536), CloseReason.PROTOCOL),
        (LinkEnded, CloseReason.HUP),
        (lambda link: LinkClosed(link, CloseReason.SLOW), CloseReason.SLOW),
        (lambda link: CredentialsRevoked(links=frozenset({link})), CloseReason.AUTH),
    ],
)
def test_a_router_is_lost_for_the_true_reason(mesh, event, reason):
    book = mesh().run(f"+ R remote\nR > {LEAF}\nR < ...")
    book.handle(event(book.links["R"]))
    [lost] = [notice for notice in book.notices if notice.event == "router_lost"]
    assert (lost.fields["reason"], lost.fields["server"]) == (reason, "cpp")
    assert book.router._board.statistics.closed["remote", reason] == 1
    assert book.router._board.mesh.peers == {}


def test_new_neighbors_are_dialled_and_old_ones_no_more(mesh, make_config, make_cluster):
    book = mesh("10.0.0.2:4042").run("! 1 refused")
    changed = make_config(my_address="10.0.0.5:4042", cluster=make_cluster("10.0.0.3:4042"))
    book.router.reconfigure(changed, book.now)
    book.run("@ 2")
    assert {dial.host for dial in book.dials.values()} == {"10.0.0.3"}


def test_what_neighbors_txt_holds_that_is_none_is_told_once(mesh):
    book = mesh(saved_neighbors="10.0.0.2:4042\nnonsense\n")
    [notice] = [notice for notice in book.notices if notice.event == "neighbors_unreadable"]
    assert notice.fields["entries"] == "nonsense"
    assert {dial.host for dial in book.dials.values()} == {"10.0.0.2"}


@pytest.mark.parametrize("scope", [".", "?", "*"])
def test_what_a_service_writes_under_the_names_of_routers_drops_no_broadcast(trio, scope):
    line = f"{scope}/NOTIFY x=7;broadcast_msgid=peer2-1;broadcast_timeout=1000"
    heard = f"A < <peer:svc_a {line}\nB < <peer:svc_a {line}\n"
    trio.play(f"A > {line}\n{heard}A > {line}\n{heard}")
