"""Conversations of routers that meet and part, as the C++ communicatord (a leaf) and as ours lead them."""

import pytest

from communicator.router.vocabulary.effects import Dial, KeptFile, Level
from communicator.router.vocabulary.events import CloseReason, LinkHeld, StopRequested

OURS = "boot_id=00000000-0000-4000-8000-000000000001;features=ack/1,colours/1,deliver_all/1,directory/1,policy/1,shadows/1,trace/1"
OFFER = f"server_name=peer;my_address=10.0.0.5:4042;services=offline;{OURS}"
LISTENER = """
    + L unix root
    L > REGISTER service=listener;version=1
    L < HELP
    L < READY my_address=10.0.0.5:4042
    L > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,NEW_REMOTE_CONNECTION,HANGUP,DISCONNECTED,UNREACHABLE
"""
LEAF = "version=1;my_address=10.0.0.9:4042;server_name=cpp"


def router_connect(server="beta", boot="b1", address="10.0.0.7:4042"):
    return f"CONNECT version=1;my_address={address};server_name={server};boot_id={boot};features=directory/1,ack/1"


def welcome(link, said, offer=OFFER):
    """A router comes to us and is taken."""
    return f"+ {link} remote\n{link} > {said}\n{link} < ACCEPT {offer}\n{link} < HELP\n{link} < ...\n"


def events(book, level=Level.INFO):
    return [notice.event for notice in book.notices if notice.level >= level]


def states(book):
    return {member.address: str(member.state) for member in book.router._board.mesh.book.members()}


def peers(book):
    return sorted(book.router._board.mesh.peers)


# A C++ node meets us.


@pytest.mark.parametrize("signed", ["", "<cpp:communicatord ", "<cpp:communicatord peer:communicatord/"])
def test_a_leaf_comes_to_us(mesh, signed):
    book = mesh()
    book.play(
        LISTENER
        + f"""
        + R remote
        R > {signed}CONNECT {LEAF};neighbors=10.0.0.9:4042,10.0.0.11;services=mail,clock,not a name
        R < ACCEPT server_name=peer;my_address=10.0.0.5:4042;services=offline;{OURS}
        R < HELP
        L < NEW_REMOTE_CONNECTION server_name=cpp
        R > <cpp:communicatord COMMANDS list=HELP,QUITTING,STOP,UNKNOWN,ACCEPT
        R > <cpp:communicatord HELP
        R < COMMANDS list=*
        """
    )
    assert (peers(book), states(book)) == (["cpp"], {"10.0.0.9:4042": "linked", "10.0.0.11:4042": "waiting"})
    peer = book.router._board.mesh.peers["cpp"].peer
    assert (peer.is_leaf, peer.services, peer.address) == (True, ("mail", "clock"), "10.0.0.9:4042")
    kept = book.kept[KeptFile.NEIGHBORS]
    assert ("10.0.0.9:4042\n" in kept, "# counts cpp\n" in kept, "10.0.0.11" in kept) == (True, True, False), "hearsay"


def test_we_come_to_a_leaf(mesh):
    book = mesh("10.0.0.2:4042")
    assert book.dials == {1: Dial(1, "10.0.0.2", 4042, secure=False)}
    book.play(
        LISTENER
        + f"""
        + R remote dial=1
        R < CONNECT version=1;{OFFER}
        R > <cpp:communicatord ACCEPT server_name=cpp;my_address=10.0.0.2:4042;services=mail;neighbors=10.0.0.2:4042,10.0.0.3:4042
        L < NEW_REMOTE_CONNECTION server_name=cpp
        R > <cpp:communicatord HELP
        R < COMMANDS list=*
        R > <cpp:communicatord COMMANDS list=HELP,QUITTING,STOP,UNKNOWN
        R > ALIVE serial=7;timestamp=1.5
        R < ABSOLUTELY serial=7;timestamp=1.5;reply_timestamp=*
        """
    )
    assert peers(book) == ["cpp"]
    assert states(book) == {"10.0.0.2:4042": "linked", "10.0.0.3:4042": "waiting"}
    book.run("@ 0.01")
    assert list(book.dials) == [2]


