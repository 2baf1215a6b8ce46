import json

import msgspec
import pytest

from communicator.answers.policy import Shadow
from communicator.protocol import Message
from communicator.protocol.line_form import encode_line
from communicator.router.cores.policy import parse_policy, read_kept
from communicator.router.vocabulary.effects import Close, Keep, KeptFile, Level
from communicator.router.vocabulary.events import CloseReason

DENIAL = {
    "service": "svc_a",
    "version": "2.0",
    "build": "*",
    "server": "peer",
    "until_s": 600,
    "reason": "never worked in 7 tries",
    "probe_allowed": False,
}
WEIGHT = {"service": "svc_b", "version": "2.0", "build": "*", "server": "*", "weight": 0.1}
TRIAL = {"service": "svc_a", "admitted": [["1.0", "b1"], ["2.0", "*"]], "reason": "is not yet good on alpha"}
EMPTY = {
    "generation": [0, 0],
    "lease_s": 1e9,
    "orders": "",
    "denylist": [],
    "weights": [],
    "apart": [],
    "trials": [],
    "colours": [],
    "shadows": [],
}


def policy_of(number, **changes):
    return {**EMPTY, "generation": [1, number], "lease_s": 1000, **changes}


@pytest.fixture
def book(playbook):
    """A canary that has registered, on the link C."""
    started = playbook().play("+ C unix alice")
    started.write("C", b"REGISTER service=canary;version=1\n")
    hush(started, "C")
    return started


def hush(book, *names):
    """Forget what was heard so far."""
    for name in names:
        book.heard[book.links[name]].clear()


def register(book, name, parameters):
    """Let a new link register; returns the commands it hears, and forgets what the canary hears of it."""
    book.play(f"+ {name} unix bob")
    book.write(name, f"REGISTER version=1;{parameters}\n".encode())
    heard = [one if isinstance(one, str) else one.command for one in book.heard[book.links[name]]]
    hush(book, name, *({"C"} & book.links.keys()))
    return heard


def set_policy(book, policy, name="C"):
    """Let the canary set a policy; returns what it hears as the answer, and forgets what else it hears."""
    told = policy if isinstance(policy, str) else json.dumps(policy)
    book.write(name, encode_line(Message("POLICY_SET", {"policy": told})))
    answer = book.hear(name)
    hush(book, "C")
    return answer


def kept(book):
    return [effect.content for effect in book.effects_of(Keep) if effect.file is KeptFile.POLICY]


def notices(book, event):
    return [(notice.level, notice.fields) for notice in book.notices if notice.event == event]


SHADOW = msgspec.to_builtins(Shadow(service="svc_b", version="2", server="peer"))


def test_before_any_policy_the_empty_one_is_shown(playbook):
    book = playbook().play("+ A unix bob")
    book.write("A", b"POLICY_GET\n")
    answer = book.hear("A")
    assert (answer.command, answer.get("generation")) == ("POLICY_CURRENT", "0,0")
    assert json.loads(answer.get("policy")) == EMPTY


