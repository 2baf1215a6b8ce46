import pytest

from communicator.router import RouterLimits
from communicator.router.events import LinkHeld

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


def test_a_newcomer_that_waits_registers_under_no_other_name(playbook):
    book = playbook().play(
        HELLO
        + """
        + B local bob
        B > REGISTER service=svc_a;version=1
        A < svc_a/ALIVE serial=*
        B > REGISTER service=svc_b;version=1
        B < INVALID command=REGISTER;message=*
        @ 3
        A < EOF
        B < HELP
        B < READY my_address=*
        B x
        """,
    )
    assert len(book.router._board.registry) == 0


def test_a_contested_name_goes_to_the_newcomer_as_soon_as_the_elder_leaves(playbook):
    book = playbook().play(
        HELLO
        + """
        + B local bob
        + C local bob
        B > REGISTER service=svc_a;version=1
        A < svc_a/ALIVE serial=*
        A > UNREGISTER service=svc_a
        B < HELP
        B < READY my_address=*
        A < EOF
        C > REGISTER service=svc_a;version=1
        B < svc_a/ALIVE serial=*
        C x
        @ 5
        B x
        """,
    )
    assert len(book.router._board.registry) == 0


def test_an_elder_that_the_router_holds_up_keeps_its_name(playbook):
    book = playbook().play(HELLO + "+ B local bob\nB > REGISTER service=svc_a;version=1\nA < svc_a/ALIVE serial=*")
    book.handle(LinkHeld(book.links["A"], held=True))
    book.play("@ 7\nB < (nothing)")
    book.handle(LinkHeld(book.links["A"], held=False))
    book.play("@ 3\nA < EOF\nB < HELP\nB < READY my_address=*")


@pytest.mark.parametrize("name", ["service_version", "build", "config_hash"])
def test_a_text_that_cannot_be_told_on_is_refused(playbook, name):
    book = playbook().play("+ A unix bob")
    book.write("A", b'{"command":"REGISTER","parameters":{"service":"a","version":1,"%b":";\\\\"}}\n' % name.encode())
    assert name in book.hear("A").get("message")
