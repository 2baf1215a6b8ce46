"""Who hears of the load average: services of this host, other routers, and services that listen to other hosts."""

import pytest

from communicator.router.features.load import RENEW_S
from communicator.router.vocabulary.effects import SampleLoad
from communicator.router.vocabulary.events import LoadSampled

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
UNREGISTERED = "+ U unix bob\n"
LEAF = "+ R remote\nR > <cpp:communicatord CONNECT version=1;my_address=10.0.0.9:4042;server_name=cpp\nR < ...\n"
OURS = (
    "+ R remote\nR > <beta:communicatord CONNECT version=1;my_address=10.0.0.9:4042;server_name=beta;"
    "boot_id=b1;features=directory/1\nR < ...\n"
)
TOLD = "LOADAVG my_address=10.0.0.5:4042;timestamp=*;avg="
FOREIGN = "<cpp:communicatord LOADAVG avg=3.39;my_address=10.0.0.9:4042;timestamp=1796062642.20635196"


def sample(book, *averages):
    for average in averages:
        book.handle(LoadSampled(average))
    return book


def switched(book):
    return [effect.enabled for effect in book.effects_of(SampleLoad)]


def test_load_is_told_when_it_has_moved(playbook):
    book = playbook().play("+ A unix bob\n+ B unix bob\nA > UNREGISTER_FROM_LOADAVG\nA > REGISTER_FOR_LOADAVG")
    assert switched(book) == [True]
    sample(book, 0.5, 0.55, 0.59, 0.6125)
    told = "LOADAVG my_address=127.0.0.1:4042;timestamp=1795500000.000000000;avg="
    book.play(f"A < {told}0.500\nA < {told}0.613\nB > LISTEN_LOADAVG ips=127.0.0.1")
    sample(book, 0.62)
    book.play(f"B < {told}0.620\nA > UNREGISTER_FROM_LOADAVG\nB x")
    assert switched(book) == [True, False]


@pytest.mark.parametrize(
    ("ips", "reason"),
    [
        ("ips=127.0.0.1,10.0.0.9", "parameter ips: '10.0.0.9' is not a host of this cluster"),
        ("ips=127.0.0.1:4043", "parameter ips: '127.0.0.1:4043' is not a host of this cluster"),
        ("ips=host-a", "parameter ips: 'host-a' is not a host of this cluster"),
        ("ips=,,", "parameter ips names no host"),
        ("", "parameter ips is missing"),
        ("ips=", "parameter ips is missing"),
    ],
)
def test_the_load_of_a_stranger_is_not_to_be_had(playbook, ips, reason):
    book = playbook().play(
        UNREGISTERED + f'U > LISTEN_LOADAVG {ips}\nU < INVALID command=LISTEN_LOADAVG;message="{reason}"'
    )
    assert switched(book) == []


# Another router wants to hear of our load.


@pytest.mark.parametrize("router", [LEAF, OURS])
def test_a_router_that_is_linked_hears_of_our_load(mesh, router):
    book = mesh().play(router + "R > REGISTER_FOR_LOADAVG")
    sample(book, 3.295, 3.33, 3.435).play(f"R < {TOLD}3.295\nR < {TOLD}3.435")
    book.play("R > REGISTER_FOR_LOADAVG")  # once more: it hears what is so now, once
    sample(book, 3.44, 3.44).play(f"R < {TOLD}3.440\nR > UNREGISTER_FROM_LOADAVG")
    sample(book, 9.0).play("R < (nothing)")
    assert switched(book) == [True, False]


def test_a_router_that_we_dial_may_ask_before_it_says_accept(mesh):
    """A C++ router with the plugin says so first of all."""
    book = mesh("10.0.0.1:4042")
    book.play("+ R remote dial=1\nR < ...\nR > <cpp:communicatord REGISTER_FOR_LOADAVG")
    sample(book, 1.0).play("R < (nothing)")  # it has not shown who it is
    book.run("R > <cpp:communicatord ACCEPT my_address=10.0.0.1:4042;server_name=cpp")
    sample(book, 1.0).play(f"R < {TOLD}1.000\nR x")
    assert switched(book) == [True, False]