def test_a_policy_is_taken_kept_told_and_shown(book):
    policy = policy_of(1, denylist=[DENIAL], weights=[WEIGHT], shadows=[SHADOW]) | {"orders": "9f8e7d6c"}
    policy |= {"apart": [{"server": "peer", "serves": ["svc_b"]}], "trials": [TRIAL]}
    answer = set_policy(book, policy)
    assert (answer.command, answer.get("generation"), json.loads(answer.get("policy"))) == (
        "POLICY_CURRENT",
        "1,1",
        policy,
    )
    assert [read_kept(content).policy for content in kept(book)] == [parse_policy(json.dumps(policy))]
    counts = {
        "generation": "1,1",
        "lease_s": 1000.0,
        "orders": "9f8e7d6c",
        "denylist": 1,
        "weights": 1,
        "apart": 1,
        "trials": 1,
        "colours": 0,
        "shadows": 1,
    }
    assert notices(book, "policy_set") == [(Level.INFO, counts)]
    book.play("+ A local bob")
    book.write("A", b"POLICY_GET\n")
    assert book.hear("A").parameters == answer.parameters


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("", "policy: Input data was truncated"),
        ("{", "policy: Input data was truncated"),
        (policy_of(3, lease_s=-1), "policy: Expected `float` > 0.0 - at `$.lease_s`"),
        (policy_of(3, apart=[{"server": "a b"}]), "policy: 'a b' is not a server name - at `$.apart[0].server`"),
        (
            policy_of(3, apart=[{"server": "a"}, {"server": "a"}]),
            "policy: 'a' is set apart twice - at `$.apart[1].server`",
        ),
        (
            policy_of(3, trials=[{"service": "canary"}]),
            "policy: 'canary' is not a service that may be tried - at `$.trials[0].service`",
        ),
        (policy_of(3, trials=[TRIAL, TRIAL]), "policy: 'svc_a' is tried twice - at `$.trials[1].service`"),
        (policy_of(1), "policy: generation 1,1 is older than 1,2, which is in force"),
        (policy_of(2, weights=[WEIGHT]), "policy: generation 1,2 is in force with another content"),
    ],
)
def test_what_is_refused_changes_nothing(book, policy, reason):
    set_policy(book, policy_of(2, denylist=[DENIAL]))
    answer = set_policy(book, policy)
    assert (answer.command, answer.get("command"), answer.get("message")) == ("INVALID", "POLICY_SET", reason)
    assert len(kept(book)) == 1
    book.write("C", b"POLICY_GET\n")
    assert json.loads(book.hear("C").get("policy")) == policy_of(2, denylist=[DENIAL])


def test_nobody_but_the_canary_sets_it(book):
    assert register(book, "A", "service=svc_a") == ["HELP", "READY"]
    assert set_policy(book, policy_of(1), name="A").command == "INVALID"
    assert not kept(book)


def test_the_same_again_is_taken_without_ado(book):
    set_policy(book, policy_of(1, denylist=[{**DENIAL, "until_s": 1500}]))
    book.play("@ 900")
    again = set_policy(book, policy_of(1, denylist=[{**DENIAL, "until_s": 1500}]))
    assert again.command == "POLICY_CURRENT"
    assert (len(kept(book)), len(notices(book, "policy_set"))) == (1, 1)
    book.play("@ 300\n+ A unix bob")
    book.write("A", b"REGISTER service=svc_a;version=1;service_version=2.0\n")
    refusal = book.hear("A")
    assert (refusal.get("until_s"), refusal.get("probe_allowed")) == ("300.000", "false")  # the lease is 1000 s
    assert book.hear("A") == "EOF"


def test_routes_are_concluded_anew(book):
    register(book, "A", "service=svc_a")
    register(book, "B", "service=svc_b")
    book.play("A > svc_b/PING\nB < <peer:svc_a svc_b/PING")
    assert book.router._board.routes
    set_policy(book, policy_of(1, weights=[WEIGHT]))
    assert not book.router._board.routes


def test_who_runs_and_is_blocked_leaves_and_its_run_ends_so(book):
    register(book, "A", "service=svc_a;service_version=2.0")
    register(book, "B", "service=svc_b;service_version=2.0")
    book.write("C", encode_line(Message("POLICY_SET", {"policy": json.dumps(policy_of(1, denylist=[DENIAL]))})))
    assert book.hear("C").command == "POLICY_CURRENT"
    book.play(
        """
        A < VERSION_BLOCKED reason=never worked in 7 tries;until_s=600.000;probe_allowed=false
        A < EOF
        B < (nothing)
        C < canary/RUN_ENDED run_id=*;service=svc_a;reason=blocked
        """
    )
    ((level, fields),) = notices(book, "blocked_version_expelled")
    assert (level, fields["service"], fields["version"]) == (Level.WARNING, "svc_a", "2.0")
    assert book.effects_of(Close)[-1].reason is CloseReason.BLOCKED
    assert register(book, "D", "service=svc_a;service_version=1.9") == ["HELP", "READY"]