def test_a_leaf_answers_our_questions_and_is_kept(mesh):
    book = mesh()
    book.play(f"+ R remote\nR > CONNECT {LEAF}\nR < ...")
    for _ in range(20):
        book.run("@ 2.2")
        questions = list(book.heard[book.links["R"]])
        book.play("R < ...")
        assert {question.command for question in questions} == {"ALIVE"}
        for question in questions:
            assert question.get("serial").isdecimal()
            book.run(f"R > ABSOLUTELY serial={question.get('serial')};reply_timestamp=1.5")
    assert peers(book) == ["cpp"]


def test_a_leaf_that_is_silent_is_given_up_within_ten_seconds(mesh):
    book = mesh()
    book.play(LISTENER + f"+ R remote\nR > CONNECT {LEAF}\nR < ...\nL < ...\n@ 10\nR < ...\nL < HANGUP server_name=cpp")
    assert peers(book) == []
    assert "router_lost" in events(book)


def test_the_smaller_tells_gossip_and_the_larger_dials(mesh):
    book = mesh("10.0.0.9:4042")
    assert book.dials == {1: Dial(1, "10.0.0.9", 4042, secure=False)}
    book.play(
        f"""
        + G remote dial=1
        G < GOSSIP my_address=10.0.0.5:4042
        G > <cpp:communicatord RECEIVED
        G < EOF
        + R remote from=10.0.0.9
        R > CONNECT {LEAF}
        R < ACCEPT {OFFER}
        R < HELP
        """
    )
    assert peers(book) == ["cpp"]


def test_a_smaller_one_gossips_and_we_dial_at_once(mesh):
    book = mesh()
    book.play("+ G remote\nG > <cpp:communicatord GOSSIP my_address=10.0.0.2:4042\nG < RECEIVED\n@ 0.01")
    assert book.dials == {1: Dial(1, "10.0.0.2", 4042, secure=False)}


def test_gossip_is_told_again_until_the_larger_comes(mesh):
    book = mesh("10.0.0.9:4042")
    book.play("+ G remote dial=1\nG < GOSSIP my_address=*\nG > RECEIVED\nG < EOF\n@ 1.5")
    assert list(book.dials) == [2]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("REFUSE conflict=name", "'peer' is taken"),
        ("REFUSE shutdown=true", "about to end"),
        ("REFUSE", "no reason"),
        ("REFUSE message=too many", "too many"),
        ("INVALID command=CONNECT;message=parameter version", "parameter version"),
        ("UNKNOWN command=CONNECT", "no reason"),
        ("QUITTING", "about to end"),
    ],
)
def test_a_refusal_is_no_lock_out(mesh, said, reason):
    book = mesh("10.0.0.2:4042")
    book.play(
        f"+ R remote dial=1\nR < CONNECT *=*\nR > <cpp:communicatord {said}\nR < EOF".replace(
            "R < CONNECT *=*", "R < ..."
        )
    )
    [member] = book.router._board.mesh.book.members()
    assert (str(member.state), reason in member.reason) == ("refused", True)
    assert book.router._board.mesh.book.connect_failures == {"10.0.0.2:4042": 1}
    book.play("@ 5")
    assert not book.dials
    book.play("@ 6")
    assert list(book.dials) == [2]


def test_two_routers_do_not_refuse_each_others_refusals(mesh):
    book = mesh()
    book.play(
        """
        + S remote
        S > INVALID command=GOSSIP;message=what
        S > UNKNOWN command=CONNECT
        S > QUITTING
        S < (nothing)
        """
    )


