import pytest

from communicator.protocol import decode
from communicator.router import RouterLimits
from communicator.router.effects import Send
from communicator.router.events import LinesReceived


def sent(book, link_name, lines):
    """What the effects of these lines write to each link, in order."""
    before = len(book.effects)
    book.handle(LinesReceived(book.links[link_name], lines))
    names = {number: name for name, number in book.links.items()}
    sends = [effect for effect in book.effects[before:] if isinstance(effect, Send)]
    for heard in book.heard.values():
        heard.clear()
    return [(names[send.link], send.data) for send in sends]


def test_lines_with_one_header_leave_in_one_write(trio):
    lines = b"".join(b"svc_b/PAYLOAD n=%d\n" % number for number in range(1000))
    [(target, data)] = sent(trio, "A", lines)
    assert target == "B"
    assert data == b"".join(b"<peer:svc_a svc_b/PAYLOAD n=%d\n" % number for number in range(1000))


def test_lines_for_several_services_leave_in_one_write_each(trio):
    lines = b"svc_b/P n=1\nsvc_m/P n=2\nsvc_b/Q n=3\nsvc_b/P n=4\n"
    assert sorted(sent(trio, "A", lines)) == [
        ("B", b"<peer:svc_a svc_b/P n=1\n<peer:svc_a svc_b/Q n=3\n<peer:svc_a svc_b/P n=4\n"),
        ("M", b"<peer:svc_a svc_m/P n=2\n"),
    ]


def test_order_to_one_receiver_holds_across_broadcasts_answers_and_odd_lines(trio):
    lines = b'svc_b/P n=1\n./NOTIFY n=2\nALIVE\nsvc_b/P n=3\n{"command":"P","service":"svc_b"}\nsvc_b/P n=5\n'
    heard = b"".join(data for target, data in sent(trio, "A", lines) if target == "B").splitlines()
    assert [decode(line).get("n") for line in heard] == ["1", "2", "3", "", "5"]


@pytest.mark.parametrize(
    "line",
    [
        b"svc_b/P",
        b"svc_b/P x=1",
        b"svc_b/P x=1\r",
        b"  svc_b/P x=1",
        b"svc_b/P\r",
        b"peer:svc_b/P x=1",
        b".:svc_b/P x=1",
        b"?:svc_b/P x=1",
        b"*:svc_b/P x=1",
        b"svc_b/payload x=1",
        b"svc_b/PAY-LOAD x=1",
        b"<other:forged svc_b/P x=1",
        b"<peer:communicatord svc_b/P x=1",
        b'{"command":"P","service":"svc_b","sent-from-server":"peer","sent-from-service":"canary"}',
    ],
)
@pytest.mark.parametrize("around", [b"", b"svc_b/Q n=1\n"])
def test_a_registered_sender_is_signed_and_cannot_be_forged(trio, line, around):
    heard = b"".join(data for target, data in sent(trio, "A", around + line + b"\n" + around) if target == "B")
    senders = {decode(one).sender for one in heard.splitlines()}
    assert senders == {"peer:svc_a"}
    assert heard.count(b"\n") == 1 + 2 * around.count(b"\n")


def test_an_unregistered_sender_has_no_name(trio):
    trio.play("+ U local nobody")
    for line in (b"svc_b/P x=1\n", b"<peer:svc_a svc_b/P x=1\n", b"<a:b svc_b/P x=1\nsvc_b/P x=1\n"):
        heard = b"".join(data for _, data in sent(trio, "U", line))
        assert {decode(one).sender for one in heard.splitlines()} == {""}


def test_parameters_are_passed_on_as_they_were_written(trio):
    odd = b'svc_b/P z=1;a="x;y\\"z";z=0x2;\n'
    assert sent(trio, "A", odd) == [("B", b"<peer:svc_a " + odd)]


def test_the_route_is_found_anew_when_a_service_comes_or_goes(trio):
    assert sent(trio, "A", b"svc_m/P\n") == [("M", b"<peer:svc_a svc_m/P\n")]
    trio.play(
        """
        M x
        A < STATUS cache=no;server=peer;server_name=peer;service=svc_m;status=down;up_since=*;down_since=*
        """,
    )
    assert sent(trio, "A", b"svc_m/P\n") == []
    trio.play(
        """
        + N unix bob
        N > REGISTER service=svc_m;version=1
        N < HELP
        N < READY my_address=*
        A < STATUS cache=no;server=peer;server_name=peer;service=svc_m;status=up;up_since=*
        """,
    )
    assert sent(trio, "A", b"svc_m/P\n") == [("N", b"<peer:svc_a svc_m/P\n")]


def test_the_table_of_routes_is_bounded(playbook):
    book = playbook(limits=RouterLimits(routes=4))
    book.play("+ A unix bob\nA > REGISTER service=svc_a;version=1\nA < HELP\nA < READY my_address=*\n+ B unix bob")
    for number in range(100):
        assert sent(book, "B", b"svc_a/C%d\n" % number) == [("A", b"svc_a/C%d\n" % number)]
        assert len(book.router._board.routes) <= 4


@pytest.mark.parametrize("scope", [".", "?", "*", ".:.", "*:*"])
def test_a_broadcast_reaches_those_who_list_the_command_and_its_sender(trio, scope):
    trio.play(
        f"""
        A > {scope}/NOTIFY x=1
        A < <peer:svc_a {scope}/NOTIFY x=1
        B < <peer:svc_a {scope}/NOTIFY x=1
        M < (nothing)
        M > {scope}/NOTIFY x=2
        A < <peer:svc_m {scope}/NOTIFY x=2
        B < <peer:svc_m {scope}/NOTIFY x=2
        M < (nothing)
        A > {scope}/UNHEARD x=3
        """,
    )


def test_a_broadcast_to_one_named_server_is_refused(trio):
    trio.play(
        """
        A > peer:*/NOTIFY x=4
        A < INVALID command=NOTIFY;message=*
        """,
    )


@pytest.mark.parametrize(("role", "hears"), [("standby", True), ("shadow", False), ("probe", False)])
def test_only_live_and_standby_hear_broadcasts_and_only_live_is_addressed(trio, role, hears):
    trio.play(
        f"""
        + S unix bob
        S > REGISTER service=svc_b;version=1;role={role}
        S < HELP
        S < READY my_address=*
        A < STATUS cache=no;server=peer;server_name=peer;service=svc_b;status=up;up_since=*
        S > COMMANDS list=NOTIFY
        A > svc_b/P x=1
        B < <peer:svc_a svc_b/P x=1
        S < (nothing)
        A > ./NOTIFY
        A < <peer:svc_a ./NOTIFY
        B < <peer:svc_a ./NOTIFY
        {"S < <peer:svc_a ./NOTIFY" if hears else "S < (nothing)"}
        """,
    )


def test_messages_are_counted_by_route(trio):
    routed = trio.router._board.statistics.routed
    before = dict(routed)
    sent(trio, "A", b"svc_b/P\nsvc_b/P\n")
    sent(trio, "A", b"svc_b/P\n./NOTIFY\nsvc_m/P\nALIVE\n./NOTIFY\n")
    sent(trio, "A", b"./NOTIFY\n./NOTIFY\n")
    assert {name: routed[name] - before[name] for name in ("local", "broadcast", "self")} == {
        "local": 4,
        "broadcast": 4,
        "self": 1,
    }
