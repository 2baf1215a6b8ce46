import pytest

from communicator.router.vocabulary.effects import ReopenLog, Stop, StopMode
from communicator.router.vocabulary.events import (
    StopRequested,
)


def test_stop_takes_leave_in_order_and_the_canary_goes_last(playbook):
    book = playbook().play(
        "+ C unix root\nC > REGISTER service=canary;version=1\nC < HELP\nC < READY my_address=*\n"
        "C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=11;user=root;by_owner=true\n"
        "C > COMMANDS list=DISCONNECTING,STATUS",
    )
    book.play(
        """
        + A unix bob
        A > REGISTER service=svc_a;version=1
        A < HELP
        A < READY my_address=*
        C < STATUS cache=no;server=peer;server_name=peer;service=svc_a;status=up;up_since=*
        C < canary/RUN_STARTED run_id=*;service=svc_a;role=live;pid=14;user=bob
        A > COMMANDS list=HELP
        C > STOP
        A < EOF
        C < canary/RUN_ENDED run_id=*;service=svc_a;reason=router_stop
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


# Over the mesh.

ROUTER = "CONNECT version=1;my_address=10.0.0.{ip}:4042;server_name={name};boot_id={name}1;features=directory/1"
LEAF = "CONNECT version=1;my_address=10.0.0.9:4042;server_name=cpp"
SERVICE = """
    + A unix bob
    A > REGISTER service=svc_a;version=1
    A < HELP
    A < READY my_address=*
    A > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,HANGUP,DISCONNECTED
    + R unix root
"""


@pytest.fixture
def linked(mesh):
    """Makes a router that is linked with two of ours (B, C) and a leaf (L)."""

    def make(**changes):
        book = mesh(**changes).play(SERVICE)
        for link, name, ip in (("B", "beta", 7), ("C", "gamma", 8)):
            book.run(f"+ {link} remote from=10.0.0.{ip}\n{link} > {ROUTER.format(ip=ip, name=name)}")
        return book.run(f"+ L remote from=10.0.0.9\nL > {LEAF}\nB < ...\nC < ...\nL < ...")

    return make


@pytest.mark.parametrize("said", ["STOP", "RESTART"])
def test_other_routers_are_told_that_we_go_and_nothing_else(linked, said):
    book = linked().play(
        f"""
        R > {said}
        R < EOF
        A < EOF
        B < beta:communicatord/DISCONNECT
        B < EOF
        C < gamma:communicatord/DISCONNECT
        C < EOF
        L < cpp:communicatord/DISCONNECT
        L < EOF
        @ 60
        """
    )
    assert not book.dials
    assert "router_lost" not in [notice.event for notice in book.notices]


def test_a_shutdown_is_passed_on_to_all_others(linked):
    linked().play(
        """
        R > SHUTDOWN
        R < EOF
        A < STOP
        A < EOF
        B < SHUTDOWN
        B < beta:communicatord/DISCONNECT
        B < EOF
        C < SHUTDOWN
        C < gamma:communicatord/DISCONNECT
        C < EOF
        L < SHUTDOWN
        L < cpp:communicatord/DISCONNECT
        L < EOF
        """
    )


@pytest.mark.parametrize("sender", ["", "<beta:communicatord ", "<beta:communicatord peer:communicatord/"])
def test_a_shutdown_from_afar_is_obeyed_where_that_is_allowed(linked, sender):
    book = linked(remote_shutdown=True).run(f"B > {sender}SHUTDOWN")
    book.play(
        """
        A < STOP
        A < EOF
        R < EOF
        B < beta:communicatord/DISCONNECT
        B < EOF
        C < SHUTDOWN
        C < gamma:communicatord/DISCONNECT
        C < EOF
        L < SHUTDOWN
        L < cpp:communicatord/DISCONNECT
        L < EOF
        """
    )
    assert [effect.mode for effect in book.effects_of(Stop)] == [StopMode.STOP]


@pytest.mark.parametrize(
    ("allows", "link", "said"),
    [
        (False, "B", "<beta:communicatord SHUTDOWN"),
        (False, "L", "SHUTDOWN"),
        (True, "B", "<beta:svc SHUTDOWN"),
        (True, "B", "<beta:svc peer:communicatord/SHUTDOWN"),
        (True, "S", "SHUTDOWN"),
        (True, "B", "<beta:communicatord STOP"),
        (True, "B", "<beta:communicatord RESTART"),
        (True, "L", "STOP"),
    ],
)
def test_nothing_else_from_afar_ends_us(linked, allows, link, said):
    book = linked(remote_shutdown=allows).run(f"+ S remote\n{link} > {said}")
    assert book.hear(link).command == "INVALID"
    book.play("A < (nothing)\nR < (nothing)\nC < (nothing)")
    assert book.effects_of(Stop) == []


def test_a_whole_line_of_routers_shuts_down_where_all_allow_it(wires):
    ips = ("10.0.0.1", "10.0.0.2", "10.0.0.3")
    for name, ip, others in zip("abc", ips, (ips[1:2], ips[::2], ips[1:2]), strict=True):
        wires.start(name, ip, *others, discover=False, remote_shutdown=True)
    wires.run(3)
    wires.say(wires.service("a", "operator"), "SHUTDOWN")
    wires.run(0.1)
    assert [wires.board(name).draining for name in "abc"] == [True, True, True]
