"""One host: whom the messages of a service that has colours go to, while it switches too."""

import json

import pytest

from communicator.protocol import Message
from communicator.protocol.line_form import encode_line

COMMANDS = "HELP,QUITTING,READY,STOP,UNKNOWN,ALIVE,NEWS,PRINT"


def colour(generation, active, **changes):
    return {"service": "svc_a", "generation": generation, "active": active, **changes}


def set_colours(book, number, *colours):
    """The canary sets a policy of these colours; what it is answered."""
    told = json.dumps({"generation": [1, number], "lease_s": 1000, "colours": colours})
    book.write("C", encode_line(Message("POLICY_SET", {"policy": told})))
    answer = book.hear("C")
    hush(book, "C")
    return answer


def hush(book, *names):
    for name in names or book.links:
        book.heard[book.links[name]].clear()


def enter(book, name, role, version, service="svc_a"):
    book.run(f"+ {name} unix bob")
    listed = COMMANDS if service == "svc_a" else COMMANDS.replace(",NEWS", "")
    told = f"REGISTER version=1;service={service};role={role};service_version={version}\nCOMMANDS list={listed}\n"
    book.write(name, told.encode())
    hush(book)


@pytest.fixture
def book(playbook):
    """Blue is 1.0 and bears the name, on B; green is 2.0 and on standby, on G; A asks."""
    book = playbook(known_services=frozenset({"svc_a"}), owners={"canary": "alice", "svc_a": "bob"}).play(
        "+ C unix alice"
    )
    book.write("C", b"REGISTER service=canary;version=1\n")
    enter(book, "B", "live", "1.0")
    enter(book, "G", "standby", "2.0")
    enter(book, "A", "live", "7", service="asker")
    return book


def test_without_colours_the_live_one_gets_all(book):
    book.play("A > svc_a/PRINT n=1\nB < <peer:asker svc_a/PRINT n=1\nG < (nothing)")


def test_the_active_one_gets_all_whatever_it_has_registered_as(book):
    book.play("A > svc_a/PRINT n=1\nB < <peer:asker svc_a/PRINT n=1")  # over a route that is remembered
    set_colours(book, 1, colour(1, "2.0"))
    book.play(
        """
        A > svc_a/PRINT n=2
        A > .:svc_a/PRINT n=3
        A > peer:svc_a/PRINT n=4
        A > svc_a/PRINT n=5;deliver=all
        G < <peer:asker svc_a/PRINT n=2
        G < <peer:asker .:svc_a/PRINT n=3
        G < <peer:asker peer:svc_a/PRINT n=4
        G < <peer:asker svc_a/PRINT n=5;deliver=all
        B < (nothing)
        """
    )
    set_colours(book, 2, colour(2, "1.0"))
    book.play("A > svc_a/PRINT n=6\nB < <peer:asker svc_a/PRINT n=6\nG < (nothing)")


def test_a_service_that_has_no_colours_any_more_is_as_before(book):
    set_colours(book, 1, colour(1, "2.0"))
    set_colours(book, 2, colour(2, "*"))
    book.play("A > svc_a/PRINT n=1\nB < <peer:asker svc_a/PRINT n=1")
    book.play("A > svc_a/PRINT to_version=2.0\nB < <peer:asker svc_a/PRINT to_version=2.0")  # a parameter as any other


def test_several_on_standby_may_be_of_the_active_version_and_one_is_live(book):
    enter(book, "H", "standby", "2.0")
    set_colours(book, 1, colour(1, "2.0"))
    book.play("A > svc_a/PRINT n=1\nG < <peer:asker svc_a/PRINT n=1")
    book.play("G x\nC < ...\nA > svc_a/PRINT n=2\nH < <peer:asker svc_a/PRINT n=2")


def test_the_build_tells_two_of_one_version_apart(book):
    book.play("+ H unix bob")
    book.write("H", b"REGISTER version=1;service=svc_a;role=standby;service_version=2.0;build=b\n")
    hush(book)
    set_colours(book, 1, colour(1, "2.0", active_build="b"))
    book.play("A > svc_a/PRINT n=1\nH < <peer:asker svc_a/PRINT n=1\nG < (nothing)\nB < (nothing)")


def test_broadcasts_reach_the_active_one_and_words_of_the_router_reach_all(book):
    book.play("A > ./NEWS n=1\nB < <peer:asker ./NEWS n=1\nG < <peer:asker ./NEWS n=1")
    set_colours(book, 1, colour(1, "2.0"))
    book.play("A > ./NEWS n=2\nG < <peer:asker ./NEWS n=2\nB < (nothing)")


def test_who_is_on_standby_is_asked_whether_it_lives(book):
    set_colours(book, 1, colour(1, "2.0"))
    book.run("A > LIST_SERVICES")
    told = json.loads(book.hear("A").get("services"))
    assert {one["version"]: one["role"] for one in told if one["service"] == "svc_a"} == {
        "1.0": "standby",
        "2.0": "live",
    }
    run = book.router._board.registry.find_version("svc_a", "1.0").registration.run_id
    book.play(f"A > svc_a/ALIVE run_id={run};serial=3\nB < <peer:asker svc_a/ALIVE serial=3")