@pytest.mark.parametrize(
    "said",
    [
        "CONNECT my_address=10.0.0.9:4042;server_name=cpp",
        "CONNECT version=2;my_address=10.0.0.9:4042;server_name=cpp",
        "CONNECT version=one;my_address=10.0.0.9:4042;server_name=cpp",
        "CONNECT version=1;server_name=cpp",
        "CONNECT version=1;my_address=;server_name=cpp",
        "CONNECT version=1;my_address=10.0.0.9;server_name=cpp",
        "CONNECT version=1;my_address=host-a:4042;server_name=cpp",
        "CONNECT version=1;my_address=0.0.0.0:4042;server_name=cpp",
        "CONNECT version=1;my_address=10.0.0.9:0;server_name=cpp",
        "CONNECT version=1;my_address=10.0.0.9:4042",
        "CONNECT version=1;my_address=10.0.0.9:4042;server_name=a-b",
        "CONNECT version=1;my_address=10.0.0.9:4042;server_name=*",
        "ACCEPT my_address=10.0.0.9:4042;server_name=cpp",
        "REFUSE",
        "RECEIVED",
        "DISCONNECT",
        "GOSSIP",
        "GOSSIP my_address=10.0.0.9",
    ],
)
def test_what_makes_no_sense_is_told_so_and_changes_nothing(mesh, said):
    book = mesh()
    before = book.router._board.mesh.book.render_file()
    book.play(f"+ R remote\nR > {said}\nR < INVALID command={said.partition(' ')[0]};message=*\nR < (nothing)")
    assert (peers(book), states(book)) == ([], {})
    assert book.router._board.mesh.book.render_file() == before


def test_a_router_is_linked_once_on_a_link(mesh):
    book = mesh()
    book.play(welcome("R", router_connect()))
    for said in (router_connect(), router_connect("gamma", "c1"), "ACCEPT server_name=x", "REFUSE", "RECEIVED"):
        book.play(f"R > {said}\nR < INVALID command=*;message=*")
    book.play("R > GOSSIP my_address=10.0.0.77:4042\nR < INVALID command=GOSSIP;message=*")
    assert (peers(book), states(book)) == (["beta"], {"10.0.0.7:4042": "linked"})


def test_a_service_of_another_host_cannot_speak_as_a_router(mesh):
    book = mesh()
    book.play(welcome("R", router_connect()))
    for said in (
        router_connect("gamma", "c1"),
        "GOSSIP my_address=10.0.0.77:4042",
        "DISCONNECT",
        "LINK_STATE records=[]",
    ):
        command, _, rest = said.partition(" ")
        book.play(
            f"R > <beta:svc peer:communicatord/{command} {rest}\nR < beta:svc/INVALID command={command};message=*"
        )
    assert (peers(book), states(book)) == (["beta"], {"10.0.0.7:4042": "linked"})


def test_a_bad_accept_is_given_up_and_tried_again(mesh):
    book = mesh("10.0.0.2:4042")
    book.play("+ R remote dial=1\nR < ...\nR > ACCEPT server_name=cpp;my_address=nowhere\nR < EOF")
    assert (peers(book), states(book)) == ([], {"10.0.0.2:4042": "refused"})


@pytest.mark.parametrize(("password", "waits_s"), [({}, 15), ({"username": "beta", "password": "swordfish"}, 60)])
def test_one_that_we_dialled_and_that_is_gone_since_is_dialled_again(mesh, password, waits_s):
    """Nothing is written to it any more that would tell."""
    book = mesh("10.0.0.2:4042", allow_cleartext_password=True, **password)
    book.run(f"+ R remote dial=1\n@ {waits_s - 1}")
    assert states(book) == {"10.0.0.2:4042": "dialling"}
    book.play("R < ...\n@ 1.1\nR < EOF\n@ 11")
    assert list(book.dials) == [2]


# Links end.


def test_a_dial_that_comes_through_too_late_is_dropped(mesh, make_config, make_cluster):
    book = mesh("10.0.0.2:4042")
    book.router.reconfigure(make_config(my_address="10.0.0.5:4042", cluster=make_cluster()), book.now)
    book.play("+ R remote dial=1\nR < EOF")
    book.play("@ 60")
    assert (book.dials, states(book)) == ({}, {})


# Draining.