def test_a_stranger_who_comes_to_us_hears_of_no_load(mesh):
    book = mesh().play("+ R remote\nR > REGISTER_FOR_LOADAVG\nR < INVALID command=REGISTER_FOR_LOADAVG;message=*")
    sample(book, 1.0).play("R < (nothing)")
    assert switched(book) == []


def test_a_link_that_is_gone_is_forgotten(mesh):
    book = mesh().play(LEAF + "R > REGISTER_FOR_LOADAVG\nR x")
    assert switched(book) == [True, False]
    assert not book.router._board.load.of_this_host


@pytest.mark.parametrize("command", ["REGISTER_FOR_LOADAVG", "UNREGISTER_FROM_LOADAVG"])
def test_a_service_does_not_ask_other_routers_by_itself(mesh, command):
    """A C++ router ends when it hears one of these."""
    book = mesh().play(LEAF + f"+ A unix bob\nA > cpp:communicatord/{command}\nA < INVALID command={command};message=*")
    book.play(
        f"R > <cpp:mail peer:communicatord/{command}\nR < <peer:communicatord cpp:mail/INVALID command={command};message=*"
    )
    assert switched(book) == []


# A service of this host listens to another host.


@pytest.mark.parametrize("ips", ["10.0.0.9", "10.0.0.9:4042", " 10.0.0.9 , 10.0.0.9:4042,", "[::ffff:10.0.0.9]:4042"])
def test_what_a_host_tells_of_its_load_is_passed_on(mesh, ips):
    book = mesh().play(LEAF + f"+ A unix bob\n+ B unix bob\nA > LISTEN_LOADAVG ips={ips}\nR < REGISTER_FOR_LOADAVG")
    book.play(f"R > {FOREIGN}\nA < {FOREIGN}\nB < (nothing)")
    sample(book, 1.0, 2.0).play("A < (nothing)\nR < (nothing)")
    book.play("B > LISTEN_LOADAVG ips=10.0.0.9\nR < REGISTER_FOR_LOADAVG")
    book.play(f"A > UNREGISTER_FROM_LOADAVG\nR > {FOREIGN}\nB < {FOREIGN}\nA < (nothing)\nB x\nR < (nothing)")
    assert not book.router._board.load.of_others
    assert not book.router._board.load.asked
    assert switched(book) == [True, False]


def test_a_cpp_router_is_never_told_that_nobody_listens_any_more(mesh):
    """UNREGISTER_FROM_LOADAVG ends it."""
    book = mesh().play(LEAF + f"R > {FOREIGN}\nR < (nothing)")
    book.play(
        f"+ A unix bob\nA > LISTEN_LOADAVG ips=10.0.0.9\nR < REGISTER_FOR_LOADAVG\nA x\nR > {FOREIGN}\nR < (nothing)"
    )


def test_one_of_ours_is_told_that_nobody_listens_any_more(mesh):
    book = mesh().play(
        OURS
        + "+ A unix bob\nA > LISTEN_LOADAVG ips=10.0.0.9\nR < REGISTER_FOR_LOADAVG\nA x\nR < UNREGISTER_FROM_LOADAVG"
    )
    book.play(f"R > {FOREIGN.replace('cpp', 'beta')}\nR < UNREGISTER_FROM_LOADAVG")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "LOADAVG avg=1;my_address=10.0.0.8:4042;timestamp=1",
            "parameter my_address: '10.0.0.8:4042' is not where cpp is",
        ),
        ("LOADAVG avg=1;timestamp=1", "parameter my_address: '' is not where cpp is"),
        ("LOADAVG avg=nan;my_address=10.0.0.9:4042;timestamp=1", "parameter avg: 'nan' is not a load average"),
        ("LOADAVG avg=-1;my_address=10.0.0.9:4042;timestamp=1", "parameter avg: '-1' is not a load average"),
        ("LOADAVG avg=;my_address=10.0.0.9:4042;timestamp=1", "parameter avg: '' is not a load average"),
    ],
)
def test_a_router_tells_its_own_load_only(mesh, said, reason):
    book = mesh().play(LEAF + "+ A unix bob\nA > LISTEN_LOADAVG ips=10.0.0.9\nR < ...")
    book.play(f'R > <cpp:communicatord {said}\nR < INVALID command=LOADAVG;message="{reason}"\nA < (nothing)')


