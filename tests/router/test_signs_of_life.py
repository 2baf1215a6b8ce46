"""ABSOLUTELY, from whoever says it; contests are told in test_registration.py and mesh/test_handshake.py."""

import pytest

ROUTER = "CONNECT version=1;my_address=10.0.0.7:4042;server_name=beta;boot_id=b1;features=directory/1"


@pytest.mark.parametrize("kind", ["unix bob", "local bob", "remote", "secure"])
@pytest.mark.parametrize("serial", ["", "1", "99999999999999999999999", "8d4035dc-2470-5da4-8dfe-3942ac4f1762", "²"])
def test_one_that_nobody_asked_for_changes_nothing(mesh, kind, serial):
    book = mesh().play(f"+ A {kind}")
    book.write("A", f"ABSOLUTELY serial={serial};reply_timestamp=1.5\n".encode())
    book.play("A < (nothing)")


def question(book):
    """The ALIVE that a router is asked next."""
    while True:
        message = book.hear("R")
        if message.command == "ALIVE":
            return message


@pytest.fixture
def book(mesh):
    return mesh().run(f"+ R remote from=10.0.0.7\nR > {ROUTER}\nR < ...\n@ 2.5")


def rtt(book):
    return book.router._board.mesh.heartbeat.rtt_s(book.links["R"])


def test_the_answer_of_a_router_tells_the_round_trip(book):
    serial = question(book).get("serial")
    book.monotonic_s += 0.25
    book.run(f"R > <beta:communicatord ABSOLUTELY serial={serial};reply_timestamp=1.5")
    assert rtt(book) is not None
    assert rtt(book) >= 0.25


@pytest.mark.parametrize("sender", ["<beta:svc ", "<beta:svc peer:communicatord/"])
def test_a_service_does_not_answer_in_place_of_its_router(book, sender):
    serial = question(book).get("serial")
    book.run(f"R > {sender}ABSOLUTELY serial={serial};reply_timestamp=1.5")
    assert rtt(book) is None


def test_who_asks_over_the_mesh_is_answered_by_name_and_told_which_life_of_ours_it_is(book):
    boot = book.router._board.config.boot_id
    book.run(
        f"""
        R < ...
        R > <beta:svc peer:communicatord/ALIVE serial=x
        R < beta:svc/ABSOLUTELY serial=x;reply_timestamp=*;boot_id={boot}
        R > <beta:communicatord ALIVE serial=y;timestamp=1.5
        R < ABSOLUTELY serial=y;timestamp=1.5;reply_timestamp=*
        """
    )


def test_a_service_from_afar_keeps_its_contested_name(mesh, credential):
    passwords = {("user", "pw"): credential("service", "svc")}
    book = mesh(passwords=passwords, demands_credentials=True)
    book.run("+ S remote\nS > REGISTER service=svc;version=1;username=user;password=pw\nS < ...\n+ T unix bob")
    book.write("T", b"REGISTER service=svc;version=1\n")
    asked = book.hear("S")
    assert (asked.command, asked.service) == ("ALIVE", "svc")
    book.play(
        f"S > ABSOLUTELY serial={asked.get('serial')};reply_timestamp=1\nT < INVALID command=REGISTER;message=*\nT < EOF"
    )