def test_nobody_is_taken_or_dialled_while_we_end(mesh):
    book = mesh("10.0.0.2:4042")
    book.play(f"+ R remote\nR > CONNECT {LEAF}\nR < ...")
    book.handle(StopRequested("SIGTERM"))
    book.play("R < cpp:communicatord/DISCONNECT\nR < EOF")
    book.play("+ D remote dial=1\nD < QUITTING\nD < EOF\n+ N remote\nN < QUITTING\nN < EOF\n@ 60")
    assert not book.dials


def test_a_router_that_comes_while_we_end_is_told_so(mesh):
    book = mesh()
    book.play("+ R remote")
    board = book.router._board
    board.draining = True  # the link was opened just before
    book.play(f"R > CONNECT {LEAF}\nR < REFUSE shutdown=true;message=*\nR < EOF")
    assert peers(book) == []
    assert board.statistics.peers_refused == {"credentials": 0, "name": 0, "ending": 1}


# Names.


def test_a_live_elder_keeps_its_name(mesh):
    book = mesh()
    book.play(welcome("R", router_connect()) + "+ S remote from=10.0.0.8")
    book.write("S", f"{router_connect(boot='b2', address='10.0.0.8:4042')}\n".encode())
    question = book.hear("R")
    assert (question.command, question.server, question.service) == ("ALIVE", "beta", "communicatord")
    book.play(
        f"""
        S < (nothing)
        R > <beta:communicatord ABSOLUTELY serial={question.get("serial")};reply_timestamp=1.5
        S < REFUSE conflict=name;message=*
        S < EOF
        """
    )
    assert states(book) == {"10.0.0.7:4042": "linked"}
    assert book.router._board.statistics.peers_refused == {"credentials": 0, "name": 1, "ending": 0}
    assert events(book, Level.ERROR) == ["server_name_conflict"]


@pytest.mark.parametrize("elder", [router_connect(), "CONNECT version=1;my_address=10.0.0.7:4042;server_name=beta"])
def test_a_dead_elder_loses_its_name_with_its_link(mesh, elder):
    book = mesh()
    book.play(welcome("R", elder) + "+ S remote from=10.0.0.8")
    book.play(f"S > {router_connect(boot='b2', address='10.0.0.8:4042')}\n@ 8.4\nR < ...\nS < (nothing)")
    book.run("@ 2.1")
    book.play(f"R < ...\nS < ACCEPT {OFFER};neighbors=*\nS < HELP\nS < ...")
    assert states(book) == {"10.0.0.8:4042": "linked"}
    assert {notice.fields["old"] for notice in book.notices if notice.event == "address_replaced"} == {"10.0.0.7:4042"}


def test_an_elder_that_hangs_up_leaves_its_name_to_the_newcomer(mesh):
    book = mesh()
    book.play(welcome("R", router_connect()) + "+ S remote from=10.0.0.8")
    book.play(f"S > {router_connect(boot='b2', address='10.0.0.8:4042')}\nR < ...\nR x\n@ 2.1\nS < ...")
    assert book.router._board.mesh.peers["beta"].id == book.links["S"]


def test_an_elder_that_we_hold_up_has_more_time(mesh):
    book = mesh()
    book.play(welcome("R", router_connect()) + "+ S remote from=10.0.0.8")
    book.handle(LinkHeld(book.links["R"], held=True))
    book.play(f"S > {router_connect(boot='b2', address='10.0.0.8:4042')}\n@ 5\nR < ...\nS < (nothing)")
    book.handle(LinkHeld(book.links["R"], held=False))
    book.play("@ 10.5\nR < ...\nS < ...")
    assert book.router._board.mesh.peers["beta"].id == book.links["S"]


def test_a_linked_elder_has_time_until_its_link_is_given_up(mesh):
    """Question and answer are under way: each packet that is lost takes them seconds, and what follows waits behind it."""
    book = mesh()
    book.play(welcome("R", router_connect()) + "+ S remote from=10.0.0.8")
    book.write("S", f"{router_connect(boot='b2', address='10.0.0.8:4042')}\n".encode())
    serial = book.hear("R").get("serial")
    book.run(f"@ 8\nR < ...\nS < (nothing)\nR > <beta:communicatord ABSOLUTELY serial={serial};reply_timestamp=1")
    book.play("S < REFUSE conflict=name;message=*\nS < EOF")
    assert book.router._board.mesh.peers["beta"].id == book.links["R"]