@pytest.mark.parametrize(("role", "stays"), [("live", False), ("standby", False), ("shadow", True), ("probe", True)])
def test_a_trial_under_way_is_left_alone(book, role, stays):
    register(book, "A", f"service=svc_a;service_version=2.0;role={role}")
    set_policy(book, policy_of(1, denylist=[DENIAL]))
    assert bool(book.heard[book.links["A"]]) is not stays
    hush(book, "A")


def contest(book, elder, newcomer):
    """Two links that want one name; the elder is being asked whether it lives."""
    register(book, "A", f"service=svc_a;service_version={elder}")
    assert register(book, "B", f"service=svc_a;service_version={newcomer}") == []
    hush(book, "A")


def test_an_elder_that_is_blocked_makes_room_at_once(book):
    contest(book, "2.0", "1.9")
    set_policy(book, policy_of(1, denylist=[DENIAL]))
    book.play("A < VERSION_BLOCKED reason=*;until_s=*;probe_allowed=false\nA < EOF\nB < HELP\nB < READY my_address=*")


def test_a_newcomer_that_is_blocked_no_longer_waits(book):
    contest(book, "1.9", "2.0")
    set_policy(book, policy_of(1, denylist=[DENIAL]))
    book.play(
        """
        B < VERSION_BLOCKED reason=*;until_s=*;probe_allowed=false
        B < EOF
        A < (nothing)
        @ 5
        A < (nothing)
        """
    )


def test_when_both_are_blocked_both_leave_and_the_newcomer_never_ran(book):
    contest(book, "2.0", "2.0")
    book.write("C", encode_line(Message("POLICY_SET", {"policy": json.dumps(policy_of(1, denylist=[DENIAL]))})))
    assert book.hear("C").command == "POLICY_CURRENT"
    told = [(one.command, one.get("reason"), one.get("role")) for one in book.heard[book.links["C"]]]
    assert told == [("RUN_ENDED", "blocked", "live"), ("RUN_ENDED", "blocked", "")]
    hush(book, "C")
    for name in "AB":
        assert [book.hear(name).command, book.hear(name)] == ["VERSION_BLOCKED", "EOF"]
    assert register(book, "D", "service=svc_a;service_version=1.9") == ["HELP", "READY"]


def test_the_largest_policy_fits_into_an_answer(book):
    entries = [{**DENIAL, "version": f"{at}", "reason": "\\" * 100} for at in range(1000)]
    policy = policy_of(1, denylist=entries)
    book.write("C", encode_line(Message("POLICY_SET", {"policy": json.dumps(policy)})))
    answer = book.hear("C")
    assert json.loads(answer.get("policy")) == policy


# Which orders of operators the routers obey.

BETA = "CONNECT version=1;my_address=127.0.0.2:4042;server_name=beta;boot_id=b1;features=directory/1"


def orders_told(book, name):
    """What a router hears of our orders."""
    heard = [one for one in book.heard[book.links[name]] if one != "EOF" and one.command == "LINK_STATE"]
    hush(book, name)
    states = [record["state"] for one in heard for record in json.loads(one.get("records"))]
    return [state["orders"] for state in states if "orders" in state]


def tell_orders(book, name, server, boot, orders, sequence):
    state = {
        "address": "127.0.0.2:4042",
        "secure": False,
        "neighbors": [{"server": "peer", "cost": 1}],
        "orders": orders,
    }
    record = {"server": server, "boot_id": boot, "started": 1, "part": "links", "sequence": sequence, "state": state}
    book.write(name, f"LINK_STATE records={json.dumps([record])}\n".encode())
    book.run("@ 0.3")


def status(book):
    book.run("+ S unix root")
    book.write("S", b"CLUSTER_GET_STATUS\n")
    return book.hear("S").get("other_orders")


