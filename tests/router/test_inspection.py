from communicator.router.effects import Identify

UNREGISTERED = "+ U unix bob\n"


def test_a_flood_of_bad_lines_is_no_flood_of_the_log(playbook):
    book = playbook().play(UNREGISTERED)
    book.write("U", b"\xff\n" * 1000)
    assert len([notice for notice in book.notices if notice.event == "message_refused"]) == 10
    assert book.router._board.statistics.dropped["invalid"] == 1000


def test_refused_commands_change_nothing_and_say_why(trio):
    trio.play(
        """
        A > STOP
        A < INVALID command=STOP;message=*
        B > ./STOP
        B < INVALID command=STOP;message=*
        A > svc_b/RUN_STARTED run_id=x
        A < INVALID command=RUN_STARTED;message=*
        A > CLOCK_STABLE clock_resolution=verified
        A < INVALID command=CLOCK_STABLE;message=*
        A > CONNECT version=1;my_address=192.0.2.7:4042;server_name=peer2
        A < INVALID command=CONNECT;message=*
        A > CLOCK_STATUS
        A < CLOCK_UNSTABLE cache=no;clock_error=checking
        """,
    )
    assert trio.router._board.statistics.acl_denied == 5
    assert trio.router._board.statistics.dropped["acl"] == 5


def test_an_unknown_user_is_identified_once_and_then_remembered(playbook):
    book = playbook().play("+ A local alice")
    book.play("A > LOG_ROTATE\nA > LOG_ROTATE")
    assert len(book.effects_of(Identify)) == 1


def test_lines_behind_a_question_wait_for_its_answer(playbook):
    book = playbook().play(
        "+ A local bob\n+ B unix bob\nB > REGISTER service=svc_b;version=1\nB < HELP\nB < READY my_address=*"
    )
    book.write("A", b"svc_b/P n=1\nSTOP\nsvc_b/P n=2\nALIVE\n")
    assert [book.hear("B").get("n") for _ in range(2)] == ["1", "2"]
    assert [book.hear("A").command for _ in range(2)] == ["INVALID", "ABSOLUTELY"]


def test_the_actor_of_a_canary_command_is_written_by_the_router(playbook):
    book = playbook().play(
        "+ C unix alice\nC > REGISTER service=canary;version=1\nC < HELP\nC < READY my_address=*\n"
        "C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=13"
    )
    book.play("+ A local alice")
    book.write("A", b"canary/CANARY_COMMAND command=freeze;actor_user=root;actor_server=elsewhere\n")
    heard = book.hear("C")
    assert heard.parameters == {"command": "freeze", "actor_user": "alice", "actor_server": "peer"}