def test_an_elder_that_is_no_longer_linked_is_asked_over_others(line):
    """It lives, only our link with it is dead."""
    told = record("beta", "b1", "peer", "gamma", "delta", sequence=3, address="10.0.0.7:4042")
    line.run(f"R > <beta:communicatord LINK_STATE records=[{told},{record('delta', 'd1', 'peer', 'beta')}]")
    offer = f"{OFFER};neighbors=10.0.0.7:4042"
    line.play(welcome("D", router_connect("delta", "d1", "10.0.0.8:4042"), offer) + "R < ...\n+ S remote from=10.0.0.9")
    line.write("S", f"{router_connect('delta', 'd2', '10.0.0.9:4042')}\n".encode())
    serial = question_over(line, "D").get("serial")
    for _ in range(6):
        line.run("@ 1.9\nR > <beta:communicatord LINK_STATE records=[]")
    assert peers(line) == ["beta"]
    heard = [message for message in line.heard[line.links["R"]] if message.get("serial") == serial]
    assert {(message.command, message.server) for message in heard} == {("ALIVE", "delta")}
    line.run("S < (nothing)")


def test_a_newcomer_that_leaves_while_it_waits_takes_no_name(mesh):
    book = mesh()
    book.play(welcome("R", router_connect()) + "+ S remote from=10.0.0.8")
    book.play(f"S > {router_connect(boot='b2', address='10.0.0.8:4042')}\nS x\n@ 2.1\nR < ...")
    assert (peers(book), book.router._board.mesh.contests.find("beta")) == (["beta"], None)


def test_a_third_claimant_is_told_to_come_again(mesh):
    book = mesh()
    book.play(welcome("R", router_connect()) + "+ S remote from=10.0.0.8\n+ T remote from=10.0.0.9")
    book.play(f"S > {router_connect(boot='b2', address='10.0.0.8:4042')}\nR < ...")
    book.play(f"T > {router_connect(boot='b3', address='10.0.0.9:4042')}\nT < REFUSE conflict=name;message=*\nT < EOF")


def test_nobody_answers_in_place_of_the_elder(mesh):
    book = mesh()
    book.play(welcome("R", router_connect()) + "+ S remote from=10.0.0.8\n+ T remote from=10.0.0.9")
    book.write("S", f"{router_connect(boot='b2', address='10.0.0.8:4042')}\n".encode())
    serial = book.hear("R").get("serial")
    book.play(
        f"T > ABSOLUTELY serial={serial};reply_timestamp=1\nR < ...\nS < (nothing)\n@ 10.5\nR < ...\nS < ...\nT < EOF"
    )
    assert book.router._board.mesh.peers["beta"].id == book.links["S"]


def test_a_router_that_has_lost_its_link_comes_back_at_once(mesh):
    book = mesh()
    book.play(welcome("R", router_connect()) + "+ S remote from=10.0.0.7")
    book.play(f"S > {router_connect()}\nR < ...\nS < ...")
    assert book.router._board.mesh.peers["beta"].id == book.links["S"]
    assert states(book) == {"10.0.0.7:4042": "linked"}


@pytest.mark.parametrize("lives", [True, False])
def test_whoever_repeats_the_life_of_a_linked_router_from_another_host_waits(mesh, lives):
    """Every member is told which life that is: a member that lies would take the name without a question."""
    book = mesh()
    book.play("+ R remote from=10.0.0.7\nR > " + router_connect() + "\nR < ...\n+ S remote from=10.0.0.8")
    book.run(f"S > {router_connect()}")
    question = book.hear("R")
    assert question.command == "ALIVE"
    book.play("S < (nothing)")
    if lives:
        serial = question.get("serial")
        book.run(f"R > <beta:communicatord ABSOLUTELY serial={serial};reply_timestamp=1;boot_id=b1")
        book.play("S < REFUSE conflict=name;message=*\nS < EOF")
    else:
        book.run("@ 10.5\nR < ...\nS < ...")
    assert book.router._board.mesh.peers["beta"].id == book.links["R" if lives else "S"]


