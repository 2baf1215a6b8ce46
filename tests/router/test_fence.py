"""The fence, line by line: what a shadow says over any of its links reaches nobody, and what it may say is a short table."""

import json

import pytest

from communicator.protocol import decode
from communicator.router.cores.copies import ANSWERS_PER_COPY
from communicator.router.cores.discarded import LINES_KEPT
from communicator.router.path.fence import OBEYED
from communicator.router.path.table import HANDLERS
from communicator.router.vocabulary.effects import Continue, Notice, SampleLoad, TellUnits
from communicator.router.vocabulary.events import DatagramReceived, LinesReceived, LoadSampled, Process, UnitIdentified

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


@pytest.fixture
def book(playbook):
    return begin(playbook(), SHADOW)


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


def test_who_fits_the_policy_is_a_shadow_whatever_it_says_and_nobody_hears_of_it(book):
    comes_as_shadow(book)
    quiet(book)
    assert book.router._board.registry.live("billing").id == book.links["L"]


@pytest.mark.parametrize("role", ["live", "standby", "probe"])
def test_no_role_lets_it_out(book, role):
    book.run(
        f"+ S unix bob unit={UNIT}\nS > {REGISTER_SHADOW};role={role}\nS < HELP\nS < READY my_address=*;role=shadow"
    )
    assert book.router._board.registry.live("billing").id == book.links["L"]


WAYS_OUT = [
    "listener/NOTIFY x=1",
    "listener/NOTIFY",
    "peer:listener/NOTIFY x=1",
    "./NOTIFY x=1",
    "*/NOTIFY x=1",
    "?/NOTIFY x=1",
    "listener/NOTIFY deliver=all",
    "billing/NOTIFY to_version=1",
    "listener/NOTIFY ack=required",
    "listener/NOTIFY trace=1",
    "listener/NOTIFY transmission_report=failure",
    "offline/NOTIFY x=1",
    "offline/NOTIFY cache=ttl=60",
    "beyond:listener/NOTIFY",
    "beyond:communicatord/CLUSTER_GET_STATUS",
    "beyond:canary/ABSOLUTELY serial=1",
    "<peer:billing listener/NOTIFY x=1",
    "<beyond:communicatord listener/NOTIFY x=1",
    "<: listener/NOTIFY",
    '{"command":"NOTIFY","service":"listener"}',
    '{"command":"NOTIFY","service":"listener","sent_from_service":"canary"}',
    "  listener/NOTIFY",
    "\\tlistener/NOTIFY",
    "listener/NOTIFY no_value",
    "listener/NOTIFY shadow_id=x-0",
    "listener/NOTIFY correlation_id=x",
    "\\xff\\xfe",
    "listener/NOTIFY x=\\xff",
    "NOTIFY",
    "=",
    "listener/\\x00",
    "canary/RUN_REPORT service=billing;reason=unhealthy",
    "canary/CANARY_COMMAND command=freeze",
    "canary/CANARY_GET_REPORT",
    "canary/FEATURE_GET_FLAGS",
    "canary/FEATURE_EVALUATIONS counts=[]",
    "canary/CANARY_BOOK book={}",
    "./FEATURE_FLAGS_CHANGED generation=1",
    "timekeeper/CLOCK_REPORT report={}",
    "CLOCK_STABLE clock_resolution=verified",
    "POLICY_SET policy={}",
    "TAP",
    "STOP",
    "RESTART",
    "SHUTDOWN",
    "LOG_ROTATE",
    "FORGET ip=10.0.0.1",
    "LISTEN_LOADAVG ips=127.0.0.1",
    "REGISTER_FOR_LOADAVG",
    "CONNECT version=1;my_address=10.0.0.9:4042;server_name=beyond",
    "ACCEPT server_name=beyond;my_address=10.0.0.9:4042",
    "LINK_STATE records=[]",
    "COLOURS colours=[]",
    "SHADOW_COPY service=billing;conversation=x;number=0;ticket=1;line=listener/NOTIFY",
    "SHADOW_SAID service=billing;conversation=x;line=NOTIFY",
    "SHADOW_GET_DISCARDED",
    "QUITTING",
    "INVALID command=X",
    "READY",
]


