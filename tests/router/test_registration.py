import json

import pytest

from communicator.router import RouterLimits

HELLO = """
    + A unix bob
    A > REGISTER service=svc_a;version=1
    A < HELP
    A < READY my_address=127.0.0.1:4042
"""


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("REGISTER", "service"),
        ("REGISTER service=svc_e", "''"),
        ("REGISTER version=1", "service"),
        ("REGISTER service=svc_e;version=2", "version"),
        ("REGISTER service=svc_e;version=abc", "'abc'"),
        ("REGISTER service=;version=1", "service"),
        ("REGISTER service=bad name;version=1", "'bad name'"),
        ("REGISTER service=communicatord;version=1", "router itself"),
        ("REGISTER service=.;version=1", "service"),
        ("REGISTER service=svc_e;version=1;role=king", "'king'"),
        ("REGISTER service=svc_e;version=1;metrics_port=70000", "metrics_port"),
        ("REGISTER service=svc_e;version=1;probe_port=x", "'x'"),
        ("REGISTER service=svc_e;version=1;pid=-1", "pid"),
    ],
)
def test_a_bad_registration_is_refused_with_the_reason_and_the_link_lives(playbook, line, reason):
    book = playbook().play("+ E unix bob")
    book.play(f"E > {line}\nE < INVALID command=REGISTER;message=*\nE > ALIVE\nE < ABSOLUTELY reply_timestamp=*")
    assert reason in str([notice.fields["reason"] for notice in book.notices])


def test_a_link_registers_once(playbook):
    playbook().play(HELLO + "A > REGISTER service=svc_b;version=1\nA < INVALID command=REGISTER;message=*")


def test_what_was_announced_is_told(playbook):
    book = playbook()
    book.play(
        """
        + A unix bob
        A > REGISTER service=svc_a;version=1;service_version=1.2;build=b7;metrics_port=9404;probe_port=4044;pid=99
        A < HELP
        A < READY my_address=*
        A > COMMANDS list=PING,HELP
        """,
    )
    book.write("A", b"LIST_SERVICES\n")
    answer = book.hear("A")
    by_name = {instance["service"]: instance for instance in json.loads(answer.get("services"))}
    assert by_name["svc_a"] == {
        "server": "peer",
        "service": "svc_a",
        "version": "1.2",
        "build": "b7",
        "role": "live",
        "state": "up",
        "up_since": 1795500000,
        "address": "127.0.0.1:4042",
        "pid": 14,  # what the socket proves, not what was said
        "boot_id": "00000000-0000-4000-8000-000000000001",
        "metrics_port": 9404,
        "probe_port": 4044,
        "commands": ["HELP", "PING"],
    }
    assert by_name["offline"]["state"] == "down"


def test_a_contested_name_stays_with_an_elder_that_answers(playbook):
    book = playbook().play(HELLO + "+ B local bob")
    book.write("B", b"REGISTER service=svc_a;version=1\n")
    question = book.hear("A")
    assert (question.command, question.service) == ("ALIVE", "svc_a")
    book.play(
        f"""
        A > peer:communicatord/ABSOLUTELY serial={question.get("serial")};reply_timestamp=1.5
        B < INVALID command=REGISTER;message=*
        B < EOF
        @ 5
        A > ALIVE
        A < peer:svc_a/ABSOLUTELY reply_timestamp=*
        """,
    )


def test_nobody_answers_in_place_of_the_elder(playbook):
    book = playbook().play(HELLO + "+ B local bob\n+ C unix bob")
    book.write("B", b"REGISTER service=svc_a;version=1\n")
    serial = book.hear("A").get("serial")
    book.play(f"C > ABSOLUTELY serial={serial};reply_timestamp=1\n@ 3\nA < EOF\nB < HELP\nB < READY my_address=*")


def test_a_contested_name_goes_to_the_newcomer_when_the_elder_is_silent(playbook):
    book = playbook().play(HELLO + "+ B local bob")
    book.play("B > REGISTER service=svc_a;version=1\nA < svc_a/ALIVE serial=*\n@ 1.9\nB < (nothing)")
    book.play("@ 0.2\nA < EOF\nB < HELP\nB < READY my_address=*")
    assert [notice.event for notice in book.notices].count("service_replaced") == 1


def test_contest_ends_when_the_elder_hangs_up(playbook):
    playbook().play(
        HELLO
        + """
        + B local bob
        B > REGISTER service=svc_a;version=1
        A < svc_a/ALIVE serial=*
        A x
        B < HELP
        B < READY my_address=*
        """,
    )