def test_whoever_answers_a_dial_with_the_life_of_a_linked_router_from_another_host_waits(mesh):
    book = mesh("10.0.0.2:4042")
    book.play(
        "+ R remote from=10.0.0.7\nR > " + router_connect() + "\nR < ...\n+ O remote dial=1 from=10.0.0.2\nO < ..."
    )
    book.run("O > ACCEPT server_name=beta;my_address=10.0.0.1:4042;boot_id=b1;features=directory/1")
    serial = book.hear("R").get("serial")
    book.play(f"R > <beta:communicatord ABSOLUTELY serial={serial};reply_timestamp=1;boot_id=b1\nO < EOF")
    assert book.router._board.mesh.peers["beta"].id == book.links["R"]


def test_a_router_that_comes_back_from_where_it_said_it_is_needs_no_question(mesh):
    """It has several addresses, and was reached at another one."""
    book = mesh()
    book.play("+ R remote from=10.0.0.77\nR > " + router_connect() + "\nR < ...\n+ S remote from=10.0.0.7")
    book.play(f"S > {router_connect()}\nS < ACCEPT {OFFER}\nS < HELP\nS < ...\nR < ...")
    assert book.router._board.mesh.peers["beta"].id == book.links["S"]


def test_a_router_that_dials_again_while_another_waits_for_its_name_keeps_it(mesh):
    """The old link cannot answer any more, and the new one is not asked: it has just shown that it lives."""
    book = mesh()
    book.play("+ R remote from=10.0.0.7\nR > " + router_connect() + "\nR < ...\n+ S remote from=10.0.0.8")
    book.play(f"S > {router_connect(boot='b2', address='10.0.0.8:4042')}\nR < ...\n+ T remote from=10.0.0.7")
    book.run(f"T > {router_connect()}\nS < REFUSE conflict=name;message=*\nS < EOF\n@ 4.5")
    assert book.router._board.mesh.peers["beta"].id == book.links["T"]


def test_one_that_has_left_while_it_waited_is_told_nothing(mesh):
    book = mesh()
    book.play("+ R remote from=10.0.0.7\nR > " + router_connect() + "\nR < ...\n+ S remote from=10.0.0.8")
    book.play(f"S > {router_connect(boot='b2', address='10.0.0.8:4042')}\nR < ...\nS x\n+ T remote from=10.0.0.7")
    book.play(f"T > {router_connect()}\nT < ...\nR < ...")
    assert "router_refused" not in events(book)


def record(server, boot, *neighbors, started=1_795_500_000, sequence=2, address="10.0.0.8:4042"):
    told = ",".join(f'{{"server":"{name}","cost":1.0,"leaf":null}}' for name in neighbors)
    return (
        f'{{"server":"{server}","boot_id":"{boot}","started":{started},"part":"links","sequence":{sequence},'
        f'"state":{{"address":"{address}","secure":false,"neighbors":[{told}],"features":[],"forgotten":{{}}}}}}'
    )


@pytest.fixture
def line(mesh):
    """We are linked with beta, and beta with gamma."""
    book = mesh().play(welcome("R", router_connect()))
    told = ",".join((record("beta", "b1", "peer", "gamma", address="10.0.0.7:4042"), record("gamma", "c1", "beta")))
    book.write("R", f"<beta:communicatord LINK_STATE records={told.join('[]')}\n".encode())
    return book.play("R < ...\nR < (nothing)")


def question_over(book, link):
    """What has been asked for whom over a router."""
    heard = [message for message in list(book.heard[book.links[link]]) if message.get("serial").count("-") == 4]
    book.play(f"{link} < ...")
    [question] = heard
    return question


