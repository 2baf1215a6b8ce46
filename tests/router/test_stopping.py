import pytest

from communicator.router.effects import ReopenLog, Stop, StopMode
from communicator.router.events import (
    StopRequested,
)


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