@pytest.mark.parametrize("line", WAYS_OUT)
@pytest.mark.parametrize("door", ["registered", "second connection", "another name", "tcp"])
def test_no_way_leads_out(book, line, door):
    """Neither for the shadow nor for anything else of its unit, registered or not, by its user or by root."""
    comes_as_shadow(book)
    book.run(f"S > COMMANDS list={LISTED}")
    speaker = "S"
    if door != "registered":
        speaker = "T"
        book.run(f"+ T {'local' if door == 'tcp' else 'unix'} root unit={UNIT}/workers")
    if door == "another name":
        book.run("T > REGISTER service=billing_helper;version=1\nT < HELP\nT < READY my_address=*;role=shadow\nC < ...")
    before = discarded(book).total
    book.run(f"{speaker} > {line}")
    quiet(book)
    assert discarded(book).total == before + 1
    assert len(book.router._board.cache) == 0
    assert book.router._board.comparison.holds is False
    assert not len(book.router._board.pending)


def test_its_user_may_be_root_and_it_still_changes_nothing(book):
    book.run(f"+ S unix root unit={UNIT}\nS > {REGISTER_SHADOW}\nS < HELP\nS < READY my_address=*;role=shadow\nC < ...")
    for command in sorted(set(HANDLERS) - OBEYED):
        book.run(f"S > {command} a=1")
    quiet(book)
    assert not [effect for effect in book.effects if type(effect).__name__ in ("Stop", "ReopenLog")]


def test_what_it_may_ask_is_answered_to_itself(book):
    comes_as_shadow(book)
    for line in ("ALIVE serial=1", "HELP", "CLUSTER_GET_STATUS", "LIST_SERVICES", "SERVICE_STATUS service=listener"):
        before = discarded(book).total
        book.run(f"S > {line}")
        assert book.heard[book.links["S"]], line
        book.run("S < ...")
        quiet(book)
        assert discarded(book).total == before


def test_its_health_is_told_to_the_canary_and_nothing_beside_it(book):
    comes_as_shadow(book)
    book.run("S > canary/ABSOLUTELY serial=7;health=tired;trace=1;ack=required;x=1")
    book.run("C < <peer:billing canary/ABSOLUTELY health=tired;serial=7\nC < (nothing)")
    quiet(book)
    assert discarded(book).total == 0


def test_without_a_canary_its_health_is_kept_for_none(book):
    comes_as_shadow(book)
    book.run("C x\nS > canary/ABSOLUTELY serial=7")
    assert len(book.router._board.cache) == 0
    assert discarded(book).total == 1


def test_what_follows_register_in_one_read_is_behind_the_fence(playbook):
    """Also of one that the policy does not know, and that says itself that it is a shadow."""
    book = begin(playbook())
    book.run("+ S unix bob")
    book.write("S", b"REGISTER service=billing;version=1;role=shadow\nlistener/NOTIFY a=1\n./NOTIFY a=2\nHELP\n")
    book.run(
        "S < HELP\nS < READY my_address=127.0.0.1:4042\nS < peer:billing/COMMANDS list=*\nX < (nothing)\nL < (nothing)"
    )
    assert [one.reason for one in discarded(book).newest] == ["role", "role"]


def test_what_was_said_before_it_comes_behind_the_fence_has_left_in_order(playbook):
    book = begin(playbook())
    book.run("+ S unix bob")
    book.write("S", b"listener/NOTIFY a=1\nREGISTER service=billing;version=1;role=shadow\nlistener/NOTIFY a=2\n")
    book.run("S < HELP\nS < READY my_address=*")
    assert [message.get("a") for message in book.heard[book.links["X"]]] == ["1"]


def test_a_connection_opened_before_the_policy_came_is_behind_the_fence_once_it_has(playbook):
    book = begin(playbook())
    book.run(f"+ S unix bob unit={UNIT}\nS > listener/NOTIFY a=1")
    assert book.hear("X").get("a") == "1"
    set_policy(book, 2, SHADOW)
    assert TellUnits(enabled=True) in book.effects
    book.run("S > listener/NOTIFY a=2\nX < (nothing)\nS < (nothing)")
    assert [one.reason for one in discarded(book).newest] == ["unit"]


def test_who_has_registered_as_another_before_the_policy_came_is_sent_away_and_comes_back_as_a_shadow(playbook):
    book = begin(playbook())
    book.run(
        f"L x\nX < ...\nC < ...\n+ S unix bob unit={UNIT}\nS > {REGISTER_SHADOW}\nS < HELP\nS < READY my_address=*\nX < ..."
    )
    book.run("C < ...")
    policy = {"generation": [1, 2], "lease_s": 9, "shadows": [SHADOW]}
    book.write("C", b"POLICY_SET policy=" + json.dumps(policy).encode() + b"\n")
    book.run("S < EOF\nS > listener/NOTIFY a=1")
    assert [message.command for message in book.heard[book.links["X"]]] == ["STATUS"]  # billing is down
    assert [message.command for message in book.heard[book.links["C"]]] == ["RUN_ENDED", "POLICY_CURRENT"]
    book.run("X < ...\nC < ...")
    comes_as_shadow(book, "T")
    quiet(book)


