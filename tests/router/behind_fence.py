"""What the tests of shadows begin with: a canary, a service that hears what all are told, a live service, and its shadow."""

import json

UNIT = "/system.slice/billing-new.service"
SHADOW = {"service": "billing", "version": "2", "server": "peer", "unit": "billing-new.service", "primary": "peer"}
REGISTER_SHADOW = "REGISTER service=billing;version=1;service_version=2"
LISTED = "HELP,QUITTING,READY,STOP,UNKNOWN,NOTIFY,STATUS,SLOW_CONSUMER"


def set_policy(book, number, *shadows):
    policy = {"generation": [1, number], "lease_s": 1000, "shadows": shadows}
    book.write("C", b"POLICY_SET policy=" + json.dumps(policy).encode() + b"\n")
    assert book.hear("C").command == "POLICY_CURRENT"


def begin(book, *shadows):
    """A canary C, a service X that hears whatever is told to everybody, and the live billing L; then the policy."""
    book.run(
        f"""
        + C unix root
        C > REGISTER service=canary;version=1
        C > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,RUN_STARTED,RUN_ENDED
        + X unix bob
        X > REGISTER service=listener;version=1
        X > COMMANDS list={LISTED}
        + L unix bob
        L > REGISTER service=billing;version=1;service_version=1
        L > COMMANDS list={LISTED}
        """
    )
    for heard in book.heard.values():
        heard.clear()
    set_policy(book, 1, *shadows)
    return book


def quiet(book, *but):
    """Nobody has heard anything, but those named."""
    left = {name: list(book.heard[link]) for name, link in book.links.items() if book.heard[link] and name not in but}
    assert not left


def comes_as_shadow(book, name="S", words="unix bob unit=" + UNIT):
    book.run(
        f"""
        + {name} {words}
        {name} > {REGISTER_SHADOW}
        {name} < HELP
        {name} < READY my_address=127.0.0.1:4042;role=shadow
        C < canary/RUN_STARTED run_id=*;service=billing;service_version=2;role=shadow;pid=*;user=bob
        """
    )


def discarded(book):
    return book.router._board.discarded.tell("peer", book.monotonic_s)