def test_routers_tell_each_other_which_orders_they_obey(mesh):
    book = mesh(owners={"canary": "alice"}).run(f"+ C unix alice\n+ B remote from=127.0.0.2\nB > {BETA}")
    book.write("C", b"REGISTER service=canary;version=1\n")
    hush(book, "B", "C")
    tell_orders(book, "B", "beta", "b1", "one", 1)
    assert status(book) == "", "we have none to compare"
    set_policy(book, policy_of(1, orders="two"))
    assert (orders_told(book, "B"), status(book)) == (["two"], "beta")
    set_policy(book, policy_of(2, orders="two"))
    assert orders_told(book, "B") == [], "they are the same"
    tell_orders(book, "B", "beta", "b1", "two", 2)
    assert status(book) == ""
    tell_orders(book, "B", "beta", "b1", "", 3)
    assert status(book) == "", "it has no canary"


def test_an_order_changes_no_way(mesh):
    """All hosts come to obey it at about the same time: what is known of the ways must not be thrown away for each of them."""
    book = mesh(owners={"canary": "alice"}).run(f"+ C unix alice\n+ B remote from=127.0.0.2\nB > {BETA}")
    book.write("C", b"REGISTER service=canary;version=1\n")
    tell_orders(book, "B", "beta", "b1", "one", 1)
    board = book.router._board
    before = (board.mesh.generation, board.statistics.topology_changes, board.route_changes)
    tell_orders(book, "B", "beta", "b1", "two", 2)
    assert (board.mesh.generation, board.statistics.topology_changes, board.route_changes) == before
    assert status(book) == ""
    set_policy(book, policy_of(1, orders="one"))
    assert (board.mesh.generation, status(book)) == (before[0], "beta")
    tell_orders(book, "B", "beta", "b1", "one", 3)
    assert status(book) == ""


# ------------------------------------------------------------------------------------------------ what is tried elsewhere first


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        ("service_version=1.0;build=b1", "READY"),
        ("service_version=2.0;build=any", "READY"),
        ("service_version=1.0;build=b2", "VERSION_BLOCKED"),
        ("service_version=3.0", "VERSION_BLOCKED"),
        ("service_version=3.0;role=probe", "VERSION_BLOCKED"),
        ("build=b1", "VERSION_BLOCKED"),
    ],
)
def test_of_a_service_that_is_tried_elsewhere_only_what_is_admitted_begins(book, told, heard):
    set_policy(book, policy_of(1, trials=[TRIAL]))
    assert heard in register(book, "A", f"service=svc_a;{told}")
    assert "READY" in register(book, "B", f"service=svc_b;{told}")


def test_who_is_to_be_tried_elsewhere_first_hears_why_and_when_to_ask_again(book):
    set_policy(book, policy_of(1, trials=[TRIAL]))
    book.play("+ A unix bob")
    book.write("A", b"REGISTER version=1;service=svc_a;service_version=3.0\n")
    answer = book.hear("A")
    assert answer.parameters == {
        "reason": "svc_a 3.0 is not yet good on alpha",
        "until_s": "60.000",
        "probe_allowed": "false",
    }
    assert [closed.reason for closed in book.effects_of(Close)] == [CloseReason.BLOCKED]


def test_what_runs_when_its_service_is_to_be_tried_elsewhere_goes_on(book):
    register(book, "A", "service=svc_a;service_version=3.0")
    set_policy(book, policy_of(1, trials=[TRIAL]))
    assert not book.effects_of(Close)


def test_without_a_canary_a_version_is_tried_elsewhere_no_longer_than_the_lease_lasts(book):
    set_policy(book, policy_of(1, trials=[TRIAL]))
    book.play("@ 999")
    assert register(book, "A", "service=svc_a;service_version=3.0") == ["VERSION_BLOCKED", "EOF"]
    book.play("@ 1")
    assert register(book, "B", "service=svc_a;service_version=3.0") == ["HELP", "READY"]
