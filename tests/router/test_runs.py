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
        C < canary/RUN_ENDED run_id=*;service=svc_d;reason=lost
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