def test_nobody_else_tells_of_a_load(mesh):
    told = "LOADAVG avg=1;my_address=10.0.0.9:4042;timestamp=1"
    book = mesh().play(LEAF + "+ A unix bob\nA > LISTEN_LOADAVG ips=10.0.0.9\nR < ...")
    book.play(f"+ B unix root\nB > {told}\nB < INVALID command=LOADAVG;message=*\nA < (nothing)")
    book.play(
        f"R > <cpp:mail {told}\nR < <peer:communicatord cpp:mail/INVALID command=LOADAVG;message=*\nA < (nothing)"
    )


def test_a_host_that_comes_back_is_asked_again(mesh):
    book = mesh().play(LEAF + "+ A unix bob\nA > LISTEN_LOADAVG ips=10.0.0.9\nR < REGISTER_FOR_LOADAVG\nR x")
    sample(book, 1.0).play("A < (nothing)")
    assert not book.router._board.load.asked
    book.play(LEAF.replace("R", "S", 1).replace("\nR ", "\nS "))
    sample(book, 1.0).play(f"S < REGISTER_FOR_LOADAVG\nS > {FOREIGN}\nA < {FOREIGN}")
    sample(book, 1.0).play("S < (nothing)")


def test_a_host_may_be_listened_to_before_it_is_there(mesh):
    book = mesh("10.0.0.9:4042").play("+ A unix bob\nA > LISTEN_LOADAVG ips=10.0.0.9")
    assert switched(book) == [True]
    book.play(LEAF)
    sample(book, 1.0).play("R < REGISTER_FOR_LOADAVG")


# Over several routers of ours.


@pytest.fixture
def line(wires):
    """A line of three, whose ends share no link."""
    wires.start("a", A, B, discover=False).start("b", B, A, C, discover=False).start("c", C, B, discover=False)
    return wires.run(3)


def tell(wires, name, average):
    wires.handle(wires.ips[name], LoadSampled(average))
    wires.run(0.1)


def loads(wires, service):
    return [(message.sent_from_server, message.get("avg")) for message in wires.heard(service)]


def test_the_load_of_a_host_behind_others_is_heard(line):
    one, other = line.service("a", "one"), line.service("a", "other")
    line.say(one, "LISTEN_LOADAVG ips=10.0.0.3,10.0.0.1")
    line.run(0.1)
    tell(line, "c", 0.5)
    tell(line, "c", 0.55)
    tell(line, "a", 0.7)
    assert (loads(line, one), loads(line, other)) == ([("c", "0.500"), ("a", "0.700")], [])
    line.say(one, "UNREGISTER_FROM_LOADAVG")
    line.run(0.1)
    assert not line.board("c").load.of_this_host
    tell(line, "c", 5.0)
    assert loads(line, one) == []


def test_a_host_that_was_started_anew_is_asked_again(line):
    one = line.service("a", "one")
    line.say(one, "LISTEN_LOADAVG ips=10.0.0.3")
    line.stop("c")
    line.run(30)
    tell(line, "a", 0.1)
    line.start("c", C, B, discover=False)
    line.run(30)
    tell(line, "a", 0.1)
    tell(line, "c", 0.5)
    assert loads(line, one) == [("c", "0.500")]


def test_whoever_is_gone_is_no_listener(line):
    one = line.service("a", "one")
    line.say(one, "LISTEN_LOADAVG ips=10.0.0.3")
    line.run(0.1)
    assert len(line.board("c").load.of_this_host) == 1
    line.stop("a")
    line.run(30)
    tell(line, "c", 0.5)
    assert not line.board("c").load.of_this_host


def test_who_was_taken_for_gone_asks_again_in_time(line):
    one = line.service("a", "one")
    line.say(one, "LISTEN_LOADAVG ips=10.0.0.3")
    line.run(0.1)
    line.board("c").load.of_this_host.clear()
    line.run(RENEW_S)
    tell(line, "a", 0.1)
    tell(line, "c", 0.5)
    assert loads(line, one) == [("c", "0.500")]
