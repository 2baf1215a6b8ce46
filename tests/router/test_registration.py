import pytest

from communicator.router import RouterLimits
from communicator.router.vocabulary.config import PackagedService
from communicator.router.vocabulary.effects import AllowLongLines
from communicator.router.vocabulary.events import LinkHeld

HELLO = """
    + A unix bob
    A > REGISTER service=svc_a;version=1
    A < HELP
    A < READY my_address=127.0.0.1:4042
"""


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("REGISTER", "parameter service is missing"),
        ("REGISTER service=svc_e", "parameter version is missing"),
        ("REGISTER version=1", "parameter service is missing"),
        ("REGISTER service=svc_e;version=2", "version"),
        ("REGISTER service=svc_e;version=abc", "'abc'"),
        ("REGISTER service=;version=1", "parameter service is missing"),
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
        M < INVALID command=COMMANDS;message=parameter list is missing
        M > COMMANDS list=
        M < INVALID command=COMMANDS;message=parameter list is missing
        M > COMMANDS list=, ,
        M < INVALID command=COMMANDS;message=parameter list names no command
        """,
    )


def test_empty_places_among_commands_are_passed_over(trio):
    trio.play("M > COMMANDS list=,,EXTRA, ,\nA > ./EXTRA\nM < <peer:svc_a ./EXTRA")


def test_limits_of_registrations_and_commands(playbook):
    book = playbook(limits=RouterLimits(registrations=1, commands_per_service=2))
    book.play(HELLO)
    book.play("A > COMMANDS list=B,C\nA > COMMANDS list=D\nA < INVALID command=COMMANDS;message=*")
    book.play("+ B unix bob\nB > REGISTER service=svc_b;version=1\nB < INVALID command=REGISTER;message=*")


def test_one_user_leaves_room_for_the_services_of_others(playbook):
    """Who holds as many registrations as are free gets no more, until one of them is given back."""
    book = playbook(limits=RouterLimits(registrations=4))
    register, entered = "{0} > REGISTER service=svc_{1};version=1", "\n{0} < HELP\n{0} < READY my_address=*"
    for name in "ABC":
        book.play(f"+ {name} unix bob\n{register}{entered}".format(name, name.lower()))
    book.play(f"+ D unix bob\n{register}\n{{0}} < INVALID command=REGISTER;message=*".format("D", "d"))
    book.play(f"+ E unix alice\n{register}{entered}".format("E", "e"))
    book.play("B > UNREGISTER service=svc_b\nB < EOF\nB x\nC > UNREGISTER service=svc_c\nC < EOF\nC x")
    book.play(f"{register}{entered}".format("D", "d"))


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


# From another host, without a router there.

PASSWORD = "pw"
REMOTE = f"REGISTER service=svc;version=1;username=user;password={PASSWORD}"


@pytest.fixture
def gated(mesh, credential):
    """Makes a router that lets services of these names in."""

    def make(*names, **changes):
        entry = credential("service", *names)
        return mesh(passwords={("user", PASSWORD): entry}, demands_credentials=True, **changes)

    return make


@pytest.mark.parametrize("kind", ["remote", "secure"])
@pytest.mark.parametrize("name", ["svc", "*"])
def test_a_service_of_another_host_registers_with_a_password(gated, kind, name):
    book = gated(name).play(
        f"""
        + L unix bob
        L > REGISTER service=local;version=1
        L < HELP
        L < READY my_address=*
        L > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,NOTE
        + S {kind}
        S > {REMOTE}
        S < HELP
        S < READY my_address=10.0.0.5:4042
        S > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,NOTE
        S > local/P x=1
        L < <peer:svc local/P x=1
        L > svc/P x=2
        S < <peer:local svc/P x=2
        S > */NOTE x=3
        L < <peer:svc */NOTE x=3
        S < <peer:svc */NOTE x=3
        S > SERVICE_STATUS service=local
        S < STATUS cache=no;server=peer;server_name=peer;service=local;status=up;up_since=*
        @ 60
        S > UNREGISTER service=svc
        S < EOF
        """
    )
    assert book.router._board.mesh.strangers.due.at_s is None


@pytest.mark.parametrize(
    "said",
    [
        "REGISTER service=svc;version=1",
        "REGISTER service=svc;version=1;username=user",
        REMOTE.replace("service=svc", "service=other"),
        REMOTE.replace("service=svc", "service=canary"),
        REMOTE.replace("service=svc", "service=payroll"),
        REMOTE.replace("service=svc", "service="),
        REMOTE.replace("version=1", "version=2"),
    ],
)
def test_what_a_stranger_may_not_be(gated, said):
    book = gated("svc", "canary", "payroll").play(
        f"+ S remote\nS > {said}\nS < INVALID command=REGISTER;message=*\n@ 10.1\nS < EOF"
    )
    assert len(book.router._board.registry) == 0
    assert PASSWORD not in str(book.notices)


def test_a_wrong_password_registers_nothing_and_closes_the_link(gated):
    book = gated("svc").play(
        f"+ S remote\nS > {REMOTE.replace(PASSWORD, 'wrong')}\n"
        "S < INVALID command=REGISTER;message=wrong username or password\nS < EOF"
    )
    assert len(book.router._board.registry) == 0
    assert book.router._board.statistics.auth_failures["remote"] == 1


def test_the_password_of_a_router_registers_no_service(mesh, credential):
    book = mesh(passwords={("user", PASSWORD): credential("router", "*")}, demands_credentials=True)
    book.play(f"+ S remote\nS > {REMOTE}\nS < INVALID command=REGISTER;message=*")


def test_without_passwords_no_service_comes_from_another_host(mesh):
    mesh().play("+ S remote\nS > REGISTER service=svc;version=1\nS < INVALID command=REGISTER;message=*")


@pytest.mark.parametrize(
    "said",
    ["CONNECT version=1;my_address=10.0.0.9:4042;server_name=beta", "ACCEPT", "REFUSE", "RECEIVED", "STOP", "TAP"],
)
def test_a_service_of_another_host_is_no_router_and_no_operator(gated, said):
    book = gated("svc").run(f"+ S remote\nS > {REMOTE}\nS < ...")
    book.play(f"S > {said}\nS < INVALID command={said.partition(' ')[0]};message=*")
    assert book.router._board.mesh.peers == {}


def test_a_router_registers_no_service(mesh):
    book = mesh().run("+ R remote\nR > CONNECT version=1;my_address=10.0.0.9:4042;server_name=beta\nR < ...")
    book.play("R > REGISTER service=svc;version=1\nR < INVALID command=REGISTER;message=*")
    book.play("R > <beta:svc REGISTER service=svc;version=1\nR < beta:svc/INVALID command=REGISTER;message=*")


def test_a_service_of_another_host_is_told_of_as_ours(gated):
    book = gated("svc").run(f"+ S remote\nS > {REMOTE}\nS < ...\n+ U unix bob\nU > LIST_SERVICES scope=local")
    assert book.hear("U").get("list") == "offline,svc"


@pytest.mark.parametrize(
    ("service", "may"), [("timekeeper", True), ("canary", True), ("exporter", True), ("svc_a", False)]
)
def test_only_the_suite_s_own_may_send_long_lines(playbook, service, may):
    book = playbook().play(
        """
        + A unix root
        A > REGISTER service=svc_z;version=1
        A < ...
        + B unix root
        """
    )
    book.run(f"B > REGISTER service={service};version=1\nB < ...\nA < ...")
    assert book.effects_of(AllowLongLines) == ([AllowLongLines(book.links["B"])] if may else [])


@pytest.mark.parametrize(("told", "version"), [("", "3.1"), (";service_version=4.0", "4.0")])
def test_who_tells_no_version_has_that_of_its_service_file(playbook, told, version):
    """So a service that cannot tell one, as a C++ one, can be judged by version too."""
    playbook(packaged={"mailer": PackagedService(version="3.1")}).play(f"""
        + C unix root
        C > REGISTER service=canary;version=1
        C < HELP
        C < READY my_address=*
        C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=11;user=root;by_owner=true
        + A unix bob
        A > REGISTER service=mailer;version=1{told}
        A < HELP
        A < READY my_address=*
        C < canary/RUN_STARTED run_id=*;service=mailer;service_version={version};role=live;pid=14;user=bob
    """)


@pytest.mark.parametrize(
    ("service", "alike"),
    [
        ("COMMUNICATORD", "communicatord"),
        ("Communicatord", "communicatord"),
        ("communicatord_", "communicatord"),
        ("c0mmun1catord", "communicatord"),
        ("Canary", "canary"),
        ("__canary", "canary"),
        ("time_keeper", "timekeeper"),
        ("tlmekeeper", "timekeeper"),
        ("eXporter", "exporter"),
        ("Sitter", "sitter"),
    ],
)
def test_a_name_that_looks_like_one_of_the_suite_is_not_given(playbook, service, alike):
    book = playbook().play("+ A unix root\n")
    book.write("A", f"REGISTER service={service};version=1\n".encode())
    refused = book.hear("A")
    assert refused.command == "INVALID"
    assert f"{service!r} looks like {alike!r}, which is of the suite" in refused.get("message")
    book.play("A > REGISTER service=canary_2;version=1\nA < HELP\nA < READY my_address=*")