@pytest.mark.parametrize(("answer", "is_taken"), [("c1", False), ("", False), ("c2", True), (None, True)])
def test_an_elder_behind_another_router_is_asked_too(line, answer, is_taken):
    line.play("+ S remote from=10.0.0.9")
    line.write("S", f"{router_connect('gamma', 'c2', '10.0.0.9:4042')}\n".encode())
    question = question_over(line, "R")
    assert (question.command, question.server) == ("ALIVE", "gamma")
    if answer is not None:
        told = f";boot_id={answer}" if answer else ""
        line.run(
            f"R > <gamma:communicatord peer:communicatord/ABSOLUTELY serial={question.get('serial')};reply_timestamp=1{told}"
        )
    line.run("@ 6.1\nR < ...\nS < ...")
    assert ("gamma" in peers(line)) is is_taken


def test_an_elder_behind_another_router_has_more_time(line):
    """Its answer crosses two links, and each may lose a packet: it is asked again, and keeps its name."""
    line.play("+ S remote from=10.0.0.9")
    line.write("S", f"{router_connect('gamma', 'c2', '10.0.0.9:4042')}\n".encode())
    serial = question_over(line, "R").get("serial")
    line.run("@ 2.1")
    again = question_over(line, "R")
    assert (again.command, again.server, again.get("serial")) == ("ALIVE", "gamma", serial)
    line.play("S < (nothing)")
    line.play(
        f"""
        R > <gamma:communicatord peer:communicatord/ABSOLUTELY serial={serial};reply_timestamp=1;boot_id=c1
        S < REFUSE conflict=name;message=*
        S < EOF
        """
    )


@pytest.mark.parametrize(
    "news",
    [
        record("beta", "b1", "peer", sequence=3, address="10.0.0.7:4042"),
        record("gamma", "c2", "beta", started=1_795_500_001),
    ],
)
def test_an_elder_behind_another_router_has_no_more_time_once_it_is_not_there(line, news):
    """The other router has lost it, or is linked with its new life."""
    line.play("+ S remote from=10.0.0.9")
    line.write("S", f"{router_connect('gamma', 'c2', '10.0.0.9:4042')}\n".encode())
    line.run(f"R > <beta:communicatord LINK_STATE records=[{news}]\n@ 2.1")
    assert "gamma" in peers(line)


def test_a_router_started_anew_is_taken_at_once_where_its_new_life_is_known(line):
    line.write(
        "R",
        f"<beta:communicatord LINK_STATE records=[{record('gamma', 'c2', 'beta', started=1_795_500_001)}]\n".encode(),
    )
    line.play("R < ...\n+ S remote from=10.0.0.8")
    offer = f"{OFFER};neighbors=10.0.0.7:4042"
    line.play(f"S > {router_connect('gamma', 'c2', '10.0.0.8:4042')}\nS < ACCEPT {offer}\nS < HELP\nS < ...\nR < ...")
    assert peers(line) == ["beta", "gamma"]


def test_two_that_dial_each_other_at_once_keep_one_link(mesh):
    """We are the larger, so ours stays; the other end concludes the same."""
    for theirs, keeps_ours in (("10.0.0.2:4042", True), ("10.0.0.9:4042", False)):
        book = mesh("host-b:4042")
        book.play("+ O remote dial=1 from=10.0.0.2\nO < ...\n+ T remote from=10.0.0.2")
        book.play(f"T > {router_connect(address=theirs)}\nT < ...")
        book.play(f"O > ACCEPT server_name=beta;my_address={theirs};boot_id=b1;features=directory/1\nO < ...\nT < ...")
        kept = "O" if keeps_ours else "T"
        assert book.router._board.mesh.peers["beta"].id == book.links[kept]
        book.play("@ 1")
        assert not book.dials


def test_one_that_dials_us_although_we_have_dialled_it_is_refused(mesh):
    book = mesh("10.0.0.2:4042")
    accepted = "ACCEPT server_name=beta;my_address=10.0.0.2:4042;boot_id=b1;features=directory/1"
    book.play(f"+ O remote dial=1\nO < ...\nO > {accepted}\nO < ...\n+ T remote from=10.0.0.2")
    book.play(f"T > {router_connect(address='10.0.0.2:4042')}\nT < REFUSE conflict=name;message=*\nT < EOF")
    assert book.router._board.mesh.peers["beta"].id == book.links["O"]


