import json
import sys

import pytest

from communicator.protocol import decode
from communicator.router.peering.instances import local_instances
from communicator.router.vocabulary.effects import Send

UNREGISTERED = "+ U unix bob\n"


def test_service_status_of_the_present_the_absent_and_the_unknown(trio):
    trio.play(
        """
        M > SERVICE_STATUS service=svc_b
        M < STATUS cache=no;server=peer;server_name=peer;service=svc_b;status=up;up_since=1795500000
        M > SERVICE_STATUS service=offline
        M < STATUS cache=no;service=offline;status=down
        M > SERVICE_STATUS service=svc_zzz
        M < STATUS cache=no;service=svc_zzz;status=unknown
        M > SERVICE_STATUS
        M < INVALID command=SERVICE_STATUS;message=parameter service is missing
        M > SERVICE_STATUS service=
        M < INVALID command=SERVICE_STATUS;message=parameter service is missing
        """,
    )


def test_services_are_listed_in_pages(playbook):
    book = playbook(known_services=frozenset())
    for number in range(30):
        book.play(f"+ A unix bob\nA > REGISTER service=s{number:02};version=1\nA < HELP\nA < READY my_address=*")
    book.play("+ U unix bob")
    names, offset = [], 0
    while True:
        book.write("U", b"LIST_SERVICES offset=%d;limit=7\n" % offset)
        page = book.hear("U")
        services = json.loads(page.get("services"))
        if not services:
            break
        assert page.get("list") == ",".join(service["service"] for service in services)
        assert page.get("total") == "30"
        names += [service["service"] for service in services]
        offset += len(services)
    assert names == [f"s{number:02}" for number in range(30)]


def test_a_page_of_services_stays_within_a_line(playbook):
    book = playbook(known_services=frozenset(f"service_{number:05}" for number in range(9000)))
    book.play("+ U unix bob")
    book.write("U", b"LIST_SERVICES limit=9000\n")
    [effect] = book.effects_of(Send)[-1:]
    assert 100_000 < len(effect.data) <= 1024 * 1024
    assert 500 < len(json.loads(decode(effect.data).get("services"))) < 9000


@pytest.mark.parametrize("parameters", ["offset=-1", "limit=x", "limit=-2"])
def test_a_bad_page_is_refused(playbook, parameters):
    playbook().play(UNREGISTERED + f"U > LIST_SERVICES {parameters}\nU < INVALID command=LIST_SERVICES;message=*")


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
        "description": "",
    }
    assert by_name["offline"]["state"] == "down"


def test_a_list_that_was_asked_for_before_is_true_all_the_same(playbook):
    book = playbook(known_services=frozenset(("absent",))).play("+ U unix bob\n+ A unix bob")

    def listed(ask="LIST_SERVICES"):
        book.write("U", ask.encode() + b"\n")
        services = json.loads(book.hear("U").get("services"))
        return {service["service"]: (service["state"], service["commands"]) for service in services}

    assert listed() == listed() == listed("LIST_SERVICES scope=local") == {"absent": ("down", [])}
    book.run("A > REGISTER service=svc_a;version=1\nA < ...")
    assert listed()["svc_a"] == ("up", [])
    book.run("A > COMMANDS list=PRINT")
    assert listed()["svc_a"] == ("up", ["PRINT"])
    book.run("A > COMMANDS list=PRINT,HELP")
    assert listed()["svc_a"] == listed("LIST_SERVICES scope=local")["svc_a"] == ("up", ["HELP", "PRINT"])
    assert listed("LIST_SERVICES offset=1;limit=1").keys() == {"svc_a"}
    book.run("A x")
    assert listed() == {"absent": ("down", [])}


def calls_of(function, act):
    """How often a function is called while something happens."""
    calls = 0

    def note(frame, event, _argument):
        nonlocal calls
        calls += event == "call" and frame.f_code is function.__code__

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return calls


def test_a_list_is_made_once_until_a_service_comes_or_goes(playbook):
    book = playbook(known_services=frozenset(f"s{number}" for number in range(100))).play("+ U unix bob\n+ A unix bob")
    lines = b"LIST_SERVICES\nLIST_SERVICES scope=all\nLIST_SERVICES offset=7;limit=9\n" * 20
    assert calls_of(local_instances, lambda: book.write("U", lines)) == 1
    assert len(book.heard[book.links["U"]]) == 60
    book.run("A > REGISTER service=svc_a;version=1\nA < ...")
    assert calls_of(local_instances, lambda: book.write("U", lines)) == 1