def test_a_shadow_that_becomes_live_comes_again_and_nothing_it_has_said_before_gets_out(book):
    comes_as_shadow(book)
    with book.waiting():  # in the middle of a flood, of which the rest waits for its turn
        book.write("S", b"listener/NOTIFY a=1\n" * 1000)
        assert Continue(book.links["S"]) in book.effects
        book.run("L x\nX < ...\nC < ...")
        policy = {"generation": [1, 2], "lease_s": 9}
        book.write("C", b"POLICY_SET policy=" + json.dumps(policy).encode() + b"\n")
    book.run("S < EOF\nC < ...\nX < (nothing)")
    book.run(f"+ T unix bob unit={UNIT}\nT > {REGISTER_SHADOW}\nT < HELP\nT < READY my_address=127.0.0.1:4042\nX < ...")
    book.run("T > listener/NOTIFY a=2")
    assert [message.get("a") for message in book.heard[book.links["X"]]] == ["2"]
    assert TellUnits(enabled=False) in book.effects


def test_a_shadow_never_contests_the_live_name(book):
    comes_as_shadow(book)
    book.run("L < (nothing)\n@ 10\nL > listener/NOTIFY a=1")
    assert book.hear("X").get("a") == "1"


def test_who_waits_for_a_name_when_it_comes_behind_the_fence_does_not_get_it(playbook):
    book = begin(playbook())
    book.run(f"+ S unix bob unit={UNIT}\nS > {REGISTER_SHADOW}\nL < billing/ALIVE serial=*")
    set_policy(book, 2, SHADOW)
    book.run("S < EOF\n@ 10\nL > listener/NOTIFY a=1")
    assert book.hear("X").get("a") == "1"


def test_the_process_alone_tells_where_no_unit_is_its_own(playbook):
    """A second connection of it is behind the fence, before and after its registration has ended; a stranger's is not."""
    book = begin(playbook(), {**SHADOW, "unit": ""})
    book.run(
        "+ E unix bob pid=77 unit=/user.slice\nE > listener/NOTIFY a=0"
    )  # before it has registered nobody knows it
    assert book.hear("X").get("a") == "0"
    comes_as_shadow(book, words="unix bob pid=77 unit=/user.slice")
    book.run("+ T unix bob pid=77 unit=/user.slice\nT > listener/NOTIFY a=1\nE > listener/NOTIFY a=2\nX < (nothing)")
    book.run("S > UNREGISTER service=billing\nS < EOF\nC < ...\n+ U unix bob pid=77 unit=/user.slice")
    book.run("U > listener/NOTIFY a=3\nX < (nothing)\n+ V unix bob pid=78 unit=/user.slice\nV > listener/NOTIFY a=4")
    assert book.hear("X").get("a") == "4"
    assert [one.reason for one in discarded(book).newest] == ["process"] * 3


def test_over_tcp_who_shares_the_group_of_such_a_process_cannot_be_told_from_it(playbook):
    book = begin(playbook(), {**SHADOW, "unit": ""})
    comes_as_shadow(book, words="unix bob pid=77 unit=/user.slice")
    book.run("+ T local bob unit=/user.slice\nT > listener/NOTIFY a=1\nX < (nothing)")
    book.run("T > REGISTER service=other;version=1\nT < INVALID command=REGISTER;message=*")
    book.run("+ U local bob unit=/system.slice/u.service\nU > listener/NOTIFY a=2")
    assert book.hear("X").get("a") == "2"
    assert [one.reason for one in discarded(book).newest] == ["untold"]


def test_whose_process_cannot_be_told_is_behind_the_fence_while_a_shadow_is_here(book):
    book.run("+ T local bob unit=-\nT > listener/NOTIFY a=1\nX < (nothing)")
    book.run("T > REGISTER service=other;version=1\nT < INVALID command=REGISTER;message=*\nX < (nothing)")
    assert discarded(book).by_reason == {"untold": 1}
    assert [notice.event for notice in book.notices if notice.event == "process_not_told"] == ["process_not_told"]