@pytest.mark.parametrize("lives", [True, False])
def test_one_whom_we_dial_under_a_name_that_is_linked_waits_too(mesh, lives):
    book = mesh("10.0.0.2:4042")
    book.play(welcome("R", router_connect(), f"{OFFER};neighbors=10.0.0.2:4042"))
    book.play("+ O remote dial=1\nO < ...")
    accepted = "ACCEPT server_name=beta;my_address=10.0.0.2:4042;boot_id=b2;features=directory/1"
    book.write("O", f"{accepted}\n<beta:communicatord HELP\n".encode())
    question = book.hear("R")
    book.write("O", b"<beta:communicatord ALIVE serial=9\n")
    book.play("O < (nothing)\nR < (nothing)")
    if lives:
        book.play(f"R > <beta:communicatord ABSOLUTELY serial={question.get('serial')};reply_timestamp=1.5\nO < EOF")
        assert states(book) == {"10.0.0.2:4042": "refused", "10.0.0.7:4042": "linked"}
        return
    book.run("@ 10.5\nR < ...")
    heard = [message.command for message in book.heard[book.links["O"]]]
    assert heard[-2:] == ["COMMANDS", "ABSOLUTELY"]  # what it said while it waited was not lost
    assert "LINK_STATE_SUMMARY" in heard
    book.play("O < ...")
    assert states(book) == {"10.0.0.2:4042": "linked"}


def test_our_own_name_is_refused(mesh):
    book = mesh("10.0.0.2:4042")
    book.play(f"+ R remote\nR > {router_connect('peer', 'b9')}\nR < REFUSE conflict=name;message=*\nR < EOF")
    book.play("+ O remote dial=1\nO < ...\nO > ACCEPT server_name=peer;my_address=10.0.0.2:4042;boot_id=b9\nO < EOF")
    assert peers(book) == []
    assert states(book) == {"10.0.0.2:4042": "refused"}
    assert events(book, Level.ERROR) == ["server_name_conflict"]


@pytest.mark.parametrize("demands_credentials", [True, False])
def test_we_recognise_ourselves_and_never_dial_there_again(mesh, demands_credentials):
    book = mesh("10.0.0.2:4042", demands_credentials=demands_credentials)
    book.run("+ O remote dial=1\n+ I remote")
    said = book.hear("O")
    book.run("I > CONNECT " + ";".join(f"{name}={value}" for name, value in said.parameters.items()))
    refusal = book.hear("I")
    assert (refusal.command, refusal.get("boot_id")) == ("REFUSE", book.router._board.config.boot_id)
    book.play(f"I < EOF\nO > REFUSE conflict=name;boot_id={refusal.get('boot_id')}\nO < EOF\n@ 120")
    assert (states(book), book.dials) == ({}, {})
    assert not events(book, Level.ERROR)


# Discovery.


def test_without_discovery_only_the_named_are_dialled(mesh):
    book = mesh("10.0.0.2:4042", discover=False)
    book.play(
        """
        + R remote dial=1
        R < ...
        R > ACCEPT server_name=cpp;my_address=10.0.0.2:4042;neighbors=10.0.0.2:4042,10.0.0.3:4042
        + G remote
        G > GOSSIP my_address=10.0.0.4:4042
        G < RECEIVED
        @ 2
        R < ...
        """
    )
    assert (states(book), book.dials) == ({"10.0.0.2:4042": "linked"}, {})


def test_a_stranger_is_sent_away_after_ten_seconds(mesh):
    book = mesh().play(
        "+ S remote\nS > ALIVE serial=1\nS < ABSOLUTELY serial=1;reply_timestamp=*\n@ 9.9\nS < (nothing)\n@ 0.2\nS < EOF"
    )
    assert book.router._board.mesh.strangers.due.at_s is None
    assert book.router._board.statistics.closed["remote", CloseReason.AUTH] == 1