def test_contest_ends_when_the_newcomer_hangs_up(playbook):
    playbook().play(
        HELLO
        + """
        + B local bob
        B > REGISTER service=svc_a;version=1
        A < svc_a/ALIVE serial=*
        B x
        @ 5
        A > ALIVE
        A < peer:svc_a/ABSOLUTELY reply_timestamp=*
        """,
    )


def test_a_third_contender_is_told_to_try_again(playbook):
    playbook().play(
        HELLO
        + """
        + B local bob
        + C local bob
        B > REGISTER service=svc_a;version=1
        A < svc_a/ALIVE serial=*
        C > REGISTER service=svc_a;version=1
        C < INVALID command=REGISTER;message=*
        B > REGISTER service=svc_a;version=1
        B < INVALID command=REGISTER;message=*
        """,
    )


def test_unregister_needs_the_right_name_and_closes_the_link(trio):
    trio.play(
        """
        B > UNREGISTER
        B < INVALID command=UNREGISTER;message=*
        B > UNREGISTER service=svc_a
        B < INVALID command=UNREGISTER;message=*
        B > UNREGISTER service=svc_b
        A < STATUS cache=no;server=peer;server_name=peer;service=svc_b;status=down;up_since=*;down_since=*
        B < EOF
        """,
    )


def test_commands_add_up_and_bad_ones_are_refused(trio):
    trio.play(
        """
        M > COMMANDS list=NOTIFY
        M > COMMANDS list=STATUS, OTHER
        A > ./NOTIFY
        A < <peer:svc_a ./NOTIFY
        B < <peer:svc_a ./NOTIFY
        M < <peer:svc_a ./NOTIFY
        M > COMMANDS list=FINE,not fine
        M < INVALID command=COMMANDS;message=*
        M > COMMANDS
        M < INVALID command=COMMANDS;message=*
        """,
    )


def test_limits_of_registrations_and_commands(playbook):
    book = playbook(limits=RouterLimits(registrations=1, commands_per_service=2))
    book.play(HELLO)
    book.play("A > COMMANDS list=B,C\nA > COMMANDS list=D\nA < INVALID command=COMMANDS;message=*")
    book.play("+ B unix bob\nB > REGISTER service=svc_b;version=1\nB < INVALID command=REGISTER;message=*")


CANARY = """
    + C unix alice
    C > REGISTER service=canary;version=1
    C < HELP
    C < READY my_address=*
"""


def test_a_canary_hears_of_the_runs_that_were_there_before_it(playbook):
    playbook().play(
        HELLO
        + """
        + B unix bob
        B > REGISTER service=svc_b;version=1
        B < HELP
        B < READY my_address=*
        B > UNREGISTER service=svc_b
        B < EOF
        """
        + CANARY
        + """
        C < canary/RUN_ENDED run_id=*;reason=unregister
        C < canary/RUN_STARTED run_id=*;service=svc_a;role=live;pid=14
        C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=13
        """,
    )


def test_a_canary_hears_what_a_service_announced_and_how_it_ended(playbook):
    playbook().play(
        CANARY
        + """
        C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=13
        + D local bob
        D > REGISTER service=svc_d;version=1;service_version=2;build=x;config_hash=h;pid=77;role=shadow
        D < HELP
        D < READY my_address=*
        C < canary/RUN_STARTED run_id=*;service=svc_d;service_version=2;build=x;role=shadow;pid=77;config_hash=h
        D x
        C < canary/RUN_ENDED run_id=*;reason=lost
        """,
    )


def test_the_end_of_a_run_carries_the_id_of_its_start(playbook):
    book = playbook().play(CANARY + "C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=13")
    ids = []
    for name in "AB":
        book.play(f"+ {name} unix bob")
        book.write(name, b"REGISTER service=svc_a;version=1\n")
        started = book.hear("C")
        book.write(name, b"UNREGISTER service=svc_a\n")
        ended = book.hear("C")
        assert (ended.command, ended.get("run_id")) == ("RUN_ENDED", started.get("run_id"))
        ids.append(started.get("run_id"))
        book.heard[book.links[name]].clear()
    assert len(set(ids)) == 2


def test_ends_of_runs_are_kept_within_a_bound(playbook):
    book = playbook().play("+ A unix bob")
    for number in range(1100):
        book.play(f"+ B unix bob\nB > REGISTER service=s{number};version=1\nB < HELP\nB < READY my_address=*\nB x")
    book.play("+ C unix alice")
    book.write("C", b"REGISTER service=canary;version=1\n")
    heard = [message.command for message in book.heard[book.links["C"]]]
    assert heard.count("RUN_ENDED") == 1024