def test_a_shadow_whose_other_connections_nobody_could_tell_is_not_taken(playbook):
    book = begin(playbook())
    book.run(
        "+ S local bob unit=/user.slice\nS > REGISTER service=billing;version=1;role=shadow\nS < HELP\nS < READY my_address=*"
    )
    book.run("S < INVALID command=REGISTER;message=*\nS < EOF")
    book.run("C < ...")
    set_policy(book, 2, {**SHADOW, "unit": ""})
    book.run(f"+ T local bob unit=/user.slice\nT > {REGISTER_SHADOW}\nT < INVALID command=REGISTER;message=*")


def test_the_unit_of_the_router_itself_tells_nobody_apart(playbook):
    book = begin(playbook(control_group="/system.slice/all.service"), {**SHADOW, "unit": "all.service"})
    comes_as_shadow(book, words="unix bob pid=77 unit=/system.slice/all.service")
    book.run("+ T unix bob pid=78 unit=/system.slice/all.service\nT > listener/NOTIFY a=1")
    assert book.hear("X").get("a") == "1"
    assert not book.router._board.fence.by_unit("billing", "2")


@pytest.mark.parametrize(
    ("process", "gets_out"),
    [
        (Process(None, "/system.slice/other.service"), True),
        (Process(None, UNIT), False),
        (Process(99, UNIT + "/below"), False),
        (Process(99, ""), False),
        (Process(), False),
        (None, False),
    ],
)
def test_datagrams_are_told_by_their_sender(book, process, gets_out):
    book.handle(DatagramReceived(b"listener/NOTIFY a=1", process))
    assert bool(book.heard[book.links["X"]]) is gets_out
    assert discarded(book).total == (not gets_out)


def test_a_datagram_of_another_host_is_none_of_a_shadow_here(book):
    book.handle(DatagramReceived(b"listener/NOTIFY a=1", is_from_afar=True))
    assert book.hear("X").get("a") == "1"


def test_without_a_shadow_nothing_is_asked_of_the_shell(playbook):
    book = begin(playbook())
    book.handle(DatagramReceived(b"listener/NOTIFY a=1"))
    assert book.hear("X").get("a") == "1"
    assert not book.effects_of(TellUnits)


def test_what_waits_until_its_process_is_told_is_heard_then(playbook):
    book = begin(playbook(), SHADOW)
    book.tells_units = False  # the shell tells later
    book.run("+ T unix bob\nT > listener/NOTIFY a=1\nX < (nothing)")
    book.handle(UnitIdentified(book.links["T"], Process(5, "/system.slice/t.service")))
    assert book.hear("X").get("a") == "1"


def test_a_flood_waits_for_its_turn_and_others_do_not(book):
    comes_as_shadow(book)
    with book.waiting():
        book.write("S", b"listener/NOTIFY a=1\n" * 5000)
        assert discarded(book).total < 500
        book.run("L > listener/NOTIFY a=2")
        assert book.hear("X").get("a") == "2"
    assert discarded(book).total == 5000


def test_the_newest_are_shown_without_secrets_and_within_bounds(book):
    comes_as_shadow(book)
    book.run("S > listener/LOGIN password=geheim;x=1\nS > listener/LONG x=" + "y" * 5000)
    told = discarded(book)
    assert (told.total, told.by_command, told.by_reason) == (2, {"LOGIN": 1, "LONG": 1}, {"policy": 2})
    assert "geheim" not in told.newest[0].line
    assert (told.newest[0].service, told.newest[0].version, told.newest[0].door) == ("billing", "2", "unix")
    assert len(told.newest[1].line) < 1000
    book.write("S", b"listener/NOTIFY a=1\n" * (LINES_KEPT + 50))
    assert len(discarded(book).newest) == LINES_KEPT
    book.run("+ M unix root\nM > SHADOW_GET_DISCARDED")
    assert json.loads(book.hear("M").get("lines"))["total"] == LINES_KEPT + 52
    book.run("X > SHADOW_GET_DISCARDED\nX < INVALID command=SHADOW_GET_DISCARDED;message=*")


def test_the_log_hears_of_the_1st_the_2nd_the_4th(book):
    comes_as_shadow(book)
    book.write("S", b"listener/NOTIFY a=1\n" * 9)
    told = [notice.fields["lines"] for notice in book.effects_of(Notice) if notice.event == "shadow_line_discarded"]
    assert told == [1, 2, 4, 8]


