import json

import pytest

from communicator.router.cores.run_budget import BURST
from communicator.router.vocabulary.effects import Level

HELLO = """
    + A unix bob
    A > REGISTER service=svc_a;version=1
    A < HELP
    A < READY my_address=127.0.0.1:4042
"""


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
        C < canary/RUN_ENDED run_id=*;service=svc_b;reason=unregister
        C < canary/RUN_STARTED run_id=*;service=svc_a;role=live;pid=14;user=bob
        C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=13;user=alice;by_owner=true
        """,
    )


def test_a_canary_hears_what_a_service_announced_and_how_it_ended(playbook):
    playbook().play(
        CANARY
        + """
        C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=13;user=alice;by_owner=true
        + D local bob
        D > REGISTER service=svc_d;version=1;service_version=2;build=x;config_hash=h;pid=77;role=shadow
        D < HELP
        D < READY my_address=*
        C < canary/RUN_STARTED run_id=*;service=svc_d;service_version=2;build=x;role=shadow;pid=77;user=bob;config_hash=h
        D x
        C < canary/RUN_ENDED run_id=*;service=svc_d;reason=lost
        """,
    )


def test_the_end_of_a_run_carries_the_id_of_its_start(playbook):
    book = playbook().play(
        CANARY + "C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=13;user=alice;by_owner=true"
    )
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


def storm(book, runs, name="B"):
    """So many runs of svc_b, one after the other."""
    for _ in range(runs):
        book.run(f"+ {name} unix bob\n{name} > REGISTER service=svc_b;version=1;service_version=2")
        book.heard[book.links[name]].clear()
        book.run(f"{name} x")


def with_canary(playbook):
    book = playbook().play(
        CANARY + "C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=13;user=alice;by_owner=true"
    )
    return book, book.heard[book.links["C"]]


def test_of_a_storm_the_canary_hears_what_it_can_use_and_how_much_it_did_not(playbook):
    book, heard = with_canary(playbook)
    storm(book, BURST + 30)
    commands = [message.command for message in heard]
    assert (commands.count("RUN_STARTED"), commands.count("RUN_ENDED")) == (BURST, BURST)
    heard.clear()
    book.play("@ 5\nC < canary/RUN_ENDED run_id=*;service=svc_b;reason=lost;omitted=30")
    assert [(notice.level, notice.fields) for notice in book.notices if notice.event == "runs_not_told"] == [
        (Level.WARNING, {"service": "svc_b", "runs": 30, "reason": "lost"})
    ]
    book.write("C", b"ROUTER_GET_STATS\n")
    assert json.loads(book.hear("C").get("stats"))["runs_not_told_total"] == 30


def test_what_runs_after_a_storm_is_told_and_other_services_are_told_in_it(playbook):
    book, heard = with_canary(playbook)
    storm(book, BURST)
    heard.clear()
    book.play("+ D unix bob\nD > REGISTER service=svc_b;version=1;service_version=3\nD < HELP\nD < READY my_address=*")
    book.play(HELLO + "C < canary/RUN_STARTED run_id=*;service=svc_a;role=live;pid=*;user=bob")
    book.play("@ 1\nC < canary/RUN_STARTED run_id=*;service=svc_b;service_version=3;role=live;pid=*;user=bob")
    book.play("D x\nC < canary/RUN_ENDED run_id=*;service=svc_b;reason=lost")


def test_a_canary_that_comes_in_a_storm_hears_of_each_run_that_goes_on_once(playbook):
    book = playbook()
    storm(book, BURST)
    book.play("+ D unix bob\nD > REGISTER service=svc_b;version=1\nD < HELP\nD < READY my_address=*\n+ C unix alice")
    book.write("C", b"REGISTER service=canary;version=1\n")
    heard = book.heard[book.links["C"]]
    told = [(message.command, message.get("service")) for message in heard]
    assert told.count(("RUN_STARTED", "svc_b")) == 1
    heard.clear()
    book.play("@ 5\nC < (nothing)\nD x\nC < canary/RUN_ENDED run_id=*;service=svc_b;reason=lost")


@pytest.mark.parametrize(
    ("kind", "user", "told"),
    [
        ("unix", "bob", "pid=14;user=bob"),
        ("local", "bob", "user=bob"),
        ("local", "nobody", "user=?"),
        ("unix", "root", "pid=11;user=root;by_owner=true"),
        ("local", "bell", "user=bell;by_owner=true"),
    ],
)
def test_the_canary_hears_whose_process_it_is(playbook, kind, user, told):
    playbook().play(f"""
        {CANARY}
        C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=13;user=alice;by_owner=true
        + A {kind} {user}
        A > REGISTER service=svc_a;version=1;user=root;by_owner=true
        A < HELP
        A < READY my_address=*
        C < canary/RUN_STARTED run_id=*;service=svc_a;role=live;{told}
    """)


def test_who_owns_a_service_by_its_file_is_its_owner(playbook):
    playbook(owners={"canary": "alice", "payroll": "bob"}).play(f"""
        {CANARY}
        C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=13;user=alice;by_owner=true
        + A unix bob
        A > REGISTER service=payroll;version=1
        A < HELP
        A < READY my_address=*
        C < canary/RUN_STARTED run_id=*;service=payroll;role=live;pid=14;user=bob;by_owner=true
    """)