def test_the_name_is_contested_by_who_registers_as_live_alone(book):
    set_colours(book, 1, colour(1, "2.0"))
    book.play("+ N unix bob\nN > REGISTER service=svc_a;version=1;service_version=3.0\nB < svc_a/ALIVE serial=*")
    book.play("G < (nothing)\n@ 3\nB < EOF\nN < HELP\nN < READY my_address=*\nC < ...")
    book.play("A > svc_a/PRINT n=1\nG < <peer:asker svc_a/PRINT n=1\nN < (nothing)")


def test_what_was_kept_for_it_goes_to_the_one_that_becomes_active(book):
    set_colours(book, 1, colour(1, "3.0"))
    book.play("A > svc_a/PRINT n=1\nB < (nothing)\nG < (nothing)")
    set_colours(book, 2, colour(2, "2.0"))
    book.play("G < <peer:asker svc_a/PRINT n=1")


def test_what_was_kept_for_it_goes_to_the_active_one_that_comes(book):
    set_colours(book, 1, colour(1, "3.0"))
    book.play("A > svc_a/PRINT n=1\n+ N unix bob")
    book.play(
        "N > REGISTER service=svc_a;version=1;service_version=3.0;role=standby\nC < ...\nN < HELP\nN < READY my_address=*"
        "\nN < <peer:asker svc_a/PRINT n=1"
    )


# ------------------------------------------------------------------------------------------------------------------ drain


def test_a_conversation_is_finished_where_it_began(book):
    set_colours(book, 1, colour(1, "1.0", drain_s=20))
    enter(book, "N", "live", "7", service="newcomer")
    book.play("A > svc_a/PRINT n=1\nB < <peer:asker svc_a/PRINT n=1")
    set_colours(book, 2, colour(2, "2.0", drain_s=20))
    book.play(
        """
        A > svc_a/PRINT n=2
        B < <peer:asker svc_a/PRINT n=2
        N > svc_a/PRINT n=3
        G < <peer:newcomer svc_a/PRINT n=3
        @ 19.9
        A > svc_a/PRINT n=4
        B < <peer:asker svc_a/PRINT n=4
        @ 0.1
        A > svc_a/PRINT n=5
        G < <peer:asker svc_a/PRINT n=5
        """
    )


def test_who_was_silent_for_30_s_begins_anew(book):
    set_colours(book, 1, colour(1, "1.0", drain_s=300))
    book.play("A > svc_a/PRINT n=1\nB < <peer:asker svc_a/PRINT n=1")
    set_colours(book, 2, colour(2, "2.0", drain_s=300))
    book.play("@ 30\nA > svc_a/PRINT n=2\nG < <peer:asker svc_a/PRINT n=2")


def test_without_drain_everyone_changes_at_once(book):
    set_colours(book, 1, colour(1, "1.0"))
    book.play("A > svc_a/PRINT n=1\nB < <peer:asker svc_a/PRINT n=1")
    set_colours(book, 2, colour(2, "2.0"))
    book.play("A > svc_a/PRINT n=2\nG < <peer:asker svc_a/PRINT n=2")


def test_an_old_one_that_is_gone_has_no_conversations(book):
    set_colours(book, 1, colour(1, "1.0", drain_s=20))
    book.play("A > svc_a/PRINT n=1\nB < <peer:asker svc_a/PRINT n=1")
    set_colours(book, 2, colour(2, "2.0", drain_s=20))
    book.play("B x\nC < ...\nA > svc_a/PRINT n=2\nG < <peer:asker svc_a/PRINT n=2")


# ------------------------------------------------------------------------------------------------------------------ smoke


@pytest.mark.parametrize("kind", ["unix root", "unix bell", "unix bob", "local bob"])
def test_a_version_is_tried_by_who_may_order_the_service_about(book, kind):
    set_colours(book, 1, colour(1, "1.0"))
    book.run(f"+ S {kind}\nS > svc_a/PRINT n=1;to_version=2.0\nS > svc_a/PRINT n=2;to_version=1.0")
    assert book.hear("G") == Message("PRINT", {"n": "1"}, "svc_a")
    assert book.hear("B") == Message("PRINT", {"n": "2"}, "svc_a")
    book.play(
        """
        S > svc_a/PRINT n=3;to_version=4.0
        S < INVALID command=PRINT;message="parameter to_version: no 'svc_a' of version '4.0' runs on this host"
        """
    )


@pytest.mark.parametrize("kind", ["unix alice", "local alice", "unix nobody", "local nobody"])
def test_nobody_else_tries_one(book, kind):
    set_colours(book, 1, colour(1, "1.0"))
    book.run(f"+ S {kind}\nS > svc_a/PRINT n=1;to_version=2.0")
    refusal = book.hear("S")
    assert (refusal.command, refusal.get("command")) == ("INVALID", "PRINT")
    assert "root, the router's user or the owner of 'svc_a'" in refusal.get("message")
    book.play("G < (nothing)\nB < (nothing)")