def test_statistics_tell_of_each_fence(book):
    comes_as_shadow(book)
    book.run(f"S > listener/NOTIFY\n+ T unix bob unit={UNIT}\nX > ROUTER_GET_STATS")
    stats = json.loads(book.hear("X").get("stats"))
    told = {"service": "billing", "version": "2", "links": 2, "by_unit": True, "discarded_total": 1}
    assert (stats["fences"], stats["shadow_lines_discarded_total"]) == ([told], 1)


def test_nobody_waits_for_a_shadow_that_does_not_read(book):
    comes_as_shadow(book)
    assert [(effect.link, effect.policy) for effect in book.effects if type(effect).__name__ == "SetQueuePolicy"] == [
        (book.links["S"], "drop")
    ]


def test_the_fence_outlives_the_lease(book):
    book.run("@ 2000")
    comes_as_shadow(book)
    book.run("S > listener/NOTIFY a=1\nX < (nothing)")


def test_a_shadow_begins_although_its_version_is_to_be_tried_elsewhere_first(playbook):
    book = begin(playbook())
    trial = {"service": "billing", "admitted": [["1", "*"]], "reason": "is not yet good on alpha"}
    policy = {"generation": [1, 2], "lease_s": 1000, "shadows": [SHADOW], "trials": [trial]}
    book.write("C", b"POLICY_SET policy=" + json.dumps(policy).encode() + b"\n")
    book.run("C < ...")
    comes_as_shadow(book)
    book.run("+ T unix bob\nT > REGISTER service=billing;version=1;service_version=3")
    assert book.hear("T").command == "VERSION_BLOCKED"


def from_router(book, name="R"):
    """Another router, which has a shadow's primary."""
    book.run(
        f"+ {name} remote\n{name} > CONNECT version=1;my_address=10.0.0.9:4042;server_name=alpha;features=shadows/1,directory/1"
    )
    book.run(f"{name} < ...")


COPY = "<alpha:communicatord peer:communicatord/SHADOW_COPY service=billing;version=2;build=*;conversation=alpha-1"


@pytest.fixture
def copied(mesh):
    book = begin(mesh(), SHADOW)
    comes_with(book)
    return book


def comes_with(book):
    book.run(f"+ S unix bob unit={UNIT}\nS > {REGISTER_SHADOW}")
    from_router(book)
    for heard in book.heard.values():
        heard.clear()


def said(book):
    return [message for message in book.heard[book.links["R"]] if message.command == "SHADOW_SAID"]


def test_a_copy_is_handed_on_marked_and_confirmed(copied):
    copied.run(
        f"""
        R > {COPY};number=0;ticket=5;line=<alpha:client billing/CHARGE amount=3
        S < <alpha:client billing/CHARGE amount=3;shadow=1;shadow_id=alpha-1-0
        R < alpha:communicatord/SHADOW_TAKEN service=billing;version=2;build=*;ticket=5
        R > {COPY};number=1;ticket=6;line=<alpha:client billing/CHARGE
        S < <alpha:client billing/CHARGE shadow=1;shadow_id=alpha-1-1
        R < alpha:communicatord/SHADOW_TAKEN service=billing;version=2;build=*;ticket=6
        """
    )
    quiet(copied)


@pytest.mark.parametrize("shadow", ["service=other;version=2;build=*", "service=billing;version=3;build=*"])
def test_a_copy_for_nobody_is_refused(copied, shadow):
    copy = COPY.replace("service=billing;version=2;build=*", shadow)
    copied.run(f"R > {copy};number=0;ticket=5;line=<alpha:client billing/CHARGE")
    copied.run(f"R < alpha:communicatord/SHADOW_TAKEN {shadow};ticket=5;refused=absent\nL < (nothing)\nS < (nothing)")


def test_a_copy_for_which_too_much_waits_is_refused(copied):
    copied.takes_offers = False
    copied.run(f"R > {COPY};number=0;ticket=5;line=<alpha:client billing/CHARGE")
    copied.run("R < alpha:communicatord/SHADOW_TAKEN service=billing;version=2;build=*;ticket=5;refused=behind")


def test_a_copy_that_would_be_several_lines_is_none(copied):
    copied.run(f'R > {COPY};number=0;ticket=5;line="<alpha:client billing/CHARGE\\\\nSTOP"\nS < (nothing)')


ANSWERS = [
    ("alpha:client/CHARGED shadow_id=alpha-1-0;ok=1", "CHARGED ok=1", "0"),
    ("client/CHARGED shadow_id=alpha-1-0;ok=1", "CHARGED ok=1", "0"),
    ("alpha:client/CHARGED correlation_id=q1;ok=1", "CHARGED correlation_id=q1;ok=1", "0"),
    ("alpha:client/CHARGED ok=1", "CHARGED ok=1", ""),
    ('{"command":"CHARGED","service":"client","server":"alpha","parameters":{"ok":"1"}}', "CHARGED ok=1", ""),
    ("<peer:canary alpha:client/CHARGED ok=1", "CHARGED ok=1", ""),
]


@pytest.mark.parametrize(("line", "told", "number"), ANSWERS)
def test_what_it_answers_goes_to_the_router_that_copies_alone(copied, line, told, number):
    copied.run(f'R > {COPY};number=0;ticket=5;line="<alpha:client billing/CHARGE correlation_id=q1"\nS < ...\nR < ...')
    copied.run(f"@ 0.25\nR < ...\nS > {line}")
    [one] = said(copied)
    assert (one.get("conversation"), one.get("number")) == ("alpha-1", number)
    assert one.get("after_s") == ("0.250000" if number else "")
    assert decode(one.get("line").encode()).parameters == decode(told.encode()).parameters
    quiet(copied, "R")


@pytest.mark.parametrize(
    "line",
    [
        "alpha:other/CHARGED ok=1",
        "beta:client/CHARGED ok=1",
        "alpha:client/CHARGED shadow_id=alpha-2-0",
        "alpha:client/CHARGED shadow_id=alpha-1-1",
        "alpha:client/CHARGED shadow_id=alpha-1-x",
        "listener/CHARGED shadow_id=alpha-1-0",
        "listener/CHARGED correlation_id=q1",
        "./CHARGED shadow_id=alpha-1-0",
    ],
)
def test_what_is_no_answer_reaches_nobody(copied, line):
    copied.run(f'R > {COPY};number=0;ticket=5;line="<alpha:client billing/CHARGE correlation_id=q1"\nS < ...\nR < ...')
    copied.run(f"S > {line}")
    quiet(copied)
    assert discarded(copied).total == 1


def test_of_two_conversations_with_one_sender_an_answer_has_to_say_which(copied):
    for conversation in ("alpha-1", "alpha-2"):
        copy = COPY.replace("alpha-1", conversation)
        copied.run(f"R > {copy};number=0;ticket=5;line=<alpha:client billing/CHARGE")
    copied.run("R < ...\nS < ...\nS > alpha:client/CHARGED ok=1\nS > alpha:client/CHARGED ok=1;shadow_id=alpha-2-0")
    assert [one.get("conversation") for one in said(copied)] == ["alpha-2"]


def test_it_answers_no_more_than_it_can_have_been_asked(copied):
    copied.run(f"R > {COPY};number=0;ticket=5;line=<alpha:client billing/CHARGE\nS < ...\nR < ...")
    copied.write("S", b"alpha:client/CHARGED ok=1\n" * (ANSWERS_PER_COPY + 5))
    assert len(said(copied)) == ANSWERS_PER_COPY
    assert discarded(copied).by_reason == {"too_much": 5}


def test_a_minute_after_the_last_copy_nothing_is_an_answer(copied):
    copied.run(f"R > {COPY};number=0;ticket=5;line=<alpha:client billing/CHARGE\nS < ...\nR < ...")
    copied.monotonic_s += 61
    copied.handle(LinesReceived(copied.links["S"], b"alpha:client/CHARGED ok=1\n"))
    assert not said(copied)
    assert len(copied.router._board.copies) == 0


def test_the_load_of_the_host_is_told_while_a_shadow_is_here(copied):
    assert copied.effects_of(SampleLoad) == [SampleLoad(enabled=True)]
    copied.handle(LoadSampled(0.5))
    copied.run(f"R > {COPY};number=0;ticket=5;line=<alpha:client billing/CHARGE")
    copied.run("R < alpha:communicatord/SHADOW_TAKEN service=billing;version=2;build=*;ticket=5;load=0.500")
    copied.run("S x")
    assert copied.effects_of(SampleLoad)[-1] == SampleLoad(enabled=False)


def test_its_own_routers_door_for_other_hosts_is_no_way_out(mesh):
    book = begin(mesh(), SHADOW)
    book.run("+ R remote\n+ O remote from=10.0.0.8")
    book.handle(UnitIdentified(book.links["R"], Process(None, UNIT)))
    book.handle(UnitIdentified(book.links["O"], Process(None, "/system.slice/other-router.service")))
    book.run("R < EOF\nO > ALIVE serial=1\nO < ABSOLUTELY serial=1;reply_timestamp=*")
